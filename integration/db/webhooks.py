"""Receipts of webhooks, and the quarantine of signed bodies nobody could read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, insert, metadata

QUARANTINE_BODIES = 200
QUARANTINE_BYTES = 20 * 1024 * 1024

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    # Recorded, never trusted, never a reason to drop: WooCommerce gives different orders of one second the same id.
    sa.Column("delivery_id", sa.String(100)),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(255)),
    sa.Column("copies", sa.Integer, nullable=False, server_default="1"),
    sa.Column("received_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "topic", "body_sha256"),
    sa.Index("ix_webhooks_store_id_received_at", "store_id", "received_at"),
    sa.Index("ix_webhooks_received_at", "received_at"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # sealed
    sa.Column("size", sa.Integer, nullable=False),  # bytes of the body as it came
    sa.Column("received_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "body_sha256"),
    sa.Index("ix_quarantine_received_at", "received_at"),
)


def record(
    connection: sa.Connection,
    *,
    store_id: str,
    topic: str,
    body_sha256: str,
    delivery_id: str | None,
    outcome: str,
    reason: str | None,
    at: datetime,
) -> bool:
    """Keep the receipt; False where this store told exactly this under this topic before (the copy is counted)."""
    key = {"store_id": store_id, "topic": topic, "body_sha256": body_sha256}
    values = {**key, "delivery_id": delivery_id, "outcome": outcome, "reason": reason, "received_at": at}
    statement = insert(connection, webhooks).values(values).on_conflict_do_nothing(index_elements=list(key))
    # RETURNING, because a row count is no answer where the engine adds its own RETURNING for the key.
    if connection.execute(statement.returning(webhooks.c.id)).first() is not None:
        return True
    same = sa.and_(*(webhooks.c[name] == value for name, value in key.items()))
    connection.execute(sa.update(webhooks).where(same).values(copies=webhooks.c.copies + 1))
    return False


def set_aside(
    connection: sa.Connection,
    *,
    store_id: str,
    topic: str,
    body_sha256: str,
    reason: str,
    sealed_body: str,
    size: int,
    at: datetime,
) -> None:
    """Keep a signed, unreadable body once, as long as the store's quarantine has room; its receipt stays anyway."""
    kept, used = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(quarantine.c.size), 0)).where(
            quarantine.c.store_id == store_id
        )
    ).one()
    if kept >= QUARANTINE_BODIES or used + size > QUARANTINE_BYTES:
        return
    statement = insert(connection, quarantine).values(
        store_id=store_id,
        topic=topic,
        body_sha256=body_sha256,
        reason=reason,
        body=sealed_body,
        size=size,
        received_at=at,
    )
    connection.execute(statement.on_conflict_do_nothing(index_elements=["store_id", "body_sha256"]))


def quarantined(connection: sa.Connection, limit: int) -> Sequence[Any]:
    """The newest bodies set aside: store_id, topic, reason, size, received_at; never the body."""
    columns = (
        quarantine.c.store_id,
        quarantine.c.topic,
        quarantine.c.reason,
        quarantine.c.size,
        quarantine.c.received_at,
    )
    return connection.execute(sa.select(*columns).order_by(quarantine.c.id.desc()).limit(limit)).all()


def counts(connection: sa.Connection) -> dict[str, int]:
    """How many webhooks were recorded, by outcome; copies of a known one count as "duplicate"."""
    found = connection.execute(
        sa.select(webhooks.c.outcome, sa.func.count(), sa.func.sum(webhooks.c.copies - 1)).group_by(webhooks.c.outcome)
    ).all()
    by_outcome = {outcome: number for outcome, number, _ in found}
    copies = sum(extra or 0 for _, _, extra in found)
    return {**by_outcome, "duplicate": copies} if copies else by_outcome
