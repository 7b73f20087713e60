"""Tasks: what a webhook asked for that is not an event (uninstalled, privacy requests), to be done outside the request. A row
is there until it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, metadata

STORE_UNINSTALLED, PRIVACY_REQUEST = "store_uninstalled", "privacy_request"
REPLAY = "replay"  # asked for by a merchant and not by a webhook; its row goes on knowing how far it came
SEALED_PAYLOAD = "tasks.payload"  # the name of the sealed column, which binds what is sealed in it

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE")),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("site", sa.String(255)),  # for a store we do not serve (any more)
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # keyed: the same demand is open once
    sa.Column("payload", sa.Text),  # sealed
    sa.Column("created_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do; `sealed` is its payload, still sealed."""

    id: int
    store_id: str | None
    platform: str
    kind: str
    sealed: str | None
    created_at: datetime


def add_once(
    connection: sa.Connection,
    *,
    store_id: str | None,
    platform: str,
    site: str | None,
    kind: str,
    digest: str,
    sealed: str | None,
    at: datetime,
) -> None:
    """Write a task down in the caller's transaction, unless the same is still to do."""
    same = sa.and_(tasks.c.kind == kind, tasks.c.digest == digest, tasks.c.site == site)
    if connection.execute(sa.select(tasks.c.id).where(same).limit(1)).first():
        return
    values = {
        "store_id": store_id,
        "platform": platform,
        "site": site,
        "kind": kind,
        "digest": digest,
        "payload": sealed,
        "created_at": at,
    }
    connection.execute(sa.insert(tasks).values(values))


def open_ones(connection: sa.Connection, kinds: Sequence[str]) -> list[Task]:
    """What is still to do of these kinds, oldest first."""
    columns = (tasks.c.id, tasks.c.store_id, tasks.c.platform, tasks.c.kind, tasks.c.payload, tasks.c.created_at)
    wanted = sa.select(*columns).where(tasks.c.kind.in_(kinds)).order_by(tasks.c.id).limit(100)
    return [Task(*row) for row in connection.execute(wanted)]


def is_open(connection: sa.Connection, store_id: str, kind: str) -> bool:
    """Whether something of that kind is still to do for a store."""
    mine = sa.and_(tasks.c.store_id == store_id, tasks.c.kind == kind)
    return connection.execute(sa.select(tasks.c.id).where(mine).limit(1)).first() is not None


def of_store(connection: sa.Connection, store_id: str, kind: str) -> Task | None:
    """The first thing of that kind that is still to do for a store."""
    columns = (tasks.c.id, tasks.c.store_id, tasks.c.platform, tasks.c.kind, tasks.c.payload, tasks.c.created_at)
    mine = sa.and_(tasks.c.store_id == store_id, tasks.c.kind == kind)
    row = connection.execute(sa.select(*columns).where(mine).order_by(tasks.c.id).limit(1)).first()
    return None if row is None else Task(*row)


def keep(connection: sa.Connection, pk: int, sealed: str) -> None:
    """How far it came, in place of what its payload was."""
    connection.execute(sa.update(tasks).where(tasks.c.id == pk).values(payload=sealed))


def finish(connection: sa.Connection, pk: int) -> bool:
    """Done, and nothing of it is kept; False where another did it."""
    return connection.execute(sa.delete(tasks).where(tasks.c.id == pk)).rowcount == 1
