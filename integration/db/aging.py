"""What is old, of all stores together: found by an index in the order of time, and forgotten a slice at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from integration.db import Connection, among, pair_tests, sightings, signals
from integration.db.attempts import attempts
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.privacy_requests import privacy_requests
from integration.db.stores import stores
from integration.db.webhooks import quarantine, webhooks


class Forget(Protocol):
    """Forgets at most so many rows of before a time, the oldest; how many it were."""

    def __call__(self, connection: Connection, *, before: datetime, most: int) -> int:
        """In the caller's transaction."""


def _delete(column: sa.Column[Any]) -> Forget:
    """Deletes the oldest by that column, which has an index of its own."""
    table = column.table

    def forget(connection: Connection, *, before: datetime, most: int) -> int:
        old = sa.select(table.c.id).where(column < before).order_by(column).limit(most)
        return connection.execute(sa.delete(table).where(table.c.id.in_(old))).rowcount

    return forget


def _forget_exports(connection: Connection, *, before: datetime, most: int) -> int:
    """What was found of people for the merchant to pass on; that it was asked for and done stays."""
    since = sa.func.coalesce(privacy_requests.c.done_at, privacy_requests.c.asked_at)
    held = sa.select(privacy_requests.c.id).where(privacy_requests.c.export.is_not(None), since < before).limit(most)
    gone = sa.update(privacy_requests).where(privacy_requests.c.id.in_(held)).values(export=None)
    return connection.execute(gone).rowcount


def _forget_sightings(connection: Connection, *, before: datetime, most: int) -> int:
    """What the Pixel was seen to do, in earnest and in tests."""
    return sightings.forget(connection, before=before, most=most) + pair_tests.forget(
        connection, before=before, most=most
    )


# By the kinds of integration.retention; `told` and `untold` are not as simple, and `left` is many tables.
FORGET: Mapping[str, Forget] = MappingProxyType(
    {
        "quarantine": _delete(quarantine.c.received_at),
        "signals": signals.forget,
        "sightings": _forget_sightings,
        "receipts": _delete(webhooks.c.received_at),
        "attempts": _delete(attempts.c.started_at),
        "exports": _forget_exports,
    }
)


class Aged(NamedTuple):
    """An event behind which a person is known."""

    received_at: datetime
    id: int
    event_time: datetime


_COLUMNS = (events.c.received_at, events.c.id, events.c.event_time)
_KNOWN = events.c.user_data.is_not(None)


def persons(
    connection: Connection, *, before: datetime, place: Aged | None, since: datetime | None, most: int
) -> list[Aged]:
    """Some events with a person, the newest first: received before one time and not before another, and where `place` is
    given behind that one.
    """
    wanted = [_KNOWN, events.c.received_at < before]
    if since is not None:
        wanted.append(events.c.received_at >= since)
    if place is not None:
        # The first half says where the index is entered; many may have been received in one millisecond.
        behind = sa.or_(events.c.received_at < place.received_at, events.c.id < place.id)
        wanted += [events.c.received_at <= place.received_at, behind]
    found = sa.select(*_COLUMNS).where(*wanted).order_by(events.c.received_at.desc(), events.c.id.desc()).limit(most)
    return [Aged(*row) for row in connection.execute(found)]


def lock_persons(connection: Connection, pks: Sequence[int]) -> list[Aged]:
    """The same events as they are now, kept from others until this transaction ends; those that still have a person."""
    wanted = sa.select(*_COLUMNS).where(among(events.c.id, pks), _KNOWN).order_by(events.c.id).with_for_update()
    return [Aged(*row) for row in connection.execute(wanted)]


def outcomes(connection: Connection, event_pks: Sequence[int]) -> dict[int, list[tuple[str, str | None]]]:
    """State and reason of the deliveries of events, by event."""
    found: dict[int, list[tuple[str, str | None]]] = {}
    columns = (deliveries.c.event_pk, deliveries.c.state, deliveries.c.reason)
    for pk, state, reason in connection.execute(sa.select(*columns).where(among(deliveries.c.event_pk, event_pks))):
        found.setdefault(pk, []).append((state, reason))
    return found


def left(connection: Connection, before: datetime, most: int) -> list[str]:
    """The ids of some stores from which our app was removed before that time, the longest first."""
    old = sa.select(stores.c.id).where(stores.c.uninstalled_at < before).order_by(stores.c.uninstalled_at).limit(most)
    return list(connection.execute(old).scalars())
