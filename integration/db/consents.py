"""What shoppers stated of late, and what was withheld for it: counts, for the merchant's page. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import State, deliveries
from integration.db.events import events

# More are not counted for a page: what is said of the newest is said of all, near enough.
MOST_COUNTED = 2_000


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


def stated_since(
    connection: sa.Connection, store_id: str, since: datetime, *, without: str, most: int = MOST_COUNTED
) -> Sequence[Stated]:
    """By what was said of them, a store's events placed since then, the newest `most` of them, but for trials and those
    named `without`.
    """
    mine = (*_placed_since(store_id, since), events.c.event_name != without)
    newest = sa.select(events.c.stated).where(*mine).order_by(events.c.placed_at.desc()).limit(most).subquery()
    said = _as_json(connection, newest.c.stated)
    words = [
        said[purpose, place].as_string().label(f"{purpose}_{place}")
        for purpose in ("marketing", "sale_of_data")
        for place in (1, 0)
    ]
    columns: list[sa.ColumnElement[Any]] = [*words, sa.func.count()]
    found = sa.select(*columns).group_by(*(sa.text(one.name) for one in words))
    return [Stated(*row) for row in connection.execute(found)]


def withheld_since(
    connection: sa.Connection, store_id: str, since: datetime, *, most: int = MOST_COUNTED
) -> Sequence[Withheld]:
    """By reason, how many of a store's events placed since then some dataset is not told of, of the newest `most`; the
    most first.
    """
    state = deliveries.c.state
    newest = (
        sa.select(deliveries.c.event_pk, deliveries.c.reason)
        # A range, and in the order of the index: see `ledger_rows.next_ids`.
        .where(deliveries.c.store_id == store_id, state >= State.WITHHELD, state <= State.WITHHELD)
        .order_by(state.desc(), deliveries.c.id.desc())
        .limit(most)
        .subquery()
    )
    number = sa.func.count(events.c.id.distinct())
    found = (
        sa.select(newest.c.reason, number)
        .join(events, events.c.id == newest.c.event_pk)
        .where(*_placed_since(store_id, since))
        .group_by(newest.c.reason)
        .order_by(number.desc(), newest.c.reason)
    )
    return [Withheld(*row) for row in connection.execute(found)]


def _placed_since(store_id: str, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (events.c.store_id == store_id, events.c.placed_at >= since, sa.not_(events.c.test))


def _as_json(connection: sa.Connection, stated: sa.ColumnElement[str | None]) -> Any:
    """The column is a text: PostgreSQL has to be told what is in it, SQLite looks."""
    known = sa.JSON()
    return sa.cast(stated, known) if connection.dialect.name == "postgresql" else sa.type_coerce(stated, known)
