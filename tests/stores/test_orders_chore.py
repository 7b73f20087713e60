"""A connected shop is asked for its orders, by what keeps it connected: at once, and then again and again."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import registry
from integration import db
from integration.db import chores, reading
from integration.db.events import events
from integration.stores import punctuality
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.sweep import OVERLAP
from tests.rig.desk import now
from tests.rig.keyed_shop import KeyedShop, open_keyed_shop
from tests.rig.wooffice import PLATFORM, Wooffice

ORDERS = "wc/v3/orders"
A_SECOND = timedelta(seconds=1)  # the API's bounds are exclusive
UNSEEN = {
    "code": "woocommerce_rest_cannot_view",
    "message": "Sorry, you cannot list resources.",
    "data": {"status": 401},
}


@pytest.fixture
def shop() -> Iterator[KeyedShop]:
    with open_keyed_shop() as found:
        yield found


@pytest.fixture
def office(engine: db.Engine, shop: KeyedShop) -> Wooffice:
    return Wooffice(engine, shop)


def order(shop: KeyedShop, order_id: int, placed_at: datetime) -> dict[str, Any]:
    """One paid by card, in the words of the shop's API."""
    sample = registry.sample(PLATFORM, "order.created", "card")
    connector = registry.get(PLATFORM)
    return json.loads(connector.restage(sample, order_id=str(order_id), placed_at=placed_at, domain=shop.domain))


def lists(shop: KeyedShop, *orders: dict[str, Any]) -> None:
    """What it answers when it is next asked for its orders; its bin is empty."""
    shop.says("GET", ORDERS, list(orders), X_WP_TotalPages="1")
    shop.says("GET", ORDERS, [], X_WP_TotalPages="1")


def asked(shop: KeyedShop) -> list[str]:
    """From when on, each time it was asked for what changed, the bin left out."""
    told = [one.query for one in shop.asked if one.path.endswith(ORDERS)]
    return [one["modified_after"] for one in told if one.get("status") == "any" and "modified_after" in one]


def connected(office: Wooffice) -> None:
    """Its past orders were read, its webhooks made, and it was asked for its orders for the first time."""
    office.connected()
    for kind in (chores.SURVEY, chores.ORDERS):
        office.make_due(kind)
        lists(office.shop)
    office.look_after()


def look_after(office: Wooffice, moment: datetime) -> None:
    office.make_due(chores.ORDERS)
    office.look_after(moment)


def found(office: Wooffice) -> list[str]:
    with reading(office.engine) as connection:
        return sorted(connection.execute(sa.select(events.c.order_id)).scalars())


def due_in(office: Wooffice) -> timedelta:
    return office.chores()[chores.ORDERS].due_at - now()


def test_a_new_shop_is_asked_at_once_and_then_every_quarter_of_an_hour(office: Wooffice) -> None:
    connected(office)

    assert office.chores()[chores.ORDERS].trouble is None
    assert timedelta(minutes=14) < due_in(office) <= timedelta(minutes=15)
    with reading(office.engine) as connection:
        said = punctuality.of_store(connection, office.store())
    assert said == "How soon orders come by webhook is not known yet. Tandem also asks your shop every 15 minutes."


def test_a_lost_order_is_found_and_the_webhooks_are_looked_after_at_once(office: Wooffice) -> None:
    """Quirk: after a few deliveries that failed WooCommerce switches a webhook off, and says nothing."""
    connected(office)
    for webhook in office.shop.webhooks:
        webhook["status"] = "disabled"
    lists(office.shop, order(office.shop, 71, now()))
    look_after(office, now() + timedelta(minutes=10))
    office.look_after()

    assert found(office) == ["71"]
    assert timedelta(minutes=4) < due_in(office) <= timedelta(minutes=5)
    assert {webhook["status"] for webhook in office.shop.webhooks} == {"active"}
    assert office.alerts().keys() == {"orders_recovered", "webhooks_restored"}


def test_keys_that_were_revoked_are_said_once_and_the_shop_is_not_asked_again(office: Wooffice) -> None:
    connected(office)
    office.shop.says("GET", ORDERS, UNSEEN, 401)
    look_after(office, now())
    before = len(office.shop.asked)
    look_after(office, now())

    assert len(office.shop.asked) == before
    assert office.alerts().keys() == {NEEDS_RECONNECT}
    with reading(office.engine) as connection:
        said = punctuality.of_store(connection, office.store())
    assert said
    assert said.endswith("At the moment your shop cannot be asked for orders.")


def test_a_shop_that_is_connected_again_is_read_on_where_it_was_refused(office: Wooffice) -> None:
    connected(office)
    first = now()
    told = order(office.shop, 71, first)
    lists(office.shop, told)
    look_after(office, first + timedelta(minutes=1))
    office.shop.says("GET", ORDERS, UNSEEN, 401)
    look_after(office, first + timedelta(minutes=15))
    assert NEEDS_RECONNECT in office.alerts()

    office.connected()
    lists(office.shop, order(office.shop, 72, first + timedelta(hours=30)))
    look_after(office, first + timedelta(hours=31))

    assert found(office) == ["71", "72"]
    seen_to = datetime.fromisoformat(told["date_modified_gmt"])
    assert asked(office.shop)[-1] == f"{seen_to - OVERLAP - A_SECOND:%Y-%m-%dT%H:%M:%S}"


def test_a_shop_that_answers_nonsense_is_asked_again_soon(office: Wooffice) -> None:
    connected(office)
    office.shop.says("GET", ORDERS, b"<html>maintenance</html>")
    look_after(office, now())

    assert office.chores()[chores.ORDERS].trouble
    assert due_in(office) < timedelta(minutes=1)
