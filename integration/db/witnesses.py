"""What sightings say of the Pixel: which events it told of, and when it told of anything at all. Asked of old events only."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from integration.db import among_texts, lookups
from integration.db.events import events
from integration.db.sightings import COLUMNS, Sighting, sightings

_BUCKET_MS = 300_000
_MOST_IN_A_BUCKET = 3


def about(
    connection: sa.Connection,
    store_id: str,
    dataset_id: str,
    *,
    events_of: Collection[tuple[str, str]] = (),
    proof_keys: Collection[str] = (),
) -> list[Sighting]:
    """Every sighting at a dataset of one of these events, given by name and id, or proven by one of these keys."""
    mine = sa.and_(sightings.c.store_id == store_id, sightings.c.dataset_id == dataset_id)
    by_name: dict[str, list[str]] = {}
    asked: list[tuple[sa.Column[str], list[str], tuple[sa.ColumnElement[bool], ...]]]
    for name, event_id in events_of:
        by_name.setdefault(name, []).append(event_id)
    asked = [(sightings.c.event_id, ids, (mine, sightings.c.event_name == name)) for name, ids in by_name.items()]
    asked.append((sightings.c.proof_key, [key for key in proof_keys if key], (mine,)))
    found = {
        Sighting(*row)
        for column, texts, conditions in asked
        for row in lookups.each(connection, COLUMNS, column, texts, *conditions)
    }
    return sorted(found, key=lambda one: one.first_at)


def sent(
    connection: sa.Connection, store_id: str, dataset_id: str, event_name: str, *, since: datetime, until: datetime
) -> list[Sighting]:
    """Some that left for a dataset between two times, with something that may prove them: of each five minutes the first
    few, for a shop may have thousands.
    """
    bucket = sa.type_coerce(sightings.c.first_at, sa.BigInteger) // _BUCKET_MS
    place = sa.func.row_number().over(partition_by=bucket, order_by=sightings.c.first_at).label("place")
    wanted = (
        *(sightings.c.store_id == store_id, sightings.c.dataset_id == dataset_id),
        *(sightings.c.event_name == event_name, sightings.c.proof_key != "", sightings.c.sent_at.is_not(None)),
        sightings.c.first_at.between(since, until),
    )
    rows = sa.select(*COLUMNS, place).where(*wanted).subquery()
    columns = [rows.c[column.name] for column in COLUMNS]
    found = connection.execute(sa.select(*columns).where(rows.c.place <= _MOST_IN_A_BUCKET).order_by(rows.c.first_at))
    return [Sighting(*row) for row in found]


def keys_of_orders(connection: sa.Connection, store_id: str, event_name: str, proof_keys: Collection[str]) -> set[str]:
    """Those of these keys by which the ledger knows an event of that name."""
    found: set[str] = set()
    for column in (events.c.checkout_key, events.c.cart_key):
        mine = (events.c.store_id == store_id, events.c.event_name == event_name, among_texts(column, proof_keys))
        found.update(connection.execute(sa.select(column).where(*mine)).scalars())
    return found
