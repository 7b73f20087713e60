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
from integration.db.ledger_rows import next_ids

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries: of one store or of all, in these states, of events that happened in [since, until); or of one
    order, or one event.
    """

    states: Sequence[str]
    store_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    order_id: str | None = None
    event_pk: int | None = None

    @property
    def narrow(self) -> bool:
        """Whether an index leads to the few it is about."""
        return self.order_id is not None or self.event_pk is not None


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
    after: int | None = 0
    while after is not None:
        page, after = next_page(connection, selection, after)
        if page:
            yield page


def next_page(connection: sa.Connection, selection: Selection, after: int) -> tuple[list[Candidate], int | None]:
    """The next of them behind an id, and behind which id it goes on; None at the end.

    Of one store the index finds the next thousand in these states, of which those of other days are left out.
    """
    if selection.store_id is None or selection.narrow:
        page = _page(connection, selection, [deliveries.c.id > after])
        return page, page[-1].id if len(page) == _PAGE else None
    states = tuple(State(state) for state in selection.states)
    bounds = {"of_store": selection.store_id, "above": after, "below": 2**63 - 1, "chunk": _PAGE}
    ids = list(connection.execute(next_ids(states, upwards=True), bounds).scalars())
    page = _page(connection, selection, [among(deliveries.c.id, ids)]) if ids else []
    return page, ids[-1] if len(ids) == _PAGE else None


def _page(
    connection: sa.Connection, selection: Selection, among_which: Sequence[sa.ColumnElement[bool]]
) -> list[Candidate]:
    columns = (
        *(deliveries.c.id, deliveries.c.store_id, deliveries.c.dataset_pk, deliveries.c.state),
        *(deliveries.c.doubtful, deliveries.c.insisted, deliveries.c.first_attempt_at, events.c.event_name),
        *(events.c.placed_at, events.c.event_time, events.c.user_data.is_not(None)),
        *(datasets.c.dataset_id, events.c.event_id, events.c.order_id, events.c.checkout_key, events.c.cart_key),
    )
    wanted = [*among_which, deliveries.c.state.in_(selection.states)]
    if selection.store_id:
        wanted.append(deliveries.c.store_id == selection.store_id)
    if selection.since:
        wanted.append(events.c.event_time >= selection.since)
    if selection.until:
        wanted.append(events.c.event_time < selection.until)
    if selection.order_id is not None:
        wanted.append(events.c.order_id == selection.order_id)
    if selection.event_pk is not None:
        wanted.append(events.c.id == selection.event_pk)
    found = sa.select(*columns).join(events, events.c.id == deliveries.c.event_pk).where(*wanted)
    found = found.outerjoin(datasets, datasets.c.id == deliveries.c.dataset_pk)
    if selection.order_id is not None and selection.store_id:
        found = found.where(events.c.store_id == selection.store_id)
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
