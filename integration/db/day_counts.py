"""What a store's events and webhooks of some days came to, counted by the database. Nothing here writes.

Days are given by their bounds: n days by n + 1 times, the first day's begin to the last one's end. Trials are left out.
Longer than other modules: one question for each part of a day.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db.attempts import attempts
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.webhooks import webhooks

Bounds = Sequence[datetime]

# SQLite adds no decimals: it adds whole ten-thousandths, which no currency divides further.
_PARTS = 10_000
# One row that holds something else must not keep a whole day from being counted.
_AMOUNT = r"^-?[0-9]+([.][0-9]+)?$"


class Came(NamedTuple):
    """So many deliveries of one day that came to the same."""

    day: int
    dataset_pk: int | None
    event_name: str
    state: str
    reason: str | None
    currency: str | None
    number: int
    value: Decimal


class Keys(NamedTuple):
    """So many deliveries of one day that Meta took with some key of a customer; by bit of the mask, how many had it."""

    day: int
    event_name: str
    number: int
    by_bit: tuple[int, ...]


class Receipts(NamedTuple):
    """So many webhooks of one day that came to the same; `copies`: how many more were told once more."""

    day: int
    outcome: str
    reason: str | None
    number: int
    copies: int


class Took(NamedTuple):
    """So many deliveries of one day that took no longer than the limit of that place, and longer than the one before."""

    day: int
    event_name: str
    place: int
    number: int


class Answered(NamedTuple):
    """So many calls to Meta of one day that were answered alike; None in all of the last four: still under way."""

    day: int
    dataset_pk: int
    counted: str | None
    http_status: int | None
    code: int | None
    subcode: int | None
    number: int


def outcomes(connection: sa.Connection, store_id: str, bounds: Bounds) -> list[Came]:
    """What became of what was placed on those days."""
    alike = (
        _day(events.c.placed_at, bounds).label("day"),
        *(deliveries.c.dataset_pk, events.c.event_name, deliveries.c.state, deliveries.c.reason),
        events.c.currency,
    )
    exact = connection.dialect.name == "postgresql"
    found = (
        sa.select(*alike, sa.func.count(), _sum_of_values(exact=exact))
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .where(*_placed(store_id, bounds))
        .group_by(*_places(alike))
    )
    came = (Came(*row) for row in connection.execute(found))
    return [one._replace(value=_amount(one.value, exact=exact)) for one in came]


def keys(connection: sa.Connection, store_id: str, bounds: Bounds, bits: int) -> list[Keys]:
    """Which keys of customers Meta was told on those days; whoever is forgotten by now is left out."""
    alike = (_day(events.c.placed_at, bounds).label("day"), events.c.event_name)
    mask = events.c.key_mask
    sums = [sa.func.sum(mask.bitwise_rshift(bit).bitwise_and(1)) for bit in range(bits)]
    found = (
        sa.select(*alike, sa.func.count(), *sums)
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .where(*_placed(store_id, bounds), deliveries.c.state == State.DELIVERED, mask != 0)
        .group_by(*_places(alike))
    )
    return [Keys(*row[:3], tuple(row[3:])) for row in connection.execute(found)]  # type: ignore[call-arg]


def receipts(connection: sa.Connection, store_id: str, bounds: Bounds) -> list[Receipts]:
    """What became of the webhooks that came on those days."""
    alike = (_day(webhooks.c.received_at, bounds).label("day"), webhooks.c.outcome, webhooks.c.reason)
    found = (
        sa.select(*alike, sa.func.count(), sa.func.sum(webhooks.c.copies - 1))
        .where(webhooks.c.store_id == store_id, *_within(webhooks.c.received_at, bounds))
        .group_by(*_places(alike))
    )
    return [Receipts(*row) for row in connection.execute(found)]


def latencies(connection: sa.Connection, store_id: str, bounds: Bounds, limits: Sequence[int]) -> list[Took]:
    """How long it took from our being told to Meta's being told, by `limits` in milliseconds, the last of which is over
    by whatever is slower.
    """
    took = _ms(deliveries.c.delivered_at) - _ms(events.c.received_at)
    place = sa.case(*((took <= limit, place) for place, limit in enumerate(limits)), else_=len(limits))
    alike = (_day(events.c.placed_at, bounds).label("day"), events.c.event_name, place.label("place"))
    found = (
        sa.select(*alike, sa.func.count())
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .where(*_placed(store_id, bounds), deliveries.c.delivered_at.is_not(None))
        .group_by(*_places(alike))
    )
    return [Took(*row) for row in connection.execute(found)]


def answers(connection: sa.Connection, store_id: str, bounds: Bounds) -> list[Answered]:
    """What Meta answered to the calls of those days.

    Ids grow as time does, near enough: they say where in a dataset's attempts those days begin, and no index on a
    dataset's times is needed.
    """
    first = _first_attempt(connection, bounds[0])
    if first is None:
        return []
    mine = sa.select(datasets.c.id).where(datasets.c.store_id == store_id)
    alike = (
        _day(attempts.c.started_at, bounds).label("day"),
        *(attempts.c.dataset_pk, attempts.c.counted, attempts.c.http_status, attempts.c.code, attempts.c.subcode),
    )
    found = (
        sa.select(*alike, sa.func.count())
        .where(attempts.c.dataset_pk.in_(mine), attempts.c.id >= first, *_within(attempts.c.started_at, bounds))
        .group_by(*_places(alike))
    )
    return [Answered(*row) for row in connection.execute(found)]


def _first_attempt(connection: sa.Connection, since: datetime) -> int | None:
    first = sa.select(attempts.c.id).where(attempts.c.started_at >= since)
    return connection.execute(first.order_by(attempts.c.started_at, attempts.c.id).limit(1)).scalar_one_or_none()


def placed(connection: sa.Connection, store_id: str, since: datetime, until: datetime, most: int) -> int:
    """How many events were placed then; `most` where it is that many or more."""
    return _up_to(connection, sa.select(events.c.id).where(*_placed(store_id, (since, until), trials=True)), most)


def heard(connection: sa.Connection, store_id: str, since: datetime, until: datetime, most: int) -> int:
    """How many webhooks came then, alike."""
    mine = webhooks.c.store_id == store_id
    return _up_to(
        connection, sa.select(webhooks.c.id).where(mine, *_within(webhooks.c.received_at, (since, until))), most
    )


def _up_to(connection: sa.Connection, found: sa.Select[Any], most: int) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(found.limit(most).subquery())).scalar_one())


def _placed(store_id: str, bounds: Bounds, *, trials: bool = False) -> list[sa.ColumnElement[bool]]:
    mine = [events.c.store_id == store_id, *_within(events.c.placed_at, bounds)]
    return mine if trials else [*mine, sa.not_(events.c.test)]


def _within(column: sa.Column[Any], bounds: Bounds) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= bounds[0], column < bounds[-1]


def _day(column: sa.Column[Any], bounds: Bounds) -> sa.ColumnElement[int]:
    """Which of the days it is."""
    ends = bounds[1:-1]
    if not ends:
        return sa.literal_column("0", sa.Integer)
    return sa.case(*((column < end, place) for place, end in enumerate(ends)), else_=len(ends))


def _places(alike: Sequence[Any]) -> list[sa.ColumnElement[Any]]:
    """Grouped by their places in the result: an expression said twice with bound values is not known to be the same."""
    return [sa.literal_column(str(place)) for place in range(1, len(alike) + 1)]


def _ms(column: sa.Column[Any]) -> sa.ColumnElement[int]:
    return sa.type_coerce(column, sa.BigInteger)


def _sum_of_values(*, exact: bool) -> sa.ColumnElement[Any]:
    if exact:
        amount = sa.case((events.c.value.regexp_match(_AMOUNT), sa.cast(events.c.value, sa.Numeric)))
        return sa.func.sum(amount)
    tiny = sa.func.round(sa.cast(events.c.value, sa.REAL) * _PARTS)
    return sa.func.sum(sa.cast(tiny, sa.BigInteger))


def _amount(total: Any, *, exact: bool) -> Decimal:
    if total is None:
        return Decimal(0)
    return Decimal(total) if exact else Decimal(int(total)) / _PARTS
