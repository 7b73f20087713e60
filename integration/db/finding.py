"""A store's events by what a merchant knows of one: the order's id or number, or an event id. By indexes that are there anyway."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from integration.db.browse import MOST_LOOKED_AT, Looked, look, of_events
from integration.db.events import events
from integration.db.ledger_rows import Row, Wanted

_MOST = 50
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_PROBES = (30, 1_000)  # rows in which an order with a number is looked for; most have one near


class Near(NamedTuple):
    """How close, in ids, an order's place is halved to, and how far around it is looked: a webhook may come late."""

    enough: int = 500
    around: int = 1_000


_NEAR = Near()


class Subjects(NamedTuple):
    """What may be meant: the platform's ids of orders, checkouts and refunds, by the names of their events."""

    event_names: Sequence[str]
    ids: Sequence[str]


def exactly(connection: sa.Connection, store_id: str, order_id: str, subjects: Subjects) -> list[Row]:
    """The deliveries of an order's events, and of events about these subjects; the newest first."""
    of_order = sa.select(events.c.id).where(events.c.store_id == store_id, events.c.order_id == order_id)
    of_subject = sa.select(events.c.id).where(
        events.c.store_id == store_id,
        events.c.event_name.in_(subjects.event_names),
        events.c.subject.in_(subjects.ids),
    )
    found = {pk for wanted in (of_order, of_subject) for pk in connection.execute(wanted.limit(_MOST)).scalars()}
    return of_events(connection, store_id, found) if found else []


def by_number(
    connection: sa.Connection,
    store_id: str,
    event_name: str,
    number: str,
    *,
    near: Near = _NEAR,
    budget: int = MOST_LOOKED_AT,
) -> Looked:
    """The same of the order with that number: where numbers grow with time its place is halved to, else so many of the
    newest are looked through.
    """
    wanted = Wanted(number=number)
    if _NUMBER.fullmatch(number):
        low, high = _around(connection, store_id, event_name, int(number), near)
        found = look(connection, store_id, wanted, most=_MOST, above=low, below=high)
        if found.rows:
            return found
        budget //= 6  # its place is known, and it is not there
    return look(connection, store_id, wanted, most=_MOST, budget=budget)


def _around(connection: sa.Connection, store_id: str, event_name: str, number: int, near: Near) -> tuple[int, int]:
    """Between which ids an order with that number would be."""
    newest = look(connection, store_id, most=1).rows
    low, high = 0, newest[0].id if newest else 0
    while high - low > near.enough:
        middle = (low + high) // 2
        at = _following(connection, store_id, event_name, middle)
        if at is not None and _number(at) < number:
            low = max(middle, min(at.id, high - 1))
        else:
            high = middle
    return low - near.around, high + near.around


def _following(connection: sa.Connection, store_id: str, event_name: str, after: int) -> Row | None:
    """The next order behind an id, if there is one soon."""
    wanted = Wanted(event_name=event_name)
    for budget in _PROBES:
        found = look(connection, store_id, wanted, most=1, above=after, upwards=True, budget=budget)
        if found.rows or found.ended:
            return found.rows[0] if found.rows else None
    return None


class _Numbered(msgspec.Struct):
    number: str | None = None


def _number(row: Row) -> int:
    """Where there is none, as if it were too high: then it is looked for further back."""
    number = msgspec.json.decode(row.facts, type=_Numbered).number or ""
    return int(number) if _NUMBER.fullmatch(number) else 10**18
