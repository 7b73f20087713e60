"""Withheld events whose shopper agreed later: their orders are to be read again, and then the mark is taken away."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import Instant
from integration.db.deliveries import State, deliveries
from integration.db.events import events


class Granted(NamedTuple):
    """One such event. `withheld`: whether anything of it still is."""

    id: int
    event_name: str
    order_id: str | None
    event_time: datetime
    granted_at: datetime
    withheld: bool


def granted(connection: sa.Connection, store_id: str, most: int) -> Sequence[Granted]:
    """A store's, those that were agreed to first before the others; at most so many."""
    withheld = sa.exists().where(deliveries.c.event_pk == events.c.id, deliveries.c.state == State.WITHHELD)
    columns = (events.c.id, events.c.event_name, events.c.order_id, events.c.event_time, events.c.granted_at, withheld)
    found = connection.execute(
        sa.select(*columns)
        .where(events.c.store_id == store_id, events.c.granted_at.is_not(None))
        .order_by(events.c.granted_at, events.c.id)
        .limit(most)
    )
    return [Granted(*row) for row in found]


def settle(connection: sa.Connection, one: Granted) -> None:
    """Take its mark away, unless the shopper agreed once more since it was looked at."""
    seen = sa.bindparam("seen", one.granted_at, Instant)
    same = (events.c.id == one.id, events.c.granted_at == seen)
    connection.execute(sa.update(events).where(*same).values(granted_at=None))
