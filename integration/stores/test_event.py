"""One test event, to one dataset, while its merchant looks on. It goes through the same mapping and the same consent as
a real one, but by itself: never with a batch, and nothing of it is in the ledger.

Meta says of test events that they are not dropped, but used for targeting and measurement. So this one is never called
Purchase: it has a name of its own, under which nobody counts purchases, and an id that no order has or will have.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from connectors import registry
from connectors.errors import NotUsed
from connectors.event import Event, Kind
from integration.crypto import Sealer
from integration.db import Connection, changes, datasets, past_orders
from integration.db.changes import By
from integration.db.datasets import SEALED_TOKEN, Dataset
from integration.db.due import Due
from integration.db.stores import LIVE, Store
from integration.errors import NotFound
from integration.meta import mapping
from integration.meta.errors import Accepted, Answer, Paused, Refused
from integration.meta.event import PURCHASE, ServerEvent
from integration.meta.inspect import Inspector
from integration.pipeline import joining
from integration.pipeline.dispatch import Told, View, decide
from integration.pipeline.listening import listen
from integration.pipeline.prepare import StoreView, prepare
from integration.pipeline.qualify import Horizon, Never
from integration.pipeline.scribe import unseal_person

NAME = "TandemTest"
GOOD, FAILS, NOTE = "good", "fails", "note"
_CASE = "card"


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, and what came of it."""

    title: str
    text: str
    kind: str = GOOD


@dataclass(frozen=True, slots=True)
class Ready:
    """An event that may leave, or the steps up to the one that ended it."""

    dataset: Dataset
    steps: tuple[Step, ...]
    event: ServerEvent | None = None

    @property
    def payload(self) -> dict[str, Any] | None:
        """As Meta gets it."""
        return self.event.payload() if self.event else None


def ready(
    connection: Connection, store: Store, dataset_id: str, order: int | None, *, sealer: Sealer, now: datetime
) -> Ready:
    """A sample, or the purchase of the ledger with that id, as a test for this dataset of the store.

    Raises NotFound where the store has no such dataset or purchase.
    """
    dataset = next((one for one in datasets.of_store(connection, store.id) if one.dataset_id == dataset_id), None)
    if dataset is None:
        raise NotFound("This store has no such dataset.")
    barred = _barred(dataset)
    if barred:
        return Ready(dataset, (barred,))
    return _sample(store, dataset, now) if order is None else _past(connection, store, dataset, order, sealer, now)


def send(inspector: Inspector, token: str, staged: Ready) -> tuple[tuple[Step, ...], Answer | None]:
    """All steps, and Meta's answer where it was asked. For no open transaction: it waits for Meta, ten seconds at most."""
    code = staged.dataset.test_event_code
    if staged.event is None or code is None:
        return staged.steps, None
    answer = inspector.send(staged.dataset.dataset_id, token, staged.event, code)
    if answer is None:
        busy = "Others are waiting for Meta at this moment. Nothing was sent; try it again in a few seconds."
        return (*staged.steps, Step("Sent", busy, FAILS)), None
    sent = (
        f"It left alone, as {NAME} with the id {staged.event.event_id} and the code {code}. Its batch carries no other."
    )
    return (*staged.steps, Step("Sent", sent), _answered(answer)), answer


def token_of(dataset: Dataset, store: Store, sealer: Sealer) -> str:
    """The dataset's token. Raises SealBroken."""
    return sealer.unseal(dataset.sealed_token, store=store.id, column=SEALED_TOKEN).decode()


def note(connection: Connection, store: Store, dataset_id: str, answer: Answer, by: By) -> None:
    """In the change log: something was told to Meta that is in no ledger."""
    told = {"dataset": dataset_id, "counted by Meta": str(answer.counted), "trace": answer.fbtrace_id}
    changes.record(connection, store.id, by, "test event", {}, told)


def _barred(dataset: Dataset) -> Step | None:
    if dataset.paused:
        why = f"This dataset is paused: {dataset.reason} Nothing was sent."
        return Step("Ready to send", why, FAILS)
    if dataset.test_event_code is None:
        why = "This dataset has no test event code, or it is over. Put one in first: without it nothing is sent as a test."
        return Step("Ready to send", why, FAILS)
    return None


def _sample(store: Store, dataset: Dataset, now: datetime) -> Ready:
    """An order of our own fixtures, as if it were placed in this store just now. Nobody is behind it."""
    event = _of_fixtures(store, now)
    prepared = prepare(event, StoreView(store.domain, store.short_key, store.settings), Horizon(now, since=None))
    mapped = Step("Mapped", f"A sample order of {_worth(prepared.facts, store)}, by this store’s settings.")
    if isinstance(prepared.verdict, Never):
        return Ready(dataset, (mapped, Step("Chosen", f"Not sent: {prepared.verdict.reason}.", FAILS)))
    told = mapping.server_event(
        event_name=prepared.event_name,
        event_id=prepared.event_id,
        event_time=now,
        kept=prepared.facts,
        person=prepared.person.user_data,
        settings=store.settings,
    )
    consent = Step("Consent", "Nobody is behind a sample, so nobody has to be asked.", NOTE)
    return Ready(dataset, (mapped, consent), _as_test(told, now))


def _of_fixtures(store: Store, now: datetime) -> Event:
    connector = registry.get(store.platform)
    for topic in connector.topics:
        try:
            body = registry.sample(store.platform, topic, _CASE)
            told = connector.parse(topic, connector.restage(body, order_id=None, placed_at=now, domain=store.domain))
        except NotUsed:
            continue
        for one in told:
            if isinstance(one, Event) and one.kind is Kind.ORDER:
                return one
    raise NotFound("There is no sample order for this platform.")


def _past(connection: Connection, store: Store, dataset: Dataset, order: int, sealer: Sealer, now: datetime) -> Ready:
    """Judged as if it were due now, by what its shopper and their browser have said until now."""
    due = past_orders.as_due(connection, store.id, PURCHASE, order, now)
    if due is None:
        raise NotFound("This store has no such order.")
    facts = mapping.decode_facts(due.facts)
    mapped = Step("Mapped", f"Order {due.order_id or due.subject} of {_worth(facts, store)}, by this store’s settings.")
    decision = decide(due, _view(connection, store, dataset, due, sealer, now))
    if isinstance(decision, Told):
        consent = Step("Consent", f"It may leave ({decision.ruling}).")
        return Ready(dataset, (mapped, consent), _as_test(decision.event, now))
    return Ready(dataset, (mapped, Step("Consent", f"Not sent: {decision.reason or decision.state}.", FAILS)))


def _view(connection: Connection, store: Store, dataset: Dataset, due: Due, sealer: Sealer, now: datetime) -> View:
    """An observing store may test too: only what a real event would be held for besides that ends it."""
    keys = joining.keys(due.checkout_key, due.cart_key, due.order_id)
    ear = listen(connection, sealer, {store.id: keys})
    return View(
        store=replace(store, state=LIVE),
        dataset=dataset,
        purchasers={},
        unseal=lambda sealed: unseal_person(sealer, store.id, sealed),
        now=now,
        heard=lambda _row: ear.heard(store.id, keys),
    )


def _as_test(event: ServerEvent, now: datetime) -> ServerEvent:
    """The same under a name and an id that belong to no purchase; its own order is not named either."""
    custom = {key: value for key, value in event.custom_data.items() if key != "order_id"}
    told = {"event_name": NAME, "event_id": f"tandem-test-{secrets.token_hex(8)}", "event_time": now}
    return msgspec.structs.replace(event, **told, custom_data=custom)


def _worth(facts: mapping.Facts, store: Store) -> str:
    worth = mapping.value(PURCHASE, facts, store.settings.value_basis)
    return f"{worth} {facts.currency}" if worth is not None else "no value"


def _answered(answer: Answer) -> Step:
    trace = f" Trace {answer.fbtrace_id}." if answer.fbtrace_id else ""
    code = f" (code {answer.code}, subcode {answer.subcode or 'none'})" if answer.code else ""
    match answer.next:
        case Accepted():
            return Step("Meta’s answer", f"Accepted.{trace} It is in Events Manager, in the tab Test events.")
        case Paused(reason):
            return Step("Meta’s answer", f"Refused: {reason}{code}{trace}", FAILS)
        case Refused(advice):
            return Step("Meta’s answer", f"Refused: {advice}{code}{trace}", FAILS)
        case _:
            return Step("Meta’s answer", f"None that says anything{code}: try it again in a minute.{trace}", FAILS)
