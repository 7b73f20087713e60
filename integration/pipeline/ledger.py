"""Prepared events enter the ledger, or move the rows they find there. One caller's transaction; no commit here.

A row is unique on (store, event_name, subject): the same deed told by several topics, twice, or out of order is one
row. What is written of a new one is `scribe`'s to say, what a further payload changes `meeting`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.event import Event
from integration.db import Connection, deliveries, events
from integration.meta.event import PURCHASE
from integration.pipeline.meeting import Changes, Meeting, not_yet
from integration.pipeline.prepare import Prepared
from integration.pipeline.qualify import NotYet
from integration.pipeline.scribe import Purchases, Scribe

Told = tuple[Event, Prepared]
_NONE: Purchases = {}


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes events of one store, in the transaction of `connection`."""

    connection: Connection
    scribe: Scribe

    def enter(self, told: Sequence[Told]) -> list[str | None]:
        """Write events of one name down; for each the reason why nothing of it will be told, if there is one.

        What is told twice in one breath is taken in turns: the second account finds the row of the first.
        """
        reasons: list[str | None] = []
        waiting = list(told)
        while waiting:
            turn: dict[str, Told] = {}
            for one in waiting:
                turn.setdefault(one[0].subject, one)
            reasons += self._enter(turn)
            waiting = [one for one in waiting if turn[one[0].subject] is not one]
        return reasons

    def _enter(self, told: Mapping[str, Told]) -> list[str | None]:
        known = self._locked(told, list(told))
        new = [one for subject, one in told.items() if subject not in known and not isinstance(one[1].verdict, NotYet)]
        added = events.add(self.connection, [self.scribe.row(*one) for one in new])
        # What another request wrote between our look and our insert is there now, and locked for us.
        raced = [event.subject for event, _ in new if event.subject not in added]
        known = {**known, **self._locked(told, raced)}
        purchases = self._purchases(told)
        reasons = {**self._open(told, added, purchases), **self._meet(told, known, purchases)}
        return [
            reasons.get(subject, not_yet(prepared.verdict) if isinstance(prepared.verdict, NotYet) else None)
            for subject, (_, prepared) in told.items()
        ]

    def _locked(self, told: Mapping[str, Told], subjects: Sequence[str]) -> Mapping[str, events.LedgerRow]:
        event_name = next(iter(told.values()))[1].event_name
        return events.lock(self.connection, self.scribe.store.id, event_name, subjects) if subjects else {}

    def _purchases(self, told: Mapping[str, Told]) -> Mapping[str | None, Purchases]:
        """For refunds, by order, what became of its Purchase at each dataset."""
        orders = {event.order_id for event, prepared in told.values() if prepared.borrows_person}
        store_id = self.scribe.store.id
        return {
            order_id: deliveries.states_by_dataset(self.connection, store_id, PURCHASE, order_id or "")
            for order_id in orders
        }

    def _open(
        self, told: Mapping[str, Told], added: Mapping[str, int], purchases: Mapping[str | None, Purchases]
    ) -> dict[str, str | None]:
        rows, reasons = [], {}
        for subject, pk in added.items():
            event, prepared = told[subject]
            openings = self.scribe.openings(prepared, purchases.get(event.order_id, _NONE))
            reasons[subject] = openings[0][1].reason
            rows += [
                deliveries.New(pk, dataset, one.state, one.reason, one.delay, one.ruling) for dataset, one in openings
            ]
        deliveries.add(self.connection, self.scribe.store.id, rows)
        return reasons

    def _meet(
        self,
        told: Mapping[str, Told],
        known: Mapping[str, events.LedgerRow],
        purchases: Mapping[str | None, Purchases],
    ) -> dict[str, str | None]:
        placed = deliveries.of_events(self.connection, [row.id for row in known.values()])
        changes, reasons = Changes(), {}
        for subject, row in known.items():
            mine = purchases.get(told[subject][0].order_id, _NONE)
            meeting = Meeting.of(self.scribe, row, placed.get(row.id, ()), mine, told[subject])
            reasons[subject] = meeting.end(changes)
        changes.write(self.connection)
        return reasons
