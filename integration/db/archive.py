"""All that is kept of a store, page by page, as it is handed out. Nothing here writes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import among
from integration.db.alerts import alerts
from integration.db.attempts import attempts
from integration.db.changes import changes
from integration.db.datasets import datasets
from integration.db.days import days
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.golives import golives
from integration.db.pair_tests import pair_tests
from integration.db.privacy_requests import privacy_requests
from integration.db.proofs import proofs
from integration.db.scans import scans
from integration.db.sightings import sightings
from integration.db.signals import signals
from integration.db.storefronts import storefronts
from integration.db.stores import stores
from integration.db.surveys import surveys
from integration.db.tombstones import tombstones
from integration.db.webhooks import quarantine, webhooks

PAGE = 500


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
    "opened_at storefront_at secret_at timezone alert_emails",
    of="id",
)
DATASETS = _part(
    datasets,
    "id",
    "id store_id dataset_id test_event_code state reason refusals refused_from rest_until failures crashes created_at "
    "name token_tail checked_at test_event_code_until paused_at",
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
    "id event_pk store_id dataset_pk state reason next_at attempts doubtful insisted share attempt_id former_attempts "
    "first_attempt_at delivered_at fbtrace_id ruling",
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
    _part(changes, "id", "id store_id at who surface what before after"),
    _part(golives, "id", "id store_id at reason senders"),
    _part(proofs, "store_id", "store_id event_pk told proven_at mailed_at trouble"),
    _part(storefronts, "store_id", "store_id report reported_at"),
    _part(days, "day part", "store_id day part counts counted_at"),
    _part(
        pair_tests,
        "id",
        "id store_id dataset_id event_id created_at expires_at opened_at pixel_at pixel_state due_at server_at fbtrace_id "
        "trouble",
    ),
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
