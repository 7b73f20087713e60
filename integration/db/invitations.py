"""Invitations: links by which somebody else may add a token for a store's dataset, once. Only a hash of each is kept."""

import sqlalchemy as sa

from integration.db import Instant, metadata

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("code_sha256", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("made_by", sa.String(100), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Index("ix_invitations_store_id", "store_id"),
)
