"""A store's last orders in the ledger, by what is kept of them that tells of nobody. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import deliveries
from integration.db.events import events


class LastOrder(NamedTuple):
    """One of them. `facts` and `stated` are as the pipeline wrote them; `states`: of its deliveries."""

    subject: str
    event_id: str
    placed_at: datetime
    received_at: datetime
    facts: str
    region: str | None
    stated: str | None
    states: frozenset[str]


_COLUMNS = (
    *(events.c.id, events.c.subject, events.c.event_id, events.c.placed_at, events.c.received_at),
    *(events.c.facts, events.c.region, events.c.stated),
)


def of_store(connection: sa.Connection, store_id: str, event_name: str, most: int) -> Sequence[LastOrder]:
    """The newest ones first; trials, and orders that were taken back, are left out."""
    wanted = (events.c.store_id == store_id, events.c.event_name == event_name)
    newest = (
        sa.select(*_COLUMNS)
        .where(*wanted, sa.not_(events.c.test), sa.not_(events.c.ended))
        .order_by(events.c.placed_at.desc(), events.c.id.desc())
        .limit(most)
    )
    rows = connection.execute(newest).all()
    states: dict[int, set[str]] = {row.id: set() for row in rows}
    for pk, state in connection.execute(
        sa.select(deliveries.c.event_pk, deliveries.c.state).where(deliveries.c.event_pk.in_(list(states)))
    ):
        states[pk].add(state)
    return [LastOrder(*row[1:], frozenset(states[row.id])) for row in rows]
