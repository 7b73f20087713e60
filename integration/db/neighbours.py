"""Orders placed shortly before and after one: whether their Pixels left says whether a Pixel was alive at that time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events

_NEAREST = 50  # on either side: were none of these heard of, nothing is claimed
_AT_ONCE = 20  # questions in a statement, two each


class Place(NamedTuple):
    """Whose neighbours are asked for, by an id of the asker's own."""

    asked: int
    event_name: str
    dataset_id: str
    placed_at: datetime


class Neighbour(NamedTuple):
    """An order near another one. `before`: it was placed before it."""

    asked: int
    before: bool
    checkout_key: str | None
    order_id: str | None


def near(connection: sa.Connection, store_id: str, places: Sequence[Place], within: timedelta) -> Iterator[Neighbour]:
    """The nearest orders on either side of each of these, placed within that time of it; tests left out."""
    for start in range(0, len(places), _AT_ONCE):
        legs = [
            _side(store_id, place, within, before=before)
            for place in places[start : start + _AT_ONCE]
            for before in (True, False)
        ]
        for row in connection.execute(sa.union_all(*legs)):
            yield Neighbour(row.asked, bool(row.before), row.checkout_key, row.order_id)


def _side(
    store_id: str, place: Place, within: timedelta, *, before: bool
) -> sa.Select[tuple[int, int, str | None, str | None]]:
    at, column = place.placed_at, events.c.placed_at
    between = (column >= at - within, column < at) if before else (column > at, column <= at + within)
    told = (
        sa.select(events.c.checkout_key, events.c.order_id)
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .join(datasets, datasets.c.id == deliveries.c.dataset_pk)
        .where(events.c.store_id == store_id, *between, events.c.event_name == place.event_name)
        .where(datasets.c.dataset_id == place.dataset_id, sa.not_(events.c.test))
        .order_by(column.desc() if before else column.asc())
        .limit(_NEAREST)
        .subquery()
    )
    return sa.select(
        sa.literal(place.asked, sa.BigInteger).label("asked"),
        sa.literal(int(before), sa.Integer).label("before"),
        told.c.checkout_key,
        told.c.order_id,
    )
