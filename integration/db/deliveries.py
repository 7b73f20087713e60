"""Deliveries: one event for one dataset, and its state."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, clock, metadata
from integration.db.datasets import datasets
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


_MOST_BYTES = 2_000_000
_SLICE = 100

CLAIMABLE = (State.PENDING, State.WAITING, State.SENDING)
MOVABLE = (State.OBSERVED, State.PENDING, State.WAITING, State.WITHHELD, State.HELD, State.SKIPPED)
UNSETTLED = (State.PENDING, State.SENDING, State.WAITING, State.HELD)

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
    sa.Column("first_attempt_at", Instant),
    sa.Column("delivered_at", Instant),
    sa.Column("fbtrace_id", sa.String(64)),
    sa.UniqueConstraint("event_pk", "dataset_pk"),
    sa.Index(
        "ix_deliveries_due",
        "dataset_pk",
        "next_at",
        postgresql_where=sa.text("state IN ('pending', 'waiting', 'sending')"),
        sqlite_where=sa.text("state IN ('pending', 'waiting', 'sending')"),
    ),
    sa.Index(
        "ix_deliveries_orphans",
        "store_id",
        postgresql_where=sa.text("dataset_pk IS NULL AND state = 'held'"),
        sqlite_where=sa.text("dataset_pk IS NULL AND state = 'held'"),
    ),
    sa.Index("ix_deliveries_store_id_state", "store_id", "state"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be decided on, with what its event holds."""

    id: int
    state: str
    attempts: int
    doubtful: bool
    share: int | None
    first_attempt_at: datetime | None
    event_pk: int
    event_name: str
    event_id: str
    subject: str
    order_id: str | None
    test: bool
    placed_at: datetime
    event_time: datetime
    received_at: datetime
    ended: bool
    facts: str
    user_data: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A delivery as a newer payload of its event finds it. `doubtful`: an attempt ended unknown."""

    id: int
    dataset_pk: int | None
    state: State
    doubtful: bool

    @property
    def movable(self) -> bool:
        """Whether nothing of it can have reached Meta, so that the newest payload may still decide."""
        return not self.doubtful and self.state in MOVABLE


def add(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the deliveries of a new event."""
    for row in rows:  # one by one: the due time may be an expression of the database's clock
        connection.execute(sa.insert(deliveries).values(dict(row)))


def of_event(connection: sa.Connection, event_pk: int) -> list[Placed]:
    """Each delivery of an event, kept from others until this transaction ends."""
    columns = (deliveries.c.id, deliveries.c.dataset_pk, deliveries.c.state, deliveries.c.doubtful)
    found = connection.execute(sa.select(*columns).where(deliveries.c.event_pk == event_pk).with_for_update())
    return [Placed(pk, dataset, State(state), doubtful) for pk, dataset, state, doubtful in found]


def change(connection: sa.Connection, pks: Sequence[int], **values: Any) -> None:
    """Set some columns of some deliveries."""
    if pks:
        connection.execute(sa.update(deliveries).where(deliveries.c.id.in_(pks)).values(**values))


def decide(connection: sa.Connection, pk: int, *, seen: str, **values: Any) -> None:
    """Set some columns of a delivery, unless its state is not what was `seen` any more: then a webhook decided."""
    unchanged = sa.and_(deliveries.c.id == pk, deliveries.c.state == seen)
    connection.execute(sa.update(deliveries).where(unchanged).values(**values))


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


def is_due() -> sa.ColumnElement[bool]:
    """Whether the dataset of the enclosing statement has something to decide on now.

    `sending` counts whatever its time: it is looked at only when the lease is free, so its sender is gone.
    """
    return sa.exists().where(deliveries.c.dataset_pk == datasets.c.id, _claimable_now())


def _claimable_now() -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.state.in_(CLAIMABLE), deliveries.c.next_at <= clock())


def anything_due(connection: sa.Connection) -> bool:
    """Whether a worker would find something to send now."""
    free = sa.or_(datasets.c.lease_until.is_(None), datasets.c.lease_until < clock())
    due = sa.select(datasets.c.id).where(datasets.c.state == "active", free, is_due()).limit(1)
    return connection.execute(due).first() is not None


def due(connection: sa.Connection, dataset_pk: int, limit: int, *, most_bytes: int = _MOST_BYTES) -> list[Due]:
    """The dataset's deliveries to decide on now, oldest due first: at most `limit`, and about `most_bytes` of facts."""
    columns: tuple[sa.Column[Any], ...] = (
        *(deliveries.c.id, deliveries.c.state, deliveries.c.attempts, deliveries.c.doubtful, deliveries.c.share),
        *(deliveries.c.first_attempt_at, deliveries.c.event_pk, events.c.event_name, events.c.event_id),
        *(events.c.subject, events.c.order_id, events.c.test, events.c.placed_at, events.c.event_time),
        *(events.c.received_at, events.c.ended, events.c.facts, events.c.user_data),
    )
    statement = (
        sa.select(*columns)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(deliveries.c.dataset_pk == dataset_pk, _claimable_now())
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(limit)
    )
    taken: list[Due] = []
    size = 0
    # Read in slices: a thousand orders of five hundred lines would not fit.
    with closing(connection.execute(statement.execution_options(yield_per=_SLICE))) as found:
        for row in found:
            one = Due(*row)
            size += len(one.facts)
            if taken and size > most_bytes:
                break
            taken.append(one)
    return taken


def only_withheld(connection: sa.Connection, event_pks: Sequence[int]) -> list[int]:
    """Those of these events that no dataset will be told: every delivery of theirs is withheld."""
    other = sa.select(deliveries.c.event_pk).where(
        deliveries.c.event_pk.in_(event_pks), deliveries.c.state != State.WITHHELD
    )
    return sorted(set(event_pks) - set(connection.execute(other).scalars()))


@dataclass(frozen=True, slots=True)
class Purchaser:
    """What became of an order's first event at a dataset, and its sealed person."""

    state: State
    sealed: str | None
    test: bool = False


def purchasers(
    connection: sa.Connection, dataset_pk: int, event_name: str, order_ids: Sequence[str]
) -> dict[str, Purchaser]:
    """The purchasers of several orders, by order id, as far as this dataset has their `event_name`."""
    found = connection.execute(
        sa.select(events.c.subject, deliveries.c.state, events.c.user_data, events.c.test)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(
            deliveries.c.dataset_pk == dataset_pk, events.c.event_name == event_name, events.c.subject.in_(order_ids)
        )
    )
    return {subject: Purchaser(State(state), sealed, test) for subject, state, sealed, test in found}


def settle_dependents(
    connection: sa.Connection,
    *,
    event_name: str,
    upon: str,
    reason_untold: str,
    given_up_before: datetime,
    dataset_pk: int | None = None,
) -> None:
    """Deliveries of `event_name` that wait (without a due time) for the order's `upon` event at the same dataset.

    Where that was delivered they become due; where it ended otherwise, or never came, they are skipped.
    """
    first, first_event, waiting_event = deliveries.alias("first"), events.alias("first_event"), events.alias("own")
    upon_order = (
        sa.select(first.c.state)
        .join(first_event, first_event.c.id == first.c.event_pk)
        .join(waiting_event, waiting_event.c.id == deliveries.c.event_pk)
        .where(
            waiting_event.c.event_name == event_name,
            first_event.c.store_id == deliveries.c.store_id,
            first_event.c.event_name == upon,
            first_event.c.subject == waiting_event.c.order_id,
            first.c.dataset_pk == deliveries.c.dataset_pk,
        )
        .limit(1)
        .scalar_subquery()
        .correlate(deliveries)
    )
    waits = sa.and_(deliveries.c.state == State.WAITING, deliveries.c.next_at.is_(None))
    if dataset_pk is not None:
        waits = sa.and_(waits, deliveries.c.dataset_pk == dataset_pk)
    ended = sa.and_(upon_order.is_not(None), upon_order.not_in((*UNSETTLED, State.DELIVERED)))
    too_old = deliveries.c.event_pk.in_(sa.select(events.c.id).where(events.c.event_time < given_up_before))
    connection.execute(
        sa.update(deliveries)
        .where(waits, upon_order == State.DELIVERED)
        .values(state=State.PENDING, reason=None, next_at=clock())
    )
    connection.execute(
        sa.update(deliveries)
        .where(waits, sa.or_(ended, sa.and_(upon_order.is_(None), too_old)))
        .values(state=State.SKIPPED, reason=reason_untold)
    )
