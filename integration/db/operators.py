"""Operators: who runs Tandem, by name; their sessions, and tries to sign in. Only hashes of what they hold."""

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, metadata

operators = sa.Table(
    "operators",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("key_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)

operator_sessions = sa.Table(
    "operator_sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("operator_id", sa.BigInteger, sa.ForeignKey("operators.id", ondelete="CASCADE"), nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("whose", sa.String(100), nullable=False),  # a name or a network that failed
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_sign_in_tries_whose_at", "whose", "at"),
)
