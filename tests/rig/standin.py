"""The stand-in for Shopify as the tests talk to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import urllib3

KEY, SECRET = "tandem-test-app", "stand-in-app-secret-0123456789"
SHOP = "lumen-and-loom.myshopify.com"


@dataclass
class StandIn:
    """Its address, and its control API. `shop` is a domain; a shop comes into being at first use."""

    url: str
    key: str = KEY
    secret: str = SECRET
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=40.0))

    @classmethod
    @contextmanager
    def running(
        cls, *words: str, key: str = KEY, secret: str = SECRET, app_url: str = "http://127.0.0.1:8000"
    ) -> Iterator["StandIn"]:
        """A fresh process on a free port; `words` are further options."""
        command = [sys.executable, "-m", "connectors.shopify.standin", "--port", "0", "--die-with-parent"]
        command += ["--key", key, "--app-url", app_url, *words]
        environ = {**os.environ, "STANDIN_SECRET": secret}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
            try:
                yield cls(process.stdout.readline().split()[1], key, secret)
            finally:
                process.terminate()

    def app(self, **settings: Any) -> None:
        """Change our app there: key, secrets, url, scopes, declared, extension, protected_data, query_form, embedded."""
        self.control("POST", "app", settings)
        self.key = settings.get("key", self.key)
        self.secret = settings.get("secrets", [self.secret])[0]

    def reset(self) -> None:
        """Forget shops, journal and faults; the true time."""
        self.control("DELETE", "")

    def create(self, shop: str = SHOP, **facts: Any) -> dict[str, Any]:
        """A shop: id, country, currency."""
        return self.control("POST", "shops", {"domain": shop, **facts})

    def shop(self, shop: str = SHOP) -> dict[str, Any]:
        """What it is: id, installed, subscriptions, pixel, tokens, scopes."""
        return self.control("GET", f"shops/{shop}")

    def install(self, shop: str = SHOP) -> None:
        """As by a click, where Shopify manages the installation."""
        self.control("POST", f"shops/{shop}/install", {})

    def session(self, shop: str = SHOP, **how: Any) -> str:
        """A fresh session token; the app is installed by it, unless `install=False`."""
        return self.control("POST", f"shops/{shop}/session", how)["id_token"]

    def order(self, shop: str = SHOP, **wanted: Any) -> list[str]:
        """New orders: count, source_name, gateway, financial_status, country, created_at, test, silent; their ids."""
        return self.control("POST", f"shops/{shop}/orders", wanted)["order_ids"]

    def orders(self, shop: str = SHOP) -> list[dict[str, Any]]:
        """Its orders as webhooks tell them, oldest first."""
        return self.control("GET", f"shops/{shop}/orders")["orders"]

    def uninstall(self, shop: str = SHOP, **how: Any) -> None:
        """The merchant removes the app; `silent=True` tells it to nobody."""
        self.control("POST", f"shops/{shop}/uninstall", how)

    def webhook(self, topic: str, shop: str = SHOP, **more: Any) -> list[str]:
        """Send any topic, with a `body` or one made up; to which addresses."""
        return self.control("POST", f"shops/{shop}/webhook", {"topic": topic, **more})["addresses"]

    def drop(self, shop: str = SHOP, topic: str | None = None) -> None:
        """Subscriptions are gone, of one topic or all."""
        self.control("POST", f"shops/{shop}/drop", {"topic": topic})

    def revoke(self, shop: str = SHOP) -> None:
        """Every token of the shop is dead."""
        self.control("POST", f"shops/{shop}/revoke", {})

    def ahead(self, seconds: float) -> None:
        """Its clock is so many seconds before ours."""
        self.control("POST", "clock", {"ahead": seconds})

    def fail(self, **fault: Any) -> None:
        """Script a fault: kind, operation, shop, times, seconds."""
        self.control("POST", "faults", fault)

    def mend(self) -> None:
        """Fail at nothing any more."""
        self.control("DELETE", "faults")

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        """What the app asked, oldest first: of one root field, or of "token", or all."""
        asked = self.control("GET", "journal")["requests"]
        return [each for each in asked if operation in (None, each["operation"])]

    def webhooks(self, topic: str | None = None) -> list[dict[str, Any]]:
        """Every attempt to deliver one, once none is under way."""
        assert self.control("POST", "settle")["settled"]
        sent = self.control("GET", "journal")["webhooks"]
        return [each for each in sent if topic in (None, each["topic"])]

    def control(self, method: str, door: str, told: Any = None) -> Any:
        response = self.pool.request(method, f"{self.url}/_standin/{door}".rstrip("/"), json=told)
        assert response.status < 300, response.data
        return response.json()
