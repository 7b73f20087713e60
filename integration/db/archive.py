"""All that is kept, as it is handed out: of one person, and of one store page by page. Nothing here writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import among, among_texts
from integration.db.alerts import alerts
from integration.db.attempts import attempts
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.golives import golives
from integration.db.privacy_requests import privacy_requests
from integration.db.scans import scans
from integration.db.sightings import sightings
from integration.db.signals import signals
from integration.db.storefronts import storefronts
from integration.db.stores import stores
from integration.db.surveys import surveys
from integration.db.tombstones import tombstones
from integration.db.webhooks import quarantine, webhooks

PAGE = 500


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


class Part(NamedTuple):
    """A table as it is exported. `of`: the column that says whose a row is; `by`: columns that are unique within that and
    never change, in the order of an index; `most`: rows a page. What is not among `columns` stays here.
    """

    table: sa.Table
    of: str
    by: tuple[str, ...]
    columns: tuple[str, ...]
    most: int = PAGE

    @property
    def name(self) -> str:
        """The table's."""
        return str(self.table.name)


def _part(table: sa.Table, by: str, columns: str, of: str = "store_id", most: int = PAGE) -> Part:
    return Part(table, of, tuple(by.split()), tuple(columns.split()), most)


# Columns are named one by one, so that a new one is handed out only once somebody has looked at it.
STORE = _part(
    stores,
    "id",
    "id platform domain state settings public_key since created_at uninstalled_at version platform_id connected_at "
    "opened_at storefront_at secret_at",
    of="id",
)
DATASETS = _part(
    datasets,
    "id",
    "id store_id dataset_id test_event_code state reason refusals refused_from rest_until failures crashes created_at",
)
EVENTS = _part(
    events,
    "event_name subject",
    "id store_id event_name subject event_id order_id test placed_at event_time updated_at ended value currency "
    "later_value facts user_data key_mask email_hmac phone_hmac customer_hmac connector received_at checkout_key cart_key "
    "stated region granted_at",
)
DELIVERIES = _part(
    deliveries,
    "id",
    "id event_pk store_id dataset_pk state reason next_at attempts doubtful insisted share attempt_id first_attempt_at "
    "delivered_at fbtrace_id ruling",
    of="event_pk",
)
ATTEMPTS = _part(
    attempts,
    "id",
    "id dataset_pk fence events started_at ended_at counted http_status code subcode fbtrace_id",
    of="dataset_pk",
)
REST = (
    _part(signals, "join_key", "id store_id join_key sealed first_at last_at"),
    _part(
        sightings,
        "dataset_id event_name event_id proof_key",
        "id store_id dataset_id event_name event_id proof_key called_at loaded_at sent_at first_at",
    ),
    _part(
        webhooks,
        "topic body_sha256",
        "id store_id topic body_sha256 delivery_id outcome reason copies received_at",
    ),
    # A body may be large.
    _part(quarantine, "body_sha256", "id store_id topic body_sha256 reason body size received_at", most=10),
    _part(alerts, "kind", "id store_id kind sentence times first_at last_at"),
    _part(
        privacy_requests,
        "id",
        "id store_id platform site_hmac kind asked_by asked_at due_at people next_at begun_at done_at proof trouble",
    ),
    _part(tombstones, "hmac", "id store_id hmac erased_at"),
    _part(surveys, "store_id", "store_id since cursor orders counts begun_at done_at"),
    _part(scans, "store_id", "store_id findings hosts scanned_at"),
    _part(golives, "id", "id store_id at reason senders"),
    _part(storefronts, "store_id", "store_id report reported_at"),
)


def page(
    connection: sa.Connection, part: Part, owner: str | int, after: Sequence[Any] | None = None
) -> list[dict[str, Any]]:
    """The next rows of one owner behind the key `after`, fewer than `most` at the end. Keys do not change, so that a row
    which is there all the while is handed out once, whatever is written meanwhile.
    """
    columns, keys = part.table.c, [part.table.c[name] for name in part.by]
    wanted = sa.select(*(columns[name] for name in part.columns)).where(columns[part.of] == owner)
    if after is not None:
        wanted = wanted.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, after)))
    return [dict(row._mapping) for row in connection.execute(wanted.order_by(*keys).limit(part.most))]  # noqa: SLF001


def deliveries_of(connection: sa.Connection, store_id: str, event_pks: Sequence[int]) -> list[dict[str, Any]]:
    """What became of a page of a store's events."""
    columns = deliveries.c
    mine = sa.and_(columns.store_id == store_id, among(columns.event_pk, event_pks))
    wanted = sa.select(*(columns[name] for name in DELIVERIES.columns)).where(mine).order_by(columns.id)
    return [dict(row._mapping) for row in connection.execute(wanted)]  # noqa: SLF001
