"""What sightings say of the Pixel: which events it told of, and when it told of anything at all. Asked of old events only."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from integration.db import among_texts
from integration.db.events import events
from integration.db.sightings import COLUMNS, Sighting, sightings

_BUCKET_MS = 300_000
_MOST_IN_A_BUCKET = 3
_MOST_OF_ONE = 1_000  # so that the lookup stays one for each text; nobody has as many


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
    for name, event_id in events_of:
        by_name.setdefault(name, []).append(event_id)
    found = {
        one
        for name, ids in by_name.items()
        for one in _each(connection, sightings.c.event_id, ids, mine, sightings.c.event_name == name)
    }
    found.update(_each(connection, sightings.c.proof_key, [key for key in proof_keys if key], mine))
    return sorted(found, key=lambda one: one.first_at)


def _each(
    connection: sa.Connection, column: sa.Column[str], texts: Collection[str], *conditions: sa.ColumnElement[bool]
) -> set[Sighting]:
    """Those with one of these texts. On PostgreSQL each text is looked up by itself: a plan that is made before the texts
    are known would compare each sighting of the store with all of them.
    """
    if not texts:
        return set()
    if connection.dialect.name != "postgresql":
        found = sa.select(*COLUMNS).where(*conditions, among_texts(column, texts))
        return {Sighting(*row) for row in connection.execute(found)}
    asked = (
        sa.func.unnest(sa.bindparam("texts", sorted(set(texts)), type_=ARRAY(sa.Text)))
        .table_valued("text")
        .render_derived()
    )
    one = sa.select(*COLUMNS).where(*conditions, column == asked.c.text).limit(_MOST_OF_ONE).lateral()
    return {Sighting(*row) for row in connection.execute(sa.select(*one.c).select_from(asked.join(one, sa.true())))}


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
