"""What is due and not done yet, over all stores: deliveries, chores and tasks, the longest due first. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import Instant, clock
from integration.db.chores import chores
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.stores import stores
from integration.db.tasks import REPLAY, tasks

MOST_COUNTED = 10_000
# As words in the SQL, so that the index over some states is used.
_CLAIMABLE = sa.text("deliveries.state IN ('pending', 'waiting', 'sending')")


class Late(NamedTuple):
    """A dataset of which something is due. `state`: a paused one waits for its merchant; `resting`: Meta asked for a pause,
    or its calls fail.
    """

    store_id: str
    domain: str
    dataset_id: str
    state: str
    reason: str | None
    resting_until: datetime | None
    failures: int
    oldest_due: datetime


class Overdue(NamedTuple):
    """What is due of one kind; `number` ends at MOST_COUNTED. `oldest`: since when."""

    number: int
    oldest: datetime | None


def latest_datasets(connection: sa.Connection, most: int) -> Sequence[Late]:
    """Those of which something has been due longest: of each the first in the index of what is under way."""
    first = sa.select(sa.func.min(deliveries.c.next_at, type_=Instant)).where(
        deliveries.c.dataset_pk == datasets.c.id, _CLAIMABLE, deliveries.c.next_at <= clock()
    )
    each = sa.select(datasets, first.correlate(datasets).scalar_subquery().label("oldest_due")).subquery()
    found = (
        sa.select(
            *(each.c.store_id, stores.c.domain, each.c.dataset_id, each.c.state, each.c.reason),
            *(each.c.rest_until, each.c.failures, each.c.oldest_due),
        )
        .join(stores, stores.c.id == each.c.store_id)
        .where(each.c.oldest_due.is_not(None))
        .order_by(each.c.oldest_due, each.c.id)
        .limit(most)
    )
    return [Late(*row) for row in connection.execute(found)]


def deliveries_due(connection: sa.Connection) -> int:
    """How many deliveries are due, counted to MOST_COUNTED."""
    of_datasets = deliveries.c.dataset_pk.in_(sa.select(datasets.c.id))
    some = sa.select(deliveries.c.id).where(of_datasets, _CLAIMABLE, deliveries.c.next_at <= clock())
    return _number(connection, some)


def chores_due(connection: sa.Connection) -> Overdue:
    """Of stores, that the steward has not begun."""
    free = sa.or_(chores.c.leased_until.is_(None), chores.c.leased_until < clock())
    due = (chores.c.due_at <= clock(), free)
    oldest = connection.execute(sa.select(sa.func.min(chores.c.due_at, type_=Instant)).where(*due)).scalar_one()
    return Overdue(_number(connection, sa.select(chores.c.kind).where(*due)), oldest)


def tasks_open(connection: sa.Connection) -> Overdue:
    """Uninstalls and requests about personal data that nobody took up yet."""
    asked = tasks.c.kind != REPLAY  # that one is under way for as long as it is there
    oldest = connection.execute(sa.select(sa.func.min(tasks.c.created_at, type_=Instant)).where(asked)).scalar_one()
    return Overdue(_number(connection, sa.select(tasks.c.id).where(asked)), oldest)


def _number(connection: sa.Connection, rows: sa.Select[tuple[int]] | sa.Select[tuple[str]]) -> int:
    some = rows.limit(MOST_COUNTED).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())
