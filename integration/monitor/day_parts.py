"""The parts of a counted day, and how they are counted: rows of counts, which many days' worth of are simply more of."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from operator import add
from types import GenericAlias
from typing import Any

import msgspec

from integration.db import Connection, day_counts
from integration.db.day_counts import Bounds
from integration.meta.event import USER_DATA_KEYS


class Part(StrEnum):
    """What is counted of a day."""

    OUTCOMES = "outcomes"
    WEBHOOKS = "webhooks"
    KEYS = "keys"
    LATENCY = "latency"
    ANSWERS = "answers"
    COVERAGE = "coverage"


# What the database counts by itself; coverage is judged event by event: coverage_report.
FIGURES = (Part.OUTCOMES, Part.WEBHOOKS, Part.KEYS, Part.LATENCY, Part.ANSWERS)

# Milliseconds; an order that took longer than the last has taken too long to say more.
LIMITS: tuple[int, ...] = tuple(step * 10**power for power in range(1, 8) for step in (10, 15, 20, 30, 50, 70))
# More events are counted a piece of a day at a time: a statement has ten seconds.
MOST_AT_ONCE = 100_000
_SHORTEST = timedelta(minutes=1)


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """So many events that came to the same. `dataset_pk` None: there was none for them. `worth`: their values' sum."""

    dataset_pk: int | None
    event_name: str
    state: str
    reason: str | None
    currency: str | None
    events: int
    worth: Decimal


class Webhooks(msgspec.Struct, frozen=True, array_like=True):
    """So many webhooks that came to the same; `copies`: how many came once more."""

    outcome: str
    reason: str | None
    number: int
    copies: int


class Keys(msgspec.Struct, frozen=True, array_like=True):
    """So many delivered events that told Meta this key of the customer; of the key "", any."""

    event_name: str
    key: str
    events: int


class Latency(msgspec.Struct, frozen=True, array_like=True):
    """So many events that reached Meta within LIMITS[place] of reaching us."""

    event_name: str
    place: int
    events: int


class Answers(msgspec.Struct, frozen=True, array_like=True):
    """So many calls to Meta that were answered alike."""

    dataset_pk: int
    counted: str | None
    http_status: int | None
    code: int | None
    subcode: int | None
    calls: int


Rows = Sequence[Any]
# A row is what its counts are of, and then the counts.
_SHAPES: Mapping[Part, Any] = {
    Part.OUTCOMES: Outcome,
    Part.WEBHOOKS: Webhooks,
    Part.KEYS: Keys,
    Part.LATENCY: Latency,
    Part.ANSWERS: Answers,
}


def packed(rows: Rows) -> str:
    """As the database keeps it."""
    return msgspec.json.encode(rows).decode()


def read(part: Part, counts: str) -> Rows:
    """The rows of a part as they were packed."""
    rows: Rows = msgspec.json.decode(counts, type=GenericAlias(list, _SHAPES[part]))
    return rows


def bounds(days: Sequence[date], zone: tzinfo) -> Bounds:
    """The times between which days lie that follow one another, by a zone's clock."""
    ends = (*days, days[-1] + timedelta(days=1))
    return [datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) for day in ends]


def count(
    connection: Connection, store_id: str, days: Sequence[date], zone: tzinfo, parts: Collection[Part] = FIGURES
) -> list[dict[Part, Rows]]:
    """These parts of days that follow one another, counted now; of each day every part, an empty one too."""
    totals: dict[tuple[int, Part], dict[Of, Counts]] = defaultdict(dict)
    for window in windows(connection, store_id, bounds(days, zone), MOST_AT_ONCE):
        for part in parts:
            for day, of, counts in _COUNTERS[part](connection, store_id, window) if part in _COUNTERS else ():
                before = totals[day, part].get(of)
                totals[day, part][of] = counts if before is None else tuple(map(add, before, counts))
    return [
        {
            part: [_SHAPES[part](*of, *counts) for of, counts in totals[day, part].items()]
            for part in FIGURES
            if part in parts
        }
        for day in range(len(days))
    ]


def windows(connection: Connection, store_id: str, limits: Bounds, most: int) -> Iterator[Bounds]:
    """One day of more than so many events in pieces; days that are counted together have few, and stay together."""
    since, until = limits[0], limits[-1]
    long = len(limits) == 2 and until - since > _SHORTEST
    if not long or day_counts.placed(connection, store_id, since, until, most) < most:
        yield limits
        return
    middle = since + (until - since) / 2
    yield from windows(connection, store_id, (since, middle), most)
    yield from windows(connection, store_id, (middle, until), most)


Of = tuple[Any, ...]
Counts = tuple[Any, ...]
Found = Iterator[tuple[int, Of, Counts]]


def _outcomes(connection: Connection, store_id: str, limits: Bounds) -> Found:
    for one in day_counts.outcomes(connection, store_id, limits):
        of = (one.dataset_pk, one.event_name, one.state, one.reason, one.currency)
        yield one.day, of, (one.number, one.value)


def _keys(connection: Connection, store_id: str, limits: Bounds) -> Found:
    for one in day_counts.keys(connection, store_id, limits, len(USER_DATA_KEYS)):
        yield one.day, (one.event_name, ""), (one.number,)
        for key, number in zip(USER_DATA_KEYS, one.by_bit, strict=True):
            yield one.day, (one.event_name, key), (number,)


def _webhooks(connection: Connection, store_id: str, limits: Bounds) -> Found:
    for one in day_counts.receipts(connection, store_id, limits):
        yield one.day, (one.outcome, one.reason), (one.number, one.copies)


def _latencies(connection: Connection, store_id: str, limits: Bounds) -> Found:
    for one in day_counts.latencies(connection, store_id, limits, LIMITS):
        yield one.day, (one.event_name, one.place), (one.number,)


def _answers(connection: Connection, store_id: str, limits: Bounds) -> Found:
    for one in day_counts.answers(connection, store_id, limits):
        of = (one.dataset_pk, one.counted, one.http_status, one.code, one.subcode)
        yield one.day, of, (one.number,)


_COUNTERS: Mapping[Part, Callable[[Connection, str, Bounds], Found]] = {
    Part.OUTCOMES: _outcomes,
    Part.KEYS: _keys,
    Part.WEBHOOKS: _webhooks,
    Part.LATENCY: _latencies,
    Part.ANSWERS: _answers,
}
