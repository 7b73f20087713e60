"""Where WooCommerce stores are connected: the use-cases on a real database, speaking with a shop on loopback."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from connectors.access import App
from connectors.outbound import Outbound
from integration.db.stores import Store
from integration.pipeline.receive import Receiver
from integration.stores import handover
from integration.stores.platforms import Platforms
from tests.rig.desk import Desk, now
from tests.rig.keyed_shop import KEY, SECRET, KeyedShop

PLATFORM = "woocommerce"
BROWSER = "one browser"


@dataclass(frozen=True)
class Begun:
    """A connection that was begun, as the shop's page of approval was told of it."""

    address: str

    @property
    def state(self) -> str:
        return self._told("user_id")

    @property
    def callback(self) -> str:
        """Where the shop's server is to post to."""
        return self._told("callback_url")

    @property
    def door(self) -> str:
        return self.callback.rpartition("/")[2]

    def query(self, success: str = "1", **changes: str) -> str:
        """With what the shop sends the browser back."""
        return urlencode({"success": success, "user_id": self.state, **changes})

    def _told(self, name: str) -> str:
        return parse_qs(urlsplit(self.address).query)[name][0]


def posted(state: str, **changes: Any) -> bytes:
    """What WooCommerce posts; recorded on 10.0.2."""
    keys = {"key_id": 2, "user_id": state, "consumer_key": KEY, "consumer_secret": SECRET}
    return json.dumps({**keys, "key_permissions": "read_write", **changes}).encode()


def foreign() -> dict[str, str]:
    """Keys of the right shape, of another shop."""
    return {"consumer_key": f"ck_{secrets.token_hex(20)}", "consumer_secret": f"cs_{secrets.token_hex(20)}"}


@dataclass
class Wooffice(Desk):
    """Connects the shop, and keeps it connected; no process and no HTTP of ours in between."""

    shop: KeyedShop
    production: bool = field(default=False, kw_only=True)
    platform: ClassVar[str] = PLATFORM

    @property
    def usual(self) -> str:
        """See `Desk`."""
        return self.shop.domain

    @property
    def platforms(self) -> Platforms:
        """What the use-cases are given. Every name leads to this machine."""
        app = App("", (), self.public_url, keyless=True, loopback=not self.production)
        http = Outbound(loopback=not self.production, seconds=10.0, resolve=lambda _host, _port: ["127.0.0.1"])
        return Platforms(self.engine, self.sealer, http, {PLATFORM: app}, self.receiver)

    @property
    def receiver(self) -> Receiver:
        """Who takes the shop's webhooks."""
        return Receiver(self.engine, self.sealer, "a key of this service", {})

    def begun(self, typed: str | None = None, *, browser: str = BROWSER) -> Begun:
        """The merchant typed the address: the page of approval."""
        return Begun(handover.begin(self.platforms, PLATFORM, typed or self.shop.base, browser=browser))

    def takes(
        self,
        begun: Begun,
        *,
        door: str | None = None,
        state: str | None = None,
        sent_by: str | None = None,
        **changes: Any,
    ) -> None:
        """The shop's server posts its keys, and says who it is as WordPress does unless told otherwise."""
        own = f"WordPress/7.1; {begun.address.partition('/wc-auth/')[0]}" if sent_by is None else sent_by
        body = posted(state or begun.state, **changes)
        handover.take_keys(self.platforms, PLATFORM, door or begun.door, body, sent_by=own)

    def returns(self, begun: Begun, *, browser: str | None = BROWSER, success: str = "1") -> Store:
        """The merchant comes back."""
        return handover.finish(self.platforms, PLATFORM, begun.query(success), browser=browser, now=now()).store

    def connected(self, typed: str | None = None) -> Store:
        """All of it."""
        begun = self.begun(typed)
        self.takes(begun)
        return self.returns(begun)
