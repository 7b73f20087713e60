"""All there is to say of one event, dataset by dataset: its tries, who told it, what it says, what a replay would do. Reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from integration.crypto import Sealer
from integration.db import Connection, attempts, browse, datasets, due, one_event
from integration.db.attempts import Call
from integration.db.deliveries import State
from integration.db.ledger_rows import Row
from integration.db.one_event import Delivery, Event
from integration.db.replays import Selection
from integration.db.stores import Store
from integration.monitor import riders
from integration.monitor.riders import Told
from integration.pipeline import replay
from integration.pipeline.replay import Prospect
from integration.pipeline.verbatim import Verbatim, verbatim


class AtDataset(NamedTuple):
    """What became of it at one dataset. `calls`: those that are kept still; `forgotten`: how many are not. `letter` None:
    there is no dataset to write to.
    """

    row: Row
    delivery: Delivery
    calls: Sequence[Call]
    forgotten: int
    told: Told | None
    letter: Verbatim | None
    prospect: Prospect | None


class Story(NamedTuple):
    """One event. `related`: the other events of its order, the newest first."""

    event: Event
    at: Sequence[AtDataset]
    related: Sequence[Row]


def of_store(connection: Connection, sealer: Sealer, store: Store, pk: int, now: datetime) -> Story | None:
    """The event, if it is this store's."""
    event = one_event.of_store(connection, store.id, pk)
    if event is None:
        return None
    rows = {row.id: row for row in browse.of_events(connection, store.id, [pk])}
    told = riders.told(connection, store, list(rows.values()), now)
    letters = _letters(connection, sealer, store, pk)
    every = tuple(State)
    prospects = replay.prospects(connection, Selection(every, store.id, event_pk=pk))
    at = [
        AtDataset(
            rows[one.id],
            one,
            *_calls(connection, one),
            told.get(one.id),
            letters.get(one.dataset_pk or 0),
            prospects.get(one.id),
        )
        for one in one_event.deliveries_of(connection, store.id, pk)
        if one.id in rows
    ]
    return Story(event, at, _related(connection, store.id, event))


def _letters(connection: Connection, sealer: Sealer, store: Store, pk: int) -> dict[int, Verbatim]:
    known = {one.id: one for one in datasets.of_store(connection, store.id)}
    return {
        dataset_pk: verbatim(connection, sealer, store, known[dataset_pk], row)
        for dataset_pk, row in due.of_event(connection, store.id, pk).items()
        if dataset_pk in known
    }


def _calls(connection: Connection, one: Delivery) -> tuple[Sequence[Call], int]:
    """Those that are kept; of a delivery of long ago they are not, and of one of before they were, only the last is known."""
    if one.dataset_pk is None:
        return (), one.attempts
    kept = attempts.calls(connection, one.dataset_pk, one.calls)
    return kept, max(one.attempts - len(kept), 0)


def _related(connection: Connection, store_id: str, event: Event) -> Sequence[Row]:
    if event.order_id is None:
        return ()
    found = browse.of_order(connection, store_id, event.order_id)
    return [row for row in found if row.event_pk != event.id]
