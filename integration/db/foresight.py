"""A store's last orders in the ledger, as far as consent is concerned. Nothing here writes, and nothing says who."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import deliveries
from integration.db.events import events


class Known(NamedTuple):
    """One of them. `stated` is as pipeline.statements wrote it; `states`: of its deliveries."""

    placed_at: datetime
    region: str
    stated: str | None
    states: frozenset[str]


def last(connection: sa.Connection, store_id: str, event_name: str, most: int) -> Sequence[Known]:
    """The newest ones first; trials are left out, and those from before a region was written down."""
    mine = (events.c.store_id == store_id, events.c.event_name == event_name)
    newest = (
        sa.select(events.c.id, events.c.placed_at, events.c.region, events.c.stated)
        .where(*mine, sa.not_(events.c.test), events.c.region.is_not(None))
        .order_by(events.c.placed_at.desc(), events.c.id.desc())
        .limit(most)
        .subquery()
    )
    found: dict[int, Known] = {}
    told = sa.select(newest, deliveries.c.state).outerjoin(deliveries, deliveries.c.event_pk == newest.c.id)
    for pk, placed_at, region, stated, state in connection.execute(
        told.order_by(newest.c.placed_at.desc(), newest.c.id.desc())
    ):
        before = found[pk].states if pk in found else frozenset()
        found[pk] = Known(placed_at, region, stated, before | ({state} if state else set()))
    return list(found.values())
