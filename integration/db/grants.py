"""Grants: what platforms gave us for stores. One row a store; a token and its refresh token change together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from integration.db import Instant, after, clock, insert, metadata

SEALED_GRANT = "grants.sealed"  # the name of the sealed column, which binds what is sealed in it

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),  # both tokens; empty where there are none any more
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("refresh_expires_at", Instant),
    sa.Column("rejected", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("generation", sa.Integer, nullable=False, server_default="1"),  # grows with every new pair
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("locked_by", sa.String(64)),
    sa.Column("locked_until", Instant),
)


@dataclass(frozen=True, slots=True)
class KeptGrant:
    """One row. `sealed` is still sealed. `rejected`: the platform does not take it any more."""

    store_id: str
    sealed: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    rejected: bool
    generation: int
    granted_at: datetime


_COLUMNS = (
    grants.c.store_id,
    grants.c.sealed,
    grants.c.scopes,
    grants.c.expires_at,
    grants.c.refresh_expires_at,
    grants.c.rejected,
    grants.c.generation,
    grants.c.granted_at,
)


def of_store(connection: sa.Connection, store_id: str) -> KeptGrant | None:
    """What we hold for a store."""
    row = connection.execute(sa.select(*_COLUMNS).where(grants.c.store_id == store_id)).one_or_none()
    if row is None or not row[1]:
        return None
    found, sealed, scopes, expires_at, refresh_expires_at, rejected, generation, granted_at = row
    listed = tuple(filter(None, scopes.split(",")))
    return KeptGrant(found, sealed, listed, expires_at, refresh_expires_at, rejected, generation, granted_at)


def put(connection: sa.Connection, new: KeptGrant) -> None:
    """A new grant in place of what was there: the merchant has just connected the store. One that is good, and was
    asked for later than this one, stays: of two answers the last to come need not be the last given.
    """
    values = {**_values(new), "store_id": new.store_id}
    statement = insert(connection, grants).values(values)
    again = {**_values(new), "generation": grants.c.generation + 1, "locked_by": None, "locked_until": None}
    older = sa.or_(grants.c.rejected, grants.c.granted_at <= new.granted_at)
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id"], set_=again, where=older))


def replace_pair(connection: sa.Connection, new: KeptGrant) -> bool:
    """Both tokens at once, in place of generation `new.generation`; False where another pair came meanwhile."""
    same = sa.and_(grants.c.store_id == new.store_id, grants.c.generation == new.generation)
    values = {**_values(new), "generation": new.generation + 1, "locked_by": None, "locked_until": None}
    return connection.execute(sa.update(grants).where(same).values(values)).rowcount == 1


def _values(new: KeptGrant) -> dict[str, Any]:
    return {
        "sealed": new.sealed,
        "scopes": ",".join(new.scopes),
        "expires_at": new.expires_at,
        "refresh_expires_at": new.refresh_expires_at,
        "rejected": new.rejected,
        "granted_at": new.granted_at,
    }


def reject(connection: sa.Connection, store_id: str, generation: int) -> bool:
    """The platform does not take this pair any more; False where another pair came meanwhile."""
    same = sa.and_(grants.c.store_id == store_id, grants.c.generation == generation)
    values = {"rejected": True, "locked_by": None, "locked_until": None}
    return connection.execute(sa.update(grants).where(same).values(values)).rowcount == 1


def forget(connection: sa.Connection, store_id: str) -> None:
    """It is worth nothing any more. The row stays, and its generation grows: counted anew, the next pair would be taken
    for this one by whoever still waits for an answer about it.
    """
    values = {"sealed": "", "rejected": True, "generation": grants.c.generation + 1, "locked_by": None}
    connection.execute(sa.update(grants).where(grants.c.store_id == store_id).values(values))


def lock(connection: sa.Connection, store_id: str, owner: str, lasting: timedelta) -> bool:
    """The right to renew this store's pair, for a while; False where another has it."""
    free = sa.or_(grants.c.locked_until.is_(None), grants.c.locked_until < clock())
    statement = sa.update(grants).where(grants.c.store_id == store_id, free)
    return connection.execute(statement.values(locked_by=owner, locked_until=after(lasting))).rowcount == 1


def unlock(connection: sa.Connection, store_id: str, owner: str) -> None:
    """Let others try."""
    mine = sa.and_(grants.c.store_id == store_id, grants.c.locked_by == owner)
    connection.execute(sa.update(grants).where(mine).values(locked_by=None, locked_until=None))
