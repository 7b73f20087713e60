"""Deliveries an operator may want to be sent again: found by store, state and time, and put back on the road."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import among, clock
from integration.db.datasets import PAUSED, datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries: of one store or of all, in these states, of events that happened in [since, until)."""

    states: Sequence[str]
    store_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Candidate(NamedTuple):
    """One delivery, as far as it matters for sending it again. `known`: whether a person is still behind it."""

    id: int
    store_id: str
    dataset_pk: int | None
    state: str
    doubtful: bool
    insisted: bool
    first_attempt_at: datetime | None
    event_name: str
    placed_at: datetime
    event_time: datetime
    known: bool
    # What the Pixel's word about it is found by.
    dataset_id: str | None = None
    event_id: str = ""
    order_id: str | None = None
    checkout_key: str | None = None
    cart_key: str | None = None


def candidates(connection: sa.Connection, selection: Selection) -> Iterator[list[Candidate]]:
    """What is selected, oldest first, a thousand at a time."""
    after = 0
    while page := _page(connection, selection, after):
        yield page
        after = page[-1].id


def _page(connection: sa.Connection, selection: Selection, after: int) -> list[Candidate]:
    columns = (
        *(deliveries.c.id, deliveries.c.store_id, deliveries.c.dataset_pk, deliveries.c.state),
        *(deliveries.c.doubtful, deliveries.c.insisted, deliveries.c.first_attempt_at, events.c.event_name),
        *(events.c.placed_at, events.c.event_time, events.c.user_data.is_not(None)),
        *(datasets.c.dataset_id, events.c.event_id, events.c.order_id, events.c.checkout_key, events.c.cart_key),
    )
    wanted = [deliveries.c.id > after, deliveries.c.state.in_(selection.states)]
    if selection.store_id:
        wanted.append(deliveries.c.store_id == selection.store_id)
    if selection.since:
        wanted.append(events.c.event_time >= selection.since)
    if selection.until:
        wanted.append(events.c.event_time < selection.until)
    found = sa.select(*columns).join(events, events.c.id == deliveries.c.event_pk).where(*wanted)
    found = found.outerjoin(datasets, datasets.c.id == deliveries.c.dataset_pk)
    return [Candidate(*row) for row in connection.execute(found.order_by(deliveries.c.id).limit(_PAGE))]


def put_back(connection: sa.Connection, found: Sequence[Candidate], *, insisted: bool) -> int:
    """Make these due again, those of paused datasets held; how many. Who meanwhile is in another state is left alone,
    so that the same replay twice is one.

    What was delivered stays in doubt for the age rules: Meta has it already.
    """
    if not found:
        return 0
    paused = sa.select(datasets.c.reason).where(datasets.c.id == deliveries.c.dataset_pk, datasets.c.state == PAUSED)
    rests = sa.exists(paused)
    mine = sa.and_(
        among(deliveries.c.id, [one.id for one in found]), deliveries.c.state.in_({one.state for one in found})
    )
    values = {
        "state": sa.case((rests, State.HELD), else_=State.PENDING),
        "reason": paused.scalar_subquery(),
        "next_at": clock(),
        "share": None,
        "insisted": insisted,
        "doubtful": sa.or_(deliveries.c.doubtful, deliveries.c.state == State.DELIVERED),
    }
    return connection.execute(sa.update(deliveries).where(mine).values(values)).rowcount
