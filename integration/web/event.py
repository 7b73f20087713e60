"""`/store/events/<id>`: one event of the signed-in store: what happened, what was stated, and what Meta was told of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template

from connectors import registry
from connectors.errors import TandemError
from integration.db import Engine, one_event, reading, stores
from integration.db.deliveries import State
from integration.db.one_event import Delivery, Event
from integration.db.stores import Store
from integration.errors import NotFound
from integration.pipeline import statements
from integration.stores import sessions
from integration.web import asked, consent_words, refusals, sign_in
from integration.web.security import sent_to, unkept
from integration.web.store import EVENTS

_LARGEST = 2**63 - 1  # of the column


def blueprint(engine: Engine) -> Blueprint:
    """The page."""
    views = Blueprint("event", __name__)
    views.add_url_rule(
        f"{EVENTS}/<int:pk>",
        view_func=Page(engine).show,
        endpoint="show",
        methods=["GET"],
        provide_automatic_options=False,
    )
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """An event of the store that the session is of; another store's is as unknown as one that never was."""

    engine: Engine

    def show(self, pk: int) -> Response:
        """The event. Whoever is not signed in is led to where that is done."""
        with reading(self.engine) as connection:
            store_id = sessions.of(connection, sign_in.kept())
            store = stores.by_id(connection, store_id) if store_id else None
            if store is None:
                return sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
            event = one_event.of_store(connection, store.id, pk) if pk <= _LARGEST else None
            if event is None:
                raise NotFound("There is no such event in your store.")
            told = one_event.deliveries_of(connection, store.id, pk)
        return unkept(make_response(_page(store, event, told)))


def _page(store: Store, event: Event, told: Sequence[Delivery]) -> str:
    said, connector = statements.decode(event.stated), registry.get(store.platform)
    return render_template(
        "event.html",
        store=store,
        event=event,
        connector=f"{connector.label} (read by version {event.connector.rpartition(' ')[2]} of our rules for it)",
        region=consent_words.REGIONS.get(event.region or "", event.region),
        lines=consent_words.lines(said, connector.half),
        default=said.default_marketing,
        held=consent_words.held(event.key_mask),
        told=[(one, _consent(one), consent_words.reason(one.reason, one.ruling)) for one in told],
        back_at=sign_in.STORE,
    )


def _consent(one: Delivery) -> str:
    return consent_words.ruling(one.ruling, skipped=one.state == State.SKIPPED)
