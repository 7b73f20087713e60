"""`/store`: the page of the store that somebody is signed in to, and the little it can be asked to do.

Which store it is comes from the session alone; no address names one, so none can name another's (T17).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, make_response, render_template

from connectors.errors import TandemError
from integration.db import Engine, reading, transact
from integration.errors import NotFound
from integration.stores import entering, glance, sessions
from integration.stores.glance import Glance
from integration.web import asked, refusals, sign_in
from integration.web.security import scripted, sent_to, unkept

PATH = sign_in.STORE
AGAIN = f"{PATH}/again"


def blueprint(engine: Engine, *, public_url: str) -> Blueprint:
    """The page, its changing part, and the button on it."""
    views, page = Blueprint("store", __name__), Page(engine, public_url)
    for path, view, method in (
        (PATH, page.show, "GET"),
        (f"{PATH}/state", page.state, "GET"),
        (AGAIN, page.again, "POST"),
    ):
        views.add_url_rule(path, view_func=view, methods=[method], provide_automatic_options=False)
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """The signed-in store's page. Whoever is not signed in is led to where that is done."""

    engine: Engine
    public_url: str

    def show(self) -> Response:
        """The page."""
        seen = self._seen()
        if seen is None:
            return _to_sign_in()
        page = render_template("store.html", seen=seen, again_at=AGAIN, state_at=f"{PATH}/state")
        response = scripted(make_response(page))
        # With no-referrer, as elsewhere, a browser would hide from us where the forms on this page come from.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def state(self) -> Response:
        """What changes on the page; 401 where nobody is signed in any more."""
        seen = self._seen()
        if seen is None:
            return unkept(Response(status=401))
        return unkept(make_response(render_template("_state.html", seen=seen, again_at=AGAIN)))

    def again(self) -> Response:
        """Everything that is done for a newly connected store is done again; not while it is being done."""
        asked.refuse_foreign(self.public_url)
        seen = self._seen()
        if seen is None:
            return _to_sign_in()
        if not seen.busy:
            now = datetime.now(UTC)
            transact(self.engine, partial(entering.look_again, store=seen.store, now=now))
        return sent_to(PATH, status=303)

    def _seen(self) -> Glance | None:
        """The store as it is now; None where nobody is signed in."""
        with reading(self.engine) as connection:
            store_id = sessions.of(connection, sign_in.kept())
        try:
            return glance.of_store(self.engine, store_id) if store_id else None
        except NotFound:
            return None


def _to_sign_in() -> Response:
    return sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
