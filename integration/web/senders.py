"""`/store/senders`: who tells Meta about purchases in the signed-in store, and the button by which it goes live."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, make_response, render_template, request

from connectors.errors import TandemError
from integration.db import Connection, Engine, golives, reading, stores, transact
from integration.db.stores import Store
from integration.errors import Conflict
from integration.monitor import foresight, golive, watch
from integration.stores import sessions
from integration.web import asked, refusals, sign_in
from integration.web.security import sent_to, unkept

PATH = f"{sign_in.STORE}/senders"
AGAIN, LIVE = f"{PATH}/again", f"{sign_in.STORE}/live"


def blueprint(engine: Engine, *, public_url: str) -> Blueprint:
    """The page and its two buttons."""
    views, page = Blueprint("senders", __name__), Page(engine, public_url)
    for path, method, view in ((PATH, "GET", page.show), (AGAIN, "POST", page.again), (LIVE, "POST", page.go_live)):
        views.add_url_rule(path, view.__name__, view, methods=[method], provide_automatic_options=False)
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """Which store it is comes from the session alone."""

    engine: Engine
    public_url: str

    def show(self, refusal: str = "") -> Response:
        """What was found, what blocks, and the way to go live."""
        now = datetime.now(UTC)
        with reading(self.engine) as connection:
            store = _signed_in(connection)
            if store is None:
                return _to_sign_in()
            findings, looked_at = watch.findings(connection, store.id)
            told = {
                "found": watch.found(connection, store),
                "trouble": findings.trouble,
                "pages": findings.pages,
                "looked_at": looked_at,
                "hindrance": None if store.live else golive.hindrance_of(connection, store, now),
                "foresight": None if store.live else foresight.of_store(connection, store, now),
                "last": golives.last(connection, store.id),
            }
        page = render_template(
            "senders.html", store=store, refusal=refusal, live_at=LIVE, again_at=AGAIN, back_at=sign_in.STORE, **told
        )
        response = unkept(make_response(page, 409 if refusal else 200))
        response.headers["Referrer-Policy"] = "same-origin"  # the forms' own origin is looked at
        return response

    def again(self) -> Response:
        """Look at the shop's pages now."""
        now = datetime.now(UTC)
        return self._done(lambda connection, store: golive.look_again(connection, store, now))

    def go_live(self) -> Response:
        """Let its events leave, or say what is in the way."""
        reason, now = request.form.get("reason"), datetime.now(UTC)
        try:
            return self._done(lambda connection, store: golive.go_live(connection, store, reason=reason, now=now))
        except Conflict as error:
            self._done(lambda connection, store: golive.look_first(connection, store, now))
            return self.show(str(error))

    def _done(self, deed: Callable[[Connection, Store], None]) -> Response:
        asked.refuse_foreign(self.public_url)
        signed_in = transact(self.engine, partial(_do, deed=deed))
        return sent_to(PATH, status=303) if signed_in else _to_sign_in()


def _do(connection: Connection, deed: Callable[[Connection, Store], None]) -> bool:
    store = _signed_in(connection)
    if store is not None:
        deed(connection, store)
    return store is not None


def _signed_in(connection: Connection) -> Store | None:
    store_id = sessions.of(connection, sign_in.kept())
    return stores.by_id(connection, store_id) if store_id else None


def _to_sign_in() -> Response:
    return sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
