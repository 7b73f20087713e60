"""One event of one store, with what became of it at each dataset: for the merchant to read. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events


class Event(NamedTuple):
    """A row of the ledger, without its person. `holds_person`: something of one is sealed there."""

    id: int
    event_name: str
    event_id: str
    subject: str
    order_id: str | None
    test: bool
    placed_at: datetime
    event_time: datetime
    received_at: datetime
    value: str | None
    currency: str | None
    later_value: str | None
    connector: str
    stated: str | None
    region: str | None
    granted_at: datetime | None
    key_mask: int
    facts: str
    ended: bool
    holds_person: bool


class Delivery(NamedTuple):
    """What became of it at one dataset; `dataset_id` is Meta's, None while the store has none."""

    dataset_id: str | None
    state: str
    reason: str | None
    ruling: str | None
    attempts: int
    first_attempt_at: datetime | None
    delivered_at: datetime | None
    fbtrace_id: str | None
    id: int
    dataset_pk: int | None
    next_at: datetime | None
    attempt_id: int | None
    former_attempts: str | None

    @property
    def calls(self) -> list[int]:
        """The ids of the calls it was in, the oldest first."""
        former = [int(one) for one in (self.former_attempts or "").split(",") if one]
        return [*former, self.attempt_id] if self.attempt_id is not None else former


def of_store(connection: sa.Connection, store_id: str, pk: int) -> Event | None:
    """The event, if it is this store's."""
    own = [events.c[name] for name in Event._fields if name != "holds_person"]
    columns: list[sa.ColumnElement[Any]] = [*own, events.c.user_data.is_not(None)]
    mine = (events.c.store_id == store_id, events.c.id == pk)
    return next((Event(*row) for row in connection.execute(sa.select(*columns).where(*mine))), None)


def of_subject(connection: sa.Connection, store_id: str, event_name: str, subject: str) -> Event | None:
    """The event of this name about that deed of the store."""
    mine = (events.c.store_id == store_id, events.c.event_name == event_name, events.c.subject == subject)
    pk = connection.execute(sa.select(events.c.id).where(*mine)).scalar_one_or_none()
    return None if pk is None else of_store(connection, store_id, pk)


def deliveries_of(connection: sa.Connection, store_id: str, pk: int) -> Sequence[Delivery]:
    """Its deliveries, the oldest first."""
    columns: list[sa.ColumnElement[Any]] = [
        datasets.c.dataset_id,
        *(deliveries.c[name] for name in Delivery._fields[1:]),
    ]
    wanted = (
        sa.select(*columns)
        .outerjoin_from(deliveries, datasets, datasets.c.id == deliveries.c.dataset_pk)
        .where(deliveries.c.store_id == store_id, deliveries.c.event_pk == pk)
        .order_by(deliveries.c.id)
    )
    return [Delivery(*row) for row in connection.execute(wanted)]
