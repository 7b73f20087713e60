"""`/store/privacy`: what is kept of the signed-in store's shoppers, what consent came to, and what can be asked for.

Which store it is comes from the session alone. What is typed about a person is in no address, no log and no error.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context

from connectors import registry
from connectors.errors import RequestMalformed, TandemError
from connectors.event import PrivacyRequest
from integration.crypto import Sealer
from integration.db import Connection, Engine, consents, privacy_requests, reading, stores, transact
from integration.db.privacy_requests import MERCHANT, SEALED_EXPORT
from integration.db.stores import Store
from integration.errors import Conflict, InvalidSetting, NotFound
from integration.meta.event import REFUND
from integration.monitor import foresight, golive
from integration.privacy import archive, person, requests
from integration.retention import Retention
from integration.stores import sessions, settings
from integration.web import asked, consent_words, privacy_form, privacy_words, refusals, sign_in
from integration.web.security import sent_to, unkept

PATH = f"{sign_in.STORE}/privacy"
ASK, KEEP_BACK, EXPORT, EVERYTHING = f"{PATH}/ask", f"{PATH}/keep-back", f"{PATH}/export", f"{PATH}/everything"
LOOKS_BACK = timedelta(days=30)
_LARGEST = 2**63 - 1  # of an id
# Of one store: all stores' are carried out one after the other.
MOST_OPEN = 100
_NOBODY = "Nobody can be found by this. A phone number needs its country’s code, such as +49."


@dataclass(frozen=True, slots=True)
class Office:
    """What the page works with."""

    engine: Engine
    sealer: Sealer = field(repr=False)
    secret_key: str = field(repr=False)
    retention: Retention
    public_url: str


class SignedOut(Exception):
    """Nobody is signed in, or to a store that is gone."""


def blueprint(office: Office) -> Blueprint:
    """The page, its two forms and its two downloads."""
    views, page = Blueprint("privacy", __name__), Page(office)
    for path, method, view in (
        (PATH, "GET", page.show),
        (ASK, "POST", page.ask),
        (KEEP_BACK, "POST", page.keep_back),
        (f"{EXPORT}/<int:pk>", "GET", page.export),
        (EVERYTHING, "GET", page.everything),
    ):
        views.add_url_rule(path, view.__name__, view, methods=[method], provide_automatic_options=False)
    views.before_request(asked.refuse_head)
    views.register_error_handler(SignedOut, lambda _error: sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303)))
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """The signed-in store's. Whoever is not signed in is led to where that is done."""

    office: Office

    def show(self, refusal: str = "") -> Response:
        """The page; with what was wrong, where a form could not be taken."""
        with reading(self.office.engine) as connection:
            store = _signed_in(connection)
            told = _told(connection, store, self.office.retention, datetime.now(UTC))
        page = render_template("privacy.html", store=store, refusal=refusal, **told)
        response = unkept(make_response(page, 400 if refusal else 200))
        response.headers["Referrer-Policy"] = "same-origin"  # the forms' own origin is looked at
        return response

    def ask(self) -> Response:
        """A person's data or erasure is asked for; it is begun within a minute."""
        now = datetime.now(UTC)

        def deed(connection: Connection, store: Store) -> None:
            demand = privacy_form.demand(request.form, store.domain)
            self._ask(connection, store, demand, now)

        return self._done(deed, "requests")

    def keep_back(self) -> Response:
        """What of persons and of items is kept back from now on."""
        now = datetime.now(UTC)
        wanted = privacy_form.kept_back(request.form.getlist("leave_out"), request.form.get("never_named", ""))

        def deed(connection: Connection, store: Store) -> None:
            settings.change(connection, store, wanted, now=now)
            golive.told_anew(connection, store)

        return self._done(deed, "back")

    def export(self, pk: int) -> Response:
        """What was found of a person, to be passed on. Raises NotFound, for another store's too."""
        with reading(self.office.engine) as connection:
            store = _signed_in(connection)
            found = privacy_requests.by_id(connection, pk) if pk <= _LARGEST else None
        if found is None or found.store_id != store.id or found.export is None:
            raise NotFound("There is no such export, or it is no longer kept.")
        opened = self.office.sealer.unseal(found.export, store=store.id, column=SEALED_EXPORT)
        return _downloaded(Response(opened, mimetype="application/json"), f"request-{pk}.json")

    def everything(self) -> Response:
        """All that is kept of the store, line by line as it is read."""
        with reading(self.office.engine) as connection:
            store = _signed_in(connection)
        lines = archive.of_store(self.office.engine, self.office.sealer, store, datetime.now(UTC))
        # With its context, so that the download has its place among the pages' for as long as it lasts.
        return _downloaded(Response(stream_with_context(lines), mimetype="application/x-ndjson"), f"{store.id}.jsonl")

    def _ask(self, connection: Connection, store: Store, demand: PrivacyRequest, now: datetime) -> None:
        wanted = person.wanted(demand, store, self.office.secret_key)
        if not wanted.hmacs and not wanted.order_ids:
            raise RequestMalformed(_NOBODY)
        if privacy_requests.still_open(connection, store.id) >= MOST_OPEN:
            raise Conflict("So many requests are still to be done that no more are taken. Try again in an hour.")
        office = self.office
        requests.ask(
            *(connection, store, demand), asked_by=MERCHANT, sealer=office.sealer, secret_key=office.secret_key, now=now
        )

    def _done(self, deed: Callable[[Connection, Store], None], part: str) -> Response:
        asked.refuse_foreign(self.office.public_url)
        try:
            transact(self.office.engine, partial(_do, deed=deed))
        except (RequestMalformed, InvalidSetting, Conflict) as error:
            return self.show(str(error))
        return sent_to(f"{PATH}#{part}", status=303)


def _do(connection: Connection, deed: Callable[[Connection, Store], None]) -> None:
    deed(connection, _signed_in(connection))


def _told(connection: Connection, store: Store, retention: Retention, now: datetime) -> dict[str, Any]:
    """All that the page shows of a store."""
    connector, since = registry.get(store.platform), now - LOOKS_BACK
    stated = consents.stated_since(connection, store.id, since, without=REFUND)
    requested = privacy_requests.of_store(connection, store.id)
    return {
        "kept": privacy_words.kept(retention),
        "with_the_store": privacy_words.WITH_THE_STORE,
        "mode": consent_words.mode(store.settings),
        "half": connector.half,
        "heard": privacy_words.heard(stated, connector.half),
        "withheld": privacy_words.withheld(consents.withheld_since(connection, store.id, since)),
        "foresight": foresight.of_store(connection, store, now),
        "requests": [privacy_words.asked(one, connector.label, now) for one in requested],
        "demands": {kind: privacy_words.KINDS[kind] for kind in privacy_form.DEMANDS},
        "fields": privacy_words.FIELDS,
        "paths": {"ask": ASK, "keep_back": KEEP_BACK, "export": EXPORT, "everything": EVERYTHING},
        "back_at": sign_in.STORE,
    }


def _signed_in(connection: Connection) -> Store:
    """Raises SignedOut."""
    store_id = sessions.of(connection, sign_in.kept())
    store = stores.by_id(connection, store_id) if store_id else None
    if store is None:
        raise SignedOut
    return store


def _downloaded(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return unkept(response)
