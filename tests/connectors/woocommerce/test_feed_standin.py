"""Changed and past orders, read over HTTP from the stand-in, which has its own opinion of what its parameters mean."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.access import App
from connectors.outbound import Outbound
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.credentials import Credentials
from tests.rig.woostore import WooStore

APP = App("", (), "http://127.0.0.1:8000", keyless=True, loopback=True)
SINCE = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
SECOND = SINCE + timedelta(hours=1)


@pytest.fixture(scope="module")
def process():
    with WooStore.running() as found:
        yield found


@pytest.fixture
def store(process):
    process.reset()
    return process


@pytest.fixture
def api(store):
    handover, client = CONNECTOR.handover, Outbound(loopback=True, seconds=20)
    made = store.key()
    keys = Credentials(made["consumer_key"], made["consumer_secret"], "read_write").packed()
    site = handover.met(APP, client, handover.site(APP, store.url))
    return CONNECTOR.store_api(APP, client, site.domain, handover.proven(APP, client, site, keys).token)


def changed(api):
    told, cursor = [], None
    while True:
        changes = api.changed(SINCE, cursor)
        told += changes.told
        if (cursor := changes.cursor) is None:
            return told


def test_more_orders_of_one_second_than_an_answer_holds_are_all_told(store, api):
    placed = store.order(count=230, at=SECOND.isoformat(), silent=True)
    later = store.order(count=3, at=(SECOND + timedelta(hours=1)).isoformat(), silent=True)
    told = changed(api)
    assert {int(one.order_id) for one in told} == {*placed, *later}
    assert {one.topic for one in told} == {"order.updated"}


def test_a_shop_whose_hundred_orders_are_too_much_for_us_is_asked_for_a_few(store, api):
    placed = store.order(count=25, at=SECOND.isoformat(), silent=True)
    store.fail("huge", route="wc/v3/orders", times=2)
    first = api.changed(SINCE, None)
    assert len(first.told) == 10
    assert store.requests("orders")[-1]["query"]["per_page"] == "10"
    rest = api.changed(SINCE, first.cursor)
    assert {int(one.order_id) for one in (*first.told, *rest.told)} == set(placed)


def test_what_is_told_of_an_order_is_read_as_its_webhook_would_be(store, api):
    [order_id] = store.order(at=SECOND.isoformat(), silent=True)
    [one] = changed(api)
    [event] = CONNECTOR.parse(one.topic, one.body)
    assert (event.subject, event.placed_at, event.updated_at) == (str(order_id), one.placed_at, one.changed_at)


def test_an_order_moved_to_the_bin_is_told_as_deleted_and_once_it_is_back_as_an_order(store, api):
    first, second = store.order(count=2, at=SECOND.isoformat(), silent=True)
    store.act(first, "trash")
    assert {(one.order_id, one.topic) for one in changed(api)} == {
        (str(first), "order.deleted"),
        (str(second), "order.updated"),
    }
    store.act(first, "restore")
    assert {one.topic for one in changed(api)} == {"order.updated"}


def test_past_orders_are_read_page_by_page_with_nothing_of_who_bought(store, api):
    placed = store.order(count=130, at=SECOND.isoformat(), silent=True)
    read, cursor = [], None
    while True:
        page = api.orders(SINCE, cursor)
        read += page.orders
        if (cursor := page.cursor) is None:
            break
    assert [int(one.event.subject) for one in read] == sorted(placed)
    assert {one.event.customer.email for one in read} == {None}
    assert {one.event.region[0] for one in read} != {None}
