"""What shoppers stated of late, and what was withheld for it: counts, for the merchant's page. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import State, deliveries
from integration.db.events import events


class Stated(NamedTuple):
    """How many events were stated about alike: each purpose by its voice and word, None where nothing was said."""

    marketing_by: str | None
    marketing: str | None
    sale_by: str | None
    sale: str | None
    events: int


class Withheld(NamedTuple):
    """How many events were withheld for one reason."""

    reason: str | None
    events: int


def stated_since(connection: sa.Connection, store_id: str, since: datetime, *, without: str) -> Sequence[Stated]:
    """By what was said of them, a store's events placed since then, but for trials and those named `without`."""
    said = _as_json(connection)
    words = [
        said[purpose, place].as_string().label(f"{purpose}_{place}")
        for purpose in ("marketing", "sale_of_data")
        for place in (1, 0)
    ]
    columns: list[sa.ColumnElement[Any]] = [*words, sa.func.count()]
    mine = _placed_since(store_id, since)
    found = sa.select(*columns).where(*mine, events.c.event_name != without)
    return [Stated(*row) for row in connection.execute(found.group_by(*(sa.text(one.name) for one in words)))]


def withheld_since(connection: sa.Connection, store_id: str, since: datetime) -> Sequence[Withheld]:
    """By reason, how many of a store's events placed since then some dataset is not told of; the most first."""
    number = sa.func.count(events.c.id.distinct())
    found = (
        sa.select(deliveries.c.reason, number)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(*_placed_since(store_id, since), deliveries.c.state == State.WITHHELD)
        .group_by(deliveries.c.reason)
        .order_by(number.desc(), deliveries.c.reason)
    )
    return [Withheld(*row) for row in connection.execute(found)]


def _placed_since(store_id: str, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (events.c.store_id == store_id, events.c.placed_at >= since, sa.not_(events.c.test))


def _as_json(connection: sa.Connection) -> Any:
    """The column is a text: PostgreSQL has to be told what is in it, SQLite looks."""
    known = sa.JSON()
    if connection.dialect.name == "postgresql":
        return sa.cast(events.c.stated, known)
    return sa.type_coerce(events.c.stated, known)
