"""Days counted: what a store's events came to on one day of its own zone, so that no page counts a million rows."""

import sqlalchemy as sa

from integration.db import Instant, metadata

days = sa.Table(
    "days",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),  # 2026-11-30, in the store's zone
    sa.Column("part", sa.String(32), primary_key=True),  # what is counted
    sa.Column("counts", sa.Text, nullable=False),  # JSON; nothing of a shopper
    sa.Column("counted_at", Instant, nullable=False),
)
