"""Chores: what is done for each store again and again (subscriptions, Pixel, tokens, orders), by the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from integration.db import Instant, after, clock, insert, metadata
from integration.db.stores import stores

SUBSCRIPTIONS, PIXEL, SURVEY, TOKEN, FAREWELL = "subscriptions", "pixel", "survey", "token", "farewell"
ORDERS = "orders"
REREAD = "reread"  # orders whose shopper agreed after they were withheld: integration.stores.reread
SCAN = "scan"  # of the shop's public pages: integration.monitor.watch
COUNT = "count"  # of what the store's days came to: integration.monitor.counting
PROOF = "proof"  # of the first order after going live: integration.monitor.proof_mail
REPLAY = "replay"  # a long one, a part at a time: integration.monitor.replaying
SECRET = "secret"  # noqa: S105 (a chore's name) letting the former one go: integration.stores.rotation

chores = sa.Table(
    "chores",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # in a row that came to nothing
    sa.Column("done_at", Instant),  # when it last came to something
    sa.Column("trouble", sa.String(500)),  # why the last try came to nothing
    sa.Column("leased_by", sa.String(64)),
    sa.Column("leased_until", Instant),
    sa.Index("ix_chores_due_at", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Chore:
    """One row. `trouble`: a sentence for the merchant."""

    store_id: str
    kind: str
    due_at: datetime
    tries: int
    done_at: datetime | None
    trouble: str | None


_COLUMNS = (
    chores.c.store_id,
    chores.c.kind,
    chores.c.due_at,
    chores.c.tries,
    chores.c.done_at,
    chores.c.trouble,
)


def plan(connection: sa.Connection, store_id: str, kind: str, delay: timedelta = timedelta(0)) -> None:
    """Do it after `delay`, whatever was planned; earlier trouble is forgotten, and who is at it now may not write."""
    values = {"due_at": after(delay), "tries": 0, "trouble": None, "leased_by": None, "leased_until": None}
    statement = insert(connection, chores).values({**values, "store_id": store_id, "kind": kind})
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id", "kind"], set_=values))


def stores_without(connection: sa.Connection, kind: str, most: int) -> list[str]:
    """Some connected stores for which no such chore is planned."""
    planned = sa.exists().where(chores.c.store_id == stores.c.id, chores.c.kind == kind)
    found = sa.select(stores.c.id).where(stores.c.uninstalled_at.is_(None), sa.not_(planned)).limit(most)
    return list(connection.execute(found).scalars())


def cancel(connection: sa.Connection, store_id: str) -> None:
    """Nothing is to be done for this store any more."""
    connection.execute(sa.delete(chores).where(chores.c.store_id == store_id))


def _due() -> sa.ColumnElement[bool]:
    free = sa.or_(chores.c.leased_until.is_(None), chores.c.leased_until < clock())
    return sa.and_(chores.c.due_at <= clock(), free)


def anything_due(connection: sa.Connection) -> bool:
    """Whether `claim` would find something."""
    return connection.execute(sa.select(chores.c.kind).where(_due()).limit(1)).first() is not None


def claim(connection: sa.Connection, owner: str, lasting: timedelta) -> Chore | None:
    """The chore that has been due longest, for a while; None where nothing is due."""
    longest = sa.select(chores.c.store_id, chores.c.kind).where(_due()).order_by(chores.c.due_at).limit(1)
    if connection.dialect.name == "postgresql":
        longest = longest.with_for_update(skip_locked=True)
    found = longest.cte("longest") if connection.dialect.name == "postgresql" else longest.subquery()
    mine = sa.tuple_(chores.c.store_id, chores.c.kind).in_(sa.select(found.c.store_id, found.c.kind))
    taken = sa.update(chores).where(mine).values(leased_by=owner, leased_until=after(lasting)).returning(*_COLUMNS)
    row = connection.execute(taken).one_or_none()
    return None if row is None else Chore(*row)


def done(connection: sa.Connection, chore: Chore, owner: str, *, again: timedelta | None) -> None:
    """It came to something; do it again after a while, or never (None)."""
    if again is None:
        connection.execute(sa.delete(chores).where(_mine(chore, owner)))
        return
    values = {"due_at": after(again), "tries": 0, "trouble": None, "done_at": clock(), **_FREE}
    connection.execute(sa.update(chores).where(_mine(chore, owner)).values(values))


def goes_on(connection: sa.Connection, chore: Chore, owner: str, *, after_: timedelta) -> None:
    """A part of it is done; the next part comes after a while."""
    values = {"due_at": after(after_), "tries": 0, "trouble": None, **_FREE}
    connection.execute(sa.update(chores).where(_mine(chore, owner)).values(values))


def failed(connection: sa.Connection, chore: Chore, owner: str, *, trouble: str, again: timedelta) -> None:
    """It came to nothing; try again after a while."""
    values = {"due_at": after(again), "tries": chores.c.tries + 1, "trouble": trouble[:500], **_FREE}
    connection.execute(sa.update(chores).where(_mine(chore, owner)).values(values))


_FREE: dict[str, Any] = {"leased_by": None, "leased_until": None}


def _mine(chore: Chore, owner: str) -> sa.ColumnElement[bool]:
    """Whoever lost the lease has nothing to say any more."""
    return sa.and_(chores.c.store_id == chore.store_id, chores.c.kind == chore.kind, chores.c.leased_by == owner)


def of_store(connection: sa.Connection, store_id: str) -> Sequence[Chore]:
    """What is planned for a store, by kind."""
    found = connection.execute(sa.select(*_COLUMNS).where(chores.c.store_id == store_id).order_by(chores.c.kind))
    return [Chore(*row) for row in found]
