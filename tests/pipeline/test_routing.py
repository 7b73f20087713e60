"""Who tells an event is the merchant's choice: what the server does not tell is skipped, in the merchant's words."""

import json

import pytest
import sqlalchemy as sa

from integration.db import reading, sightings, transaction
from integration.db.events import events
from integration.db.sightings import Seen, Stage
from integration.pipeline import joining
from integration.pipeline.joining import By
from tests.pipeline.test_signals import TOKEN, hearing, paid
from tests.rig.hasten import make_everything_due
from tests.rig.shop import DATASET, Bench, Shop

BY_PIXEL, OFF = "told by the Pixel alone, by your settings", "switched off in your settings"


def later(body: bytes) -> bytes:
    return json.dumps({**json.loads(body), "note": "later"}).encode()


@pytest.mark.parametrize(("route", "reason"), [("pixel", BY_PIXEL), ("off", OFF)])
def test_what_the_server_does_not_tell_begins_skipped(bench: Bench, route: str, reason: str) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", routing=f"Purchase={route}")

    assert shop.tell("orders/paid", paid(shop)).reason == reason
    assert bench.states() == [("skipped", reason)]
    assert bench.deliver() == 0


@pytest.mark.parametrize("route", ["both", "server"])
def test_what_the_server_tells_is_told(bench: Bench, route: str) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", routing=f"Purchase={route}")
    shop.tell("orders/paid", paid(shop))

    assert bench.deliver() == 1


def test_only_of_a_purchase_that_the_pixel_tells_the_person_is_kept_for_its_refund(bench: Bench) -> None:
    for name, route in (("one.myshopify.com", "pixel"), ("two.myshopify.com", "off")):
        shop = bench.shop("shopify", name, consent_mode="assumed", routing=f"Purchase={route}", dataset=None)
        shop.tell("orders/paid", paid(shop, order_status_url=None))
    with reading(bench.engine) as connection:
        kept = connection.execute(sa.select(events.c.user_data.is_not(None)).order_by(events.c.id)).scalars().all()

    assert kept == [True, False]


def test_an_observing_store_does_not_show_as_would_be_sent_what_it_does_not_send(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", routing="Purchase=pixel", state="observing")
    shop.tell("orders/paid", paid(shop))

    assert bench.states() == [("skipped", BY_PIXEL)]


def test_a_change_before_it_left_is_seen_at_the_next_payload_and_when_it_leaves(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", routing="Purchase=off")
    shop.tell("orders/paid", paid(shop))
    shop.set(routing="Purchase=pixel")
    shop.tell("orders/updated", later(paid(shop)))
    assert bench.states() == [("skipped", BY_PIXEL)]
    shop.set(routing="Purchase=both")
    shop.tell("orders/updated", later(later(paid(shop, tags="again"))))
    assert [state for state, _ in bench.states()] == ["pending"]
    shop.set(routing="Purchase=off")

    assert bench.deliver() == 0
    assert bench.states() == [("skipped", OFF)]


# Refunds of what the Pixel told


def see(shop: Shop, *, proof: str, stage: Stage = Stage.SENT, dataset: str = DATASET, name: str = "Purchase") -> None:
    with transaction(shop.bench.engine) as connection:
        sightings.keep(connection, Seen(shop.id, dataset, name, "5001", proof), stage)


def refund(shop: Shop) -> None:
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))


BY_CHECKOUT, BY_ORDER = joining.key(By.CHECKOUT, TOKEN), joining.key(By.ORDER, "5001")


@pytest.mark.parametrize("proof", [BY_CHECKOUT, BY_ORDER], ids=["checkout", "order"])
def test_a_refund_is_told_where_the_pixel_is_proven_to_have_told_its_purchase(bench: Bench, proof: str) -> None:
    shop = hearing(bench, routing="Purchase=pixel")
    shop.tell("orders/paid", paid(shop, "5001"))
    see(shop, proof=proof)
    refund(shop)

    assert bench.states("Refund") == [("waiting", "waiting for its Purchase")]
    assert bench.deliver() == 1
    (one,) = bench.sandbox.told("Refund")
    assert one["user_data"]["em"]
    assert bench.states("Purchase") == [("skipped", BY_PIXEL)]


@pytest.mark.parametrize(
    "odd",
    [
        {"proof": ""},
        {"proof": joining.key(By.CHECKOUT, "of somebody else")},
        {"proof": BY_CHECKOUT, "stage": Stage.LOADED},
        {"proof": BY_CHECKOUT, "dataset": "100000000000009"},
        {"proof": BY_CHECKOUT, "name": "InitiateCheckout"},
    ],
    ids=["unproven", "another's proof", "never sent", "another dataset", "another event"],
)
def test_anything_less_than_that_proves_nothing(bench: Bench, odd: dict[str, str]) -> None:
    shop = hearing(bench, routing="Purchase=pixel")
    shop.tell("orders/paid", paid(shop, "5001"))
    see(shop, **odd)
    refund(shop)
    bench.deliver()

    assert bench.states("Refund") == [("skipped", "purchase not told")]


def test_a_refund_of_a_purchase_told_by_both_is_told_as_ever(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop, "5001"))
    make_everything_due(bench.engine)
    bench.deliver()
    refund(shop)

    assert bench.deliver() == 1
