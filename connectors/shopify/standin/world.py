"""All the state of one stand-in, passed to whoever answers."""

import itertools
import secrets
import time
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from connectors.shopify.standin.faults import Script
from connectors.shopify.standin.journal import Journal
from connectors.shopify.standin.postman import Postman
from connectors.shopify.standin.shops import App, Shop, new_shop
from connectors.shopify.standin.signing import SESSION_SECONDS, session_token, signed_query

_USER = "40000001"  # the one member of staff every shop has


class World:
    """`lock` is held by whoever reads or changes shops; `ahead` is how many seconds its clock is before the machine's."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.lock = RLock()
        self.shops: dict[str, Shop] = {}
        self.ahead = 0.0
        self.journal = Journal()
        self.faults = Script()
        self.postman = Postman(self.journal)
        self._numbers = itertools.count(1)

    def now(self) -> float:
        """Unix time in seconds, by its own clock."""
        return time.time() + self.ahead

    def moment(self) -> str:
        """Now as Shopify writes it: 2026-11-24T17:32:49Z."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def number(self) -> int:
        """1, then 2, and so on; no two things share one."""
        return next(self._numbers)

    def shop(self, domain: str) -> Shop:
        """The shop; it comes into being when it is first asked for."""
        with self.lock:
            return self.shops.setdefault(domain, new_shop(domain))

    def forget(self) -> None:
        """No shops, no faults, an empty journal, the true time; the app stays."""
        with self.lock:
            self.shops.clear()
            self.ahead = 0.0
            self.faults.clear()
            self.journal.clear()

    def session(self, shop: Shop) -> str:
        """A fresh session token for the staff of this shop: what App Bridge hands to our page."""
        now = int(self.now())
        claims: dict[str, Any] = {
            "iss": f"https://{shop.domain}/admin",
            "dest": f"https://{shop.domain}",
            "aud": self.app.key,
            "sub": _USER,
            "exp": now + SESSION_SECONDS,
            "nbf": now,
            "iat": now,
            "jti": secrets.token_hex(16),
            "sid": secrets.token_hex(32),
        }
        return session_token(claims, self.app.secrets[0])

    def signed(self, fields: dict[str, str]) -> str:
        """A query as Shopify signs it, with the time."""
        told = {**fields, "timestamp": str(int(self.now()))}
        return signed_query(told, self.app.secrets[0], self.app.query_form)
