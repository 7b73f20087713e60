"""A store's last purchases, for its merchant to choose one from, and one of them as if it were due now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import to_ms
from integration.db.due import Due
from integration.db.events import events

_LOOKED_THROUGH = 500


class Past(NamedTuple):
    """A purchase to choose. `id` is the ledger's."""

    id: int
    order_id: str | None
    placed_at: datetime
    value: str | None
    currency: str | None


def last(connection: sa.Connection, store_id: str, event_name: str, *, most: int) -> Sequence[Past]:
    """The newest first; only those of which somebody is still known."""
    newest = sa.select(events).where(events.c.store_id == store_id).order_by(events.c.placed_at.desc())
    # Of a store that only observes there may be a million without anybody: no more than these are looked through.
    some = newest.limit(_LOOKED_THROUGH).subquery()
    theirs = (some.c.event_name == event_name, some.c.user_data.is_not(None))
    columns = [some.c[name] for name in Past._fields]
    wanted = sa.select(*columns).where(*theirs).order_by(some.c.placed_at.desc(), some.c.id.desc()).limit(most)
    return [Past(*row) for row in connection.execute(wanted)]


def as_due(connection: sa.Connection, store_id: str, event_name: str, pk: int, now: datetime) -> Due | None:
    """One of them as a delivery that was never tried, of an order placed just now; None where the store has none such.

    It is in no table: nothing leads from it back to what became of the real one.
    """
    mine = (events.c.id == pk, events.c.store_id == store_id, events.c.event_name == event_name)
    row = connection.execute(sa.select(events).where(*mine)).one_or_none()
    if row is None:
        return None
    untried: dict[str, Any] = {
        "id": 0,
        "state": "pending",
        "attempts": 0,
        "doubtful": False,
        "insisted": False,
        "share": None,
    }
    told: dict[str, Any] = {name: getattr(row, name) for name in _OF_EVENTS}
    times: dict[str, Any] = {"placed_ms": to_ms(now), "event_ms": to_ms(now), "received_ms": to_ms(row.received_at)}
    return Due(**untried, first_attempt_ms=None, event_pk=pk, ended=False, test=False, **told, **times)


_OF_EVENTS = (
    *("event_name", "event_id", "subject", "order_id", "facts", "user_data", "checkout_key", "cart_key", "stated"),
)
