"""How stores stand, for whoever runs Tandem: a page of them at a time, each number found by an index of its own.

Nothing is counted further than a page can show, so that a store with a million dead events costs what one with a few
thousand does. Nothing here writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import Instant, after, clock
from integration.db.alerts import alerts
from integration.db.attempts import attempts
from integration.db.datasets import PAUSED, datasets
from integration.db.deliveries import FAILED, State, deliveries
from integration.db.stores import LIVE, OBSERVING, stores
from integration.db.webhooks import webhooks

MOST_COUNTED = 1_000
_DAY = timedelta(days=1)
_ESCAPE = "!"
# As words in the SQL, so that the index over some states is used.
_CLAIMABLE = sa.text("deliveries.state IN ('pending', 'waiting', 'sending')")


class Only(StrEnum):
    """Which stores are shown; the words stand in the address."""

    LIVE = "live"
    OBSERVING = "observing"
    ALERTED = "alerts"
    PAUSED = "paused"
    FAILED = "failed"
    GONE = "disconnected"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stores: of these words in the domain (or of this very id), and of this kind."""

    words: str = ""
    only: Only | None = None


class Standing(NamedTuple):
    """One store. `oldest_due`: since when something that may leave is due. Counts end somewhere.

    `delivered`: events that Meta took in the last 24 hours, by our calls. `datasets`: how many there are.
    """

    id: str
    platform: str
    domain: str
    state: str
    uninstalled_at: datetime | None
    storefront_at: datetime | None
    last_webhook: datetime | None
    oldest_due: datetime | None
    datasets: int
    paused: int
    pause: str | None
    delivered: int
    held: int
    dead: int
    ambiguous: int
    expired: int
    alerts: int


def page(
    connection: sa.Connection, wanted: Wanted, *, after_: tuple[str, str] | None, most: int, counted: int = MOST_COUNTED
) -> Sequence[Standing]:
    """By domain and id, those behind `after_`. Deliveries are counted to `counted`, and one further."""
    place = sa.tuple_(stores.c.domain, stores.c.id)
    behind = [place > sa.tuple_(*map(sa.literal, after_))] if after_ else []
    some = sa.select(stores.c.id).where(*_conditions(wanted), *behind)
    some = some.order_by(stores.c.domain, stores.c.id).limit(most)
    found = sa.select(*_columns(_first_call_of_a_day(connection), counted)).where(
        stores.c.id.in_(some.scalar_subquery())
    )
    return [Standing(*row) for row in connection.execute(found.order_by(stores.c.domain, stores.c.id))]


def numbers(connection: sa.Connection) -> Mapping[str, int]:
    """How many stores are live, observe, and are gone."""
    kind = sa.case((stores.c.uninstalled_at.is_not(None), Only.GONE.value), else_=stores.c.state)
    return {row[0]: row[1] for row in connection.execute(sa.select(kind, sa.func.count()).group_by(kind))}


def _conditions(wanted: Wanted) -> Sequence[sa.ColumnElement[bool]]:
    named = []
    if wanted.words:
        within = stores.c.domain.icontains(wanted.words, autoescape=True)
        named = [sa.or_(within, stores.c.id == wanted.words)]
    return [*named, _KINDS[wanted.only]] if wanted.only else named


def _has(table: sa.Table, *conditions: sa.ColumnElement[bool] | sa.TextClause) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.store_id == stores.c.id, *conditions)


_HERE = stores.c.uninstalled_at.is_(None)
_KINDS: Mapping[Only, sa.ColumnElement[bool]] = {
    Only.LIVE: sa.and_(_HERE, stores.c.state == LIVE),
    Only.OBSERVING: sa.and_(_HERE, stores.c.state == OBSERVING),
    Only.ALERTED: _has(alerts),
    Only.PAUSED: _has(datasets, datasets.c.state == PAUSED),
    Only.FAILED: sa.or_(*(_has(deliveries, deliveries.c.state == state) for state in FAILED)),
    Only.GONE: stores.c.uninstalled_at.is_not(None),
}


def _columns(first_call: int, most: int) -> Sequence[sa.ColumnElement[Any]]:
    mine = datasets.c.store_id == stores.c.id
    paused = sa.and_(mine, datasets.c.state == PAUSED)
    last = sa.select(sa.func.max(webhooks.c.received_at, type_=Instant)).where(webhooks.c.store_id == stores.c.id)
    return [
        *(stores.c.id, stores.c.platform, stores.c.domain, stores.c.state),
        *(stores.c.uninstalled_at, stores.c.storefront_at),
        last.scalar_subquery(),
        _oldest_due(mine),
        sa.select(sa.func.count()).select_from(datasets).where(mine).scalar_subquery(),
        sa.select(sa.func.count()).select_from(datasets).where(paused).scalar_subquery(),
        sa.select(sa.func.min(datasets.c.reason)).where(paused).scalar_subquery(),
        _delivered(first_call),
        *(_counted(state, most) for state in (State.HELD, *FAILED)),
        sa.select(sa.func.count()).select_from(alerts).where(alerts.c.store_id == stores.c.id).scalar_subquery(),
    ]


def _oldest_due(mine: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Of each of its datasets the first in the index of what is under way."""
    first = sa.select(sa.func.min(deliveries.c.next_at, type_=Instant)).where(
        deliveries.c.dataset_pk == datasets.c.id, _CLAIMABLE, deliveries.c.next_at <= clock()
    )
    of_each = first.correlate(datasets).scalar_subquery()
    return sa.select(sa.func.min(of_each, type_=Instant)).where(mine).correlate(stores).scalar_subquery()


def _delivered(first_call: int) -> sa.ColumnElement[Any]:
    """By calls, which are far fewer than events: Meta takes all of a call, or none."""
    taken = (attempts.c.id >= first_call, attempts.c.counted == "yes", attempts.c.ended_at > after(-_DAY))
    of_each = sa.select(sa.func.sum(attempts.c.events)).where(attempts.c.dataset_pk == datasets.c.id, *taken)
    summed = sa.func.coalesce(sa.func.sum(of_each.correlate(datasets).scalar_subquery()), 0)
    return sa.select(summed).where(datasets.c.store_id == stores.c.id).correlate(stores).scalar_subquery()


def _first_call_of_a_day(connection: sa.Connection) -> int:
    """The id from which on calls may have ended within the last day: none lasts an hour."""
    begun = attempts.c.started_at > after(-_DAY - timedelta(hours=1))
    first = sa.select(attempts.c.id).where(begun).order_by(attempts.c.started_at, attempts.c.id).limit(1)
    return connection.execute(first).scalar_one_or_none() or 0


def _counted(state: State, most: int) -> sa.ColumnElement[Any]:
    some = sa.select(deliveries.c.id).where(deliveries.c.store_id == stores.c.id, deliveries.c.state == state)
    some = some.limit(most + 1).correlate(stores)
    return sa.select(sa.func.count()).select_from(some.subquery()).correlate(stores).scalar_subquery()
