"""What we read from a store's API ourselves goes the road of its webhooks, but for the signature; on both databases."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from integration.db import reading, stores, transaction
from integration.db.alerts import alerts
from integration.db.webhooks import quarantine, webhooks
from integration.pipeline.receive import Receiver, Reply
from tests.rig.shop import SECRET_KEY, Bench, Shop


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("woocommerce", consent_mode="assumed")


def recover(shop: Shop, topic: str, body: bytes, now: datetime | None = None) -> Reply:
    receiver = Receiver(shop.bench.engine, shop.bench.sealer, SECRET_KEY, {})
    return receiver.recover(shop.row, topic, body, now or datetime.now(UTC))


def said(shop: Shop) -> list[str]:
    with reading(shop.bench.engine) as connection:
        return list(connection.execute(sa.select(alerts.c.kind)).scalars())


def test_an_order_is_taken_without_a_signature_and_told(shop: Shop) -> None:
    assert recover(shop, "order.updated", shop.sample("order.created", "card")) == Reply("accepted")
    shop.bench.deliver()

    assert [event["event_id"] for event in shop.bench.sandbox.told()] == ["5001"]


def test_what_its_webhook_told_in_the_very_same_words_is_a_copy(shop: Shop) -> None:
    body = shop.sample("order.updated", "completed")
    shop.tell("order.updated", body)

    assert recover(shop, "order.updated", body).status == "duplicate"
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(webhooks.c.copies)).scalars().all() == [2]


@pytest.mark.parametrize("first", ["webhook", "asked"])
def test_the_newest_word_counts_whichever_way_it_came_and_whenever(shop: Shop, first: str) -> None:
    """Quirk: a webhook may be posted an hour late, and then tells of the order as it is; a recovered one is of now."""
    placed = json.loads(shop.sample("order.created", "card"))
    cancelled = placed | {
        "status": "cancelled",
        "date_modified_gmt": f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}",
    }
    bodies = [json.dumps(placed).encode(), json.dumps(cancelled).encode()]
    if first == "webhook":
        shop.tell("order.updated", bodies[1])
        recover(shop, "order.updated", bodies[0])
    else:
        recover(shop, "order.updated", bodies[1])
        shop.tell("order.created", bodies[0])

    assert shop.bench.states() == [("skipped", "cancelled")]


def test_what_nobody_can_read_is_kept_aside_sealed_and_once(shop: Shop) -> None:
    replies = [recover(shop, "order.updated", b'{"id": null, "status": "processing"}') for _ in range(2)]

    assert {reply.status for reply in replies} == {"quarantined"}
    with reading(shop.bench.engine) as connection:
        (kept,) = connection.execute(sa.select(quarantine)).all()
    assert "processing" not in kept.body


def test_topics_nobody_follows_are_ignored(shop: Shop) -> None:
    assert recover(shop, "product.updated", b'{"id":5}').status == "ignored"


def test_an_error_in_place_of_an_order_says_that_access_is_lost(shop: Shop) -> None:
    body = shop.sample("order.updated", "error_object_cannot_view", order_id=None)

    assert recover(shop, "order.updated", body).status == "ignored"
    assert said(shop) == ["access_lost"]


def test_an_order_of_another_site_is_not_this_stores(shop: Shop) -> None:
    """An API that answers with another shop's orders: restored from its backup, or behind a wrong proxy."""
    body = json.loads(shop.sample("order.created", "card"))
    body["_links"]["self"][0]["href"] = "https://staging.example.com/wp-json/wc/v3/orders/5001"

    assert recover(shop, "order.updated", json.dumps(body).encode()) == Reply("ignored", "other site")
    assert shop.bench.rows() == []


def test_a_store_that_was_removed_meanwhile_gets_nothing(shop: Shop) -> None:
    with transaction(shop.bench.engine) as connection:
        stores.mark_uninstalled(connection, shop.row, datetime.now(UTC))

    assert recover(shop, "order.updated", shop.sample("order.created", "card")).status == "ignored"
    assert shop.bench.rows() == []


def test_a_body_that_broke_us_can_be_kept_aside(shop: Shop) -> None:
    receiver = Receiver(shop.bench.engine, shop.bench.sealer, SECRET_KEY, {})
    receiver.set_aside(shop.row, "order.updated", b'{"id": 7}', datetime.now(UTC), reason="It broke.")

    with reading(shop.bench.engine) as connection:
        (kept,) = connection.execute(sa.select(quarantine)).all()
    assert (kept.reason, kept.size) == ("It broke.", 9)
    assert shop.bench.sealer.unseal(kept.body, store=shop.id, column="quarantine.body") == b'{"id": 7}'
