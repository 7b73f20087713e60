"""A person is erased from every table, on both databases, and others keep theirs. Constructed people."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind, PrivacyRequest
from integration.db import deliveries as deliveries_room
from integration.db import privacy_requests, reading, transact, transaction
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.webhooks import quarantine
from integration.pipeline.qualify import ERASED
from integration.privacy import erasure
from integration.privacy.erasure import Eraser
from integration.privacy.traces import surely_of, tells_of
from tests.rig.erasing import erase_person
from tests.rig.shop import SECRET_KEY, Bench, Shop
from tests.rig.shoppers import Shopper, every_text, now


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


@pytest.fixture
def ada(shop: Shop) -> Shopper:
    return Shopper(shop, "kunigunde", "900111", "7700000111", "+4915112345611").shops()


@pytest.fixture
def bob(shop: Shop) -> Shopper:
    return Shopper(shop, "balthasar", "900222", "7700000222", "+4915198765422").shops()


def erase(shop: Shop, demand: PrivacyRequest) -> dict[str, int]:
    return erase_person(shop.bench.engine, shop.bench.sealer, SECRET_KEY, shop.row, demand, now())


def change(shop: Shop, table: sa.Table, *wanted: sa.ColumnElement[bool], **values: Any) -> None:
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(table).where(*wanted).values(**values))


def test_nothing_is_left_of_whom_is_erased_and_another_keeps_every_text(shop: Shop, ada: Shopper, bob: Shopper) -> None:
    everywhere = ada.found()
    of_bob = [one for one in every_text(shop) if any(mark in one[1] for mark in bob.marks)]

    proof = erase(shop, ada.demand())

    assert everywhere >= {"events.user_data", "events.email_hmac", "quarantine.body", "signals.sealed"}
    assert ada.found() == set()
    assert [one for one in every_text(shop) if any(mark in one[1] for mark in bob.marks)] == of_bob
    assert proof == {"events": 2, "deliveries": 3, "signals": 2, "sightings": 1, "quarantine": 1, "privacy_requests": 0}


def test_the_facts_stay_and_who_they_are_of_is_gone(shop: Shop, ada: Shopper) -> None:
    change(shop, events, stated="{}", granted_at=now())
    erase(shop, ada.demand(email=ada.email))

    with reading(shop.bench.engine) as connection:
        rows = connection.execute(sa.select(events)).mappings().all()
    assert {row["event_name"] for row in rows} == {"InitiateCheckout", "Purchase", "Refund"}
    assert all(row["value"] and json.loads(row["facts"]) for row in rows)
    for gone in ("user_data", "email_hmac", "phone_hmac", "customer_hmac", "checkout_key", "cart_key", "stated"):
        assert {row[gone] for row in rows} == {None}, gone
    assert {(row["key_mask"], row["granted_at"]) for row in rows} == {(0, None)}


def test_what_has_not_left_is_skipped_be_it_in_doubt_and_what_meta_has_stays_delivered(
    shop: Shop, ada: Shopper
) -> None:
    purchase = sa.select(events.c.id).where(events.c.event_name == "Purchase")
    change(shop, deliveries, deliveries.c.event_pk.in_(purchase), state="delivered", next_at=None)
    change(shop, deliveries, deliveries.c.event_pk.not_in(purchase), state="sending", doubtful=True)

    assert erase(shop, ada.demand())["deliveries"] == 2

    became = {row["event_name"]: (row["status"], row["reason"]) for row in shop.bench.rows()}
    assert became["Purchase"] == ("delivered", None)
    assert became["InitiateCheckout"] == became["Refund"] == ("skipped", ERASED)
    with reading(shop.bench.engine) as connection:
        due = sa.select(deliveries.c.next_at).where(deliveries.c.next_at.is_not(None))
        assert connection.execute(due).all() == []


@pytest.mark.parametrize("step", [1, 2, 3])
def test_broken_off_at_any_step_and_begun_anew_it_ends_the_same(shop: Shop, ada: Shopper, step: int) -> None:
    bench, at = shop.bench, now()
    whole = transact(
        bench.engine,
        lambda on: erasure.forbid(on, secret_key=SECRET_KEY, store=shop.row, demand=ada.demand(), at=at),
    )
    taken: list[dict[str, int]] = []

    def power_cut(_connection: Any, counts: Any) -> None:
        if len(taken) == step:
            raise KeyboardInterrupt
        taken.append(dict(counts))

    def eraser(note: Any) -> Eraser:
        return Eraser(bench.engine, bench.sealer, SECRET_KEY, shop.row, whole, at, note)

    with pytest.raises(KeyboardInterrupt):
        eraser(power_cut).erase()
    eraser(lambda _connection, counts: taken.append(dict(counts))).erase()

    assert ada.found() == set()
    total = {table: sum(one.get(table, 0) for one in taken) for table in ("events", "deliveries", "quarantine")}
    assert total == {"events": 2, "deliveries": 3, "quarantine": 1}


def test_what_names_nobody_goes_with_the_order_of_its_cart_but_whom_a_cart_was_handed_to_stays(
    shop: Shop, ada: Shopper, bob: Shopper
) -> None:
    with reading(shop.bench.engine) as connection:
        mine = sa.select(events.c.cart_key).where(events.c.order_id == ada.order_id)
        cart_key = connection.execute(mine.where(events.c.event_name == "Purchase")).scalar_one()
    begun = events.c.event_name == "InitiateCheckout"
    nobody = {"email_hmac": None, "phone_hmac": None, "customer_hmac": None, "checkout_key": None}
    change(shop, events, begun, events.c.cart_key == cart_key, **nobody)
    change(shop, events, events.c.order_id == bob.order_id, events.c.event_name == "Purchase", cart_key=cart_key)

    erase(shop, ada.demand(email=ada.email))

    with reading(shop.bench.engine) as connection:
        known = connection.execute(sa.select(events.c.event_name).where(events.c.user_data.is_not(None))).scalars()
    assert sorted(known) == ["InitiateCheckout", "Purchase"]  # bob's


def test_by_an_order_alone_its_person_is_erased_and_the_checkout_it_came_of(
    shop: Shop, ada: Shopper, bob: Shopper
) -> None:
    assert erase(shop, ada.demand(order_ids=(ada.order_id,)))["events"] == 2

    assert ada.found() <= {"quarantine.body"}  # which does not tell of that order
    assert bob.found() >= {"events.user_data", "events.email_hmac"}


def test_exports_about_the_same_people_are_gone_and_none_is_made_any_more(shop: Shop, ada: Shopper) -> None:
    asked = {
        "done": (["somebody", _hmac(ada)], True),
        "to come": ([_hmac(ada)], False),
        "of another": (["somebody"], True),
    }
    pks = {name: _data_request(shop, *one) for name, one in asked.items()}

    assert erase(shop, ada.demand())["privacy_requests"] == 2

    with reading(shop.bench.engine) as connection:
        rows = {name: privacy_requests.by_id(connection, pk) for name, pk in pks.items()}
    assert all(rows.values())
    assert [row.export for row in rows.values() if row] == [None, None, "sealed"]
    assert [row.trouble for row in rows.values() if row] == [None, ERASED, None]
    assert not any(row.next_at or not row.done_at for row in rows.values() if row)


def _hmac(ada: Shopper) -> str:
    return next(iter(erasure.person.wanted(ada.demand(email=ada.email), ada.shop.row, SECRET_KEY).hmacs))


def _data_request(shop: Shop, people: list[str], done: bool) -> int:  # noqa: FBT001
    at = now()
    whose = privacy_requests.Asked(
        shop.id, "shopify", "site", PrivacyKind.CUSTOMER_DATA, "platform", at, at, "sealed", people
    )
    with transaction(shop.bench.engine) as connection:
        pk = privacy_requests.add(connection, whose)
        if done:
            privacy_requests.change(connection, pk, next_at=None, done_at=at, demand=None, export="sealed")
    return pk


def test_a_quarantined_body_that_does_not_open_is_deleted_for_it_may_tell_of_them(shop: Shop, bob: Shopper) -> None:
    change(shop, quarantine, body="sealed with a key that is lost")

    assert erase(shop, PrivacyRequest(PrivacyKind.CUSTOMER_ERASURE, None, email="ada@example.com"))["quarantine"] == 1


def test_a_late_webhook_brings_nobody_back_and_a_new_purchase_is_taken(shop: Shop, ada: Shopper) -> None:
    erase(shop, ada.demand())
    later = (now() + timedelta(seconds=2)).isoformat()

    shop.tell("orders/updated", ada.told("orders/paid", "card", updated_at=later))
    unheard = Shopper(shop, ada.name, "900333", ada.customer_id, ada.phone)
    shop.tell("orders/paid", unheard.told("orders/paid", "card"))

    assert ada.found() == set()
    assert {row["status"] for row in shop.bench.rows()} == {"skipped"}

    again = Shopper(shop, ada.name, "900444", ada.customer_id, ada.phone)
    shop.tell("orders/paid", again.told("orders/paid", "card", age=timedelta(seconds=-1)))
    assert [row["status"] for row in shop.bench.rows() if row["order_id"] == "900444"] == ["pending"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"email": "Ada.L+x@Example.com"',
        b'{"email": "ada.l\\u002Bx\\u0040example.com"',
        b"email=ada.l%2Bx%40example.com&id=1",
        b'{"phone": "+49 (0)30 / 123-456 78"',
        b'{"phone": "030.12345678"',
        b'{"customer": {"id": 77001',
        b'{"admin_graphql_api_id": "gid://shopify/Order/5001"',
        b"arg=5001",
    ],
)
def test_a_body_tells_of_a_person_however_it_is_spelt(body: bytes) -> None:
    demand = PrivacyRequest(
        PrivacyKind.CUSTOMER_ERASURE, None, "77001", "ada.l+x@example.com", "+49 30 12345678", ("5001",)
    )
    assert tells_of(body, demand)
    assert not tells_of(body, PrivacyRequest(PrivacyKind.CUSTOMER_ERASURE, None, "7700", "l@x.example", "87654321"))
    assert not tells_of(body, PrivacyRequest(PrivacyKind.CUSTOMER_ERASURE, None, order_ids=("500", "15001")))


@pytest.mark.parametrize(
    ("body", "theirs"),
    [
        (b'{"email": "ada.l\\u002Bx@example.com"', True),
        (b"email=ada.l%2Bx%40example.com&id=1", True),
        (b'{"phone": "+49 (0) 30 / 123-456 78"', True),
        (b'{"phone": "030 / 123-456 78"', False),  # of a town of that code in any country
        (b'{"admin_graphql_api_id": "gid://shopify/Order/5001001001"', True),
        (b'{"email": "nada.l+x@example.com"', False),
        (b'{"email": "ada.l+x@example.com.au"', False),
        (b'{"price": "77001", "zip": "5001"', False),
    ],
)
def test_a_body_is_shown_only_where_it_is_of_nobody_else(body: bytes, *, theirs: bool) -> None:
    ids = ("5001", "5001001001")
    demand = PrivacyRequest(PrivacyKind.CUSTOMER_DATA, None, "77001", "ada.l+x@example.com", "+49 30 12345678", ids)
    assert (tells_of(body, demand), surely_of(body, demand)) == (True, theirs)
    assert not surely_of(b"ada.l+x@example.com", PrivacyRequest(PrivacyKind.CUSTOMER_DATA, None, email="x@example.com"))


def test_a_demand_that_names_nobody_finds_nobody(shop: Shop, ada: Shopper) -> None:
    before = ada.found()

    assert not any(erase(shop, PrivacyRequest(PrivacyKind.CUSTOMER_ERASURE, None)).values())

    assert ada.found() == before
    assert deliveries_room.State.SKIPPED not in {row["status"] for row in shop.bench.rows()}
