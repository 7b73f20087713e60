"""Deliveries that depend on another event of their order: a refund is told where its Purchase was, of the same person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from integration.db import among, clock
from integration.db.deliveries import UNSETTLED, State, deliveries
from integration.db.events import events

_DEPENDENT = sa.text("deliveries.state = 'waiting' AND deliveries.next_at IS NULL")


@dataclass(frozen=True, slots=True)
class Purchaser:
    """What became of an order's first event at a dataset, and its sealed person."""

    state: State
    sealed: str | None
    test: bool = False


def purchasers(
    connection: sa.Connection, dataset_pk: int, event_name: str, order_ids: Sequence[str]
) -> dict[str, Purchaser]:
    """The purchasers of several orders, by order id, as far as this dataset has their `event_name`."""
    found = connection.execute(
        sa.select(events.c.subject, deliveries.c.state, events.c.user_data, events.c.test)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(
            deliveries.c.dataset_pk == dataset_pk, events.c.event_name == event_name, events.c.subject.in_(order_ids)
        )
    )
    return {subject: Purchaser(State(state), sealed, test) for subject, state, sealed, test in found}


def settle(
    connection: sa.Connection,
    *,
    event_name: str,
    upon: str,
    reason_untold: str,
    given_up_before: datetime,
    dataset_pks: Sequence[int] | None = None,
) -> None:
    """Deliveries of `event_name` that wait (without a due time) for the order's `upon` event at the same dataset.

    Where that was delivered they become due; where it ended otherwise, or never came, they are skipped.
    `dataset_pks`: at these datasets only.
    """
    waits = _DEPENDENT if dataset_pks is None else sa.and_(_DEPENDENT, among(deliveries.c.dataset_pk, dataset_pks))
    if connection.execute(sa.select(deliveries.c.id).where(waits).limit(1)).first() is None:
        return
    first, first_event, waiting_event = deliveries.alias("first"), events.alias("first_event"), events.alias("own")
    upon_order = (
        sa.select(first.c.state)
        .join(first_event, first_event.c.id == first.c.event_pk)
        .join(waiting_event, waiting_event.c.id == deliveries.c.event_pk)
        .where(
            waiting_event.c.event_name == event_name,
            first_event.c.store_id == deliveries.c.store_id,
            first_event.c.event_name == upon,
            first_event.c.subject == waiting_event.c.order_id,
            first.c.dataset_pk == deliveries.c.dataset_pk,
        )
        .limit(1)
        .scalar_subquery()
        .correlate(deliveries)
    )
    ended = sa.and_(upon_order.is_not(None), upon_order.not_in((*UNSETTLED, State.DELIVERED)))
    too_old = deliveries.c.event_pk.in_(sa.select(events.c.id).where(events.c.event_time < given_up_before))
    connection.execute(
        sa.update(deliveries)
        .where(waits, upon_order == State.DELIVERED)
        .values(state=State.PENDING, reason=None, next_at=clock())
    )
    connection.execute(
        sa.update(deliveries)
        .where(waits, sa.or_(ended, sa.and_(upon_order.is_(None), too_old)))
        .values(state=State.SKIPPED, reason=reason_untold)
    )
