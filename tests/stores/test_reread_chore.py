"""A shopper agreed after their order was withheld: it is read again from the shop, by what keeps the shop connected."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import registry
from connectors.event import Stated
from integration import db
from integration.db import chores, deliveries, events, reading, rereading, signals, stores, transaction
from integration.pipeline import joining
from integration.pipeline.browsing import Heard
from integration.pipeline.joining import By
from integration.pipeline.receive import Receiver
from integration.stores import credentials, grants, reread
from integration.stores.platforms import Platforms
from tests.rig.desk import Desk, now
from tests.rig.keyed_shop import KeyedShop, open_keyed_shop
from tests.rig.office import Office
from tests.rig.standin import StandIn
from tests.rig.wooffice import PLATFORM, Wooffice

NOT_THERE = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."}
COLUMNS = ("order_id", "user_data", "email_hmac", "value", "granted_at")


@dataclass
class Asking(Office):
    """A Shopify office that takes what it reads."""

    @property
    def receiver(self) -> Receiver:
        return Receiver(self.engine, self.sealer, "a key of this service", {})

    @property
    def platforms(self) -> Platforms:
        return replace(super().platforms, receiver=self.receiver)


@pytest.fixture
def shop() -> Iterator[KeyedShop]:
    with open_keyed_shop() as found:
        yield found


@pytest.fixture
def office(engine: db.Engine, shop: KeyedShop) -> Wooffice:
    """A live store with a dataset."""
    office = Wooffice(engine, shop)
    office.connected()
    sell(office)
    return office


def sell(office: Desk) -> None:
    """It tells Meta of its orders from now on."""
    store = office.store()
    with transaction(office.engine) as connection:
        connection.execute(sa.delete(chores.chores))
        since = now() - timedelta(days=30)
        stores.save(connection, store.id, settings=store.settings, state=stores.LIVE, since=since)
        credentials.attach(
            connection,
            office.store(),
            "100000000000001",
            "a-token",
            sealer=office.sealer,
            test_event_code=None,
            now=now(),
        )


def body(office: Wooffice, order_id: int) -> bytes:
    """An order of somebody in Germany, who says nothing of advertising."""
    sample = registry.sample(PLATFORM, "order.created", "card")
    at = now() - timedelta(hours=1)
    told = json.loads(
        registry.get(PLATFORM).restage(sample, order_id=str(order_id), placed_at=at, domain=office.shop.domain)
    )
    told["billing"] |= {"country": "DE", "state": "DE-BE"}
    return json.dumps(told).encode()


def withheld(office: Desk, topic: str, told: bytes) -> None:
    """It was told, waited for a word in vain, and was forgotten; now there is one."""
    assert office.platforms.receiver
    office.platforms.receiver.recover(office.store(), topic, told, now())
    assert states(office)[-1] == "waiting"
    agree(office)


def agree(office: Desk, **event: Any) -> None:
    """Of all that is known, nothing is kept but that it happened, and that its shopper agreed since, by their browser."""
    yes = Heard(marketing=Stated.GRANTED, marketing_at=round(now().timestamp() * 1000))
    ended = {"state": deliveries.State.WITHHELD, "reason": "no consent was stated", "next_at": None}
    with transaction(office.engine) as connection:
        connection.execute(sa.update(deliveries.deliveries).values(**ended))
        connection.execute(sa.update(events.events).values(**{**events.NOBODY, "granted_at": now(), **event}))
        for order_id in connection.execute(sa.select(events.events.c.order_id)).scalars():
            sealed = office.sealer.seal(yes.encoded(), store=office.store().id, column=signals.SEALED)
            signals.keep(connection, office.store().id, joining.key(By.ORDER, order_id or ""), sealed)
        chores.plan(connection, office.store().id, chores.REREAD)


def rows(office: Desk) -> list[Any]:
    columns = [events.events.c[name] for name in COLUMNS]
    with reading(office.engine) as connection:
        return list(connection.execute(sa.select(*columns).order_by(events.events.c.id)))


def states(office: Desk) -> list[str]:
    wanted = sa.select(deliveries.deliveries.c.state).order_by(deliveries.deliveries.c.id)
    with reading(office.engine) as connection:
        return list(connection.execute(wanted).scalars())


def asked(shop: KeyedShop) -> list[str]:
    return [one.path.rpartition("/")[2] for one in shop.asked if "/wc/v3/orders/" in one.path]


def test_an_order_comes_back_with_its_person_and_is_due_though_the_shop_says_the_very_same(office: Wooffice) -> None:
    told = body(office, 71)
    withheld(office, "order.updated", told)
    [before] = rows(office)
    assert (before.user_data, before.email_hmac) == (None, None)

    office.shop.says("GET", "wc/v3/orders/71", told)
    office.look_after()

    [after] = rows(office)
    assert after.user_data
    assert after.email_hmac
    assert (after.value, after.granted_at) == (before.value, None)
    assert states(office) == ["pending"]
    assert chores.REREAD not in office.chores()


def test_an_order_of_shopify_comes_back_with_its_person(engine: db.Engine, standin: StandIn) -> None:
    office = Asking(engine, standin)
    store = office.installed()
    sell(office)
    [order_id] = standin.order(silent=True)
    kept = office.grant()
    assert kept
    told = grants.opened(office.platforms, store, kept).order(order_id)
    assert told
    withheld(office, told.topic, told.body)
    office.look_after()

    [row] = rows(office)
    assert row.order_id == order_id
    assert row.user_data
    assert (row.granted_at, states(office)) == (None, ["pending"])


def test_a_store_that_is_connected_again_has_its_agreed_orders_read_and_one_without_any_has_not(
    office: Wooffice,
) -> None:
    office.connected()
    assert chores.REREAD not in office.chores()

    withheld(office, "order.updated", body(office, 71))
    office.connected()
    assert chores.REREAD in office.chores()


def test_an_order_that_is_gone_stays_forgotten(office: Wooffice) -> None:
    withheld(office, "order.updated", body(office, 71))
    office.shop.says("GET", "wc/v3/orders/71", NOT_THERE, 404)
    office.look_after()

    [row] = rows(office)
    assert (row.user_data, row.granted_at, states(office)) == (None, None, ["withheld"])
    assert chores.REREAD not in office.chores()


@pytest.mark.parametrize(
    "event",
    [{"event_time": now() - timedelta(days=7, minutes=1)}, {"event_name": "InitiateCheckout"}, {"order_id": None}],
)
def test_what_is_too_old_or_no_order_is_not_asked_for(office: Wooffice, event: dict[str, Any]) -> None:
    withheld(office, "order.updated", body(office, 71))
    agree(office, **event)
    office.look_after()

    assert asked(office.shop) == []
    assert [row.granted_at for row in rows(office)] == [None]


def test_what_is_not_withheld_any_more_is_not_asked_for(office: Wooffice) -> None:
    withheld(office, "order.updated", body(office, 71))
    with transaction(office.engine) as connection:
        connection.execute(sa.update(deliveries.deliveries).values(state=deliveries.State.SKIPPED))
    office.look_after()

    assert asked(office.shop) == []
    assert [row.granted_at for row in rows(office)] == [None]


def test_an_order_that_cannot_be_had_is_asked_for_again_and_keeps_no_other_waiting(office: Wooffice) -> None:
    for order_id in (71, 72):
        withheld(office, "order.updated", body(office, order_id))
    office.shop.says("GET", "wc/v3/orders/71", {"code": "a_plugin_says_no", "message": "No."}, 403)
    office.shop.says("GET", "wc/v3/orders/72", body(office, 72))
    office.look_after()

    first, second = rows(office)
    assert first.granted_at
    assert first.user_data is None
    assert second.user_data
    assert (second.granted_at, asked(office.shop)) == (None, ["71", "72"])
    assert office.chores()[chores.REREAD].trouble


def test_twenty_are_read_at_a_turn_and_then_the_rest(office: Wooffice) -> None:
    store, api = office.store(), registry.get(PLATFORM).store_api(*opened(office))
    for order_id in range(71, 92):
        office.receiver.recover(store, "order.updated", body(office, order_id), now())
    agree(office, event_name="InitiateCheckout")

    def turn() -> timedelta | None:
        return reread.read_on(office.receiver, store, api, now=now(), seconds=20.0)

    assert turn() == timedelta(0)
    assert [row.order_id for row in rows(office) if row.granted_at] == ["91"]
    assert turn() is None


def opened(office: Wooffice) -> tuple[Any, ...]:
    app = office.platforms.apps[PLATFORM]
    return app, office.platforms.http, office.store().domain, office.token()


def test_who_agrees_once_more_while_an_order_is_read_is_heard(office: Wooffice) -> None:
    withheld(office, "order.updated", body(office, 71))
    with transaction(office.engine) as connection:
        [seen] = rereading.granted(connection, office.store().id, 5)
        rereading.settle(connection, seen._replace(granted_at=seen.granted_at - timedelta(milliseconds=1)))
        assert rereading.granted(connection, office.store().id, 5) == [seen]
        rereading.settle(connection, seen)
        assert rereading.granted(connection, office.store().id, 5) == []
