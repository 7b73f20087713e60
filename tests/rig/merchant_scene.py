"""What surrounds a merchant who looks at our pages: shops at the stand-ins where people buy, their browsers, Meta, a mail server."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
import urllib3
from playwright.sync_api import Browser

from connectors import registry
from connectors.event import Event
from integration import config, db
from integration.cli import browsers
from integration.cli.browsers import AGENT, Fate, Storefront
from integration.crypto import Sealer
from integration.db import chores, reading, stores, transact
from integration.db.events import events
from integration.db.stores import SEALED_SECRET, Store
from integration.stores import sessions
from tests.rig.mailbox import Mailbox
from tests.rig.merchants import hands_keys_over
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually
from tests.rig.shop import Bench, Shop
from tests.rig.standin import KEY, StandIn
from tests.rig.woostore import WooStore

ADDRESS = "203.0.113.77"
YES = {"marketing": True, "sale_of_data": True}


@dataclass
class Scene:
    """The service, and all whom it speaks with; of the shops in WooCommerce, one."""

    service: Service
    meta: Sandbox
    box: Mailbox
    shopify: StandIn
    woo: WooStore
    chromium: Browser
    engine: db.Engine
    dataset: str = ""

    @property
    def url(self) -> str:
        return self.service.url

    def admin(self, handle: str) -> str:
        """Our page in a Shopify store's admin."""
        return f"{self.shopify.url}/store/{handle}/apps/{KEY}"

    def store(self, platform: str = "woocommerce", domain: str | None = None) -> Store:
        """The ledger's row of one; of the WooCommerce shop unless told otherwise."""
        with reading(self.engine) as connection:
            found = stores.by_domain(connection, platform, domain or self.woo.url.partition("//")[2])
        assert found
        return found

    def told(self, event_name: str = "Purchase") -> set[str]:
        """The ids of what the server told the dataset."""
        mine = [one for one in self.meta.events() if one["dataset_id"] == self.dataset]
        return {one["event_id"] for one in mine if one["event_name"] == event_name}

    def comes_to(self, check: Callable[[], Any]) -> None:
        """Whatever it is, it becomes true soon."""
        assert eventually(check, 20)

    def reached(self, *order_ids: str) -> bool:
        """Whether Meta is told of all these orders by the server, sooner or later."""
        return bool(eventually(lambda: self.told() >= set(order_ids), 20))

    def connects(self, *, live: bool = True) -> None:
        """The WooCommerce shop is connected by its merchant, its dataset told, a browser heard; since yesterday."""
        hands_keys_over(self.service, self.woo)
        assert eventually(lambda: self.woo.connection() and len(self.woo.webhooks()) >= 4, 60)
        shop = Shop(Bench(self.engine, self.meta, self.sealer), self.store().id, "woocommerce", "")
        shop.attach(self.dataset, self.token)
        shop.set(state="live" if live else "observing")
        self.looks_around()
        with db.transaction(self.engine) as connection:
            mine = sa.update(stores.stores).where(stores.stores.c.id == self.store().id)
            connection.execute(mine.values(since=datetime.now(UTC) - timedelta(days=1)))

    def signed_in(self) -> dict[str, Any]:
        """For a browser's context: signed in to the WooCommerce shop's pages."""
        token = transact(self.engine, lambda connection: sessions.begin(connection, self.store().id))
        cookie = {"name": "tandem-session", "value": token, "domain": "127.0.0.1", "path": "/"}
        return {"storage_state": {"cookies": [cookie], "origins": []}}

    @property
    def token(self) -> str:
        """With which the dataset is told; no other shop has the same."""
        return f"good-token-{self.dataset}"

    @cached_property
    def sealer(self) -> Sealer:
        """As the service has it."""
        return Sealer(config.load(self.service.surroundings, data_dir=self.service.data_dir).encryption_keys)

    def front(self) -> Storefront:
        """The WooCommerce shop's pages as shoppers' browsers have them."""
        store, settings = self.store(), config.load(self.service.surroundings, data_dir=self.service.data_dir)
        secret = Sealer(settings.encryption_keys).unseal(
            store.sealed_secret or "", store=store.id, column=SEALED_SECRET
        )
        return Storefront(
            beacon=f"{self.url}/s/{store.public_key}",
            meta_url=self.meta.url,
            page=f"{self.woo.url}/",
            page_secret=secret.decode(),
            pool=urllib3.PoolManager(retries=False, timeout=10.0),
            address=ADDRESS,
        )

    def looks_around(self) -> None:
        """A shopper begins a checkout, and their browser speaks to us; nothing is bought."""
        (draft,) = self.woo.order("draft", silent=True)
        told = {
            "checkout_token": self.woo.checkout(draft),
            "url": f"{self.woo.url}/",
            "user_agent": AGENT,
            "consent": YES,
        }
        self.front().say("signal", told)

    def buys(self, fate: Fate = Fate.TOLD, scenario: str = "card", *, ago: float = 0, **wanted: object) -> str:
        """An order in the WooCommerce shop, and what came of its Pixel; its id."""
        (order_id,) = self.woo.order(scenario, ago=ago, **wanted)
        if fate is not Fate.NO_SCRIPT:
            browsers.play(self._event(order_id), fate, self.front(), datetime.now(UTC))
        return str(order_id)

    def an_hour_passes(self) -> None:
        """Everything was received an hour earlier: coverage claims nothing of what is younger."""
        with db.transaction(self.engine) as connection:
            earlier = sa.type_coerce(events.c.received_at, sa.BigInteger) - timedelta(hours=1) // timedelta(
                milliseconds=1
            )
            connection.execute(sa.update(events).values(received_at=earlier))

    def a_minute_passes(self) -> None:
        """The chores that are done again within minutes are due."""
        with db.transaction(self.engine) as connection:
            connection.execute(sa.update(chores.chores).values(due_at=datetime.now(UTC)))

    def _event(self, order_id: int) -> Event:
        connector = registry.get("woocommerce")
        (event,) = connector.parse("order.created", json.dumps(self.woo.told(order_id)).encode())
        assert isinstance(event, Event)
        return event
