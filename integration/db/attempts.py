"""Attempts: the HTTP calls to Meta. The intent is written before a call, the outcome after it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, clock, metadata
from integration.db.deliveries import CLAIMABLE, State, deliveries

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("dataset_pk", sa.BigInteger, sa.ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("counted", sa.String(8)),  # yes, no, unknown; NULL while under way
    sa.Column("http_status", sa.Integer),
    sa.Column("code", sa.Integer),
    sa.Column("subcode", sa.Integer),
    sa.Column("fbtrace_id", sa.String(64)),
    sa.Index("ix_attempts_dataset_pk", "dataset_pk", "id"),
)


def begin(connection: sa.Connection, *, dataset_pk: int, fence: int, pks: Sequence[int]) -> tuple[int, frozenset[int]]:
    """Write the intent to send these deliveries in one call; the attempt's id, and those that are taken.

    A webhook may have taken one back since it was read: only what may still leave is taken.
    """
    if not pks:
        return 0, frozenset()
    values = {"dataset_pk": dataset_pk, "fence": fence, "events": len(pks), "started_at": clock()}
    attempt = int(connection.execute(sa.insert(attempts).values(values).returning(attempts.c.id)).scalar_one())
    taken = connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id.in_(pks), deliveries.c.state.in_(CLAIMABLE))
        .values(
            state=State.SENDING,
            reason=None,
            attempts=deliveries.c.attempts + 1,
            attempt_id=attempt,
            first_attempt_at=sa.func.coalesce(deliveries.c.first_attempt_at, clock()),
        )
        .returning(deliveries.c.id)
    )
    return attempt, frozenset(taken.scalars())


def end(connection: sa.Connection, attempt: int, **values: Any) -> None:
    """Write what came of a call."""
    connection.execute(sa.update(attempts).where(attempts.c.id == attempt).values(ended_at=clock(), **values))
