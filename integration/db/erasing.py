"""What erasing a person asks of the tables: what `theirs` found, and what is known by its keys, is emptied or deleted."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from connectors.event import PrivacyKind
from integration.db import after, among, among_texts, clock
from integration.db.deliveries import State, deliveries
from integration.db.events import NOBODY, events
from integration.db.privacy_requests import privacy_requests
from integration.db.sightings import sightings
from integration.db.signals import signals
from integration.db.webhooks import quarantine

# What is left where nobody is behind an event any more, nor may be asked for again.
_EMPTY: dict[str, Any] = {**NOBODY, "checkout_key": None, "cart_key": None, "stated": None, "granted_at": None}
# What is over stays as it ended: nothing of it leaves by itself, and a replay finds nobody behind it.
_MAY_LEAVE = (*(State.OBSERVED, State.PENDING, State.SENDING, State.WAITING), *(State.WITHHELD, State.HELD))


def empty(connection: sa.Connection, pks: Sequence[int]) -> int:
    """Forget who is behind these events, which the caller has locked; in how many of them somebody was."""
    filled = sa.or_(*(events.c[name].is_not(None) for name, value in _EMPTY.items() if value is None))
    return connection.execute(sa.update(events).where(among(events.c.id, pks), filled).values(**_EMPTY)).rowcount


def stop(connection: sa.Connection, pks: Sequence[int], reason: str) -> int:
    """Let nothing of these events leave any more, be it in doubt; how many deliveries were to."""
    unsent = sa.and_(among(deliveries.c.event_pk, pks), deliveries.c.state.in_(_MAY_LEAVE))
    values = {"state": State.SKIPPED, "reason": reason, "next_at": None, "insisted": False}
    return connection.execute(sa.update(deliveries).where(unsent).values(**values)).rowcount


def forget_signals(connection: sa.Connection, store_id: str, keys: Collection[str]) -> int:
    """Delete what browsers told by these keys; how many."""
    mine = sa.and_(signals.c.store_id == store_id, among_texts(signals.c.join_key, keys))
    return connection.execute(sa.delete(signals).where(mine)).rowcount


def forget_sightings(connection: sa.Connection, store_id: str, keys: Collection[str]) -> int:
    """Delete what the Pixel told with these proofs; how many."""
    return connection.execute(sa.delete(sightings).where(_told_with(store_id, keys))).rowcount


def _told_with(store_id: str, keys: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(sightings.c.store_id == store_id, among_texts(sightings.c.proof_key, keys))


def count(connection: sa.Connection, store_id: str, pks: Sequence[int], keys: Collection[str]) -> dict[str, int]:
    """How many rows are kept of these events and by these keys, by table."""
    wanted = {
        "events": (events.c.id, among(events.c.id, pks)),
        "deliveries": (deliveries.c.id, among(deliveries.c.event_pk, pks)),
        "signals": (signals.c.id, sa.and_(signals.c.store_id == store_id, among_texts(signals.c.join_key, keys))),
        "sightings": (sightings.c.id, _told_with(store_id, keys)),
    }
    return {
        table: connection.execute(sa.select(sa.func.count(column)).where(mine)).scalar_one()
        for table, (column, mine) in wanted.items()
    }


class Quarantined(NamedTuple):
    """A body that nobody could read; `body` is still sealed."""

    id: int
    topic: str
    received_at: datetime
    body: str


def quarantined(connection: sa.Connection, store_id: str, after_pk: int) -> Quarantined | None:
    """A store's next quarantined body after that one: they are large, so one at a time."""
    mine = sa.and_(quarantine.c.store_id == store_id, quarantine.c.id > after_pk)
    columns = (quarantine.c[name] for name in Quarantined._fields)
    found = sa.select(*columns).where(mine).order_by(quarantine.c.id).limit(1)
    row = connection.execute(found).one_or_none()
    return None if row is None else Quarantined(*row)


def discard(connection: sa.Connection, pk: int) -> int:
    """Delete one of them."""
    return connection.execute(sa.delete(quarantine).where(quarantine.c.id == pk)).rowcount


def withdraw(connection: sa.Connection, store_id: str, people: Collection[str], at: datetime, reason: str) -> int:
    """Delete the exports about any of these people, and end what is still to be exported of them; how many it were."""
    to_come = sa.and_(privacy_requests.c.kind == PrivacyKind.CUSTOMER_DATA, privacy_requests.c.done_at.is_(None))
    holds = sa.or_(privacy_requests.c.export.is_not(None), to_come)
    columns = (privacy_requests.c.id, privacy_requests.c.people, privacy_requests.c.done_at)
    found = connection.execute(sa.select(*columns).where(privacy_requests.c.store_id == store_id, holds))
    theirs = [row for row in found if not set(people).isdisjoint(json.loads(row.people))]
    gone: dict[str, Any] = {"export": None, "demand": None, "next_at": None}
    for row in theirs:
        ended = {} if row.done_at else {"done_at": at, "trouble": reason}
        connection.execute(sa.update(privacy_requests).where(privacy_requests.c.id == row.id).values(**gone, **ended))
    return len(theirs)


def claim(connection: sa.Connection, pk: int, lease: timedelta) -> bool:
    """Keep a due request from others until the lease is over; False where another has it, or it is done."""
    still_due = sa.and_(privacy_requests.c.id == pk, privacy_requests.c.next_at <= clock())
    return connection.execute(sa.update(privacy_requests).where(still_due).values(next_at=after(lease))).rowcount == 1
