"""What is written of an event told for the first time: its ledger row, sealed, and how its deliveries begin. Decides and
seals, and writes nothing itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.event import Event, Source
from integration.crypto import Sealer
from integration.db import after, events
from integration.db.datasets import Dataset
from integration.db.deliveries import UNSETTLED, State
from integration.db.stores import Store
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE, key_mask
from integration.pipeline import consent, identity, joining
from integration.pipeline.consent import Decision, Wait, Withhold
from integration.pipeline.prepare import Prepared
from integration.pipeline.qualify import (
    AWAITS_PURCHASE,
    PURCHASE_NOT_TOLD,
    TEST_ORDER,
    Counts,
    Never,
    Verdict,
    routed_away,
)
from integration.pipeline.schedule import CHECKOUT_PAUSE, CONSENT_PAUSE, SIGNAL_PAUSE
from integration.store_settings import Route

CONNECTOR_VERSION = "1"
NO_DATASET = "no dataset yet"
AWAITS_UPDATES = "told two minutes after it began, so that updates enrich it"
AWAITS_SIGNAL = f"waiting up to {SIGNAL_PAUSE.seconds} seconds for the browser's signal"
WOULD_BE_SENT = "would be sent"
WOULD_WAIT = "would wait 10 minutes for consent, and be withheld without it"
WOULD_BE_SKIPPED = "a test order: would be sent with a test event code only"
AT_ONCE = timedelta(0)
_SEALED = "events.user_data"

Purchases = Mapping[int | None, State]


class Opening(msgspec.Struct, frozen=True):
    """The state a delivery begins in, and after which delay it is due (None: not by time). `ruling`: what consent allows."""

    state: State
    reason: str | None = None
    delay: timedelta | None = None
    ruling: str | None = None

    def columns(self) -> dict[str, Any]:
        """As the delivery's columns; due times are by the database's clock, as the claims that read them."""
        return {
            "state": self.state,
            "reason": self.reason,
            "next_at": None if self.delay is None else after(self.delay),
            "ruling": self.ruling,
        }


def opening(  # noqa: PLR0911
    prepared: Prepared,
    *,
    live: bool,
    dataset: Dataset | None,
    decision: Decision | None,
    purchase: State | None,
    elsewhere: str | None = None,
    patient: bool = False,
) -> Opening:
    """How a delivery of an event begins at one dataset (None: the store has none). `decision`: None for a refund, whose
    person was asked when its Purchase left; `purchase`: for a refund, what became of its order's Purchase there; `elsewhere`: why the server does not tell such events; `patient`: a browser may
    be about to tell of it.
    """
    verdict = prepared.verdict
    untold = verdict.reason if isinstance(verdict, Never) else elsewhere
    if untold is not None:
        return Opening(State.SKIPPED, untold)
    if isinstance(decision, Withhold):
        return Opening(State.WITHHELD, decision.reason)
    if not live:
        return Opening(State.OBSERVED, observed(decision, test=isinstance(verdict, Counts) and verdict.test))
    if dataset is None:
        return Opening(State.HELD, NO_DATASET)
    if isinstance(verdict, Counts) and verdict.test and not dataset.test_event_code:
        return Opening(State.SKIPPED, TEST_ORDER)
    if prepared.borrows_person and purchase is not State.DELIVERED:
        ended = purchase is not None and purchase not in UNSETTLED
        return Opening(State.SKIPPED, PURCHASE_NOT_TOLD) if ended else Opening(State.WAITING, AWAITS_PURCHASE)
    if dataset.paused:
        return Opening(State.HELD, dataset.reason, AT_ONCE)
    return _under_way(prepared, decision, patient=patient)


def _under_way(prepared: Prepared, decision: Decision | None, *, patient: bool) -> Opening:
    if isinstance(decision, Wait):
        return Opening(State.WAITING, decision.reason, CONSENT_PAUSE)
    if prepared.event_name == INITIATE_CHECKOUT:
        return Opening(State.PENDING, AWAITS_UPDATES, CHECKOUT_PAUSE)
    if patient:
        return Opening(State.WAITING, AWAITS_SIGNAL, SIGNAL_PAUSE)
    return Opening(State.PENDING, None, AT_ONCE)


def observed(decision: Decision | None, *, test: bool) -> str:
    """What would become of an event, were its store live. With a test event code a test order would be sent as such."""
    if test:
        return WOULD_BE_SKIPPED
    return WOULD_WAIT if isinstance(decision, Wait) else WOULD_BE_SENT


class Scribe(msgspec.Struct, frozen=True):
    """Puts events of one store into columns."""

    store: Store
    datasets: Sequence[Dataset]
    sealer: Sealer
    now: datetime

    def row(self, event: Event, prepared: Prepared) -> dict[str, Any]:
        """The columns of a new event."""
        return {
            "store_id": self.store.id,
            "event_name": prepared.event_name,
            "subject": event.subject,
            "event_id": prepared.event_id,
            "order_id": event.order_id,
            "connector": f"{self.store.platform} {CONNECTOR_VERSION}",
            "received_at": self.now,
            **(joining.NO_BROWSER if prepared.erased else joining.columns(event)),
            **self.version(event, prepared.verdict),
            **self.times(event, prepared.verdict),
            **self.impersonal(prepared),
            **self.personal(prepared, prepared.person),
            **self.said(prepared),
        }

    def version(self, event: Event, verdict: Verdict, last: datetime | None = None) -> dict[str, Any]:
        """How new this payload is, and whether it took the deed back; `last`: how new the newest one was."""
        # A deletion names no time of its own: it is as new as its arrival, and as whatever it deletes.
        ended = isinstance(verdict, Never) and verdict.ended
        newest = max(filter(None, (self.now, last))) if ended else last
        return {"updated_at": event.updated_at or newest, "ended": ended}

    def times(self, event: Event, verdict: Verdict) -> dict[str, Any]:
        """When it was done, and whether it was a trial."""
        if isinstance(verdict, Counts):
            return {"event_time": verdict.event_time, "placed_at": verdict.placed_at, "test": verdict.test}
        placed_at = min(event.placed_at or self.now, self.now)
        return {"event_time": placed_at, "placed_at": placed_at, "test": bool(event.order and event.order.test)}

    def impersonal(self, prepared: Prepared) -> dict[str, Any]:
        """What it was worth, and of which parts."""
        return {"value": value(prepared), "currency": prepared.facts.currency, "facts": prepared.facts.encoded()}

    def personal(self, prepared: Prepared, person: identity.Person) -> dict[str, Any]:
        """The sealed person, or nothing where nothing will be told of them."""
        if prepared.borrows_person or not isinstance(prepared.verdict, Counts) or self.refused(person):
            return dict(events.NOBODY)
        if self._is_of_no_use(prepared.event_name):
            return dict(events.NOBODY)
        if not self.store.live:  # nothing of it ever leaves: it is enough to know which keys there would be
            return {**events.NOBODY, "key_mask": key_mask(person.user_data)}
        sealed = {"user_data": self.seal(person), "key_mask": key_mask(person.user_data)}
        return {**sealed, **prepared.fingerprints}

    def said(self, prepared: Prepared) -> dict[str, Any]:
        """What was said of the data, and in which part of the world, of an event that counts: it stays when its person is
        forgotten.
        """
        if prepared.borrows_person or not isinstance(prepared.verdict, Counts):
            return {"stated": None, "region": None}
        return {"stated": prepared.stated.encoded(), "region": consent.region(prepared.person.country)}

    def _is_of_no_use(self, event_name: str) -> bool:
        """Whether nothing of such an event is told by us: of a Purchase the Pixel tells, a refund may be."""
        route = self.store.settings.route(event_name)
        return not route.by_server and (event_name, route) != (PURCHASE, Route.PIXEL)

    def seal(self, person: identity.Person) -> str:
        """A person, as the column holds them."""
        return seal_person(self.sealer, self.store.id, person)

    def unseal(self, sealed: str | None) -> identity.Person:
        """The person in the column; nobody, where it holds none. Raises SealBroken."""
        return identity.Person({}) if sealed is None else unseal_person(self.sealer, self.store.id, sealed)

    def refused(self, person: identity.Person) -> bool:
        """Whether this person may not be told of."""
        return isinstance(self._decide(person), Withhold)

    def withholds(self, prepared: Prepared) -> bool:
        """Whether it counts, and is withheld from the beginning."""
        return self._asks(prepared) and self.refused(prepared.person)

    def lacks_a_yes(self, prepared: Prepared) -> bool:
        """Whether it counts, and may not leave as it stands: it is withheld from the beginning, or waits for a yes."""
        return self.withholds(prepared) or self.waits(prepared)

    def _asks(self, prepared: Prepared) -> bool:
        """Whether its own person is asked."""
        return isinstance(prepared.verdict, Counts) and not prepared.borrows_person

    def waits(self, prepared: Prepared) -> bool:
        """Whether it counts, needs a yes, and nothing was stated."""
        return self._asks(prepared) and isinstance(self._decide(prepared.person), Wait)

    def _decide(self, person: identity.Person) -> Decision:
        settings = self.store.settings
        return consent.decide(person.shopper, settings.consent_mode, settings.limited_data_use, patience_over=False)

    def opening(
        self, prepared: Prepared, dataset: Dataset | None, purchases: Purchases, *, first: bool = False
    ) -> Opening:
        """How its delivery begins at one dataset; `purchases`: for a refund, what became of its Purchase at each.

        `first`: nothing was told of it before, so where browsers are heard one of them may be about to.
        """
        settings, website = self.store.settings, prepared.facts.source is Source.WEBSITE
        decision = None if prepared.borrows_person else self._decide(prepared.person)
        purchase = purchases.get(dataset.id) if dataset else None
        if self.store.hears_browsers and purchase is not State.DELIVERED and purchase not in UNSETTLED:
            purchase = None  # not told by us, but perhaps by the Pixel: that is asked in a moment, for many at once
        begin = opening(
            prepared,
            live=self.store.live,
            dataset=dataset,
            decision=decision,
            purchase=purchase,
            elsewhere=routed_away(settings, prepared.event_name),
            patient=first and website and self.store.hears_browsers and prepared.event_name == PURCHASE,
        )
        counts = decision is not None and isinstance(prepared.verdict, Counts)
        return msgspec.structs.replace(begin, ruling=consent.ruling(decision)) if counts and decision else begin

    def openings(self, prepared: Prepared, purchases: Purchases) -> list[tuple[int | None, Opening]]:
        """How its deliveries begin at the datasets, each by our own id of it; a store without one holds one."""
        return [
            (dataset.id if dataset else None, self.opening(prepared, dataset, purchases, first=True))
            for dataset in self.datasets or (None,)
        ]


def value(prepared: Prepared) -> str | None:
    """What it is worth, as the column holds it."""
    return None if prepared.worth is None else str(prepared.worth)


def seal_person(sealer: Sealer, store_id: str, person: identity.Person) -> str:
    """A person, as a ledger row holds them."""
    return sealer.seal(person.encoded(), store=store_id, column=_SEALED)


def unseal_person(sealer: Sealer, store_id: str, sealed: str) -> identity.Person:
    """The person of a ledger row. Raises SealBroken."""
    return identity.decode(sealer.unseal(sealed, store=store_id, column=_SEALED))
