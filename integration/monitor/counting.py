"""Which days of a store are counted, and when: its last days again and again, those before once more and never after.

A day is open as long as something of it can still change: what is not told within seven days is told no more. What is
open is counted by a chore of its store, which comes often where there is much and seldom where there is little: pages
count a small store's open days by themselves (`counted`). Nothing is written where orders come in or leave.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integration.db import Connection, Engine, chores, day_counts, days, reading, transact
from integration.db.stores import Store
from integration.errors import IntegrationError, Unavailable
from integration.monitor import coverage_days, coverage_report, day_parts
from integration.monitor.day_parts import Part
from integration.stores.upkeep import Again, Errand
from integration.stores.zone import zone_of

OPEN_DAYS = 8
# So far back a store is counted for the first time.
MOST_DAYS = coverage_report.MOST_DAYS
# A store with fewer events, and webhooks, in its open days is counted for each page.
SMALL = 2_000
AT_ONCE = timedelta(0)
A_MINUTE, A_QUARTER, AN_HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)
SOME_HOURS = timedelta(hours=6)
_SECONDS = 15.0  # none is begun later
# A store that takes long is counted less often: most of the time is for others.
_REST = 20
_EARLY = timedelta(seconds=5)
_NEW_STORES = 500


class Turn(NamedTuple):
    """Days that follow one another, and what of them is counted together."""

    days: Sequence[date]
    parts: Sequence[Part]


def look(engine: Engine) -> None:
    """Plan the counting of stores that have no such chore; to be done about once a minute. Raises Unavailable."""
    with reading(engine) as connection:
        found = chores.stores_without(connection, chores.COUNT, _NEW_STORES)
    if found:
        transact(engine, partial(_plan, store_ids=found))


def _plan(connection: Connection, store_ids: Sequence[str]) -> None:
    for store_id in store_ids:
        chores.plan(connection, store_id, chores.COUNT)


def count(errand: Errand) -> Again:
    """The chore: count what is due, and say when to come again."""
    begun = time.monotonic()
    store, now, zone = errand.store, errand.now, zone_of(errand.store)
    today = now.astimezone(zone).date()
    since = _since(today, errand.chore.done_at, zone)
    try:
        with reading(errand.platforms.engine) as connection:
            size = _size(connection, store.id, since, today, zone)
            counted = days.counted_at(connection, store.id, since=since, until=today) if size else {}
        for turn in turns(counted, since=since, today=today, now=now, zone=zone, small=size < SMALL) if size else ():
            if time.monotonic() - begun > _SECONDS:
                return AT_ONCE
            _count(errand.platforms.engine, store, turn, zone, now, {day for day, _ in counted} | {today})
    except Unavailable as error:
        # One store's many rows are no reason to leave the others' chores undone.
        raise IntegrationError("Counting this store's days came to nothing; it is tried again.") from error
    took = timedelta(seconds=time.monotonic() - begun)
    return AN_HOUR if size < SMALL else max(A_MINUTE, took * _REST)


def _since(today: date, done_at: datetime | None, zone: ZoneInfo) -> date:
    """The earliest day that may be due: one more than is open, or more where nobody counted for a while."""
    earliest = today - timedelta(days=MOST_DAYS - 1)
    if done_at is None:
        return earliest
    return max(earliest, min(today, done_at.astimezone(zone).date()) - timedelta(days=OPEN_DAYS))


def _size(connection: Connection, store_id: str, since: date, today: date, zone: ZoneInfo) -> int:
    """How much there is in those days, up to SMALL."""
    begin, *_, end = day_parts.bounds([since, today], zone)
    placed = day_counts.placed(connection, store_id, begin, end, SMALL)
    return placed + day_counts.heard(connection, store_id, begin, end, SMALL)


def turns(
    counted: Mapping[tuple[date, str], datetime],
    *,
    since: date,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    small: bool,
) -> Iterator[Turn]:
    """What is due, the latest days first. `counted`: when a part of a day was counted last. Pure."""
    due: dict[tuple[Part, ...], list[date]] = {}
    for n in range((today - since).days + 1):
        day = today - timedelta(days=n)
        parts = tuple(part for part in Part if _is_due(day, part, counted.get((day, part)), today, now, zone))
        if parts:
            due.setdefault(parts, []).append(day)
    for parts, those in due.items():
        for run in _runs(those) if small else [[day] for day in those]:
            yield Turn(run, parts)


def _is_due(day: date, part: Part, at: datetime | None, today: date, now: datetime, zone: ZoneInfo) -> bool:
    if at is None:
        return True
    closes = day_parts.bounds([day + timedelta(days=OPEN_DAYS)], zone)[0]
    if now >= closes:
        return at < closes
    return now - at >= _every(part, (today - day).days) - _EARLY


def _every(part: Part, age: int) -> timedelta:
    """Coverage is judged event by event, and knows nothing of the last hour anyway."""
    if part is Part.COVERAGE:
        return A_QUARTER if age <= 1 else SOME_HOURS
    return A_QUARTER if age else A_MINUTE


def _runs(those: Sequence[date]) -> Iterator[list[date]]:
    """The latest first, each run in the order of time."""
    run: list[date] = []
    for day in those:
        if run and run[0] - day != timedelta(days=1):
            yield run
            run = []
        run.insert(0, day)
    if run:
        yield run


def _count(engine: Engine, store: Store, turn: Turn, zone: ZoneInfo, now: datetime, shown: set[date]) -> None:
    """Count, and keep: of a day on which there was nothing no row is made, unless it had some."""
    with reading(engine) as connection:
        found = day_parts.count(connection, store.id, turn.days, zone, turn.parts)
        judged = coverage_report.count(connection, store, turn.days, zone, now) if Part.COVERAGE in turn.parts else None
    packed = [{part.value: day_parts.packed(rows) for part, rows in parts.items()} for parts in found]
    if judged is not None:
        packed = [
            {**of, Part.COVERAGE.value: coverage_days.packed(day)} for of, day in zip(packed, judged, strict=True)
        ]
    some = [any(parts.values()) for parts in found]

    def write(connection: Connection) -> None:
        for day, parts, is_some in zip(turn.days, packed, some, strict=True):
            if is_some or day in shown:
                days.keep(connection, store.id, day, parts, now)

    transact(engine, write)


CHORES = {chores.COUNT: count}
