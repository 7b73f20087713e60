"""What the beacon asks of the database: how much one store keeps, and which events waited for its word."""

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from integration.db import after, clock
from integration.db.deliveries import State, deliveries
from integration.db.sightings import sightings
from integration.db.signals import signals
from integration.db.stores import stores


def new_signals(connection: sa.Connection, store_id: str, *, within: timedelta, most: int) -> int:
    """How many keys of a store were heard of for the first time in that time, counted to `most`; by an index alone."""
    return _counted(connection, signals, _recent(signals, store_id, within), most)


def new_sightings(connection: sa.Connection, store_id: str, *, within: timedelta, most: int, proven: bool) -> int:
    """How many sightings of a store that prove something, or nothing, are new in that time, counted to `most`."""
    said = sightings.c.proof_key != "" if proven else sightings.c.proof_key == ""
    return _counted(connection, sightings, sa.and_(_recent(sightings, store_id, within), said), most)


def _recent(table: sa.Table, store_id: str, within: timedelta) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.store_id == store_id, table.c.first_at > after(-within))


def _counted(connection: sa.Connection, table: sa.Table, wanted: sa.ColumnElement[bool], most: int) -> int:
    some = sa.select(sa.literal(1)).select_from(table).where(wanted).limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def pull(connection: sa.Connection, event_pks: Collection[int]) -> int:
    """Let what waits of these events be due now; how many it were. The events are locked by the caller."""
    found = sa.and_(deliveries.c.event_pk.in_(event_pks), _waits())
    return connection.execute(sa.update(deliveries).where(found).values(next_at=clock())).rowcount


def _waits() -> sa.ColumnElement[bool]:
    """For a time, and not for another event; the pause of a checkout is `pending`, and stays."""
    return sa.and_(deliveries.c.state == State.WAITING, deliveries.c.next_at > clock())


def mark_heard(connection: sa.Connection, store_id: str) -> None:
    """The storefront's script is at work, from now on if it was not known: events may wait for it."""
    silent = sa.and_(stores.c.id == store_id, stores.c.storefront_at.is_(None))
    values = {"storefront_at": clock(), "version": stores.c.version + 1}
    connection.execute(sa.update(stores).where(silent).values(values))


def mark_silent(connection: sa.Connection, silence: timedelta) -> int:
    """The scripts from which nothing new came for so long are not at work any more; how many it were."""
    since = after(-silence)
    told = [
        sa.exists().where(table.c.store_id == stores.c.id, table.c.first_at > since) for table in (signals, sightings)
    ]
    silent = sa.and_(stores.c.storefront_at < since, *(~one for one in told))
    values = {"storefront_at": None, "version": stores.c.version + 1}
    return connection.execute(sa.update(stores).where(silent).values(values)).rowcount
