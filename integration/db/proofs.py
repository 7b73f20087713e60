"""Proofs: the first real order of a store that Meta was told of after going live, who told it, and that it was mailed.

What is told is kept as it was known then: what browsers said is let go sooner than this.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import Instant, clock, insert, metadata
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events

proofs = sa.Table(
    "proofs",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("event_pk", sa.BigInteger, nullable=False),
    sa.Column("told", sa.Text, nullable=False),  # JSON: monitor.proof
    sa.Column("proven_at", Instant, nullable=False),
    sa.Column("mailed_at", Instant),
    sa.Column("trouble", sa.String(500)),  # why the mail was given up
)


class Candidate(NamedTuple):
    """A real event that Meta took. `dataset_id` is Meta's."""

    event_pk: int
    event_id: str
    order_id: str | None
    checkout_key: str | None
    placed_at: datetime
    received_at: datetime
    dataset_id: str
    delivered_at: datetime
    fbtrace_id: str | None
    facts: str


class Kept(NamedTuple):
    """One row."""

    event_pk: int
    told: str
    proven_at: datetime
    mailed_at: datetime | None
    trouble: str | None


def candidate(connection: sa.Connection, store_id: str, event_name: str, *, since: datetime) -> Candidate | None:
    """The first of these events placed from `since` that Meta took, tests left out; at the first dataset that did."""
    columns: tuple[sa.ColumnElement[Any], ...] = (
        *(events.c.id, events.c.event_id, events.c.order_id, events.c.checkout_key, events.c.placed_at),
        *(events.c.received_at, datasets.c.dataset_id, deliveries.c.delivered_at, deliveries.c.fbtrace_id),
        events.c.facts,
    )
    found = (
        sa.select(*columns)
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .join(datasets, datasets.c.id == deliveries.c.dataset_pk)
        .where(
            events.c.store_id == store_id,
            events.c.event_name == event_name,
            events.c.placed_at >= since,
            sa.not_(events.c.test),
            deliveries.c.state == State.DELIVERED,
        )
        .order_by(events.c.placed_at, events.c.id, deliveries.c.id)
        .limit(1)
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else Candidate(*row)


def of_store(connection: sa.Connection, store_id: str) -> Kept | None:
    """The proof of a store, once there is one."""
    columns = (proofs.c.event_pk, proofs.c.told, proofs.c.proven_at, proofs.c.mailed_at, proofs.c.trouble)
    row = connection.execute(sa.select(*columns).where(proofs.c.store_id == store_id)).one_or_none()
    return None if row is None else Kept(*row)


def keep(connection: sa.Connection, store_id: str, event_pk: int, told: str) -> None:
    """Keep the first one; another one later changes nothing."""
    values = {"store_id": store_id, "event_pk": event_pk, "told": told, "proven_at": clock()}
    connection.execute(insert(connection, proofs).values(values).on_conflict_do_nothing(index_elements=["store_id"]))


def mailed(connection: sa.Connection, store_id: str) -> None:
    """It was sent by mail."""
    unsent = sa.and_(proofs.c.store_id == store_id, proofs.c.mailed_at.is_(None))
    connection.execute(sa.update(proofs).where(unsent).values(mailed_at=clock(), trouble=None))


def given_up(connection: sa.Connection, store_id: str, trouble: str) -> None:
    """The mail is not tried again."""
    connection.execute(sa.update(proofs).where(proofs.c.store_id == store_id).values(trouble=trouble[:500]))


def forget(connection: sa.Connection, store_id: str) -> None:
    """The store goes live anew: its first order is still to come."""
    connection.execute(sa.delete(proofs).where(proofs.c.store_id == store_id))
