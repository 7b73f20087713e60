"""How far a store's changed orders were read, and which of them had not been told to us by then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from integration.db import Instant, insert, metadata

sweeps = sa.Table(
    "sweeps",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seen_to", Instant, nullable=False),  # by the store's own clock: changed up to then, all are read
    sa.Column("cursor", sa.Text),  # JSON: where one reading has come to; its shape is stores.sweep's
    # Orders that nobody had told us of, found on the (UTC) day of `recovered_at`.
    sa.Column("recovered", sa.Integer, nullable=False, server_default="0"),
    sa.Column("recovered_at", Instant),
    # JSON: how the last orders came to us; its shape is stores.punctuality's
    sa.Column("arrivals", sa.Text, nullable=False, server_default="[]"),
    sa.Column("swept_at", Instant),  # when a page was last kept, by our clock
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One row. `cursor` and `arrivals` are JSON text; without a cursor no reading is under way."""

    store_id: str
    seen_to: datetime
    cursor: str | None
    recovered: int
    recovered_at: datetime | None
    arrivals: str
    swept_at: datetime | None


def of_store(connection: sa.Connection, store_id: str) -> Sweep | None:
    """How far that store is read; None where it never was."""
    row = connection.execute(sa.select(sweeps).where(sweeps.c.store_id == store_id)).one_or_none()
    return None if row is None else Sweep(*row)


def begin(connection: sa.Connection, store_id: str, seen_to: datetime) -> None:
    """A store that is read for the first time; one that was read before stays as it is."""
    statement = insert(connection, sweeps).values(store_id=store_id, seen_to=seen_to)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["store_id"]))


def keep(connection: sa.Connection, before: Sweep, after: Sweep) -> bool:
    """Keep what another page told. False where another was here meanwhile: then nothing is written."""
    here = sa.and_(
        sweeps.c.store_id == before.store_id,
        sweeps.c.seen_to == before.seen_to,
        sweeps.c.cursor.is_not_distinct_from(before.cursor),
        sweeps.c.swept_at.is_not_distinct_from(before.swept_at),
    )
    values: dict[str, Any] = {
        "seen_to": after.seen_to,
        "cursor": after.cursor,
        "recovered": after.recovered,
        "recovered_at": after.recovered_at,
        "arrivals": after.arrivals,
        "swept_at": after.swept_at,
    }
    return connection.execute(sa.update(sweeps).where(here).values(values)).rowcount == 1
