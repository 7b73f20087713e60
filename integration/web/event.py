"""/events/<id>: one event of the store: what happened, what was stated, and what Meta was told of it."""

from collections.abc import Sequence

from flask import Response

from connectors import registry
from integration.db import one_event
from integration.db.deliveries import State
from integration.db.one_event import Delivery, Event
from integration.errors import NotFound
from integration.pipeline import statements
from integration.web import consent_words
from integration.web.surfaces import Door
from integration.web.visit import Visit

_LARGEST = 2**63 - 1  # of the column


def doors() -> Sequence[Door]:
    """The page."""
    return [Door("GET", "/events/<int:pk>", show)]


def show(visit: Visit, pk: int) -> Response:
    """The event; another store's is as unknown as one that never was. Raises NotFound."""
    with visit.reading() as connection:
        event = one_event.of_store(connection, visit.store.id, pk) if pk <= _LARGEST else None
        if event is None:
            raise NotFound("There is no such event in your store.")
        told = one_event.deliveries_of(connection, visit.store.id, pk)
    return _page(visit, event, told)


def _page(visit: Visit, event: Event, told: Sequence[Delivery]) -> Response:
    said, connector = statements.decode(event.stated), registry.get(visit.store.platform)
    return visit.page(
        "event.html",
        event=event,
        connector=f"{connector.label} (read by version {event.connector.rpartition(' ')[2]} of our rules for it)",
        region=consent_words.REGIONS.get(event.region or "", event.region),
        lines=consent_words.lines(said, connector.half),
        default=said.default_marketing,
        held=consent_words.held(event.key_mask),
        told=[(one, _consent(one), consent_words.reason(one.reason, one.ruling)) for one in told],
    )


def _consent(one: Delivery) -> str:
    return consent_words.ruling(one.ruling, skipped=one.state == State.SKIPPED)
