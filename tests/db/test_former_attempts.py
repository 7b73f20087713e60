"""A delivery that is tried again keeps the ids of the calls before, as long as there is room."""

from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import attempts, reading, transaction
from integration.db.attempts import Intent
from integration.db.deliveries import State, deliveries
from tests.rig.shop import Bench


@pytest.fixture
def delivery(bench: Bench) -> tuple[int, int]:
    """One that is due, and its dataset."""
    shop = bench.shop("woocommerce", consent_mode="assumed")
    shop.tell("order.created", shop.sample("order.created", "card", order_id="71001"))
    with reading(bench.engine) as connection:
        pk, dataset = connection.execute(sa.select(deliveries.c.id, deliveries.c.dataset_pk)).one()
    return pk, dataset


def tried(bench: Bench, delivery: tuple[int, int]) -> int:
    pk, dataset = delivery
    with transaction(bench.engine) as connection:
        begun, taken = attempts.begin(connection, [Intent(dataset, 1, [pk])])
    assert taken == {pk}
    return begun[dataset]


def row(bench: Bench) -> Any:
    with reading(bench.engine) as connection:
        return connection.execute(sa.select(deliveries)).one()


def test_each_try_keeps_the_one_before(bench: Bench, delivery: tuple[int, int]) -> None:
    first = tried(bench, delivery)
    assert (row(bench).attempt_id, row(bench).former_attempts) == (first, None)
    second, third = tried(bench, delivery), tried(bench, delivery)
    assert (row(bench).attempt_id, row(bench).former_attempts) == (third, f"{first},{second}")
    with reading(bench.engine) as connection:
        assert [one.id for one in attempts.calls(connection, delivery[1], [first, second, 999])] == [first, second]
        assert not attempts.calls(connection, delivery[1] + 1, [first])


def test_where_there_is_no_room_the_oldest_stay(bench: Bench, delivery: tuple[int, int]) -> None:
    tried(bench, delivery)
    full = ",".join(["12345678"] * 54)
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(deliveries).values(former_attempts=full, state=State.PENDING))
    tried(bench, delivery)
    assert row(bench).former_attempts == full
