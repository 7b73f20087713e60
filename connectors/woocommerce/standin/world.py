"""All the state of one stand-in, passed to whoever answers."""

import itertools
import secrets
import ssl
import time
from threading import RLock

from connectors.woocommerce.standin.cron import Cron
from connectors.woocommerce.standin.faults import Script
from connectors.woocommerce.standin.journal import Journal
from connectors.woocommerce.standin.orders import Order
from connectors.woocommerce.standin.plugin import Plugin
from connectors.woocommerce.standin.site import Key, Site, User, people
from connectors.woocommerce.standin.webhooks import Webhook

# Ids of orders are small counters in WooCommerce, shared with pages, products and refunds.
_FIRST = {"order": 1_041, "line": 301, "meta": 7_001}
DELIVERY_SECONDS = 60.0
_LAST_DELIVERY_SECONDS = 5.0


class World:
    """`lock` is held by whoever reads or changes anything, never over a request; `ahead` moves its clock, in seconds.

    `origin` and `folder` are where it answers, `app_url` where our service does. `http_callbacks`: whether wc-auth takes
    plain http on loopback. `trust`: whom it believes when it calls https. `patience`: for each delivery, in seconds.
    """

    def __init__(self, app_url: str, *, http_callbacks: bool = True, trust: ssl.SSLContext | None = None) -> None:
        self.app_url, self.http_callbacks = app_url, http_callbacks
        self.trust = trust or ssl.create_default_context()
        self.origin = self.folder = ""
        self.lock = RLock()
        self.journal, self.faults, self.cron = Journal(), Script(), Cron()
        self._begin()

    def _begin(self) -> None:
        self.site = Site(home=self.origin + self.folder)
        self.users: dict[int, User] = people()
        self.sessions: dict[str, int] = {}
        self.nonce = secrets.token_hex(5)
        self.keys: list[Key] = []
        self.webhooks: list[Webhook] = []
        self.orders: dict[int, Order] = {}
        self.plugin = Plugin()
        self.ahead, self.patience = 0.0, DELIVERY_SECONDS
        self._counters: dict[str, itertools.count[int]] = {}

    def settle_at(self, origin: str, folder: str) -> None:
        """It answers here: `folder` is "" or "/shop", where WordPress is installed in a folder."""
        self.origin, self.folder = origin, folder
        self.site.home = origin + folder

    def now(self) -> float:
        """Unix time in seconds, by its own clock."""
        return time.time() + self.ahead

    def number(self, kind: str) -> int:
        """The next id of this kind of thing."""
        with self.lock:
            return next(self._counters.setdefault(kind, itertools.count(_FIRST.get(kind, 1))))

    def user(self, user_id: int) -> User | None:
        """Somebody who is still there."""
        found = self.users.get(user_id)
        return None if found is None or found.gone else found

    def webhook(self, webhook_id: int) -> Webhook | None:
        """One that is still there."""
        return next((one for one in self.webhooks if one.id == webhook_id), None)

    def forget(self) -> None:
        """A shop as it was when the process began; the address and the app's stay."""
        self.cron.forget()
        # What is just being delivered would still write into the new shop's journal.
        self.cron.settle(_LAST_DELIVERY_SECONDS)
        with self.lock:
            self._begin()
            self.faults.clear()
            self.journal.clear()
