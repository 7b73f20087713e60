"""A store whose page is not inside any admin: its plugin as it calls us, and its merchant's browser."""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import urllib3

from integration.db import chores, reading, stores, transact, transaction
from integration.stores import connect, credentials, sessions, settings
from tests.rig.pages import Browser, Pages, Read, path_of
from tests.rig.shop import Bench, Shop

_numbers = itertools.count(1)
KINDS = (chores.SUBSCRIPTIONS, chores.PIXEL, chores.ORDERS)


@dataclass
class OwnPage:
    """One WooCommerce store. Its secret is known here, as its plugin knows it."""

    pages: Pages
    id: str
    domain: str
    public_key: str
    secret: str

    @classmethod
    def of(cls, pages: Pages, domain: str | None = None) -> "OwnPage":
        """A new one, observing."""
        new = connect.NewStore(
            "woocommerce", domain or f"tea-{next(_numbers)}.example.com", None, datetime.now(UTC) - timedelta(days=30)
        )
        with transaction(pages.engine) as connection:
            made = connect.add_store(
                connection,
                new,
                sealer=pages.office.sealer,
                app_secrets={},
                now=datetime.now(UTC),
                production=False,
            )
            settings.change(connection, made.store, {"state": "observing"}, now=datetime.now(UTC))
        return cls(pages, made.store.id, made.store.domain, made.store.public_key, made.webhook_secret)

    @property
    def row(self) -> stores.Store:
        with reading(self.pages.engine) as connection:
            found = stores.by_id(connection, self.id)
        assert found
        return found

    def attach(self, dataset: str) -> None:
        """A dataset, and live."""
        with transaction(self.pages.engine) as connection:
            credentials.attach(
                connection,
                self.row,
                dataset,
                "good-token",
                sealer=self.pages.office.sealer,
                test_event_code=None,
                now=datetime.now(UTC),
            )
            settings.change(connection, self.row, {"state": "live"}, now=datetime.now(UTC))

    def order(self, order_id: str) -> None:
        """One is placed and paid, and its webhook comes."""
        bench = Bench(self.pages.engine, None, self.pages.office.sealer)  # nothing is sent here
        shop = Shop(bench, self.id, "woocommerce", self.secret)
        reply = shop.tell("order.created", shop.sample("order.created", "card", order_id=order_id))
        assert reply.status == "accepted", reply

    def chore(self, kind: str, *, trouble: str | None = None, done: bool = False) -> None:
        """As the steward leaves it."""
        with transaction(self.pages.engine) as connection:
            chores.plan(connection, self.id, kind, timedelta(hours=1))
            values = {"trouble": trouble, "done_at": datetime.now(UTC) if done else None}
            mine = (chores.chores.c.store_id == self.id, chores.chores.c.kind == kind)
            connection.execute(chores.chores.update().where(*mine).values(values))

    def browser(self) -> Browser:
        """One that is signed in."""
        browser = self.pages.browser()
        browser.cookies["tandem-session"] = transact(self.pages.engine, lambda it: sessions.begin(it, self.id))
        return browser

    def page(self, browser: Browser | None = None) -> Read:
        """As its merchant reads it."""
        answer = (browser or self.browser()).get("/store")
        assert answer.status == 200, answer.data
        return Read(answer.data.decode())

    def call(self, call: str, told: Any, **odd: Any) -> urllib3.BaseHTTPResponse:
        """What the plugin asks. `odd`: secret, key, at (a moment), body, signed_call, signature, headers."""
        body = odd.get("body", json.dumps(told).encode())
        stamp = str(odd["stamp"] if "stamp" in odd else int((odd.get("at") or datetime.now(UTC)).timestamp()))
        signature = sign(
            stamp, odd.get("signed_call", call), odd.get("signed_body", body), odd.get("secret", self.secret)
        )
        headers = {
            "Content-Type": "application/json",
            "X-Tandem-Timestamp": stamp,
            "X-Tandem-Signature": odd.get("signature", signature),
            **odd.get("headers", {}),
        }
        path = f"/woocommerce/plugin/{odd.get('key', self.public_key)}/{call}"
        return self.pages.browser().pool.request(
            odd.get("method", "POST"), f"{self.pages.url}{path}", body=body, headers=headers, redirect=False
        )

    def code(self) -> str:
        """The path and query of an address that signs in, as the plugin gets it."""
        answer = self.call("sign-in", {"nonce": nonce(), "user": "1"})
        assert answer.status == 200, answer.data
        url = answer.json()["url"]
        assert url.startswith(f"{self.pages.url}/sign-in?code=")
        return path_of(url)


def sign(stamp: str, call: str, body: bytes, secret: str) -> str:
    """As PHP does it."""
    digest = hmac.new(secret.encode(), f"{stamp}.{call}.".encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def nonce() -> str:
    return secrets.token_hex(16)
