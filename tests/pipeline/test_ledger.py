"""One order, however often, by whatever topic and in whatever order it is told: one row, and the right fate."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from integration.crypto import Sealer, new_key
from integration.db import reading, transaction
from integration.db.events import events
from integration.pipeline.moves import Move, judge
from integration.pipeline.qualify import Counts, Never, NotYet
from tests.rig.shop import Bench, Shop

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTS = Counts(NOW, NOW)
CANCELLED = Never("cancelled", ended=True)


@pytest.mark.parametrize(
    ("last", "ended", "version", "revives", "verdict", "move"),
    [
        (NOW, False, NOW, False, COUNTS, Move.OPEN),
        (NOW, False, NOW - timedelta(seconds=1), False, COUNTS, Move.STALE),
        (NOW, False, NOW + timedelta(seconds=1), False, COUNTS, Move.OPEN),
        (NOW, True, NOW + timedelta(seconds=1), False, COUNTS, Move.OPEN),
        (NOW, True, NOW, False, COUNTS, Move.STALE),  # in one second the cancellation wins
        (NOW, False, NOW, False, CANCELLED, Move.SKIP),
        (NOW, True, NOW - timedelta(days=1), True, COUNTS, Move.OPEN),  # order.restored
        (None, False, NOW, False, COUNTS, Move.OPEN),
        (NOW, False, None, False, COUNTS, Move.OPEN),
        (NOW, False, NOW, False, NotYet("failed"), Move.SKIP),
        (NOW, False, NOW, False, Never("older than 7 days", late=True), Move.LATE),
    ],
)
def test_the_newest_payload_decides_by_the_platforms_own_time(last, ended, version, revives, verdict, move) -> None:
    assert judge(last=last, ended=ended, version=version, revives=revives, verdict=verdict) is move


def woo(shop: Shop, case: str, *, order_id: str = "5001", **changes: object) -> bytes:
    topic = {"card": "order.created", "completed": "order.updated", "cancelled": "order.updated"}[case]
    body = json.loads(shop.sample(topic, case, order_id=order_id))
    return json.dumps({**body, **changes}).encode()


def at(minute: int) -> str:
    moment = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=minute)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("woocommerce", consent_mode="assumed")


def test_the_same_order_told_by_several_topics_is_one_purchase(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card"))
    shop.tell("order.updated", woo(shop, "card"))
    shop.tell("order.updated", woo(shop, "completed"))

    assert [row["event_id"] for row in bench.rows("Purchase")] == ["5001"]


def test_an_order_pending_today_and_paid_tomorrow_is_told_once_and_tomorrow(bench: Bench, shop: Shop) -> None:
    reply = shop.tell("order.created", woo(shop, "card", status="pending", date_paid_gmt=None, date_modified_gmt=at(0)))
    assert reply.reason == "not yet: pending"
    assert bench.rows() == []

    shop.tell("order.updated", woo(shop, "card", date_modified_gmt=at(1)))
    bench.deliver()

    assert [told["event_id"] for told in bench.sandbox.told()] == ["5001"]


def test_an_unsent_purchase_whose_order_is_cancelled_is_skipped(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))
    shop.tell("order.updated", woo(shop, "card", status="cancelled", date_modified_gmt=at(1)))
    bench.deliver()

    assert bench.states() == [("skipped", "cancelled")]
    assert bench.sandbox.told() == []


def test_a_payload_older_than_a_cancellation_already_seen_makes_no_purchase(bench: Bench, shop: Shop) -> None:
    shop.tell("order.updated", woo(shop, "card", status="cancelled", date_modified_gmt=at(1)))
    reply = shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))

    assert reply.reason == "older than what was told before"
    assert bench.states() == [("skipped", "cancelled")]


def test_a_cancelled_order_paid_again_is_judged_afresh(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))
    shop.tell("order.updated", woo(shop, "card", status="cancelled", date_modified_gmt=at(1)))
    shop.tell("order.updated", woo(shop, "card", date_modified_gmt=at(2)))
    bench.deliver()

    assert [state for state, _ in bench.states()] == ["delivered"]


def test_a_sent_purchase_stands_whatever_becomes_of_its_order(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))
    bench.deliver()
    shop.tell("order.updated", woo(shop, "card", status="cancelled", date_modified_gmt=at(1)))
    shop.tell("order.deleted", b'{"id":5001}')

    assert [state for state, _ in bench.states()] == ["delivered"]


def test_a_deleted_order_is_skipped_and_a_restored_one_comes_back(bench: Bench, shop: Shop) -> None:
    body = woo(shop, "card", date_modified_gmt=at(0))
    shop.tell("order.created", body)
    shop.tell("order.deleted", b'{"id":5001}')
    assert bench.states() == [("skipped", "deleted")]

    shop.tell("order.restored", body)
    assert bench.states() == [("pending", None)]

    assert shop.tell("order.deleted", b'{"id":5001}').status == "accepted"
    assert bench.states() == [("skipped", "deleted")]


def test_a_fully_refunded_unsent_order_is_skipped(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))
    shop.tell("order.updated", woo(shop, "card", status="refunded", date_modified_gmt=at(1)))

    assert bench.states("Purchase") == [("skipped", "cancelled")]


def test_the_event_id_is_computed_once_and_never_again(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))
    shop.set(event_id_template="{store_key}-{order_id}")
    shop.tell("order.updated", woo(shop, "completed", date_modified_gmt=at(1)))
    shop.tell("order.created", woo(shop, "card", order_id="5002"))

    assert [row["event_id"] for row in bench.rows()] == ["5001", f"{shop.row.short_key}-5002"]


def test_value_is_frozen_at_the_first_counting_payload_and_later_edits_are_shown(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", total="80.00", date_modified_gmt=at(0)))
    shop.tell("order.updated", woo(shop, "card", total="129.87", date_modified_gmt=at(1)))
    bench.deliver()

    (row,) = bench.rows()
    assert (row["value"], row["later_value"]) == ("80.00", "129.87")
    assert bench.sandbox.told()[0]["custom_data"]["value"] == 80


def test_an_order_that_stops_counting_before_it_was_sent_is_skipped_with_its_status(bench: Bench, shop: Shop) -> None:
    shop.tell("order.created", woo(shop, "card", date_modified_gmt=at(0)))
    shop.tell("order.updated", woo(shop, "card", status="failed", date_paid_gmt=None, date_modified_gmt=at(1)))

    assert bench.states() == [("skipped", "not yet: failed")]


def test_a_later_payload_without_a_key_does_not_take_it_away(bench: Bench, shop: Shop) -> None:
    full = json.loads(woo(shop, "card", date_modified_gmt=at(0)))
    shop.tell("order.created", json.dumps(full).encode())
    edited = {
        **full,
        "customer_ip_address": "",
        "date_modified_gmt": at(1),
        "billing": {**full["billing"], "phone": ""},
    }
    shop.tell("order.updated", json.dumps(edited).encode())
    bench.deliver()

    assert {"ph", "client_ip_address"} <= bench.sandbox.told()[0]["user_data"].keys()


def test_a_consent_refused_later_stops_what_has_not_left(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    full = json.loads(shop.sample("order.created", "german_without_consent"))
    shop.tell("order.created", json.dumps({**full, "date_modified_gmt": at(0)}).encode())
    assert bench.states() == [("waiting", "waiting for consent")]

    refused = {"id": 9, "key": "_tandem_consent", "value": '{"marketing": false, "sale_of_data": true}'}
    later = {**full, "date_modified_gmt": at(1), "meta_data": [*full["meta_data"], refused]}
    shop.tell("order.updated", json.dumps(later).encode())

    assert bench.states() == [("withheld", "consent was refused")]


LIFE = ("created", "paid", "updated", "refunded", "paid again")


def life(shop: Shop) -> dict[str, tuple[str, bytes]]:
    pending = {"status": "pending", "date_paid_gmt": None, "date_modified_gmt": at(0)}
    refund = {"refunds": [{"id": 77, "reason": "", "total": "-5.00"}]}
    return {
        "created": ("order.created", woo(shop, "card", **pending)),
        "paid": ("order.updated", woo(shop, "card", date_modified_gmt=at(1))),
        "updated": ("order.updated", woo(shop, "completed", date_modified_gmt=at(2))),
        "refunded": ("order.updated", woo(shop, "completed", date_modified_gmt=at(3), **refund)),
        "paid again": ("order.updated", woo(shop, "card", date_modified_gmt=at(1))),
    }


def test_every_order_of_arrival_of_one_orders_life_ends_in_the_same_events(bench: Bench) -> None:
    for number, arrival in enumerate(itertools.permutations(LIFE)):
        shop = bench.shop(
            "woocommerce", f"shop{number}.example.com", dataset=str(200_000 + number), consent_mode="assumed"
        )
        deliveries = life(shop)
        for deed in arrival:
            assert shop.tell(*deliveries[deed]).status in ("accepted", "duplicate"), arrival

        told = [
            (row["event_name"], row["event_id"], row["value"]) for row in bench.rows() if row["store_id"] == shop.id
        ]
        assert sorted(told) == [("Purchase", "5001", told[0][2]), ("Refund", "refund_77", "5.00")], arrival


def test_what_an_older_version_sealed_is_enriched_told_and_sealed_anew(bench: Bench) -> None:
    """Databases outlive the format of a seal: the first version's were Fernet tokens."""
    key = new_key()
    bench.sealer = Sealer([key])
    shop = bench.shop("woocommerce", consent_mode="assumed")
    for order_id in ("1", "2"):
        shop.tell("order.created", woo(shop, "card", order_id=order_id, date_modified_gmt=at(0)))
    with transaction(bench.engine) as connection:
        for pk, sealed in connection.execute(sa.select(events.c.id, events.c.user_data)).all():
            opened = bench.sealer.unseal(sealed, store=shop.id, column="events.user_data")
            place = sha256(f"{shop.id}\x00events.user_data".encode()).digest()[:16]
            connection.execute(
                sa.update(events)
                .where(events.c.id == pk)
                .values(user_data=Fernet(key).encrypt(place + opened).decode())
            )

    shop.tell("order.updated", woo(shop, "completed", order_id="2", date_modified_gmt=at(5)))
    with reading(bench.engine) as connection:
        first, second = connection.execute(sa.select(events.c.user_data).order_by(events.c.id)).scalars()
    bench.deliver()

    assert first.startswith("gAAAA")
    assert not second.startswith("gAAAA")
    assert len({event["user_data"]["em"] for event in bench.sandbox.told()}) == 1
    assert bench.states() == [("delivered", None)] * 2
