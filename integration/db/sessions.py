"""Who is signed in to a store's pages, and the one-time codes that sign somebody in. Only hashes of what they hold."""

import sqlalchemy as sa

from integration.db import Instant, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("ix_sessions_expires_at", "expires_at"),
    sa.Index("ix_sessions_store_id", "store_id"),
)

sign_in_codes = sa.Table(
    "sign_in_codes",
    metadata,
    sa.Column("code_sha256", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("nonce_sha256", sa.String(64), nullable=False),  # of the request that asked for it: good once
    sa.Column("used", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("expires_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "nonce_sha256"),
    sa.Index("ix_sign_in_codes_expires_at", "expires_at"),
)
