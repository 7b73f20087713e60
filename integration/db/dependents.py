"""Deliveries that depend on another event of their order: a refund is told where its Purchase was, of the same person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from integration.db import among, clock
from integration.db.datasets import datasets
from integration.db.deliveries import UNSETTLED, State, deliveries
from integration.db.events import events
from integration.db.sightings import sightings

_DEPENDENT = sa.text("deliveries.state = 'waiting' AND deliveries.next_at IS NULL")


@dataclass(frozen=True, slots=True)
class Purchaser:
    """What became of an order's first event at a dataset, its sealed person, and by which keys browsers tell of it."""

    state: State
    sealed: str | None
    test: bool = False
    checkout_key: str | None = None
    cart_key: str | None = None


def purchasers(
    connection: sa.Connection, dataset_pk: int, event_name: str, order_ids: Sequence[str]
) -> dict[str, Purchaser]:
    """The purchasers of several orders, by order id, as far as this dataset has their `event_name`."""
    columns = (events.c.user_data, events.c.test, events.c.checkout_key, events.c.cart_key)
    found = connection.execute(
        sa.select(events.c.subject, deliveries.c.state, *columns)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(
            deliveries.c.dataset_pk == dataset_pk, events.c.event_name == event_name, events.c.subject.in_(order_ids)
        )
    )
    return {subject: Purchaser(State(state), *more) for subject, state, *more in found}


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

    Where that was delivered they become due; where it ended otherwise, or never came, they are skipped. Where the Pixel
    seems to have told what we did not, they are due, and whether it is proven is asked when they leave.
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
        sa.update(deliveries).where(waits, ended, _seen(upon)).values(state=State.PENDING, reason=None, next_at=clock())
    )
    connection.execute(
        sa.update(deliveries)
        .where(waits, sa.or_(ended, sa.and_(upon_order.is_(None), too_old)))
        .values(state=State.SKIPPED, reason=reason_untold)
    )


def _seen(upon: str) -> sa.Exists:
    """Whether the Pixel seems to have told the order's `upon` event to the delivery's dataset."""
    first, own = events.alias("seen_event"), events.alias("seen_own")
    told = (
        sa.select(sightings.c.id)
        .join(first, first.c.store_id == sightings.c.store_id)
        .join(own, sa.and_(own.c.store_id == first.c.store_id, own.c.order_id == first.c.subject))
        .join(datasets, datasets.c.dataset_id == sightings.c.dataset_id)
        .where(
            *(sightings.c.store_id == deliveries.c.store_id, sightings.c.event_name == upon),
            *(sightings.c.sent_at.is_not(None), sightings.c.proof_key != ""),
            *(own.c.id == deliveries.c.event_pk, datasets.c.id == deliveries.c.dataset_pk),
            first.c.event_name == upon,
            sa.or_(
                sightings.c.event_id == first.c.event_id,
                sightings.c.proof_key == first.c.checkout_key,
                sightings.c.proof_key == first.c.cart_key,
            ),
        )
    )
    return told.correlate(deliveries).exists()
