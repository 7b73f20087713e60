"""A store's deliveries as a page turns them, the newest first: found from an id on by an index, however many there are.

What the index does not know (a name, a day, a payment) is asked of a bounded number of rows, and the answer says how far
was looked.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import among
from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.ledger_rows import Row, Wanted, statement, with_events

# How many rows are looked at in a step, and in all: the first step fills most pages.
_STEPS = (250, 1_000, 4_000)
MOST_LOOKED_AT = 6_000
NEAR_ENOUGH = 1_000  # ids between which a day's edge is looked for no further
_LOWEST, _HIGHEST = -1, 2**63 - 1
_NOTHING_ASKED = Wanted()


class Looked(NamedTuple):
    """What was found, the newest first. `at`: the id of the last row that was looked at; `ended`: there are no more."""

    rows: list[Row]
    at: int | None
    ended: bool


def look(
    connection: sa.Connection,
    store_id: str,
    wanted: Wanted = _NOTHING_ASKED,
    *,
    most: int,
    below: int | None = None,
    above: int | None = None,
    upwards: bool = False,
    budget: int = MOST_LOOKED_AT,
) -> Looked:
    """At most so many rows with ids between two others, going down from the newest, or `upwards` from the oldest of them."""
    asked = wanted.asked
    query = statement(tuple(wanted.states or State), frozenset(asked), upwards=upwards)
    low, high = _LOWEST if above is None else above, _HIGHEST if below is None else below
    found, seen, step = Looked([], None, ended=False), 0, 0
    while len(found.rows) < most and not found.ended and seen < budget:
        chunk = min(_STEPS[min(step, len(_STEPS) - 1)], budget - seen) if asked else most
        bounds = {"below": high, "above": low, "chunk": chunk, "most": most - len(found.rows)}
        part = _read(connection, query, {"of_store": store_id, **asked, **bounds})
        found = Looked(found.rows + part.rows, part.at or found.at, part.ended)
        low, high = (found.at or low, high) if upwards else (low, found.at or high)
        seen, step = seen + chunk, step + 1
    return found._replace(rows=found.rows[::-1]) if upwards else found


def _read(connection: sa.Connection, query: sa.Select[Any], values: Mapping[str, Any]) -> Looked:
    """Some rows of the next chunk. Where they do not all fit, the last of them is as far as was looked."""
    answered = connection.execute(query, dict(values)).all()
    found = [Row(*row[2:]) for row in answered if row[2] is not None]
    if len(found) == values["most"]:
        return Looked(found, found[-1].id, ended=False)
    return Looked(found, answered[0][0], ended=answered[0][1] < values["chunk"])


def of_events(connection: sa.Connection, store_id: str, event_pks: Collection[int]) -> list[Row]:
    """The deliveries of some events of a store, the newest first."""
    mine = (deliveries.c.store_id == store_id, among(deliveries.c.event_pk, list(event_pks)))
    found = connection.execute(with_events(deliveries).where(*mine).order_by(deliveries.c.id.desc()))
    return [Row(*row) for row in found]


def of_order(connection: sa.Connection, store_id: str, order_id: str, most: int = 20) -> list[Row]:
    """The deliveries of one order's events, the newest first."""
    mine = (events.c.store_id == store_id, events.c.order_id == order_id)
    found = connection.execute(with_events(deliveries).where(*mine).order_by(deliveries.c.id.desc()).limit(most))
    return [Row(*row) for row in found]


class Edge(NamedTuple):
    """Two ids not far from each other: what has an id of `low` or less came before a moment, what has one above `high`
    did not.
    """

    low: int
    high: int


def edge(connection: sa.Connection, store_id: str, moment: datetime, near_enough: int = NEAR_ENOUGH) -> Edge:
    """Where among a store's deliveries those begin whose events were received from that moment on.

    Ids grow as time does, near enough: halved again and again, with one row looked at each time.
    """
    newest = look(connection, store_id, most=1).rows
    low, high = 0, newest[0].id if newest else 0
    while high - low > near_enough:
        middle = (low + high) // 2
        following = look(connection, store_id, most=1, above=middle, upwards=True).rows
        if following and following[0].received_at < moment:
            low = following[0].id
        else:
            high = middle
    return Edge(low, high)


def received_at(connection: sa.Connection, store_id: str, pk: int) -> datetime | None:
    """When the event of that delivery was received."""
    mine = (deliveries.c.store_id == store_id, deliveries.c.id == pk)
    found = sa.select(events.c.received_at).join(deliveries, deliveries.c.event_pk == events.c.id).where(*mine)
    return connection.execute(found).scalar_one_or_none()
