"""Both riders on the real road: browsers that tell, are blocked, leave early or give another id, and signed webhooks of the same
orders. At the end our coverage is held against the journal of the stand-in for Meta, id by id.

The browsers are played (integration/cli/browsers.py says how); the real script in a real browser is tested beside each platform.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import urllib3

from connectors import registry
from connectors.event import Event
from integration import db
from integration.cli import browsers
from integration.cli.browsers import AGENT, Fate, Storefront
from integration.db import stores
from integration.db.events import events
from integration.monitor.coverage_report import judged
from tests.rig import hasten
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually

DATASETS = {"shopify": "100000000000021", "woocommerce": "100000000000022"}
DOMAINS = {"shopify": "tea.myshopify.com", "woocommerce": "shop.example.com"}
CASES = {"shopify": ("orders/paid", "card"), "woocommerce": ("order.created", "frozen_by_our_plugin")}
# The same order where the platform kept nothing of the browser but the checkout's token.
BARE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "shopify": lambda body: body | {"browser_ip": None, "client_details": None, "landing_site": "/"},
    "woocommerce": lambda body: (
        body
        | {"customer_ip_address": "", "customer_user_agent": ""}
        | {"meta_data": [one for one in body["meta_data"] if one["key"] == "_tandem_checkout_token"]}
    ),
}
ADDRESS = "203.0.113.77"
AGE = timedelta(hours=3)  # old enough to be judged, young enough to be sent
APART = timedelta(minutes=5)
FATES = (Fate.TOLD, Fate.BLOCKED, Fate.LEFT, Fate.NO_SCRIPT, Fate.TOLD)


@dataclass
class Shop:
    """A connected store, its pages, and its orders so far."""

    service: Service
    sandbox: Sandbox
    store: dict[str, str]
    first: int
    fates: dict[str, Fate] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        return self.store["platform"]

    @property
    def pages(self) -> Storefront:
        return Storefront(
            beacon=f"{self.service.url}/s/{self.store['public_key']}",
            meta_url=self.sandbox.url,
            page=f"https://{self.store['domain']}/",
            page_secret=self.store["webhook_secret"] if self.platform == "woocommerce" else None,
            pool=urllib3.PoolManager(retries=False, timeout=10.0),
            address=ADDRESS,
        )

    def order(self, *, bare: bool = False) -> tuple[bytes, Event]:
        """A fresh paid order: as its webhook tells it, and as its page knows it. `bare`: the platform knows no browser."""
        topic, case = CASES[self.platform]
        connector, number = registry.get(self.platform), self.first + len(self.fates)
        placed_at = datetime.now(UTC) - AGE + APART * len(self.fates)
        body = registry.sample(self.platform, topic, case)
        body = connector.restage(
            body, order_id=str(number), placed_at=placed_at.replace(microsecond=0), domain=self.store["domain"]
        )
        if bare:
            body = json.dumps(BARE[self.platform](json.loads(body))).encode()
        (event,) = connector.parse(topic, body)
        assert isinstance(event, Event)
        return body, event

    def sell(self, fate: Fate, *, browser_first: bool = True) -> str:
        """An order, told by both riders as far as its fate lets them; its id."""
        body, event = self.order()
        self.fates[event.subject] = fate
        steps = [lambda: self.browse(event, fate), lambda: self.post(body)]
        for step in steps if browser_first else reversed(steps):
            step()
        return event.subject

    def browse(self, event: Event, fate: Fate) -> None:
        browsers.play(event, fate, self.pages, datetime.now(UTC))

    def post(self, body: bytes) -> None:
        status, answer = self.service.post(self.store, CASES[self.platform][0], body)
        assert (status, answer["status"]) == (200, "accepted")

    def coverage(self) -> Any:
        """`tandem coverage`."""
        return json.loads(self.service.run("coverage", self.store["store_id"], "--json"))

    @property
    def counts(self) -> dict[str, int]:
        """Of Purchases: how many of each value."""
        return {value: of["events"] for value, of in self.coverage()["totals"]["Purchase"].items()}


@pytest.fixture
def service(database_url: str, sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    environment = {"DATABASE_URL": database_url, "META_GRAPH_URL": sandbox.url, "TRUSTED_PROXIES": "1"}
    with Service(tmp_path / "data", environment).running() as running:
        yield running


@pytest.fixture
def shops(service: Service, sandbox: Sandbox) -> list[Shop]:
    """One of each platform, connected to the same service."""
    return [
        _connected(service, sandbox, platform, first)
        for first, platform in zip((880_001, 990_001), DOMAINS, strict=True)
    ]


def _connected(service: Service, sandbox: Sandbox, platform: str, first: int) -> Shop:
    store = service.add_store(
        *(platform, DOMAINS[platform], "--dataset", DATASETS[platform], "--token", "good-token"),
        *("--since", (datetime.now(UTC) - timedelta(days=1)).isoformat()),
    )
    service.run("store", "set", store["store_id"], "consent_mode=assumed")
    return Shop(service, sandbox, store, first)


def pairs(shop: Shop) -> dict[str, dict[str, Any]]:
    """What the stand-in heard of Purchases, by id."""
    asked = f"{shop.sandbox.url}/_sandbox/pairs?dataset={DATASETS[shop.platform]}"
    found = shop.service.pool.request("GET", asked).json()["pairs"]
    return {one["event_id"]: one for one in found if one["event_name"] == "Purchase"}


def payload(shop: Shop, event_id: str) -> dict[str, Any]:
    """What the server told under this id; {} while it told nothing."""
    told = [one for one in shop.sandbox.told() if one["event_id"] == event_id]
    return told[0] if told else {}


def deliver(shop: Shop, database_url: str, event_ids: list[str]) -> None:
    """Until the server told all of these: whoever waits for a browser that never comes has waited long enough."""
    engine = db.connect(database_url)
    hasten.make_everything_due(engine)
    engine.dispose()
    assert eventually(lambda: all(payload(shop, one) for one in event_ids), 30), shop.service.events()


def an_hour_passes(database_url: str) -> None:
    """Everything was received an hour earlier: coverage claims nothing of what is younger."""
    engine = db.connect(database_url)
    with db.transaction(engine) as connection:
        earlier = sa.type_coerce(events.c.received_at, sa.BigInteger) - 3_600_000
        connection.execute(sa.update(events).values(received_at=earlier))
    engine.dispose()


def claims(shop: Shop, database_url: str) -> dict[str, str]:
    """What coverage says of each Purchase, by its id."""
    engine, now = db.connect(database_url), datetime.now(UTC)
    with db.reading(engine) as connection:
        store = stores.by_id(connection, shop.store["store_id"])
        assert store
        days = {"since": now - timedelta(days=1), "until": now}
        found = {one.told.event_id: one.verdict.value.value for one in judged(connection, store, **days, now=now)}
    engine.dispose()
    return found


def heard(shop: Shop, event_id: str) -> dict[str, Any]:
    """What the browser told under this id."""
    return next(one["payload"] for one in shop.sandbox.events(source="browser") if one["event_id"] == event_id)


def test_what_the_browser_is_known_by_travels_with_the_servers_event(shops: list[Shop]) -> None:
    for shop in shops:
        body, event = shop.order(bare=True)
        shop.browse(event, Fate.TOLD)
        shop.post(body)

        told = eventually(lambda of=shop, by=event.subject: payload(of, by), 30)["user_data"]
        assert told["fbp"] == heard(shop, event.subject)["user_data"]["fbp"]
        assert (told["client_ip_address"], told["client_user_agent"]) == (ADDRESS, AGENT)


def test_both_riders_say_the_same_of_one_order(shops: list[Shop]) -> None:
    for shop in shops:
        order_id = shop.sell(Fate.TOLD)

        server = eventually(lambda of=shop, by=order_id: payload(of, by), 30)["custom_data"]
        browser = heard(shop, order_id)["custom_data"]
        assert (float(browser["value"]), browser["currency"]) == (server["value"], server["currency"])
        assert (browser["content_ids"], browser["contents"]) == (server["content_ids"], server["contents"])


def test_an_event_waits_for_its_browser_and_leaves_when_that_has_spoken(shops: list[Shop]) -> None:
    """Nothing is hastened here: nobody but the browser lets it go before half a minute is over."""
    for shop in shops:
        shop.sell(Fate.TOLD)  # from now on the store's script is known to be at work
        body, event = shop.order(bare=True)
        shop.post(body)
        assert [one["status"] for one in shop.service.events() if one["event_id"] == event.subject] == ["waiting"]
        assert payload(shop, event.subject) == {}

        shop.browse(event, Fate.LEFT)
        assert eventually(lambda of=shop, by=event.subject: payload(of, by), 15)["user_data"]["fbp"]


# What may be claimed of an order by what the stand-in heard under its id, and nothing else.
CLAIMED = {"both": "both", "server": "server_only", "browser": "pixel_only"}


def test_coverage_is_what_the_stand_in_heard_by_id_whatever_became_of_the_pixel(
    shops: list[Shop], database_url: str
) -> None:
    for shop in shops:
        for fate in FATES:
            shop.sell(fate)
        deliver(shop, database_url, list(shop.fates))
        told = sum(fate is Fate.TOLD for fate in shop.fates.values())
        # So soon nothing is claimed of the others.
        assert shop.counts == {"both": told, "pixel_only": 0, "server_only": 0, "unknown": len(FATES) - told}

    an_hour_passes(database_url)
    for shop in shops:
        journal = pairs(shop)
        assert journal.keys() == shop.fates.keys()
        assert claims(shop, database_url) == {name: CLAIMED[one["heard_by"]] for name, one in journal.items()}
        assert shop.counts == {"both": 2, "pixel_only": 0, "server_only": 3, "unknown": 0}
        assert all(one["counted"] == 1 for one in journal.values())
        both = [one for one in journal.values() if one["heard_by"] == "both"]
        assert all(one["browser"]["value"] == one["server"]["value"] for one in both)


def test_another_id_is_claimed_for_nobody_and_shown_beside_ours(shops: list[Shop], database_url: str) -> None:
    """Where no plugin signs pages: there a page's token proves no id but that of its own order."""
    shop = next(one for one in shops if one.platform == "shopify")
    order_id = shop.sell(Fate.OTHER_ID)
    deliver(shop, database_url, [order_id])
    an_hour_passes(database_url)

    journal = pairs(shop)
    (pixels,) = journal.keys() - {order_id}
    assert (journal[order_id]["heard_by"], journal[pixels]["heard_by"]) == ("server", "browser")
    assert claims(shop, database_url) == {order_id: "unknown"}
    assert [(one["server_id"], one["pixel_id"]) for one in shop.coverage()["mismatches"]] == [(order_id, pixels)]


def test_what_is_routed_to_the_pixel_is_told_by_it_alone(shops: list[Shop], database_url: str) -> None:
    for shop in shops:
        shop.service.run("store", "set", shop.store["store_id"], "routing=Purchase=pixel")
        order_id = shop.sell(Fate.TOLD)
        an_hour_passes(database_url)
        assert claims(shop, database_url) == {order_id: "pixel_only"}
        assert pairs(shop)[order_id]["heard_by"] == "browser"
