"""All that is kept of one person, as it is handed out. Nothing here writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import among, among_texts, theirs
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.sightings import sightings


class Deed(NamedTuple):
    """A ledger row as its person may read it; `user_data` is still sealed."""

    id: int
    event_name: str
    event_id: str
    order_id: str | None
    placed_at: datetime
    received_at: datetime
    value: str | None
    currency: str | None
    test: bool
    facts: str
    user_data: str | None
    stated: str | None
    region: str | None
    checkout_key: str | None
    cart_key: str | None


class Fate(NamedTuple):
    """What became of an event at one dataset, by Meta's id of it, or while there is none."""

    event_pk: int
    dataset_id: str | None
    state: str
    reason: str | None
    ruling: str | None
    delivered_at: datetime | None


class Seen(NamedTuple):
    """What the storefront's Pixel told Meta of, as far as our script saw it."""

    dataset_id: str
    event_name: str
    event_id: str
    first_at: datetime
    sent_at: datetime | None


_DEED = tuple(events.c[name] for name in Deed._fields)
_SEEN = tuple(sightings.c[name] for name in Seen._fields)


def deeds_of(
    connection: sa.Connection,
    store_id: str,
    hmacs: Collection[str],
    order_ids: Collection[str],
    until: datetime | None = None,
) -> list[Deed]:
    """A store's events of one person as `theirs` has them, the oldest first."""
    pks = [one.id for one in theirs.of_person(connection, store_id, hmacs, order_ids, until)]
    wanted = sa.select(*_DEED).where(among(events.c.id, pks)).order_by(events.c.placed_at, events.c.id)
    return [Deed(*row) for row in connection.execute(wanted)]


def seen_of(connection: sa.Connection, store_id: str, keys: Collection[str]) -> list[Seen]:
    """What a store's Pixel told with these proofs, the first told first."""
    mine = sa.and_(sightings.c.store_id == store_id, among_texts(sightings.c.proof_key, keys))
    return [Seen(*row) for row in connection.execute(sa.select(*_SEEN).where(mine).order_by(sightings.c.first_at))]


def fates(connection: sa.Connection, store_id: str, event_pks: Sequence[int]) -> list[Fate]:
    """What became of these events of a store, the oldest delivery of each first."""
    columns = (
        *(deliveries.c.event_pk, datasets.c.dataset_id, deliveries.c.state, deliveries.c.reason),
        *(deliveries.c.ruling, deliveries.c.delivered_at),
    )
    joined = deliveries.outerjoin(datasets, datasets.c.id == deliveries.c.dataset_pk)
    mine = sa.and_(deliveries.c.store_id == store_id, among(deliveries.c.event_pk, event_pks))
    return [
        Fate(*row)
        for row in connection.execute(sa.select(*columns).select_from(joined).where(mine).order_by(deliveries.c.id))
    ]
