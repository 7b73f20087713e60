"""When a store went live, and, where somebody else still told its dataset, why it did nevertheless. Append only."""

from datetime import datetime

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, metadata

golives = sa.Table(
    "golives",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.String(500)),  # NULL: nobody else told
    sa.Column("senders", sa.Text, nullable=False),  # what was found then, one sentence a line
    sa.Index("ix_golives_store_id", "store_id"),
)


def add(connection: sa.Connection, *, store_id: str, at: datetime, reason: str | None, senders: str) -> None:
    """Record it."""
    connection.execute(sa.insert(golives).values(store_id=store_id, at=at, reason=reason, senders=senders))


def last(connection: sa.Connection, store_id: str) -> tuple[datetime, str | None] | None:
    """When the store last went live, and the reason that was given for it."""
    newest = sa.select(golives.c.at, golives.c.reason).where(golives.c.store_id == store_id)
    row = connection.execute(newest.order_by(golives.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.at, row.reason)
