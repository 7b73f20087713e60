"""Days counted: what a store's events came to on one day of its own zone, so that no page counts a million rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import Instant, insert, metadata
from integration.db.stores import stores

days = sa.Table(
    "days",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),  # 2026-11-30, in the store's zone
    sa.Column("part", sa.String(32), primary_key=True),  # what is counted
    sa.Column("counts", sa.Text, nullable=False),  # JSON; nothing of a shopper
    sa.Column("counted_at", Instant, nullable=False),
)


class Counted(NamedTuple):
    """One part of one day."""

    day: date
    part: str
    counts: str
    counted_at: datetime


def keep(connection: sa.Connection, store_id: str, day: date, parts: Mapping[str, str], at: datetime) -> None:
    """What was counted last takes the place of what was counted before. Nothing where the store is gone by now."""
    known = connection.execute(sa.select(stores.c.id).where(stores.c.id == store_id)).first()
    if not parts or known is None:
        return
    statement = insert(connection, days)
    again = {"counts": statement.excluded.counts, "counted_at": statement.excluded.counted_at}
    rows = [
        {"store_id": store_id, "day": day.isoformat(), "part": part, "counts": counts, "counted_at": at}
        for part, counts in sorted(parts.items())
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id", "day", "part"], set_=again), rows)


def of_store(
    connection: sa.Connection, store_id: str, parts: Sequence[str], *, since: date, until: date
) -> list[Counted]:
    """These parts of the days from `since` to `until`, both included, as they were counted last; the earliest first."""
    wanted = sa.select(days.c.day, days.c.part, days.c.counts, days.c.counted_at).where(
        days.c.store_id == store_id, days.c.part.in_(parts), *_within(since, until)
    )
    return [
        Counted(date.fromisoformat(day), part, counts, at)
        for day, part, counts, at in connection.execute(wanted.order_by(days.c.day, days.c.part))
    ]


def counted_at(
    connection: sa.Connection, store_id: str, *, since: date, until: date
) -> dict[tuple[date, str], datetime]:
    """When the parts of these days were counted last, by day and part."""
    wanted = sa.select(days.c.day, days.c.part, days.c.counted_at).where(
        days.c.store_id == store_id, *_within(since, until)
    )
    return {(date.fromisoformat(day), part): at for day, part, at in connection.execute(wanted)}


def _within(since: date, until: date) -> tuple[sa.ColumnElement[bool], ...]:
    """Days are compared as texts, which sort as they do."""
    return days.c.day >= since.isoformat(), days.c.day <= until.isoformat()
