"""Proofs: the first real order of a store that both riders, or the server alone, told Meta of, and that it was mailed."""

import sqlalchemy as sa

from integration.db import Instant, metadata

proofs = sa.Table(
    "proofs",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("event_pk", sa.BigInteger, nullable=False),
    sa.Column("proven_at", Instant, nullable=False),
    sa.Column("mailed_at", Instant),
    sa.Column("trouble", sa.String(500)),
)
