"""What people and machines read of the ledger: lists, counts, and how late we are. Nothing here writes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import clock
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events


def listing(
    connection: sa.Connection, *, store_id: str | None = None, state: str | None = None, newest: int | None = None
) -> Iterator[Mapping[str, Any]]:
    """Deliveries with their events, oldest first; the `newest` ones first where a number is given."""
    order = (deliveries.c.id.desc(),) if newest else (events.c.received_at, deliveries.c.id)
    statement = (
        sa.select(
            *(deliveries.c.store_id, datasets.c.dataset_id, events.c.event_name, events.c.event_id),
            *(events.c.order_id, deliveries.c.state.label("status"), deliveries.c.reason, events.c.value),
            *(events.c.currency, deliveries.c.attempts, events.c.received_at, deliveries.c.delivered_at),
            *(deliveries.c.fbtrace_id, events.c.later_value, deliveries.c.event_pk),
        )
        .join(events, events.c.id == deliveries.c.event_pk)
        .outerjoin(datasets, datasets.c.id == deliveries.c.dataset_pk)
        .order_by(*order)
        .limit(newest)
    )
    if store_id:
        statement = statement.where(deliveries.c.store_id == store_id)
    if state:
        statement = statement.where(deliveries.c.state == state)
    for row in connection.execute(statement.execution_options(yield_per=1_000)):
        yield dict(row._mapping)  # noqa: SLF001


class Told(NamedTuple):
    """What became of one event at one dataset, or while there is none yet."""

    subject: str
    state: State
    reason: str | None
    delivered_at: datetime | None


def told(connection: sa.Connection, store_id: str, event_name: str, subjects: Sequence[str]) -> list[Told]:
    """Of those of these events that are in this store's ledger; an event's oldest delivery first."""
    found = connection.execute(
        sa.select(events.c.subject, deliveries.c.state, deliveries.c.reason, deliveries.c.delivered_at)
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .where(events.c.store_id == store_id, events.c.event_name == event_name, events.c.subject.in_(subjects))
        .order_by(deliveries.c.id)
    )
    return [Told(subject, State(state), reason, at) for subject, state, reason, at in found]


def counts(connection: sa.Connection) -> list[tuple[str, str, int]]:
    """How many deliveries there are, by event_name and state."""
    found = connection.execute(
        sa.select(events.c.event_name, deliveries.c.state, sa.func.count())
        .join(events, events.c.id == deliveries.c.event_pk)
        .group_by(events.c.event_name, deliveries.c.state)
        .order_by(events.c.event_name, deliveries.c.state)
    )
    return [(name, state, number) for name, state, number in found]


def oldest_due(connection: sa.Connection) -> datetime | None:
    """Since when the oldest delivery that is due has been due."""
    waiting = sa.and_(deliveries.c.state == State.PENDING, deliveries.c.next_at <= clock())
    first = sa.select(deliveries.c.next_at).where(waiting).order_by(deliveries.c.next_at).limit(1)
    return connection.execute(first).scalar_one_or_none()
