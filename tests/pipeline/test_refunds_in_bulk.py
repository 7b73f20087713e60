"""WooCommerce tells an order with all its refunds at every turn: a hundred must not cost a hundred times one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import reading
from integration.db.events import events
from tests.rig.shop import Bench, Shop


def order(shop: Shop, refunds: int, *, told_at: timedelta = timedelta(0), **changes: Any) -> bytes:
    """A paid order with so many refunds, as told so long after it was placed."""
    body = json.loads(shop.sample("order.created", "card", age=timedelta(hours=1)))
    at = datetime.now(UTC) - timedelta(minutes=50) + told_at
    body["date_modified_gmt"] = at.replace(tzinfo=None).isoformat(timespec="seconds")
    body["refunds"] = [{"id": 9_000 - n, "reason": "", "total": f"-0.{n % 90 + 10}"} for n in range(refunds)]
    return json.dumps({**body, **changes}).encode()


@contextmanager
def counted(bench: Bench) -> Iterator[list[str]]:
    """The statements of a block."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    sa.event.listen(bench.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        sa.event.remove(bench.engine, "before_cursor_execute", hear)


def statements(shop: Shop, body: bytes) -> int:
    with counted(shop.bench) as said:
        assert shop.tell("order.updated", body).status == "accepted"
    return len(said)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("woocommerce", consent_mode="assumed")


def test_a_hundred_new_refunds_take_as_many_statements_as_three(bench: Bench, shop: Shop) -> None:
    other = bench.shop("woocommerce", "other.example.com", dataset="100000000000009", consent_mode="assumed")

    assert statements(shop, order(shop, 3)) == statements(other, order(other, 100))

    assert [len(bench.rows("Refund")), len(bench.rows("Purchase"))] == [103, 2]
    assert {row["status"] for row in bench.rows("Refund")} == {"waiting"}


def test_a_hundred_known_refunds_take_as_many_statements_as_three(bench: Bench, shop: Shop) -> None:
    other = bench.shop("woocommerce", "other.example.com", dataset="100000000000009", consent_mode="assumed")
    for one, refunds in ((shop, 3), (other, 100)):
        one.tell("order.updated", order(one, refunds))
    later = timedelta(minutes=5)

    assert statements(shop, order(shop, 3, told_at=later)) == statements(other, order(other, 100, told_at=later))

    with reading(bench.engine) as connection:
        told = connection.execute(sa.select(events.c.updated_at).distinct()).scalars().all()
    assert len(told) <= 2, "all rows have the time of the newest payload"


def test_refunds_of_one_payload_each_find_their_own_row(bench: Bench, shop: Shop) -> None:
    """Some are known, some are new, one is told twice in one body."""
    shop.tell("order.updated", order(shop, 2))
    body = json.loads(order(shop, 4, told_at=timedelta(minutes=5)))
    body["refunds"].append(body["refunds"][0])

    shop.tell("order.updated", json.dumps(body).encode())

    found = bench.rows("Refund")
    assert sorted(row["event_id"] for row in found) == ["refund_8997", "refund_8998", "refund_8999", "refund_9000"]
    assert {row["event_id"]: row["value"] for row in found}["refund_9000"] == "0.10"


def test_with_the_order_taken_back_its_refunds_are_not_told(bench: Bench, shop: Shop) -> None:
    shop.tell("order.updated", order(shop, 3))
    shop.tell("order.updated", order(shop, 5, told_at=timedelta(minutes=5), status="cancelled"))

    assert bench.states("Purchase") == [("skipped", "cancelled")]
    assert {reason for _, reason in bench.states("Refund")} == {"purchase not told"}
    assert len(bench.rows("Refund")) == 5
