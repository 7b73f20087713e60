"""The stand-in for a WooCommerce store as the tests talk to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3


@dataclass
class WooStore:
    """The shop's address, which may have a folder, and its control API. One process is one shop."""

    url: str
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=40.0))

    @classmethod
    @contextmanager
    def running(cls, *words: str, app_url: str = "http://127.0.0.1:8000") -> Iterator["WooStore"]:
        """A fresh process on a free port; `words` are further options: --folder /shop, --certificate FILE, --trust FILE.

        A certificate has to vouch for itself, since it is the one that is believed here.
        """
        command = [sys.executable, "-m", "connectors.woocommerce.standin", "--port", "0", "--die-with-parent"]
        with subprocess.Popen([*command, "--app-url", app_url, *words], stdout=subprocess.PIPE, text=True) as process:
            try:
                identity = words[words.index("--certificate") + 1] if "--certificate" in words else None
                pool = urllib3.PoolManager(retries=False, timeout=40.0, ca_certs=identity)
                yield cls(process.stdout.readline().split()[1], pool)
            finally:
                process.terminate()

    @property
    def root(self) -> str:
        """Where it listens, whatever folder the shop is in."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def reset(self) -> None:
        """An empty shop again: no orders, webhooks, keys, faults; the true time."""
        self.control("DELETE", "")

    def shown(self) -> dict[str, Any]:
        """site, orders, webhooks, keys (how many of each), waiting, stuck, plugin."""
        return self.control("GET", "")

    def site(self, **settings: Any) -> None:
        """home, name, timezone, country (US:CA), currency, prices_include_tax, pretty, hpos, versions; patience."""
        self.control("POST", "site", settings)

    def order(self, scenario: str = "card", **wanted: Any) -> list[int]:
        """New orders: count, at, ago, country, currency, meta, fields, silent, plugin, consent; their ids."""
        return self.control("POST", "orders", {"scenario": scenario, **wanted})["order_ids"]

    def act(self, order_id: int, name: str, **how: Any) -> dict[str, Any]:
        """pay, retry, place, complete, hold, fail, cancel, edit, redraft, refund, unrefund, trash, restore, delete."""
        return self.control("POST", f"orders/{order_id}/{name}", how)

    def told(self, order_id: int) -> dict[str, Any]:
        """The order as REST would tell it now."""
        return self.control("GET", f"orders/{order_id}")

    def stick(self, *, stuck: bool = True) -> None:
        """Its cron runs nothing by itself any more, or does again."""
        self.control("POST", "cron", {"stuck": stuck})

    def run(self) -> int:
        """What waits is delivered; how much that was."""
        told = self.control("POST", "cron/run")
        assert told["settled"]
        return told["run"]

    def key(self, permissions: str = "read_write", user: str = "admin") -> dict[str, Any]:
        """A key made by hand: id, consumer_key, consumer_secret."""
        return self.control("POST", "keys", {"permissions": permissions, "user": user})

    def keyring(self) -> list[dict[str, Any]]:
        """Those there are: id, user_id, permissions, description."""
        return self.control("GET", "keys")["keys"]

    def revoke(self, key_id: int | None = None) -> None:
        """This key is gone, or all."""
        self.control("POST", "keys/revoke", {"id": key_id})

    def permit(self, permissions: str, key_id: int | None = None) -> None:
        """This key, or all, may read, write or read_write from now on."""
        self.control("POST", "keys/permissions", {"permissions": permissions, "id": key_id})

    def user(self, login: str = "admin", **changes: Any) -> None:
        """Another role, or gone."""
        self.control("POST", "users", {"login": login, **changes})

    def webhooks(self) -> list[dict[str, Any]]:
        """As the shop keeps them: id, name, topic, delivery_url, status, failures, pending, user_id."""
        return self.control("GET", "webhooks")["webhooks"]

    def drop(self, topic: str | None = None) -> None:
        """Webhooks of this topic, or all, were deleted in the admin."""
        self.control("POST", "webhooks/drop", {"topic": topic})

    def disable(self, topic: str | None = None, status: str = "disabled") -> None:
        """Webhooks of this topic, or all, have this status."""
        self.control("POST", "webhooks/status", {"topic": topic, "status": status})

    def plugin(self, *, installed: bool = True) -> dict[str, Any]:
        """Our plugin is there, or is deleted; what it has: installed, connection, speaks."""
        return self.control("POST", "plugin", {"installed": installed})["plugin"]

    def connection(self) -> dict[str, Any] | None:
        """What the plugin was told: public_url, public_key, webhook_url, home; the secret it keeps."""
        return self.control("GET", "plugin")["plugin"]["connection"]

    def checkout(self, order_id: int | None = None, **more: Any) -> str:
        """The plugin sends checkout.created of an order, with other `fields`, or a `body` as it is; its token."""
        return self.control("POST", "plugin/checkout", {"order_id": order_id, **more})["checkout_token"]

    def page_token(self, order_id: int) -> str:
        """What the plugin writes into the thank-you page of this order."""
        return self.control("POST", "plugin/page", {"order_id": order_id})["token"]

    def call(self, name: str, **more: Any) -> dict[str, Any]:
        """The plugin's signed call (`body`, `ahead`); status, json, text of the answer."""
        return self.control("POST", "plugin/call", {"call": name, **more})

    def ahead(self, seconds: float) -> None:
        """Its clock is so many seconds before ours."""
        self.control("POST", "clock", {"ahead": seconds})

    def fail(self, kind: str, **fault: Any) -> None:
        """Script a fault: kind, route, method, times, seconds, status, location."""
        self.control("POST", "faults", {"kind": kind, **fault})

    def mend(self) -> None:
        """Fail at nothing any more."""
        self.control("DELETE", "faults")

    def requests(self, part: str = "") -> list[dict[str, Any]]:
        """What the shop was asked, oldest first, where `part` is in the route."""
        return [one for one in self.control("GET", "journal")["requests"] if part in one["route"]]

    def sent(self, kind: str | None = None, topic: str | None = None) -> list[dict[str, Any]]:
        """What it told others, once nothing is under way: delivery, ping, keys, checkout, call."""
        assert self.control("POST", "settle")["settled"]
        sent = self.control("GET", "journal")["sent"]
        return [one for one in sent if kind in (None, one["kind"]) and topic in (None, one["topic"])]

    def control(self, method: str, door: str, told: Any = None) -> Any:
        response = self.pool.request(method, f"{self.root}/_standin/{door}".rstrip("/"), json=told)
        assert response.status < 300, response.data
        return response.json()
