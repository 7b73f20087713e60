"""Where stores are connected: the use-cases on a real database, speaking with the stand-in for Shopify."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import urllib3

from connectors.access import App
from connectors.outbound import Outbound
from connectors.shopify import addresses
from integration.db.stores import Store
from integration.stores import install
from integration.stores.platforms import Platforms
from tests.rig.desk import PUBLIC_URL, Desk, now
from tests.rig.standin import SHOP, StandIn

__all__ = ["PLATFORM", "PUBLIC_URL", "Office", "consented", "now", "value"]

PLATFORM = "shopify"


@dataclass
class Office(Desk):
    """Connects stores, and keeps them connected; no process and no HTTP of ours in between."""

    standin: StandIn
    platform: ClassVar[str] = PLATFORM

    @property
    def usual(self) -> str:
        """See `Desk`."""
        return SHOP

    @property
    def app(self) -> App:
        """As the configuration would give it."""
        options = {addresses.ADMIN_URL: self.standin.url, addresses.SUBSCRIPTIONS: addresses.BY_API}
        return App(self.standin.key, (self.standin.secret,), self.public_url, options)

    @property
    def platforms(self) -> Platforms:
        """What the use-cases are given."""
        return Platforms(self.engine, self.sealer, Outbound(stand_ins=(self.standin.url,)), {PLATFORM: self.app})

    def begun(self, shop: str = SHOP, *, browser: str = "one browser") -> str:
        """An installation is begun, and the merchant consents: the query with which the platform sends them back."""
        address = install.begin(self.platforms, PLATFORM, f"shop={shop}", browser=browser, now=now())
        return consented(address)

    def installed(self, shop: str = SHOP) -> Store:
        """Connected through the consent page."""
        query = self.begun(shop)
        return install.finish(self.platforms, PLATFORM, query, browser="one browser", now=now())

    def arrived(self, shop: str = SHOP) -> Store:
        """Connected by opening our page in the admin."""
        return install.arrive(self.platforms, PLATFORM, self.standin.session(shop), now())


def consented(address: str) -> str:
    """The merchant clicks on install on the consent page: the query with which the platform sends them back."""
    with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
        answer = pool.request_encode_body(
            "POST", address, fields={"decision": "install"}, encode_multipart=False, redirect=False
        )
    assert answer.status == 302, answer.data
    return urlsplit(answer.headers["Location"]).query


def value(query: str, name: str) -> str:
    """One value of a query."""
    return parse_qs(query)[name][0]
