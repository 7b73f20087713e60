"""Deliveries that are on their way for too long: how many each store has, and the end of those Meta takes no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from integration.db.deliveries import State, deliveries
from integration.db.events import events

# As words, for the indexes over these states alone.
_ON_THE_WAY = sa.text("deliveries.state IN ('pending', 'waiting', 'sending')")
_HELD = sa.text("deliveries.state = 'held'")


@dataclass(frozen=True, slots=True)
class Late:
    """How many deliveries of a store have not left though their events are older than some time, and why most do not."""

    store_id: str
    number: int
    reason: str | None


def overdue(connection: sa.Connection, *, happened_before: datetime, received_before: datetime) -> list[Late]:
    """By store, what happened before one time, was received before another, and is still on its way."""
    found = connection.execute(
        sa.select(deliveries.c.store_id, sa.func.count(), sa.func.max(deliveries.c.reason))
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(
            sa.or_(_ON_THE_WAY, _HELD),
            events.c.event_time < happened_before,
            events.c.received_at < received_before,
        )
        .group_by(deliveries.c.store_id)
        .order_by(deliveries.c.store_id)
    )
    return [Late(*row) for row in found]


def expire(connection: sa.Connection, *, happened_before: datetime, reason: str) -> Sequence[str]:
    """End what happened before that time and has not left; the stores it belonged to, one entry a delivery.

    Not what a call is under way for, nor what waits for another event and ends with it.
    """
    old = sa.select(events.c.id).where(events.c.id == deliveries.c.event_pk, events.c.event_time < happened_before)
    waits_for_another = sa.and_(deliveries.c.state == State.WAITING, deliveries.c.next_at.is_(None))
    ended = (
        sa.update(deliveries)
        .where(
            sa.or_(_ON_THE_WAY, _HELD),
            deliveries.c.state != State.SENDING,
            sa.not_(waits_for_another),
            sa.exists(old.correlate(deliveries)),
        )
        .values(state=State.EXPIRED, reason=reason, next_at=None)
        .returning(deliveries.c.store_id)
    )
    return list(connection.execute(ended).scalars())
