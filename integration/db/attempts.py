"""Attempts: the HTTP calls to Meta. The intent is written before a call, the outcome after it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, among, clock, metadata
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
    sa.Index("ix_attempts_started_at", "started_at"),
)
_FORMER_ATTEMPTS, _LONGEST_ID = 500, 20  # characters


@dataclass(frozen=True, slots=True)
class Intent:
    """To send these deliveries of a dataset in one call, under a lease's fence."""

    dataset_pk: int
    fence: int
    pks: Sequence[int]


def begin(connection: sa.Connection, intents: Sequence[Intent]) -> tuple[dict[int, int], frozenset[int]]:
    """Write down intents, one a dataset: the attempts' ids by dataset, and the deliveries that are taken.

    A webhook may have taken one back since it was read: only what may still leave is taken.
    """
    if not intents:
        return {}, frozenset()
    values = [{"dataset_pk": one.dataset_pk, "fence": one.fence, "events": len(one.pks)} for one in intents]
    written = sa.insert(attempts).values(started_at=clock()).returning(attempts.c.dataset_pk, attempts.c.id)
    by_dataset: dict[int, int] = {row.dataset_pk: row.id for row in connection.execute(written, values)}
    pks = [pk for one in intents for pk in one.pks]
    taking = (
        sa.update(deliveries)
        .where(
            among(attempts.c.id, list(by_dataset.values())),
            attempts.c.dataset_pk == deliveries.c.dataset_pk,
            among(deliveries.c.id, pks),
            deliveries.c.state.in_((*CLAIMABLE, State.HELD)),
        )
        .values(
            state=State.SENDING,
            reason=None,
            attempts=deliveries.c.attempts + 1,
            former_attempts=_former(),
            attempt_id=attempts.c.id,
            next_at=sa.func.coalesce(deliveries.c.next_at, clock()),
            first_attempt_at=sa.func.coalesce(deliveries.c.first_attempt_at, clock()),
        )
    )
    if connection.execute(taking).rowcount == len(pks):
        return by_dataset, frozenset(pks)
    mine = sa.and_(among(deliveries.c.id, pks), among(deliveries.c.attempt_id, list(by_dataset.values())))
    return by_dataset, frozenset(connection.execute(sa.select(deliveries.c.id).where(mine)).scalars())


def _former() -> sa.ColumnElement[str | None]:
    """The attempts before this one, as the column holds them; where it is full, the oldest stay."""
    former, last = deliveries.c.former_attempts, sa.cast(deliveries.c.attempt_id, sa.String)
    full = sa.func.length(former) > _FORMER_ATTEMPTS - _LONGEST_ID
    return sa.case(
        (sa.or_(deliveries.c.attempt_id.is_(None), full), former), else_=sa.func.coalesce(former + ",", "") + last
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call. `counted`: yes, no or unknown."""

    attempt: int
    counted: str
    http_status: int | None
    code: int | None
    subcode: int | None
    fbtrace_id: str | None


def end(connection: sa.Connection, outcomes: Sequence[Outcome]) -> None:
    """Write down what came of calls."""
    statement = sa.update(attempts).where(attempts.c.id == sa.bindparam("attempt")).values(ended_at=clock())
    connection.execute(statement, [asdict(one) for one in outcomes])


def delivered(connection: sa.Connection, attempt_ids: Sequence[int], pks: Sequence[int]) -> None:
    """Meta took these deliveries in those calls."""
    told = sa.and_(
        among(deliveries.c.id, pks), deliveries.c.attempt_id == attempts.c.id, among(attempts.c.id, attempt_ids)
    )
    values = {
        "state": State.DELIVERED,
        "reason": None,
        "next_at": None,
        "delivered_at": clock(),
        "fbtrace_id": attempts.c.fbtrace_id,
    }
    connection.execute(sa.update(deliveries).where(told).values(values))


class Call(NamedTuple):
    """One call, as it is shown. `counted` None: under way, or its sender died."""

    id: int
    events: int
    started_at: datetime
    ended_at: datetime | None
    counted: str | None
    http_status: int | None
    code: int | None
    subcode: int | None
    fbtrace_id: str | None


def calls(connection: sa.Connection, dataset_pk: int, ids: Sequence[int]) -> list[Call]:
    """Those of these calls of a dataset that are kept still, the oldest first."""
    mine = sa.and_(attempts.c.dataset_pk == dataset_pk, among(attempts.c.id, ids))
    wanted = sa.select(*(attempts.c[name] for name in Call._fields)).where(mine).order_by(attempts.c.id)
    return [Call(*row) for row in connection.execute(wanted)]
