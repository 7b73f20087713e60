"""What one event says to Meta at one dataset, built by the very code that sends it. Reads; writes and sends nothing."""

from dataclasses import replace
from typing import Any, NamedTuple

from integration.crypto import Sealer
from integration.db import Connection, dependents
from integration.db import now as database_now
from integration.db.datasets import Dataset
from integration.db.deliveries import State
from integration.db.dependents import Purchaser
from integration.db.due import Due
from integration.db.stores import LIVE, Store
from integration.meta import mapping
from integration.meta.event import PURCHASE, REFUND
from integration.pipeline import joining
from integration.pipeline.dispatch import Told, View, decide
from integration.pipeline.listening import listen
from integration.pipeline.schedule import CONSENT_PAUSE
from integration.pipeline.scribe import unseal_person
from integration.pipeline.witness import witnesses

_ANY_CODE = "TEST"  # a test order is built as it would go with a code; the code is no part of the event


class Verbatim(NamedTuple):
    """The JSON object that leaves, or left. `known`: whether its person is in it; `why_not`: why not, as the ledger has it."""

    payload: dict[str, Any]
    known: bool
    why_not: str | None = None


def verbatim(connection: Connection, sealer: Sealer, store: Store, dataset: Dataset, row: Due) -> Verbatim:
    """As the sender would make it of what is kept, by the store's present settings; its age and state left aside.

    Where nobody may or can be told of, the event without its person.
    """
    decided = decide(_willing(row), _view(connection, sealer, store, dataset, row))
    if isinstance(decided, Told):
        return Verbatim(decided.event.payload(), known=True)
    event = mapping.server_event(
        event_name=row.event_name,
        event_id=row.event_id,
        event_time=row.event_time,
        kept=mapping.decode_facts(row.facts),
        person={},
        settings=store.settings,
    )
    return Verbatim(event.payload(), known=False, why_not=decided.reason)


def _willing(row: Due) -> Due:
    """As if nothing but consent and its person were in its way."""
    return row._replace(state=State.PENDING, doubtful=False, insisted=True, ended=False)


def _view(connection: Connection, sealer: Sealer, store: Store, dataset: Dataset, row: Due) -> View:
    orders = [row.order_id] if row.event_name == REFUND and row.order_id else []
    purchasers = dependents.purchasers(connection, dataset.id, PURCHASE, orders) if orders else {}
    keys = _keys(row, purchasers)
    # What left was written down as it was told; of what is to come, browsers may have told more.
    ear = listen(connection, sealer, {} if row.state == State.DELIVERED else {store.id: keys})
    seen = witnesses(connection, store, dataset, [row], purchasers, database_now(connection))
    return View(
        store=replace(store, state=LIVE, uninstalled_at=None),
        dataset=replace(dataset, test_event_code=_ANY_CODE),
        purchasers=purchasers,
        unseal=lambda sealed: unseal_person(sealer, store.id, sealed),
        now=max(row.event_time, min(row.received_at, row.event_time) + CONSENT_PAUSE),
        heard=lambda _row: ear.heard(store.id, keys),
        told_by_pixel=seen.told_by_pixel,
    )


def _keys(row: Due, purchasers: dict[str, Purchaser]) -> list[str]:
    """A refund has its Purchase's."""
    of = purchasers.get(row.order_id or "", row) if row.event_name == REFUND else row
    return joining.keys(of.checkout_key, of.cart_key, row.order_id)
