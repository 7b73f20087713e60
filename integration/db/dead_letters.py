"""What failed, of all stores together: deliveries that are dead, ambiguous or expired, for whoever runs Tandem.

Found by an index over just these, the newest first. Nothing here writes, and nothing of a shopper is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.stores import stores

# As words in the SQL, so that the index is used.
_FAILED = sa.text("deliveries.state IN ('dead', 'ambiguous', 'expired')")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them. None: all. `reason`: word for word."""

    store_id: str | None = None
    state: str | None = None
    reason: str | None = None

    def conditions(self) -> Sequence[sa.ColumnElement[bool]]:
        """The same for the database."""
        asked = ((deliveries.c.store_id, self.store_id), (deliveries.c.state, self.state))
        return [column == value for column, value in (*asked, (deliveries.c.reason, self.reason)) if value is not None]


class DeadLetter(NamedTuple):
    """One of them; `dataset_id` is Meta's."""

    id: int
    store_id: str
    domain: str
    dataset_id: str | None
    event_pk: int
    event_name: str
    order_id: str | None
    event_time: datetime
    received_at: datetime
    state: str
    reason: str | None
    attempts: int


class Alike(NamedTuple):
    """So many of the newest failed for the same reason, in so many stores."""

    state: str
    reason: str | None
    number: int
    stores: int


def page(connection: sa.Connection, wanted: Wanted, *, before: int | None, most: int) -> Sequence[DeadLetter]:
    """The newest, of those before the delivery `before`."""
    older = [deliveries.c.id < before] if before is not None else []
    some = sa.select(deliveries).where(_FAILED, *wanted.conditions(), *older)
    some_first = some.order_by(deliveries.c.id.desc()).limit(most).subquery()
    columns: tuple[sa.ColumnElement[Any], ...] = (
        *(some_first.c.id, some_first.c.store_id, stores.c.domain, datasets.c.dataset_id, some_first.c.event_pk),
        *(events.c.event_name, events.c.order_id, events.c.event_time, events.c.received_at),
        *(some_first.c.state, some_first.c.reason, some_first.c.attempts),
    )
    found = (
        sa.select(*columns)
        .join(events, events.c.id == some_first.c.event_pk)
        .join(stores, stores.c.id == some_first.c.store_id)
        .outerjoin(datasets, datasets.c.id == some_first.c.dataset_pk)
        .order_by(some_first.c.id.desc())
    )
    return [DeadLetter(*row) for row in connection.execute(found)]


def reasons(connection: sa.Connection, store_id: str | None, *, newest: int) -> Sequence[Alike]:
    """Why the newest of them failed, the most frequent first: of one store or of all."""
    columns = (deliveries.c.state, deliveries.c.reason, deliveries.c.store_id)
    some = sa.select(*columns).where(_FAILED, *Wanted(store_id).conditions())
    last = some.order_by(deliveries.c.id.desc()).limit(newest).subquery()
    number, in_stores = sa.func.count(), sa.func.count(last.c.store_id.distinct())
    found = sa.select(last.c.state, last.c.reason, number, in_stores).group_by(last.c.state, last.c.reason)
    return [Alike(*row) for row in connection.execute(found.order_by(number.desc(), last.c.state, last.c.reason))]
