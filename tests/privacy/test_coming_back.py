"""Roads by which who was erased might come back, on both databases. Constructed people."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind, PrivacyRequest
from integration.db import clock, reading, tombstones, transaction
from integration.db.events import events
from integration.db.stores import stores
from integration.pipeline.qualify import ERASED
from integration.privacy.traces import surely_of, tells_of
from tests.rig.erasing import erase_person
from tests.rig.shop import SECRET_KEY, Bench, Shop
from tests.rig.shoppers import Shopper, now


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


@pytest.fixture
def ada(shop: Shop) -> Shopper:
    return Shopper(shop, "kunigunde", "900111", "7700000111", "+4915112345611")


def erase(shop: Shop, demand: PrivacyRequest) -> None:
    erase_person(shop.bench.engine, shop.bench.sealer, SECRET_KEY, shop.row, demand, now())


def later(ada: Shopper, topic: str, case: str) -> bytes:
    """The same deed, told once more."""
    return ada.told(topic, case, updated_at=(datetime.now(UTC) + timedelta(seconds=5)).isoformat())


def test_a_checkout_that_goes_on_brings_nobody_back_who_was_erased_by_their_order_alone(
    shop: Shop, ada: Shopper
) -> None:
    ada.shops()
    erase(shop, ada.demand(order_ids=(ada.order_id,)))
    left = ada.found()

    assert shop.tell("checkouts/update", later(ada, "checkouts/create", "with_email")).reason == ERASED

    assert ada.found() == left
    assert set(shop.bench.states()) == {("skipped", ERASED)}


@pytest.mark.parametrize("named", ["email", "order_ids"])
def test_who_is_erased_by_one_name_is_not_brought_back_by_another_they_ordered_under(
    shop: Shop, ada: Shopper, named: str
) -> None:
    shop.tell("orders/paid", ada.told("orders/paid", "card"))
    erase(shop, ada.demand(**{named: {"email": ada.email, "order_ids": (ada.order_id,)}[named]}))

    shop.tell("checkouts/create", ada.told("checkouts/create", "with_email"))
    elsewhere = Shopper(shop, "kuni", "900112", ada.customer_id, ada.phone)
    shop.tell("orders/paid", elsewhere.told("orders/paid", "card"))

    assert ada.found() == set()
    assert set(shop.bench.states()) == {("skipped", ERASED)}


def test_nor_does_an_order_of_a_shop_whose_clock_goes_fast(shop: Shop, ada: Shopper) -> None:
    ahead = timedelta(minutes=-3)
    shop.tell("orders/paid", ada.told("orders/paid", "card", age=ahead))
    erase(shop, ada.demand())

    shop.tell("orders/updated", ada.told("orders/paid", "card", age=ahead, note="packed"))

    assert ada.found() == set()


def test_what_a_browser_told_of_an_order_that_came_after_the_erasure_goes_and_is_joined_no_more(
    shop: Shop, ada: Shopper
) -> None:
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(stores).values(storefront_at=clock(), version=stores.c.version + 1))
    order = ada.told("orders/paid", "card")
    ada.browses(json.loads(order)["checkout_token"])
    erase(shop, ada.demand(email=ada.email))

    shop.tell("orders/paid", order)

    assert not ada.found() & {"signals.sealed", "events.user_data"}
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(events.c.checkout_key, events.c.cart_key)).all() == [(None, None)]


def test_a_request_that_is_gone_on_with_late_takes_nothing_of_a_newer_one_back(shop: Shop) -> None:
    at, hmac = now(), "a" * 64
    with transaction(shop.bench.engine) as connection:
        for moment in (at - timedelta(hours=2), at, at - timedelta(hours=1)):
            tombstones.add(connection, shop.id, [hmac, "b" * 64, hmac], moment)
        erased = tombstones.of_hmacs(connection, shop.id, [hmac])[hmac]

    assert abs(erased - at) < timedelta(milliseconds=1)


def test_as_many_orders_as_there_are_get_their_tombstones(shop: Shop) -> None:
    hmacs = [f"{number:064}" for number in range(1_201)]
    with transaction(shop.bench.engine) as connection:
        tombstones.add(connection, shop.id, hmacs, now())
        assert tombstones.of_hmacs(connection, shop.id, hmacs).keys() == set(hmacs)


def test_a_body_in_a_body_tells_of_a_person_too() -> None:
    body = json.dumps({"payload": json.dumps({"payload": json.dumps({"to": "zoë@example.com"})})}).encode()

    assert tells_of(body, PrivacyRequest(PrivacyKind.CUSTOMER_ERASURE, None, email="Zoë@example.com"))


def test_nobody_reads_another_shoppers_body_by_a_number_whose_end_is_a_date_or_an_id() -> None:
    body = b'{"id": 4920261130, "email": "bob@example.com", "phone": "+33 149 202 611 30", "created_at": "2026-11-30T10:00"'
    demand = PrivacyRequest(PrivacyKind.CUSTOMER_DATA, None, phone="+49 202 61130")

    assert tells_of(body, demand)
    assert not surely_of(body, demand)
    assert surely_of(body.replace(b"+33 149", b"0049 (0)"), demand)
