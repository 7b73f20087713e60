"""Requests of people, merchants and platforms about personal data: what was asked, until when, and what was done of it.

The demand is sealed, and gone once the request is done; what stays are times, counts and keyed HMACs.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, clock, metadata

# The names of the sealed columns, which bind what is sealed in them. Sealed for store "" where the store is unknown.
SEALED_DEMAND, SEALED_EXPORT = "privacy_requests.demand", "privacy_requests.export"
PLATFORM, OPERATOR, MERCHANT = "platform", "operator", "merchant"

privacy_requests = sa.Table(
    "privacy_requests",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    # NULL where the store is not, or no longer, known: of an erased store this row alone stays.
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE")),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("site_hmac", sa.String(64), nullable=False),  # of the store's domain: it proves which, and names none
    sa.Column("kind", sa.String(32), nullable=False),  # connectors.event.PrivacyKind
    sa.Column("asked_by", sa.String(16), nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("demand", sa.Text),  # sealed: connectors.event.PrivacyRequest as JSON
    sa.Column("people", sa.Text, nullable=False, server_default="[]"),  # keyed HMACs of whom it is about, JSON
    sa.Column("next_at", Instant),  # when it is to be gone on with; NULL: it is done
    sa.Column("begun_at", Instant),
    sa.Column("done_at", Instant),
    sa.Column("proof", sa.Text),  # JSON: how many rows of which table were found or erased
    sa.Column("trouble", sa.String(255)),
    sa.Column("export", sa.Text),  # sealed: what was found of a person, for the merchant to pass on
    sa.Index("ix_privacy_requests_store_id_asked_at", "store_id", "asked_at"),
    sa.Index(
        "ix_privacy_requests_next_at",
        "next_at",
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    ),
)


class Request(NamedTuple):
    """One row; `demand` and `export` are still sealed."""

    id: int
    store_id: str | None
    platform: str
    site_hmac: str
    kind: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    demand: str | None
    people: str
    next_at: datetime | None
    begun_at: datetime | None
    done_at: datetime | None
    proof: str | None
    trouble: str | None
    export: str | None


_COLUMNS = tuple(privacy_requests.c[name] for name in Request._fields)
# Where many are looked at: an export may be of 20 MiB, so that there is one is all that is read of it.
_THERE = sa.case((privacy_requests.c.export.is_not(None), "")).label("export")
_IN_A_LIST = tuple(_THERE if column.name == "export" else column for column in _COLUMNS)


class Asked(NamedTuple):
    """A request as it comes in. `people`: keyed HMACs of whom it is about."""

    store_id: str | None
    platform: str
    site_hmac: str
    kind: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    demand: str | None
    people: Collection[str]


def add(connection: sa.Connection, asked: Asked) -> int:
    """Write a request down, to be begun at once; its id."""
    values = {**asked._asdict(), "people": json.dumps(sorted(asked.people)), "next_at": clock()}
    statement = sa.insert(privacy_requests).values(values).returning(privacy_requests.c.id)
    return int(connection.execute(statement).scalar_one())


def by_id(connection: sa.Connection, pk: int) -> Request | None:
    """One of them."""
    row = connection.execute(sa.select(*_COLUMNS).where(privacy_requests.c.id == pk)).one_or_none()
    return None if row is None else Request(*row)


def due(connection: sa.Connection, most: int) -> list[Request]:
    """Those that are to be gone on with now, the oldest first; of an export only whether there is one."""
    wanted = sa.select(*_IN_A_LIST).where(privacy_requests.c.next_at <= clock()).order_by(privacy_requests.c.next_at)
    return [Request(*row) for row in connection.execute(wanted.limit(most))]


def of_store(connection: sa.Connection, store_id: str, most: int = 200) -> Sequence[Request]:
    """A store's, the newest first; of an export only whether there is one."""
    mine = sa.select(*_IN_A_LIST).where(privacy_requests.c.store_id == store_id)
    newest = mine.order_by(privacy_requests.c.asked_at.desc(), privacy_requests.c.id.desc()).limit(most)
    return [Request(*row) for row in connection.execute(newest)]


def still_open(connection: sa.Connection, store_id: str) -> int:
    """How many of a store's are not done."""
    mine = sa.and_(privacy_requests.c.store_id == store_id, privacy_requests.c.done_at.is_(None))
    return connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()


def change(connection: sa.Connection, pk: int, **values: object) -> None:
    """Set some columns."""
    connection.execute(sa.update(privacy_requests).where(privacy_requests.c.id == pk).values(**values))
