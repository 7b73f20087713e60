"""Invitations: links by which somebody else may add a token for a store's dataset, once. Only a hash of each is kept."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import Instant, after, clock, metadata
from integration.db.stores import stores

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("code_sha256", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("made_by", sa.String(100), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Index("ix_invitations_store_id", "store_id"),
)


class Open(NamedTuple):
    """A link that still works."""

    made_by: str
    created_at: datetime
    expires_at: datetime


def keep(connection: sa.Connection, code_sha256: str, store_id: str, made_by: str, lasting: timedelta) -> None:
    """Let that code add a dataset to the store for so long, in place of all that were open before."""
    end_all(connection, store_id)
    told = {"code_sha256": code_sha256, "store_id": store_id, "made_by": made_by[:100]}
    times = {"created_at": clock(), "expires_at": after(lasting)}
    connection.execute(sa.insert(invitations).values(**told, **times))


def end_all(connection: sa.Connection, store_id: str) -> bool:
    """No link of this store works any more; False where none did. What is over is forgotten with it."""
    worked = open_of(connection, store_id) is not None
    connection.execute(sa.delete(invitations).where(invitations.c.store_id == store_id))
    return worked


def open_of(connection: sa.Connection, store_id: str) -> Open | None:
    """The store's link, where one works."""
    wanted = sa.select(*(invitations.c[name] for name in Open._fields))
    found = connection.execute(wanted.where(invitations.c.store_id == store_id, _works())).first()
    return Open(*found) if found else None


def look(connection: sa.Connection, code_sha256: str) -> str | None:
    """The store that the code is good for, and stays good for."""
    return connection.execute(sa.select(invitations.c.store_id).where(_good(code_sha256))).scalar_one_or_none()


def take(connection: sa.Connection, code_sha256: str) -> tuple[str, str] | None:
    """The store that the code is good for and who made it; from the end of this transaction on it is good for nothing."""
    used = sa.update(invitations).where(_good(code_sha256)).values(used_at=clock())
    found = connection.execute(used.returning(invitations.c.store_id, invitations.c.made_by)).first()
    return (found.store_id, found.made_by) if found else None


def _good(code_sha256: str) -> sa.ColumnElement[bool]:
    connected = sa.select(stores.c.id).where(stores.c.uninstalled_at.is_(None))
    return sa.and_(invitations.c.code_sha256 == code_sha256, _works(), invitations.c.store_id.in_(connected))


def _works() -> sa.ColumnElement[bool]:
    return sa.and_(invitations.c.used_at.is_(None), invitations.c.expires_at > clock())
