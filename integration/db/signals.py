"""What browsers told of themselves, by the hashed token it joins an order with. Sealed; kept for some days only."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, clock, insert, metadata

SEALED = "signals.sealed"

signals = sa.Table(
    "signals",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("join_key", sa.String(64), nullable=False),  # pipeline.joining
    sa.Column("sealed", sa.Text, nullable=False),  # pipeline.browsing's Heard, bound to store and column
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "join_key"),
    sa.Index("ix_signals_last_at", "last_at"),
    sa.Index("ix_signals_store_id_first_at", "store_id", "first_at"),
)


class Kept(NamedTuple):
    """One row, still sealed."""

    store_id: str
    join_key: str
    sealed: str
    first_at: datetime
    last_at: datetime


_COLUMNS = (signals.c.store_id, signals.c.join_key, signals.c.sealed, signals.c.first_at, signals.c.last_at)


def of_keys(connection: sa.Connection, store_id: str, keys: Sequence[str]) -> list[Kept]:
    """What is known by any of these keys of one store, the first told first."""
    if not keys:
        return []
    mine = sa.and_(signals.c.store_id == store_id, signals.c.join_key.in_(keys))
    return [Kept(*row) for row in connection.execute(sa.select(*_COLUMNS).where(mine).order_by(signals.c.first_at))]


def lock(connection: sa.Connection, store_id: str, join_key: str) -> Kept | None:
    """One row, kept from others until this transaction ends."""
    mine = sa.and_(signals.c.store_id == store_id, signals.c.join_key == join_key)
    row = connection.execute(sa.select(*_COLUMNS).where(mine).with_for_update()).one_or_none()
    return None if row is None else Kept(*row)


def reserve(connection: sa.Connection, store_id: str, join_key: str) -> bool:
    """Make the row, still without what it is to hold, kept from others; False where there is one.

    Two that come at once, and both find nothing, would each keep their own: here the second waits for the first.
    """
    values = {"store_id": store_id, "join_key": join_key, "sealed": "", "first_at": clock(), "last_at": clock()}
    statement = insert(connection, signals).values(values)
    made = statement.on_conflict_do_nothing(index_elements=["store_id", "join_key"]).returning(signals.c.id)
    return connection.execute(made).first() is not None


def keep(connection: sa.Connection, store_id: str, join_key: str, sealed: str) -> None:
    """Keep it, in the place of what was known by this key."""
    values = {"sealed": sealed, "last_at": clock()}
    statement = insert(connection, signals).values(
        {**values, "store_id": store_id, "join_key": join_key, "first_at": clock()}
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id", "join_key"], set_=values))


def drop(connection: sa.Connection, store_id: str, keys: Sequence[str]) -> None:
    """Delete what is known by these keys of one store."""
    mine = sa.and_(signals.c.store_id == store_id, signals.c.join_key.in_(keys))
    connection.execute(sa.delete(signals).where(mine))


def forget(connection: sa.Connection, *, before: datetime, most: int) -> int:
    """Delete at most so many of those last heard before that time; how many it were."""
    old = sa.select(signals.c.id).where(signals.c.last_at < before).order_by(signals.c.last_at).limit(most)
    return connection.execute(sa.delete(signals).where(signals.c.id.in_(old))).rowcount
