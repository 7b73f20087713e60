"""A sweep over HTTP: the stand-in for a WooCommerce store sells, its queue is stuck or its webhooks reach nobody."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.access import App, OrderFeed
from connectors.errors import CredentialsRejected, Unreachable
from connectors.outbound import Outbound
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.credentials import Credentials
from integration.stores.sweep import sweep_on
from tests.rig.shop import Bench, Shop
from tests.rig.woostore import WooStore
from tests.stores.changed_orders import receiver

APP = App("", (), "http://127.0.0.1:8000", keyless=True, loopback=True)
NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(minutes=10)


@pytest.fixture(scope="module")
def process() -> Iterator[WooStore]:
    with WooStore.running() as found:
        yield found


@pytest.fixture
def store(process: WooStore) -> WooStore:
    """The same, as it was at first."""
    process.reset()
    return process


@pytest.fixture
def feed(store: WooStore) -> OrderFeed:
    """By keys that somebody made in its admin, proven as when a merchant connects."""
    handover, client = CONNECTOR.handover, Outbound(loopback=True, seconds=20)
    assert handover
    made = store.key()
    keys = Credentials(made["consumer_key"], made["consumer_secret"], "read_write").packed()
    site = handover.met(APP, client, handover.site(APP, store.url))
    found = CONNECTOR.order_feed(APP, client, site.domain, handover.proven(APP, client, site, keys).token)
    assert found
    return found


@pytest.fixture
def shop(bench: Bench, store: WooStore) -> Shop:
    """Connected two hours ago."""
    domain = store.url.partition("://")[2]
    return bench.shop("woocommerce", domain, since=NOW - timedelta(hours=2), consent_mode="assumed")


def sweep(shop: Shop, feed: OrderFeed, now: datetime = SOON) -> None:
    assert sweep_on(receiver(shop), shop.row, feed, now=now, seconds=60.0) > timedelta(0)


def sold(store: WooStore, count: int, minutes: int, scenario: str = "card") -> list[int]:
    """So many orders of so many minutes ago, of which no webhook tells."""
    at = NOW - timedelta(minutes=minutes)
    return store.order(scenario=scenario, count=count, at=at.isoformat(), silent=True)


def told(shop: Shop) -> list[str]:
    """Event ids, as Meta got them."""
    shop.bench.deliver()
    return sorted(event["event_id"] for event in shop.bench.sandbox.events())


def test_all_that_a_shop_sold_unheard_is_told_once(store: WooStore, feed: OrderFeed, shop: Shop) -> None:
    orders = sold(store, 130, 60) + sold(store, 20, 30, "block") + sold(store, 5, 10, "cod")
    sold(store, 5, 20, "draft")
    for _ in range(2):
        sweep(shop, feed)

    assert told(shop) == sorted(str(one) for one in orders)


def test_what_becomes_of_an_order_unheard_is_found_too(store: WooStore, feed: OrderFeed, shop: Shop) -> None:
    binned, refunded, paid = sold(store, 1, 60) + sold(store, 1, 60) + sold(store, 1, 60, "bacs")
    sweep(shop, feed, NOW)
    rows = {row["order_id"]: row["status"] for row in shop.bench.rows()}
    assert rows == {str(binned): "pending", str(refunded): "pending"}
    store.act(binned, "trash", silent=True)
    store.act(refunded, "refund", silent=True, amount="5.00")
    store.act(paid, "process", silent=True)
    sweep(shop, feed)

    refund = next(row["event_id"] for row in shop.bench.rows("Refund"))
    assert told(shop) == sorted([str(refunded), str(paid), refund])


@pytest.mark.parametrize("ahead", [840, -840])
def test_a_shop_whose_clock_is_wrong_is_read_to_the_end(
    store: WooStore, feed: OrderFeed, shop: Shop, ahead: int
) -> None:
    """By 14 minutes: over http, which a test has, the signature's own time may not be off by more than 15."""
    store.ahead(ahead)
    first = store.order(silent=True)
    sweep(shop, feed, NOW)
    second = store.order(silent=True)
    sweep(shop, feed, datetime.now(UTC))

    assert told(shop) == sorted(str(one) for one in first + second)


def test_a_shop_that_breaks_off_is_read_on_later(store: WooStore, feed: OrderFeed, shop: Shop) -> None:
    orders = sold(store, 130, 60)
    store.fail("html", route="/wp-json/wc/v3/orders", times=None)
    with pytest.raises(Unreachable):
        sweep(shop, feed)
    store.mend()
    sweep(shop, feed)

    assert told(shop) == sorted(str(one) for one in orders)


def test_revoked_keys_are_said_to_be_so(store: WooStore, feed: OrderFeed, shop: Shop) -> None:
    store.revoke()
    with pytest.raises(CredentialsRejected):
        sweep(shop, feed)
