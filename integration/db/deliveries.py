"""Deliveries: one event for one dataset, and its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, among, clock, metadata
from integration.db.events import events


class State(StrEnum):
    """The states of a delivery, as words in the column."""

    OBSERVED = "observed"
    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    WAITING = "waiting"
    WITHHELD = "withheld"
    HELD = "held"
    DEAD = "dead"
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"
    SKIPPED = "skipped"


CLAIMABLE = (State.PENDING, State.WAITING, State.SENDING)
MOVABLE = (State.OBSERVED, State.PENDING, State.WAITING, State.WITHHELD, State.HELD, State.SKIPPED)
UNSETTLED = (State.PENDING, State.SENDING, State.WAITING, State.HELD)
# Came to nothing, and may be sent again.
FAILED = (State.DEAD, State.AMBIGUOUS, State.EXPIRED)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("event_pk", sa.BigInteger, sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("dataset_pk", sa.BigInteger, sa.ForeignKey("datasets.id", ondelete="CASCADE")),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(255)),
    sa.Column("next_at", Instant),  # NULL: nothing is due by time
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("doubtful", sa.Boolean, nullable=False, server_default=sa.false()),  # an attempt ended unknown
    sa.Column("insisted", sa.Boolean, nullable=False, server_default=sa.false()),  # sent again whatever Meta may count
    sa.Column("share", sa.BigInteger),  # after its batch was refused: the part of it that is sent again together
    sa.Column("attempt_id", sa.BigInteger),
    sa.Column("former_attempts", sa.String(500)),  # the ids of those before, the oldest first, a comma between
    sa.Column("first_attempt_at", Instant),
    sa.Column("delivered_at", Instant),
    sa.Column("fbtrace_id", sa.String(64)),
    sa.Column("ruling", sa.String(150)),  # what consent allowed when it was last asked, and why: pipeline.consent
    sa.UniqueConstraint("event_pk", "dataset_pk"),
    sa.Index(
        "ix_deliveries_due",
        "dataset_pk",
        "next_at",
        "id",
        postgresql_where=sa.text("state IN ('pending', 'waiting', 'sending')"),
        sqlite_where=sa.text("state IN ('pending', 'waiting', 'sending')"),
    ),
    sa.Index(
        "ix_deliveries_held",
        "dataset_pk",
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    ),
    sa.Index(
        "ix_deliveries_dependents",
        "dataset_pk",
        postgresql_where=sa.text("state = 'waiting' AND next_at IS NULL"),
        sqlite_where=sa.text("state = 'waiting' AND next_at IS NULL"),
    ),
    sa.Index(
        "ix_deliveries_orphans",
        "store_id",
        postgresql_where=sa.text("dataset_pk IS NULL AND state = 'held'"),
        sqlite_where=sa.text("dataset_pk IS NULL AND state = 'held'"),
    ),
    sa.Index("ix_deliveries_store_id_state", "store_id", "state", "id"),
    # What failed, of all stores, the newest first: few rows, and the operator's alone to see together.
    sa.Index(
        "ix_deliveries_failed",
        "id",
        postgresql_where=sa.text("state IN ('dead', 'ambiguous', 'expired')"),
        sqlite_where=sa.text("state IN ('dead', 'ambiguous', 'expired')"),
    ),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A delivery as a newer payload of its event finds it. `doubtful`: an attempt ended unknown."""

    id: int
    dataset_pk: int | None
    state: State
    doubtful: bool
    reason: str | None = None

    @property
    def movable(self) -> bool:
        """Whether the newest payload may still decide: nothing of it can have reached Meta, or it was withheld, and would
        go again under the same id where a yes came.
        """
        return self.state is State.WITHHELD or (not self.doubtful and self.state in MOVABLE)


@dataclass(frozen=True, slots=True)
class New:
    """The first delivery of an event to a dataset; due after `delay` by the database's clock, or not by time."""

    event_pk: int
    dataset_pk: int | None
    state: State
    reason: str | None
    delay: timedelta | None
    ruling: str | None = None


_DELAY = sa.bindparam("delay", type_=sa.BigInteger)
_ADD = sa.insert(deliveries).values(
    {name: sa.bindparam(name) for name in ("store_id", "event_pk", "dataset_pk", "state", "reason", "ruling")}
    | {"next_at": sa.type_coerce(sa.type_coerce(clock(), sa.BigInteger) + _DELAY, Instant)}
)


def add(connection: sa.Connection, store_id: str, rows: Sequence[New]) -> None:
    """Insert deliveries of new events."""
    values = [
        {
            "store_id": store_id,
            "event_pk": row.event_pk,
            "dataset_pk": row.dataset_pk,
            "state": row.state,
            "reason": row.reason,
            "ruling": row.ruling,
            "delay": None if row.delay is None else round(row.delay.total_seconds() * 1000),
        }
        for row in rows
    ]
    if values:
        connection.execute(_ADD, values)


def of_events(connection: sa.Connection, event_pks: Sequence[int]) -> dict[int, list[Placed]]:
    """The deliveries of events, by event, kept from others until this transaction ends."""
    if not event_pks:
        return {}
    columns = (
        *(deliveries.c.id, deliveries.c.dataset_pk, deliveries.c.state),
        *(deliveries.c.doubtful, deliveries.c.reason),
    )
    wanted = sa.select(deliveries.c.event_pk, *columns).where(among(deliveries.c.event_pk, event_pks))
    placed: dict[int, list[Placed]] = {}
    for event_pk, pk, dataset, state, doubtful, reason in connection.execute(
        wanted.order_by(deliveries.c.id).with_for_update()
    ):
        placed.setdefault(event_pk, []).append(Placed(pk, dataset, State(state), doubtful, reason))
    return placed


def change(connection: sa.Connection, pks: Sequence[int], **values: Any) -> None:
    """Set some columns of some deliveries."""
    if pks:
        connection.execute(sa.update(deliveries).where(among(deliveries.c.id, pks)).values(**values))


def decide(connection: sa.Connection, pks: Sequence[int], *, seen: str, **values: Any) -> None:
    """Set some columns of deliveries, but of none whose state is not what was `seen` any more: a webhook decided."""
    unchanged = sa.and_(among(deliveries.c.id, pks), deliveries.c.state == seen)
    connection.execute(sa.update(deliveries).where(unchanged).values(**values))


def dead_since(connection: sa.Connection, dataset_pk: int, attempt: int) -> list[int]:
    """A dataset's deliveries that died in that attempt or a later one."""
    died = sa.and_(deliveries.c.dataset_pk == dataset_pk, deliveries.c.state == State.DEAD)
    found = sa.select(deliveries.c.id).where(died, deliveries.c.attempt_id >= attempt).order_by(deliveries.c.id)
    return list(connection.execute(found).scalars())


def states_by_dataset(
    connection: sa.Connection, store_id: str, event_name: str, subject: str
) -> dict[int | None, State]:
    """What became of one event, by dataset."""
    found = connection.execute(
        sa.select(deliveries.c.dataset_pk, deliveries.c.state)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(events.c.store_id == store_id, events.c.event_name == event_name, events.c.subject == subject)
    )
    return {dataset: State(state) for dataset, state in found}


def only_withheld(connection: sa.Connection, event_pks: Sequence[int]) -> list[int]:
    """Those of these events that no dataset will be told: every delivery of theirs is withheld."""
    other = sa.select(deliveries.c.event_pk).where(
        deliveries.c.event_pk.in_(event_pks), deliveries.c.state != State.WITHHELD
    )
    return sorted(set(event_pks) - set(connection.execute(other).scalars()))
