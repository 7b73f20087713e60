"""Deliveries that are held (no dataset, a paused one, a store that went), and what lets them go."""

from dataclasses import dataclass

import sqlalchemy as sa

from integration.db import clock
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events


def hold_dataset(connection: sa.Connection, dataset_pk: int, reason: str) -> None:
    """Everything that was to leave for this dataset waits for the merchant; nothing is dropped.

    For whoever has the dataset's lease: what else is `sending` has lost its sender, and may have been counted.
    """
    mine = deliveries.c.dataset_pk == dataset_pk
    orphaned = sa.and_(mine, deliveries.c.state == State.SENDING)
    connection.execute(sa.update(deliveries).where(orphaned).values(state=State.PENDING, doubtful=True))
    waiting = sa.and_(mine, deliveries.c.state == State.PENDING)
    connection.execute(sa.update(deliveries).where(waiting).values(state=State.HELD, reason=reason))


def resume_dataset(connection: sa.Connection, dataset_pk: int) -> None:
    """What was held for this dataset is due again."""
    held = sa.and_(deliveries.c.dataset_pk == dataset_pk, deliveries.c.state == State.HELD)
    connection.execute(sa.update(deliveries).where(held).values(state=State.PENDING, reason=None, next_at=clock()))


# More than that is "more than that".
MOST_COUNTED = 10_000


def waiting(connection: sa.Connection, dataset_pk: int) -> int:
    """How many deliveries are held for this dataset; MOST_COUNTED and one where there are more."""
    mine = (deliveries.c.dataset_pk == dataset_pk, sa.text("state = 'held'"))  # as the index says it
    some = sa.select(deliveries.c.id).where(*mine).limit(MOST_COUNTED + 1).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


@dataclass(frozen=True, slots=True)
class Orphan:
    """A delivery held for want of a dataset."""

    id: int
    event_name: str
    event_id: str
    test: bool


def orphans(connection: sa.Connection, store_id: str) -> list[Orphan]:
    """What a store holds for its first dataset, kept from others until this transaction ends."""
    found = connection.execute(
        sa.select(deliveries.c.id, events.c.event_name, events.c.event_id, events.c.test)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(_orphaned(), deliveries.c.store_id == store_id)
        .order_by(deliveries.c.id)
        .with_for_update(of=deliveries)
    )
    return [Orphan(*row) for row in found]


def _orphaned() -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.dataset_pk.is_(None), deliveries.c.state == State.HELD)


def stores_with_orphans(connection: sa.Connection) -> list[str]:
    """Stores that hold deliveries for want of a dataset, and have one by now."""
    has_one = sa.exists().where(datasets.c.store_id == deliveries.c.store_id)
    found = connection.execute(sa.select(deliveries.c.store_id).where(_orphaned(), has_one).distinct())
    return list(found.scalars())


def resume_store(connection: sa.Connection, store_id: str, reason: str) -> None:
    """What was held for that reason is due again."""
    held = sa.and_(
        *(deliveries.c.store_id == store_id, deliveries.c.state == State.HELD, deliveries.c.reason == reason),
        deliveries.c.dataset_pk.is_not(None),
    )
    connection.execute(sa.update(deliveries).where(held).values(state=State.PENDING, reason=None, next_at=clock()))


def stop_store(connection: sa.Connection, store_id: str, state: State, reason: str | None) -> None:
    """Nothing of this store leaves any more: what was not attempted yet goes into `state`."""
    unsent = sa.and_(
        deliveries.c.store_id == store_id,
        deliveries.c.attempts == 0,
        deliveries.c.state.in_((State.PENDING, State.WAITING, State.HELD)),
    )
    connection.execute(sa.update(deliveries).where(unsent).values(state=state, reason=reason))
