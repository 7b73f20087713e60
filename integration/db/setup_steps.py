"""What the setup asks of tables that others write: whether a step was skipped, whether a token ever worked, what came last."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.attempts import attempts
from integration.db.changes import changes
from integration.db.deliveries import deliveries
from integration.db.events import events


class Arrived(NamedTuple):
    """An event that came, and what became of it at one dataset, or while there is none."""

    event_pk: int
    event_name: str
    order_id: str | None
    test: bool
    received_at: datetime
    state: str
    reason: str | None


def last_done(connection: sa.Connection, store_id: str, what: str) -> datetime | None:
    """When the change log last says so of the store."""
    mine = sa.and_(changes.c.store_id == store_id, changes.c.what == what)
    newest = sa.select(changes.c.at).where(mine).order_by(changes.c.id.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none()


def ever_taken(connection: sa.Connection, dataset_pks: Collection[int]) -> set[int]:
    """Those of these datasets to which Meta once took something from us."""
    each = sa.table("datasets", sa.column("id", sa.BigInteger))
    took = sa.exists().where(attempts.c.dataset_pk == each.c.id, attempts.c.counted == "yes")
    return set(connection.execute(sa.select(each.c.id).where(each.c.id.in_(sorted(dataset_pks)), took)).scalars())


def latest(connection: sa.Connection, store_id: str, most: int) -> Sequence[Arrived]:
    """What came last, the newest first."""
    of_event = (events.c.id, events.c.event_name, events.c.order_id, events.c.test, events.c.received_at)
    newest = (
        sa.select(*of_event, deliveries.c.state, deliveries.c.reason)
        .join(deliveries, deliveries.c.event_pk == events.c.id)
        .where(events.c.store_id == store_id)
        .order_by(events.c.placed_at.desc(), events.c.id.desc(), deliveries.c.id)  # of a store, by an index
        .limit(most)
    )
    return [Arrived(*row) for row in connection.execute(newest)]
