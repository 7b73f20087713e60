"""How new the newest event is that Meta was told: found by an index, whatever the store holds."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import State, deliveries
from integration.db.events import events


class Newest(NamedTuple):
    """When it was placed, and when Meta took it."""

    placed_at: datetime
    delivered_at: datetime


def newest_told(connection: sa.Connection, store_id: str) -> Newest | None:
    """The last delivery of a store that was taken; None where there is none."""
    mine = (deliveries.c.store_id == store_id, deliveries.c.state == State.DELIVERED)
    last = sa.select(deliveries.c.id).where(*mine).order_by(deliveries.c.id.desc()).limit(1).scalar_subquery()
    found = (
        sa.select(events.c.placed_at, deliveries.c.delivered_at)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(deliveries.c.id == last, deliveries.c.delivered_at.is_not(None))
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else Newest(*row)
