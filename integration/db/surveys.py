"""Surveys: what the last weeks of a store looked like when it was connected. Counts, and nothing of who bought."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from integration.db import Instant, clock, insert, metadata

surveys = sa.Table(
    "surveys",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("cursor", sa.Text),  # where to read on; NULL at the beginning and when it is done
    sa.Column("orders", sa.Integer, nullable=False, server_default="0"),  # read so far
    sa.Column("counts", sa.Text, nullable=False),  # JSON; its shape is stores.survey's
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
)


@dataclass(frozen=True, slots=True)
class Survey:
    """One row. `counts` is JSON text; `done_at` is None while it is under way."""

    store_id: str
    since: datetime
    cursor: str | None
    orders: int
    counts: str
    begun_at: datetime
    done_at: datetime | None


def of_store(connection: sa.Connection, store_id: str) -> Survey | None:
    """The newest survey of a store."""
    row = connection.execute(sa.select(surveys).where(surveys.c.store_id == store_id)).one_or_none()
    return None if row is None else Survey(*row)


def begin(connection: sa.Connection, store_id: str, since: datetime, counts: str) -> None:
    """A new survey in place of any earlier one."""
    values = {"since": since, "cursor": None, "orders": 0, "counts": counts, "begun_at": clock(), "done_at": None}
    statement = insert(connection, surveys).values({**values, "store_id": store_id})
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id"], set_=values))


def go_on(connection: sa.Connection, before: Survey, *, cursor: str | None, orders: int, counts: str) -> bool:
    """Keep what another page told, `orders` being all read so far; done where no cursor leads on. False where another
    was here meanwhile: then nothing is written, and no page is counted twice.
    """
    here = sa.and_(
        surveys.c.store_id == before.store_id,
        surveys.c.begun_at == before.begun_at,
        surveys.c.orders == before.orders,
        surveys.c.done_at.is_(None),
    )
    values = {"cursor": cursor, "orders": orders, "counts": counts, "done_at": None if cursor else clock()}
    return connection.execute(sa.update(surveys).where(here).values(values)).rowcount == 1
