"""A prepared event enters the ledger, or moves the row it finds there. One caller's transaction; no commit here.

The row is unique on (store, event_name, subject): the same deed told by several topics, twice, or out of order is
one row. The decisions (`opening`, and `judge` of `moves`) are pure; `Ledger` carries them out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.event import Event
from integration.crypto import Sealer, fingerprint
from integration.db import Connection, after, deliveries, events
from integration.db.datasets import Dataset
from integration.db.deliveries import UNSETTLED, State
from integration.db.stores import Store
from integration.meta import mapping
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE, key_mask
from integration.pipeline import consent, identity
from integration.pipeline.consent import Decision, Wait, Withhold
from integration.pipeline.moves import Move, judge
from integration.pipeline.prepare import Prepared
from integration.pipeline.qualify import AWAITS_PURCHASE, PURCHASE_NOT_TOLD, TEST_ORDER, Counts, Never, NotYet, Verdict
from integration.pipeline.schedule import CHECKOUT_PAUSE, CONSENT_PAUSE

CONNECTOR_VERSION = "1"
NO_DATASET = "no dataset yet"
AWAITS_UPDATES = "told two minutes after it began, so that updates enrich it"
_SEALED = "events.user_data"
_MAX_REASON = 255
AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Opening:
    """The state a delivery begins in, and after which delay it is due (None: not by time)."""

    state: State
    reason: str | None = None
    delay: timedelta | None = None

    def columns(self) -> dict[str, Any]:
        """As the delivery's columns; due times are by the database's clock, as the claims that read them."""
        return {
            "state": self.state,
            "reason": self.reason,
            "next_at": None if self.delay is None else after(self.delay),
        }


def opening(  # noqa: PLR0911
    prepared: Prepared,
    *,
    live: bool,
    dataset: Dataset | None,
    decision: Decision,
    purchase: State | None,
) -> Opening:
    """How a delivery of an event begins at one dataset (None: the store has none). `purchase`: for a refund, what
    became of its order's Purchase there.
    """
    verdict = prepared.verdict
    if isinstance(verdict, Never):
        return Opening(State.SKIPPED, verdict.reason)
    if isinstance(decision, Withhold):
        return Opening(State.WITHHELD, decision.reason)
    if not live:
        return Opening(State.OBSERVED, "would be sent")
    if dataset is None:
        return Opening(State.HELD, NO_DATASET)
    if isinstance(verdict, Counts) and verdict.test and not dataset.test_event_code:
        return Opening(State.SKIPPED, TEST_ORDER)
    if prepared.borrows_person and purchase is not State.DELIVERED:
        untold = purchase is not None and purchase not in UNSETTLED
        return Opening(State.SKIPPED, PURCHASE_NOT_TOLD) if untold else Opening(State.WAITING, AWAITS_PURCHASE)
    if dataset.paused:
        return Opening(State.HELD, dataset.reason, AT_ONCE)
    if isinstance(decision, Wait):
        return Opening(State.WAITING, decision.reason, CONSENT_PAUSE)
    if prepared.event_name == INITIATE_CHECKOUT:
        return Opening(State.PENDING, AWAITS_UPDATES, CHECKOUT_PAUSE)
    return Opening(State.PENDING, None, AT_ONCE)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes events of one store, in the transaction of `connection`."""

    connection: Connection
    store: Store
    datasets: Sequence[Dataset]
    sealer: Sealer
    secret_key: str
    now: datetime

    def enter(self, event: Event, prepared: Prepared) -> str | None:
        """Write one event down; the reason why nothing of it will be told comes back, if there is one."""
        known = events.lock(self.connection, self.store.id, prepared.event_name, event.subject)
        if known is None and isinstance(prepared.verdict, NotYet):
            return _not_yet(prepared.verdict)
        if known is None:
            pk = events.add(self.connection, self._row(event, prepared))
            if pk is not None:
                return self._open_all(pk, event, prepared)
            # Another request wrote it between our look and our insert; now it is there, and locked for us.
            known = events.lock(self.connection, self.store.id, prepared.event_name, event.subject)
        return None if known is None else self._move(known, event, prepared)

    def _row(self, event: Event, prepared: Prepared) -> dict[str, Any]:
        return {
            "store_id": self.store.id,
            "event_name": prepared.event_name,
            "subject": event.subject,
            "event_id": prepared.event_id,
            "order_id": event.order_id,
            "connector": f"{self.store.platform} {CONNECTOR_VERSION}",
            "received_at": self.now,
            **self._version(event, prepared.verdict),
            **self._times(event, prepared.verdict),
            **self._impersonal(prepared),
            **self._personal(event, prepared, prepared.person),
        }

    def _version(self, event: Event, verdict: Verdict, last: datetime | None = None) -> dict[str, Any]:
        # A deletion names no time of its own: it is as new as its arrival, and as whatever it deletes.
        ended = isinstance(verdict, Never) and verdict.ended
        newest = max(filter(None, (self.now, last))) if ended else last
        return {"updated_at": event.updated_at or newest, "ended": ended}

    def _times(self, event: Event, verdict: Verdict) -> dict[str, Any]:
        if isinstance(verdict, Counts):
            return {"event_time": verdict.event_time, "placed_at": verdict.placed_at, "test": verdict.test}
        placed_at = min(event.placed_at or self.now, self.now)
        return {"event_time": placed_at, "placed_at": placed_at, "test": bool(event.order and event.order.test)}

    def _impersonal(self, prepared: Prepared) -> dict[str, Any]:
        worth = mapping.value(prepared.event_name, prepared.facts, self.store.settings.value_basis)
        told = None if worth is None else str(worth)
        return {"value": told, "currency": prepared.facts.currency, "facts": prepared.facts.encoded()}

    def _personal(self, event: Event, prepared: Prepared, person: identity.Person) -> dict[str, Any]:
        """The sealed person, or nothing where nothing will be told of them."""
        if prepared.borrows_person or not isinstance(prepared.verdict, Counts) or self._refused(person):
            return dict(events.NOBODY)
        sealed = self.sealer.seal(person.encoded(), store=self.store.id, column=_SEALED)
        keyed = identity.fingerprints(event, self.store.settings, self._fingerprint)
        return {"user_data": sealed, "key_mask": key_mask(person.user_data), **keyed}

    def _fingerprint(self, kind: str, value: str) -> str:
        return fingerprint(self.secret_key, store=self.store.id, kind=kind, value=value)

    def _decide(self, person: identity.Person) -> Decision:
        settings = self.store.settings
        return consent.decide(person.shopper, settings.consent_mode, settings.limited_data_use, patience_over=False)

    def _refused(self, person: identity.Person) -> bool:
        return isinstance(self._decide(person), Withhold)

    def _opening(self, prepared: Prepared, dataset: Dataset | None, order_id: str | None) -> Opening:
        # A refund's person is its Purchase's, who was asked when that left.
        decision = consent.Whole() if prepared.borrows_person else self._decide(prepared.person)
        purchase = self._purchases(order_id).get(dataset.id) if prepared.borrows_person and dataset else None
        return opening(prepared, live=self.store.live, dataset=dataset, decision=decision, purchase=purchase)

    def _purchases(self, order_id: str | None) -> Mapping[int | None, State]:
        return deliveries.states_by_dataset(self.connection, self.store.id, PURCHASE, order_id or "")

    def _open_all(self, pk: int, event: Event, prepared: Prepared) -> str | None:
        openings = {one: self._opening(prepared, one, event.order_id) for one in self.datasets or (None,)}
        rows = [
            {
                "event_pk": pk,
                "store_id": self.store.id,
                "dataset_pk": dataset.id if dataset else None,
                **begin.columns(),
            }
            for dataset, begin in openings.items()
        ]
        deliveries.add(self.connection, rows)
        return next(iter(openings.values())).reason

    def _move(self, known: events.LedgerRow, event: Event, prepared: Prepared) -> str | None:
        """Apply a further payload to a row; what was told, or perhaps told, stands."""
        version = self._version(event, prepared.verdict, known.updated_at)
        ends = version["ended"]
        move = judge(
            last=known.updated_at,
            ended=known.ended,
            version=version["updated_at"] if ends else event.updated_at,
            revives=event.revives,
            verdict=prepared.verdict,
        )
        if move is Move.STALE:
            self._begin_earlier(known, event, prepared)
            return "older than what was told before"
        events.update(self.connection, known.id, version)
        placed = deliveries.of_event(self.connection, known.id)
        movable = [one for one in placed if one.movable]
        if move is Move.SKIP:
            if len(movable) == len(placed):
                events.wipe(self.connection, [known.id])
            return self._skip(movable, prepared.verdict)
        if move is Move.OPEN and movable:
            return self._reopen(known, movable, event, prepared)
        self._note_refusal(known, prepared)
        self._note_later_value(known, prepared)
        return None

    def _begin_earlier(self, known: events.LedgerRow, event: Event, prepared: Prepared) -> None:
        """A payload that counted before the one whose value we keep, and arrived after it: as long as nothing has left,
        its value and contents are told, so that the order of arrival decides nothing.
        """
        kept_as_of = mapping.decode_facts(known.facts).as_of
        counts = isinstance(prepared.verdict, Counts) and prepared.event_name != INITIATE_CHECKOUT
        if known.ended or not counts or kept_as_of is None or (event.updated_at or kept_as_of) >= kept_as_of:
            return
        placed = deliveries.of_event(self.connection, known.id)
        if all(one.movable and _under_way(one) for one in placed):
            earlier = {**self._impersonal(prepared), **self._times(event, prepared.verdict)}
            newest = known.later_value or known.value
            later = None if newest == earlier["value"] else newest
            events.update(self.connection, known.id, {**earlier, "later_value": later})

    def _note_refusal(self, known: events.LedgerRow, prepared: Prepared) -> None:
        """A refusal that comes while a call is under way stops the next one, and the refund."""
        if self._refused(prepared.person) and known.user_data is not None:
            person = prepared.person.enriched(self._person(known))
            sealed = self.sealer.seal(person.encoded(), store=self.store.id, column=_SEALED)
            events.update(self.connection, known.id, {"user_data": sealed})

    def _skip(self, movable: Sequence[deliveries.Placed], verdict: Verdict) -> str:
        reason = verdict.reason if isinstance(verdict, Never) else _not_yet(verdict)
        pks = [one.id for one in movable]
        deliveries.change(self.connection, pks, state=State.SKIPPED, reason=reason, next_at=None)
        return reason

    def _reopen(
        self, known: events.LedgerRow, movable: Sequence[deliveries.Placed], event: Event, prepared: Prepared
    ) -> str | None:
        """What has not left is judged by the newest payload. Value and contents stay those of the first payload that
        counted, unless the order was taken back in between; a checkout is told as it stands at last.
        """
        under_way = any(map(_under_way, movable))
        person = prepared.person.enriched(self._person(known)) if under_way else prepared.person
        changes = self._personal(event, prepared, person)
        if not under_way or prepared.event_name == INITIATE_CHECKOUT:
            changes |= {**self._impersonal(prepared), **self._times(event, prepared.verdict)}
        else:
            self._note_later_value(known, prepared)
        events.update(self.connection, known.id, changes)
        reasons = [self._begin_again(one, event, prepared) for one in movable]
        return reasons[0]

    def _begin_again(self, placed: deliveries.Placed, event: Event, prepared: Prepared) -> str | None:
        dataset = next((one for one in self.datasets if one.id == placed.dataset_pk), None)
        begin = self._opening(prepared, dataset, event.order_id)
        # What is due already, or backing off, keeps its time: an update must not make it late, nor jump the queue.
        if begin.state is not placed.state:
            deliveries.change(self.connection, [placed.id], **begin.columns())
        return begin.reason

    def _person(self, known: events.LedgerRow) -> identity.Person:
        if known.user_data is None:
            return identity.Person({})
        return identity.decode(self.sealer.unseal(known.user_data, store=self.store.id, column=_SEALED))

    def _note_later_value(self, known: events.LedgerRow, prepared: Prepared) -> None:
        """An order edited after the fact: the difference is shown, and not told to Meta."""
        worth = self._impersonal(prepared)["value"] if isinstance(prepared.verdict, Counts) else None
        later = None if worth == known.value else worth
        if worth is not None and later != known.later_value:
            events.update(self.connection, known.id, {"later_value": later})


def _under_way(placed: deliveries.Placed) -> bool:
    """Whether it waits to be told, or is shown as what would be."""
    return placed.state in UNSETTLED or placed.state is State.OBSERVED


def _not_yet(verdict: Verdict) -> str:
    """The platform's own word for how far the order is; shops may have long ones."""
    return f"not yet: {verdict.status if isinstance(verdict, NotYet) else ''}"[:_MAX_REASON]


def unseal_person(sealer: Sealer, store_id: str, sealed: str) -> identity.Person:
    """The person of a ledger row. Raises SealBroken."""
    return identity.decode(sealer.unseal(sealed, store=store_id, column=_SEALED))
