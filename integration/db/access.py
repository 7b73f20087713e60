"""All that is kept of one person, as it is handed out. Nothing here writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import among, among_texts
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
_HMACS = (events.c.email_hmac, events.c.phone_hmac, events.c.customer_hmac)


def deeds_of(
    connection: sa.Connection, store_id: str, hmacs: Collection[str], order_ids: Collection[str]
) -> list[Deed]:
    """A store's events of one person, the oldest first: those found by these, and what belongs to the same orders,
    checkouts and carts and names nobody. A refund borrows its person from its Purchase; who else named themselves in a
    checkout is another person.
    """
    # An HMAC is of one store only: asked for together with the store, all of the store's events would be looked through.
    named = [among_texts(column, hmacs) for column in _HMACS]
    found = _deeds(connection, store_id, [*named, _in_store(store_id, events.c.order_id, order_ids)])
    unnamed = sa.and_(*(column.is_(None) for column in _HMACS))
    nameless = [
        sa.and_(_in_store(store_id, events.c[name], {getattr(deed, name) for deed in found} - {None}), unnamed)
        for name in ("order_id", "checkout_key", "cart_key")
    ]
    return sorted({*found, *_deeds(connection, store_id, nameless)}, key=lambda deed: (deed.placed_at, deed.id))


def _in_store(store_id: str, column: sa.Column[Any], texts: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(events.c.store_id == store_id, among_texts(column, texts))


def _deeds(connection: sa.Connection, store_id: str, conditions: Sequence[sa.ColumnElement[bool]]) -> list[Deed]:
    """A part for each condition, so that each is found by its own index."""
    ids = sa.union(*(sa.select(events.c.id).where(condition) for condition in conditions)).subquery()
    wanted = sa.select(*_DEED).where(events.c.store_id == store_id, events.c.id.in_(sa.select(ids.c.id)))
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
