"""Days counted: a filled store bit by bit, an open day corrected, a closed one left alone, a small store at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from integration import db
from integration.db import chores, reading, transaction
from integration.db.days import days
from integration.db.deliveries import State, deliveries
from integration.db.stores import stores
from integration.monitor import counted, counting
from integration.monitor.counted import Span
from integration.monitor.coverage import Value
from integration.monitor.day_parts import Part
from integration.pipeline import late
from integration.stores import upkeep
from integration.stores.platforms import Platforms
from tests.rig.filled import fill, hear
from tests.rig.shop import Bench, Shop

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def count(shop: Shop, now: datetime) -> None:
    """What the clock and the steward do at that time."""
    engine = shop.bench.engine
    counting.look(engine)
    with transaction(engine) as connection:
        connection.execute(sa.update(chores.chores).values(due_at=db.from_ms(0)))
    platforms = Platforms(engine, shop.bench.sealer, None, {})  # type: ignore[arg-type] # nobody is asked
    done = upkeep.run_due(platforms, "test", seconds=60, now=lambda: now, beside=counting.CHORES)
    assert done == 1


def seen(shop: Shop, now: datetime, parts: Sequence[Part] = tuple(Part), number: int = 10) -> Span:
    since, until = counted.last_days(shop.row, number, now)
    with reading(shop.bench.engine) as connection:
        return counted.span(connection, shop.row, parts, since=since, until=until, now=now)


def delivered(span: Span, day: datetime) -> int:
    return sum(one.events for one in span.outcomes(day.date()) if one.state == State.DELIVERED)


def kept(shop: Shop) -> int:
    with reading(shop.bench.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(days)).scalar_one()


def test_a_filled_store_is_counted_bit_by_bit_and_read_as_it_was_counted(shop: Shop) -> None:
    engine, yesterday = shop.bench.engine, NOON - DAY
    fill(engine, shop.id, yesterday, counting.SMALL)
    fill(engine, shop.id, NOON, 7, currency="JPY", value="1200")
    assert seen(shop, NOON).uncounted
    count(shop, NOON + MINUTE)
    first = seen(shop, NOON + 2 * MINUTE)
    assert first.counted_at == NOON + MINUTE
    assert (delivered(first, yesterday), delivered(first, NOON)) == (counting.SMALL, 7)
    [euros] = first.outcomes(yesterday.date())
    assert (euros.currency, euros.worth) == ("EUR", Decimal("10.10") * counting.SMALL)
    assert first.judged[NOON.date()].totals["Purchase"][Value.UNKNOWN].worth == {"JPY": Decimal(8400)}

    fill(engine, shop.id, NOON, 3)
    fill(engine, shop.id, yesterday, 1)
    assert delivered(seen(shop, NOON + 2 * MINUTE), NOON) == 7
    count(shop, NOON + 3 * MINUTE)
    second = seen(shop, NOON + 3 * MINUTE)
    assert (delivered(second, NOON), delivered(second, yesterday)) == (10, counting.SMALL), "yesterday is not due yet"
    count(shop, NOON + 20 * MINUTE)
    assert delivered(seen(shop, NOON + 20 * MINUTE), yesterday) == counting.SMALL + 1


def test_what_expires_late_corrects_its_open_day_and_no_closed_one(shop: Shop) -> None:
    engine = shop.bench.engine
    now = datetime.now(UTC)
    old = now - late.TOO_OLD - timedelta(seconds=2)
    fill(engine, shop.id, old, state=State.HELD, reason="dataset_paused")
    fill(engine, shop.id, now - MINUTE, counting.SMALL)
    closed = now - 20 * DAY
    fill(engine, shop.id, closed, state=State.DEAD, reason="no")
    count(shop, now - MINUTE)
    assert [one.state for one in seen(shop, now).outcomes(old.date())] == [State.HELD]

    late.look(engine)
    with transaction(engine) as connection:
        connection.execute(sa.update(deliveries).where(deliveries.c.state == "dead").values(state="delivered"))
    count(shop, now + 20 * MINUTE)

    found = seen(shop, now + 20 * MINUTE, number=30)
    assert [one.state for one in found.outcomes(old.date())] == [State.EXPIRED]
    assert [one.state for one in found.outcomes(closed.date())] == [State.DEAD], "that day was closed"


def test_a_small_store_is_counted_for_the_page_and_nothing_is_written(shop: Shop) -> None:
    engine = shop.bench.engine
    fill(engine, shop.id, NOON, key_mask=0b11, took=timedelta(seconds=40))
    fill(engine, shop.id, NOON, state=State.SKIPPED, reason="draft")
    fill(engine, shop.id, NOON, test=True)
    hear(engine, shop.id, NOON, "quarantined", "no JSON")
    found = seen(shop, NOON + MINUTE)
    assert found.counted_at is None
    assert not found.uncounted
    assert {(one.state, one.reason, one.events) for one in found.outcomes()} == {
        ("delivered", None, 1),
        ("skipped", "draft", 1),
    }
    told = {one.key: one.events for one in found.customer_keys()}
    assert {key for key, events in told.items() if events} == {"", "em", "ph"}
    assert [(one.outcome, one.reason, one.number) for one in found.webhooks()] == [("quarantined", "no JSON", 1)]
    assert [one.events for one in found.latencies()] == [1]
    assert kept(shop) == 0
    fill(engine, shop.id, NOON)
    assert delivered(seen(shop, NOON + MINUTE), NOON) == 2


def test_a_day_is_the_stores_own(shop: Shop) -> None:
    midnight = NOON.replace(hour=23, minute=30)
    fill(shop.bench.engine, shop.id, midnight)
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(stores).values(timezone="Asia/Tokyo"))
    found = seen(shop, midnight + MINUTE)
    assert list(found.rows) == [(NOON + DAY).date()]
    assert list(found.judged[(NOON + DAY).date()].totals) == ["Purchase"]


def test_a_store_in_which_nothing_happens_gets_no_rows_and_is_looked_at_each_hour(shop: Shop) -> None:
    count(shop, NOON)
    assert kept(shop) == 0
    with reading(shop.bench.engine) as connection:
        [chore] = chores.of_store(connection, shop.id)
    assert chore.due_at - datetime.now(UTC) > 55 * MINUTE


def test_what_is_due_depends_on_its_age_and_on_when_it_was_counted() -> None:
    today = NOON.date()
    at = {(today - n * DAY, part): NOON for n in range(20) for part in Part}

    def due(after: timedelta) -> dict[int, set[Part]]:
        now = NOON + after
        found = counting.turns(at, since=today - 19 * DAY, today=today, now=now, zone=UTC_ZONE, small=False)
        return {(today - turn.days[0]).days: set(turn.parts) for turn in found}

    assert due(timedelta(seconds=30)) == {}
    figures = set(Part) - {Part.COVERAGE}
    assert due(MINUTE) == {0: figures}
    quarter = due(15 * MINUTE)
    assert quarter == {**dict.fromkeys(range(8), figures), 0: set(Part), 1: set(Part)}


def test_days_that_were_never_counted_are_counted_together_where_there_is_little() -> None:
    today = NOON.date()
    at = {(today - 3 * DAY, part): NOON for part in Part}
    [late_ones, early] = counting.turns(at, since=today - 5 * DAY, today=today, now=NOON, zone=UTC_ZONE, small=True)
    assert late_ones.days == [today - 2 * DAY, today - DAY, today]
    assert early.days == [today - 5 * DAY, today - 4 * DAY]
