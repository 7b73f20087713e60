"""The tables of signals and sightings: one row for a key, whoever comes first, and rows of one store are no other's."""

from datetime import UTC, datetime

import pytest

from integration import db
from integration.db import reading, signals, transaction
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench, Shop

KEY = "a" * 64


@pytest.fixture
def shop(engine: db.Engine, sandbox: Sandbox) -> Shop:
    return Bench(engine, sandbox).shop("shopify")


def test_a_key_is_reserved_once(engine: db.Engine, shop: Shop) -> None:
    with transaction(engine) as connection:
        assert [signals.reserve(connection, shop.id, KEY) for _ in range(2)] == [True, False]
        signals.keep(connection, shop.id, KEY, "sealed")
    with transaction(engine) as connection:
        kept = signals.lock(connection, shop.id, KEY)
    assert kept
    assert (kept.sealed, kept.join_key) == ("sealed", KEY)


def test_who_is_told_later_keeps_the_first_time(engine: db.Engine, shop: Shop) -> None:
    with transaction(engine) as connection:
        signals.keep(connection, shop.id, KEY, "one")
    with reading(engine) as connection:
        (first,) = signals.of_keys(connection, shop.id, [KEY, "b" * 64])
    with transaction(engine) as connection:
        signals.keep(connection, shop.id, KEY, "two")
    with reading(engine) as connection:
        (last,) = signals.of_keys(connection, shop.id, [KEY])

    assert (last.sealed, last.first_at) == ("two", first.first_at)
    assert first.last_at <= last.last_at <= datetime.now(UTC)


def test_a_key_of_another_store_is_not_found(engine: db.Engine, shop: Shop) -> None:
    with transaction(engine) as connection:
        signals.keep(connection, shop.id, KEY, "one")
        assert signals.lock(connection, "another", KEY) is None
        assert signals.of_keys(connection, "another", [KEY]) == []
        assert signals.of_keys(connection, shop.id, []) == []
