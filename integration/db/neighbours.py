"""Orders placed around others: whether their Pixels left says whether a Pixel was alive at that time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.events import events


class Neighbour(NamedTuple):
    """An event near others, and by what a sighting of it is proven."""

    event_name: str
    placed_at: datetime
    checkout_key: str | None
    order_id: str | None


Window = tuple[datetime, datetime]


def within(
    connection: sa.Connection, store_id: str, event_names: Sequence[str], windows: Sequence[Window], most: int
) -> list[Neighbour] | None:
    """What was placed in any of these windows, both ends included, tests left out; None where it is more than so many."""
    columns = (events.c.event_name, events.c.placed_at, events.c.checkout_key, events.c.order_id)
    found = sa.select(*columns).where(
        events.c.store_id == store_id,
        sa.or_(*(events.c.placed_at.between(*window) for window in windows)),
        events.c.event_name.in_(event_names),
        sa.not_(events.c.test),
    )
    rows = connection.execute(found.limit(most + 1)).all()
    return [Neighbour(*row) for row in rows] if len(rows) <= most else None
