"""All that is kept, as it is handed out: of one person, and of one store page by page. Nothing here writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import among, among_texts
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events


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


_DEED = tuple(events.c[name] for name in Deed._fields)
_HMACS = (events.c.email_hmac, events.c.phone_hmac, events.c.customer_hmac)


def deeds_of(
    connection: sa.Connection, store_id: str, hmacs: Collection[str], order_ids: Collection[str]
) -> list[Deed]:
    """A store's events of one person, the oldest first: those found by these, and what else belongs to the same orders
    and checkouts. A refund borrows its person from its Purchase, and names nobody itself.
    """
    keys = (events.c.order_id, events.c.checkout_key)
    named = [(column, hmacs) for column in _HMACS] + [(events.c.order_id, order_ids)]
    found = connection.execute(_any_of(keys, store_id, named)).all()
    orders = {row.order_id for row in found if row.order_id} | set(order_ids)
    checkouts = {row.checkout_key for row in found if row.checkout_key}
    theirs = _any_of((events.c.id,), store_id, [*named, (keys[0], orders), (keys[1], checkouts)]).subquery()
    wanted = sa.select(*_DEED).where(events.c.id.in_(sa.select(theirs.c.id)))
    return [Deed(*row) for row in connection.execute(wanted.order_by(events.c.placed_at, events.c.id))]


def _any_of(
    columns: Sequence[sa.Column[object]],
    store_id: str,
    named: Sequence[tuple[sa.Column[object], Collection[str]]],
) -> sa.CompoundSelect[object]:
    """A part for each column, so that each uses its own index."""
    return sa.union(
        *(sa.select(*columns).where(events.c.store_id == store_id, among_texts(one, texts)) for one, texts in named)
    )


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
