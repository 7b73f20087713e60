"""/test: send one event as a test, a sample or an order of the store's, and read step by step what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request

from connectors.errors import Throttled
from integration.crypto import Sealer
from integration.db import datasets, past_orders
from integration.meta.event import PURCHASE
from integration.meta.inspect import Inspector
from integration.stores import test_event
from integration.stores.test_event import Ready
from integration.web import asked, at_meta
from integration.web.pace import Pace
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/test"
SAMPLE = "sample"
_MOST_ORDERS = 10
_HASHED, _PLAIN = "(a hash)", "(as the browser gave it)"
_AS_IT_IS = frozenset({"client_ip_address", "client_user_agent", "fbc", "fbp"})


@dataclass(frozen=True, slots=True)
class Page:
    """`pace`: how often one store may send a test."""

    sealer: Sealer
    inspector: Inspector
    pace: Pace = field(default_factory=lambda: Pace(6, 10.0))

    def show(self, visit: Visit, **outcome: Any) -> Response:
        """What may be sent to which dataset; `outcome`: of a test sent just now."""
        with visit.reading() as connection:
            sides = datasets.of_store(connection, visit.store.id)
            orders = past_orders.last(connection, visit.store.id, PURCHASE, most=_MOST_ORDERS)
        told = {"sides": sides, "orders": orders, "name": test_event.NAME, "tests_at": at_meta.test_events, **outcome}
        return visit.page("test_events.html", **told)

    def send(self, visit: Visit) -> Response:
        """Send it, with no transaction open while Meta is asked."""
        dataset_id, what = request.form.get("dataset_id", ""), request.form.get("what", SAMPLE)
        order = asked.row_id(what)
        wait = self.pace.wait_of(visit.store.id)
        if wait > 0:
            raise Throttled("Several tests were sent just now. Try it again shortly.", wait)
        with visit.reading() as connection:
            staged = test_event.ready(connection, visit.store, dataset_id, order, sealer=self.sealer, now=visit.now)
        token = test_event.token_of(staged.dataset, visit.store, self.sealer)
        steps, answer = test_event.send(self.inspector, token, staged)
        if answer is not None:
            visit.write(lambda connection, store: test_event.note(connection, store, dataset_id, answer, visit.by))
        return self.show(visit, steps=steps, payload=_shown(staged), sent_to=staged.dataset, chosen=what)


def doors(sealer: Sealer, inspector: Inspector) -> Sequence[Door]:
    """The page and its button."""
    page = Page(sealer, inspector)
    return [Door("GET", PATH, page.show), Door("POST", PATH, page.send)]


def _shown(staged: Ready) -> Mapping[str, Any] | None:
    """What left, without what is personal in it: a page is no place for that."""
    payload = staged.payload
    if payload is None:
        return None
    person = {key: _PLAIN if key in _AS_IT_IS else _HASHED for key in payload["user_data"]}
    return {**payload, "user_data": person}
