"""`/store`: the page of the store that somebody is signed in to, and the little it can be asked to do.

Which store it is comes from the session alone; no address names one, so none can name another's (T17).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, make_response, render_template

from connectors.errors import TandemError
from integration.db import reading, stores, transact
from integration.db.stores import Store
from integration.errors import NotFound
from integration.stores import disconnect, entering, glance, sessions
from integration.stores.platforms import Platforms
from integration.web import asked, refusals, sign_in
from integration.web.refusals import Way
from integration.web.security import scripted, sent_to, unkept

PATH = sign_in.STORE
AGAIN, STATE, DISCONNECT = f"{PATH}/again", f"{PATH}/state", f"{PATH}/disconnect"
EVENTS = f"{PATH}/events"


def blueprint(platforms: Platforms, *, public_url: str) -> Blueprint:
    """The page, its changing part, and the two buttons on it."""
    views, page = Blueprint("store", __name__), Page(platforms, public_url)
    for path, method, view in (
        (PATH, "GET", page.show),
        (STATE, "GET", page.state),
        (AGAIN, "POST", page.again),
        (DISCONNECT, "GET", page.ask_whether),
        (DISCONNECT, "POST", page.disconnect),
    ):
        endpoint = f"{view.__name__}-{method.lower()}"
        views.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)
    views.before_request(asked.refuse_head)
    views.register_error_handler(SignedOut, lambda _error: _to_sign_in())
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


class SignedOut(Exception):
    """Nobody is signed in, or to a store that is gone."""


@dataclass(frozen=True, slots=True)
class Page:
    """The signed-in store's page. Whoever is not signed in is led to where that is done."""

    platforms: Platforms
    public_url: str

    def show(self) -> Response:
        """The page."""
        seen = self._seen()
        told = {"again_at": AGAIN, "state_at": STATE, "disconnect_at": DISCONNECT, "event_at": EVENTS}
        return _with_forms(scripted(make_response(render_template("store.html", seen=seen, **told))))

    def state(self) -> Response:
        """What changes on the page; 401 where nobody is signed in any more."""
        try:
            seen = self._seen()
        except SignedOut:
            return unkept(Response(status=401))
        return unkept(make_response(render_template("_state.html", seen=seen, again_at=AGAIN, event_at=EVENTS)))

    def again(self) -> Response:
        """Everything that is done for a newly connected store is done again; not while it is being done."""
        asked.refuse_foreign(self.public_url)
        seen = self._seen()
        if not seen.busy:
            now = datetime.now(UTC)
            transact(self.platforms.engine, partial(entering.look_again, store=seen.store, now=now))
        return sent_to(PATH, status=303)

    def ask_whether(self) -> Response:
        """What disconnecting means, and a button."""
        page = render_template("disconnect.html", store=self._store(), store_at=PATH, disconnect_at=DISCONNECT)
        return _with_forms(unkept(make_response(page)))

    def disconnect(self) -> Response:
        """The store is let go, and all of its sessions with it."""
        asked.refuse_foreign(self.public_url)
        store = self._store()
        left = disconnect.part(self.platforms, store, datetime.now(UTC))
        sentence = f"Nothing of {store.domain} goes to Meta any more. {left}"
        way = Way(sign_in.SIGN_IN, "Connect a store")
        return sign_in.signed_out(refusals.plain("Disconnected", sentence, way))

    def _seen(self) -> glance.Glance:
        """The store as it is now. Raises SignedOut."""
        try:
            return glance.of_store(self.platforms.engine, self._store().id)
        except NotFound:
            raise SignedOut from None

    def _store(self) -> Store:
        """Raises SignedOut."""
        with reading(self.platforms.engine) as connection:
            store_id = sessions.of(connection, sign_in.kept())
            store = stores.by_id(connection, store_id) if store_id else None
        if store is None:
            raise SignedOut
        return store


def _with_forms(response: Response) -> Response:
    """With no-referrer, as elsewhere, a browser would hide from us where the forms on a page come from."""
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _to_sign_in() -> Response:
    return sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
