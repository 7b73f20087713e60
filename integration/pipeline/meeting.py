"""A further payload meets the ledger row of its subject: what becomes of the row and its deliveries. Collects the
changes, and writes them together at the end: WooCommerce tells an order with all its refunds at every turn.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from connectors.event import Event, Stated
from integration.db import Connection, deliveries, events
from integration.db.deliveries import UNSETTLED, Placed, State
from integration.meta import mapping
from integration.meta.event import INITIATE_CHECKOUT
from integration.pipeline import statements
from integration.pipeline.moves import Move, judge
from integration.pipeline.prepare import Prepared
from integration.pipeline.qualify import ERASED, Counts, Never, NotYet, Verdict
from integration.pipeline.scribe import AWAITS_SIGNAL, Opening, Purchases, Scribe, value

T = TypeVar("T", bound=Hashable)

_MAX_REASON = 255


@dataclass(slots=True)
class Changes:
    """What is to be changed, by row and by delivery; the later word of two on one column counts."""

    _rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    _deliveries: dict[int, Opening] = field(default_factory=dict)

    def row(self, pk: int, values: Mapping[str, Any]) -> None:
        """Change some columns of an event."""
        self._rows.setdefault(pk, {}).update(values)

    def delivery(self, pk: int, begin: Opening) -> None:
        """Let a delivery begin (again) so."""
        self._deliveries[pk] = begin

    def write(self, connection: Connection) -> None:
        """All that is alike in one statement; events before their deliveries, as they were locked."""
        for values, pks in _alike({pk: tuple(values.items()) for pk, values in self._rows.items()}):
            events.change(connection, pks, dict(values))
        for begin, pks in _alike(self._deliveries):
            deliveries.change(connection, pks, **begin.columns())


def _alike(wanted: Mapping[int, T]) -> Iterator[tuple[T, list[int]]]:
    groups: dict[T, list[int]] = {}
    for pk, what in wanted.items():
        groups.setdefault(what, []).append(pk)
    yield from groups.items()


@dataclass(frozen=True, slots=True)
class Meeting:
    """One payload, and the row that is there. `purchases`: for a refund, what became of its Purchase at each dataset."""

    scribe: Scribe
    known: events.LedgerRow
    placed: Sequence[Placed]
    purchases: Purchases
    event: Event
    prepared: Prepared

    def end(self, changes: Changes) -> str | None:
        """Apply the payload; what was told, or perhaps told, stands. The reason why nothing of it will be told comes
        back, if there is one.
        """
        if any(one.reason == ERASED for one in self.placed):
            return ERASED  # a checkout names no order by which to know whom not to bring back; its row does
        version = self.scribe.version(self.event, self.prepared.verdict, self.known.updated_at)
        move = judge(
            last=self.known.updated_at,
            ended=self.known.ended,
            version=version["updated_at"] if version["ended"] else self.event.updated_at,
            revives=self.event.revives,
            verdict=self.prepared.verdict,
        )
        if move is Move.STALE:
            self._begin_earlier(changes)
            return "older than what was told before"
        changes.row(self.known.id, version)
        movable = [one for one in self.placed if one.movable]
        if move is Move.SKIP:
            return self._skip(movable, changes)
        if move is Move.OPEN and movable:
            return self._stay_withheld(movable, changes) or self._reopen(movable, changes)
        self._note_refusal(changes)
        self._note_later_value(changes)
        return None

    def _begin_earlier(self, changes: Changes) -> None:
        """A payload that counted before the one whose value we keep, and arrived after it: as long as nothing has left,
        its value and contents are told, so that the order of arrival decides nothing.
        """
        known, prepared = self.known, self.prepared
        kept_as_of = mapping.decode_facts(known.facts).as_of
        counts = isinstance(prepared.verdict, Counts) and prepared.event_name != INITIATE_CHECKOUT
        if known.ended or not counts or kept_as_of is None or (self.event.updated_at or kept_as_of) >= kept_as_of:
            return
        if all(one.movable and _under_way(one) for one in self.placed):
            earlier = {**self.scribe.impersonal(prepared), **self.scribe.times(self.event, prepared.verdict)}
            newest = known.later_value or known.value
            later = None if newest == earlier["value"] else newest
            changes.row(known.id, {**earlier, "later_value": later})

    def _skip(self, movable: Sequence[Placed], changes: Changes) -> str:
        if len(movable) == len(self.placed):
            changes.row(self.known.id, events.NOBODY)
        verdict = self.prepared.verdict
        reason = verdict.reason if isinstance(verdict, Never) else not_yet(verdict)
        for one in movable:
            changes.delivery(one.id, Opening(State.SKIPPED, reason))
        return reason

    def _stay_withheld(self, movable: Sequence[Placed], changes: Changes) -> str | None:
        """What was withheld because nobody had said yes is not kept for another while by a payload without one. The reason,
        or None where it is something else.
        """
        if not self.scribe.waits(self.prepared) or any(one.state is not State.WITHHELD for one in movable):
            return None
        self._note_later_value(changes)
        return movable[0].reason

    @classmethod
    def of(
        cls,
        scribe: Scribe,
        known: events.LedgerRow,
        placed: Sequence[Placed],
        purchases: Purchases,
        told: tuple[Event, Prepared],
    ) -> "Meeting":
        """With what was said of the shopper's data before: a payload that says nothing of it takes no refusal back."""
        event, prepared = told
        stated = prepared.stated.after(statements.decode(known.stated))
        if stated != prepared.stated:
            person = prepared.person.saying(stated)
            prepared = msgspec.structs.replace(prepared, person=person, stated=stated)
        return cls(scribe, known, placed, purchases, event, prepared)

    def _reopen(self, movable: Sequence[Placed], changes: Changes) -> str | None:
        """What has not left is judged by the newest payload. Value and contents stay those of the first payload that
        counted, unless the order was taken back in between; a checkout is told as it stands at last.
        """
        scribe, known, prepared = self.scribe, self.known, self.prepared
        under_way = any(map(_under_way, movable))
        person = prepared.person.enriched(scribe.unseal(known.user_data)) if under_way else prepared.person
        changes.row(known.id, {**scribe.personal(prepared, person), **scribe.said(prepared)})
        withheld = any(one.state is State.WITHHELD for one in movable)
        if not (under_way or withheld) or prepared.event_name == INITIATE_CHECKOUT:
            changes.row(known.id, {**scribe.impersonal(prepared), **scribe.times(self.event, prepared.verdict)})
        else:
            self._note_later_value(changes)
        reasons = [self._begin_again(one, changes) for one in movable]
        return reasons[0]

    def _begin_again(self, placed: Placed, changes: Changes) -> str | None:
        dataset = next((one for one in self.scribe.datasets if one.id == placed.dataset_pk), None)
        begin = self.scribe.opening(self.prepared, dataset, self.purchases)
        if not _goes_on(placed, begin):
            changes.delivery(placed.id, begin)
        return begin.reason

    def _note_refusal(self, changes: Changes) -> None:
        """A refusal that comes while a call is under way stops the next one, and the refund, or limits them."""
        person = self.prepared.person
        refuses = self.scribe.refused(person) or person.sale_of_data is Stated.REFUSED
        if refuses and self.known.user_data is not None:
            person = self.prepared.person.enriched(self.scribe.unseal(self.known.user_data))
            changes.row(self.known.id, {"user_data": self.scribe.seal(person), **self.scribe.said(self.prepared)})

    def _note_later_value(self, changes: Changes) -> None:
        """An order edited after the fact: the difference is shown, and not told to Meta."""
        worth = value(self.prepared) if isinstance(self.prepared.verdict, Counts) else None
        later = None if worth == self.known.value else worth
        if worth is not None and later != self.known.later_value:
            changes.row(self.known.id, {"later_value": later})


def _goes_on(placed: Placed, begin: Opening) -> bool:
    """Whether it stays as it is. What is due already, or backing off, keeps its time: an update must not make it late, nor
    jump the queue. Nor do the shop's next words, which come within a second, end the waiting for its browser's.
    """
    if placed.state is State.WAITING and placed.reason == AWAITS_SIGNAL:
        return begin.state in (State.WAITING, State.PENDING)
    if begin.state is State.SKIPPED:
        return (placed.state, placed.reason) == (begin.state, begin.reason)
    return begin.state is placed.state


def _under_way(placed: Placed) -> bool:
    """Whether it waits to be told, or is shown as what would be."""
    return placed.state in UNSETTLED or placed.state is State.OBSERVED


def not_yet(verdict: Verdict) -> str:
    """The platform's own word for how far the order is; shops may have long ones."""
    return f"not yet: {verdict.status if isinstance(verdict, NotYet) else ''}"[:_MAX_REASON]
