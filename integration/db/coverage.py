"""What there is to judge coverage by: events with their deliveries, sightings by their proof, and who was heard of."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import lookups
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.sightings import COLUMNS, Sighting, sightings
from integration.db.signals import signals

_AT_ONCE = 1_000


class Told(NamedTuple):
    """One event at one dataset."""

    event_pk: int
    event_name: str
    event_id: str
    order_id: str | None
    checkout_key: str | None
    placed_at: datetime
    received_at: datetime
    value: str | None
    currency: str | None
    facts: str
    dataset_id: str
    state: str
    reason: str | None


def told(
    connection: sa.Connection, store_id: str, event_names: Sequence[str], *, since: datetime, until: datetime
) -> Iterator[Told]:
    """A store's events of these names placed from `since` and before `until`, tests left out, as they were placed."""
    columns: tuple[sa.ColumnElement[Any], ...] = (
        *(events.c.id, events.c.event_name, events.c.event_id, events.c.order_id, events.c.checkout_key),
        *(events.c.placed_at, events.c.received_at, events.c.value, events.c.currency, events.c.facts),
        *(datasets.c.dataset_id, deliveries.c.state, deliveries.c.reason),
    )
    found = (
        sa.select(*columns)
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .join(datasets, datasets.c.id == deliveries.c.dataset_pk)
        .where(
            events.c.store_id == store_id,
            events.c.event_name.in_(event_names),
            events.c.placed_at >= since,
            events.c.placed_at < until,
            sa.not_(events.c.test),
        )
        .order_by(events.c.placed_at, events.c.id)
    )
    for row in connection.execute(found.execution_options(yield_per=_AT_ONCE)):
        yield Told(*row)


def proven(connection: sa.Connection, store_id: str, keys: Sequence[str]) -> list[Sighting]:
    """What was seen of the Pixel with a proof among these keys."""
    mine = sightings.c.store_id == store_id
    return [Sighting(*row) for row in lookups.each(connection, COLUMNS, sightings.c.proof_key, keys, mine)]


def heard(connection: sa.Connection, store_id: str, keys: Sequence[str]) -> set[str]:
    """Those of these keys by which a browser spoke to us."""
    mine = signals.c.store_id == store_id
    return {row[0] for row in lookups.each(connection, [signals.c.join_key], signals.c.join_key, keys, mine)}


def last_heard(connection: sa.Connection, store_id: str) -> datetime | None:
    """When anything was last heard of a browser in this store's pages."""
    seen = sa.select(sa.func.max(sightings.c.first_at)).where(
        sightings.c.store_id == store_id, sightings.c.proof_key != ""
    )
    signal = sa.select(sa.func.max(signals.c.last_at)).where(signals.c.store_id == store_id)
    times = [connection.execute(one).scalar() for one in (seen, signal)]
    return max(filter(None, times), default=None)
