"""Whoever was erased is brought back by no road, and what they do later is told as anybody's; on both databases."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import reading, transaction
from integration.db.deliveries import FAILED, deliveries
from integration.db.events import events
from integration.db.replays import Selection
from integration.pipeline.memory import Memory
from integration.pipeline.receive import Receiver
from integration.pipeline.replay import replay
from tests.pipeline.test_signals import FBC, FBP, hearing, speak
from tests.rig.erasing import erase_person
from tests.rig.hasten import make_everything_due
from tests.rig.shop import SECRET_KEY, Bench, Shop
from tests.rig.shoppers import Shopper, every_text

ERASED = ("skipped", "erased on request")
TOKEN = "adascheckout01"


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return hearing(bench)


@pytest.fixture
def ada(shop: Shop) -> Shopper:
    return Shopper(shop, "kunigunde", "900111", "7700000111", "+4915112345611")


def erase(ada: Shopper, **named: Any) -> None:
    """A minute ago, so that what is placed now is placed later."""
    bench, at = ada.shop.bench, datetime.now(UTC) - timedelta(minutes=1)
    erase_person(bench.engine, bench.sealer, SECRET_KEY, ada.shop.row, ada.demand(**named), at)


def order(ada: Shopper, age: timedelta = timedelta(minutes=5), **changes: Any) -> bytes:
    """Told by the shop just now."""
    said = {"updated_at": datetime.now(UTC).isoformat(timespec="seconds"), "checkout_token": TOKEN}
    return ada.told("orders/paid", "card", age=age, **{**said, **changes})


def at_once(shop: Shop) -> None:
    """The store is remembered, so the usual webhook is written in one statement."""
    shop.tell(
        "orders/paid", Shopper(shop, "warm", "800111", "8800000111", "+4915112345699").told("orders/paid", "card")
    )


def with_care(shop: Shop) -> None:
    shop.bench.memory = Memory()


def recover(shop: Shop, body: bytes, *, again: bool = False) -> None:
    receiver = Receiver(shop.bench.engine, shop.bench.sealer, SECRET_KEY, {})
    receiver.recover(shop.row, "orders/updated", body, datetime.now(UTC), again=again)


def by_webhook(ada: Shopper) -> None:
    ada.shop.tell("orders/updated", order(ada))


def by_sweep(ada: Shopper) -> None:
    recover(ada.shop, order(ada))


def by_reading_again(ada: Shopper) -> None:
    recover(ada.shop, order(ada), again=True)


def by_refund(ada: Shopper) -> None:
    ada.shop.tell(
        "refunds/create", ada.shop.sample("refunds/create", "partial", order_id=ada.order_id, age=timedelta(0))
    )
    ada.shop.tell("orders/updated", order(ada))


def by_a_late_browser(ada: Shopper) -> None:
    ada.shop.tell("orders/updated", order(ada))
    speak(ada.shop, checkout_token=TOKEN, fbp=FBP, fbc=FBC, consent={"marketing": True})
    ada.shop.tell("orders/updated", order(ada, note="once more"))


def nobody_came_back(ada: Shopper) -> None:
    bench = ada.shop.bench
    make_everything_due(bench.engine)
    bench.deliver()
    assert ada.found() == set()
    assert [one["event_id"] for one in bench.sandbox.told() if one["event_id"] != "800111"] == []
    assert bench.sandbox.told("Refund") == []


@pytest.mark.parametrize(
    ("road", "known", "warmth"),
    [
        (by_webhook, False, at_once),
        (by_webhook, False, with_care),
        (by_webhook, True, at_once),
        (by_sweep, False, with_care),
        (by_sweep, True, with_care),
        (by_reading_again, True, with_care),
        (by_refund, False, at_once),
        (by_refund, True, at_once),
        (by_a_late_browser, False, at_once),
        (by_a_late_browser, True, at_once),
    ],
)
def test_nobody_is_brought_back(
    shop: Shop, ada: Shopper, road: Callable[[Shopper], None], known: object, warmth: Callable[[Shop], None]
) -> None:
    """`known`: the order was in the ledger when its person was erased."""
    if known:
        shop.tell("orders/paid", order(ada))
    erase(ada)
    warmth(shop)
    road(ada)

    nobody_came_back(ada)
    assert ERASED in shop.bench.states("Purchase")


def test_what_died_and_is_replayed_is_nobodys(shop: Shop, ada: Shopper) -> None:
    bench = shop.bench
    shop.tell("orders/paid", order(ada))
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(deliveries).values(state="dead", reason="bad", next_at=None))
    erase(ada)

    assert replay(bench.engine, Selection(FAILED), insist=True) == 0
    nobody_came_back(ada)


def test_a_refund_of_what_was_told_before_is_not_told(shop: Shop, ada: Shopper) -> None:
    bench = shop.bench
    shop.tell("orders/paid", order(ada))
    make_everything_due(bench.engine)
    assert bench.deliver() == 1
    erase(ada)
    bench.sandbox.reset()
    by_refund(ada)

    nobody_came_back(ada)
    assert [state for state, _ in bench.states("Refund")] == ["skipped"]


@pytest.mark.parametrize("warmth", [at_once, with_care])
def test_what_they_order_afterwards_is_told_as_usual(shop: Shop, ada: Shopper, warmth: Callable[[Shop], None]) -> None:
    shop.tell("orders/paid", order(ada))
    erase(ada)
    warmth(shop)
    later = Shopper(shop, ada.name, "900333", ada.customer_id, ada.phone)
    shop.tell("orders/paid", order(later, age=timedelta(0), checkout_token="another"))
    make_everything_due(shop.bench.engine)
    shop.bench.deliver()

    assert "900333" in [one["event_id"] for one in shop.bench.sandbox.told()]
    assert "events.user_data" in later.found()


def test_a_guests_order_is_erased_by_its_id_alone_and_no_other_order_with_it(shop: Shop, ada: Shopper) -> None:
    guest = {"customer": None, "email": None, "contact_email": None, "phone": None}
    shop.tell("orders/paid", order(ada, **guest))
    erase(ada, order_ids=(ada.order_id,))
    shop.tell("orders/updated", order(ada, checkout_token=None))
    assert shop.bench.states() == [ERASED]
    assert ada.found() == set()

    other = Shopper(shop, ada.name, "900444", ada.customer_id, ada.phone)
    shop.tell("orders/paid", order(other, checkout_token="another"))
    make_everything_due(shop.bench.engine)
    assert shop.bench.deliver() == 1


def test_the_same_person_at_another_store_stays(shop: Shop, ada: Shopper) -> None:
    elsewhere = shop.bench.shop(domain="other.myshopify.com", dataset="100000000000002", consent_mode="assumed")
    theirs = Shopper(elsewhere, ada.name, ada.order_id, ada.customer_id, ada.phone)
    elsewhere.tell("orders/paid", order(theirs))
    shop.tell("orders/paid", order(ada))
    erase(ada)
    again = json.loads(order(theirs)) | {"note": "later"}
    elsewhere.tell("orders/updated", json.dumps(again).encode())
    make_everything_due(shop.bench.engine)

    assert shop.bench.deliver() == 1
    assert "events.user_data" in theirs.found()


def test_a_browser_that_speaks_of_an_erased_order_finds_nothing_and_leaves_nothing_in_the_ledger(
    shop: Shop, ada: Shopper
) -> None:
    shop.tell("orders/paid", order(ada))
    erase(ada)
    assert not speak(shop, checkout_token=TOKEN, fbp=FBP, consent={"marketing": True})
    make_everything_due(shop.bench.engine)

    assert shop.bench.deliver() == 0
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(events.c.user_data, events.c.granted_at)).all() == [(None, None)]
    assert not [column for column, text in every_text(shop) if FBP in text and column != "signals.sealed"]
