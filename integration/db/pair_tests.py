"""Pair tests: both riders told Meta the same custom event under one id, or what kept one of them silent."""

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, metadata

pair_tests = sa.Table(
    "pair_tests",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("code_sha256", sa.String(64), nullable=False, unique=True),  # of what the storefront's address carries
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("opened_at", Instant),
    sa.Column("pixel_at", Instant),
    sa.Column("pixel_state", sa.String(16)),  # called, loaded or sent
    sa.Column("server_at", Instant),
    sa.Column("fbtrace_id", sa.String(64)),
    sa.Column("trouble", sa.String(500)),
    sa.Index("ix_pair_tests_store_id", "store_id", "id"),
)
