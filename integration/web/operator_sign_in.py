"""`/operator/sign-in` and `/operator/sign-out`: a name, and the key that `tandem operator add` made for it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import Blueprint, Response, make_response, render_template, request

from connectors.errors import Throttled
from integration.db import Connection, Engine, now, reading, transact
from integration.log import logger
from integration.stores import operators
from integration.stores.operators import Answer
from integration.web import asked, operator_way, pace, refusals
from integration.web.operator_way import BASE, SIGN_IN, SIGN_OUT
from integration.web.security import sent_to, unkept, with_forms

_MOST_FORM = 1024
# The same for a wrong key and for a name that nobody has.
WRONG = "This name and this key do not belong together. Check both; `tandem operator renew` makes a new key."
TOO_OFTEN = (
    "Signing in failed too often from where you are, and is not tried again before {wait}. Whoever is signed in stays so. "
    "From another network it can be tried at once."
)


def blueprint(engine: Engine, *, public_url: str) -> Blueprint:
    """The two addresses."""
    views, door = Blueprint("operator-sign-in", __name__), Entrance(engine, public_url)
    for path, method, view in (
        (SIGN_IN, "GET", door.ask),
        (SIGN_IN, "POST", door.enter),
        (SIGN_OUT, "POST", door.leave),
    ):
        views.add_url_rule(path, view.__name__, view, methods=[method], provide_automatic_options=False)
    return refusals.in_words(views)


@dataclass(frozen=True, slots=True)
class Entrance:
    """The form, and what comes of it."""

    engine: Engine
    public_url: str

    def ask(self) -> Response:
        """The form; whoever is signed in already is led on."""
        with reading(self.engine) as connection:
            inside = operator_way.operator_of(connection) is not None
        return sent_to(BASE, status=303) if inside else _form()

    def enter(self) -> Response:
        """Signed in, and on; or the form again, with the same words whatever was wrong."""
        request.max_content_length = _MOST_FORM
        asked.refuse_foreign(self.public_url)
        answer, at = transact(self.engine, partial(_entered, name=_told("name"), key=_told("key")))
        if answer.token:
            return operator_way.signed_in(sent_to(BASE, status=303), answer.token)
        logger("operators").warning("a sign-in failed", listened=answer.until is None)
        if answer.until is None:
            return _form(WRONG, status=403)
        seconds = (answer.until - at).total_seconds()
        sentence = TOO_OFTEN.format(wait=f"{max(1, round(seconds / 60))} minutes have passed")
        return refusals.put_off(Throttled(sentence, seconds), _form(sentence, status=429))

    def leave(self) -> Response:
        """Signed out: the session is over, and not only the cookie."""
        asked.refuse_foreign(self.public_url)
        transact(self.engine, partial(operators.leave, token=operator_way.kept()))
        return operator_way.signed_out(sent_to(SIGN_IN, status=303))


def _entered(connection: Connection, *, name: str, key: str) -> tuple[Answer, datetime]:
    at, network = now(connection), pace.network_of(request.remote_addr)
    return operators.enter(connection, name, key, network=network, instead_of=operator_way.kept(), now=at), at


def _told(field: str) -> str:
    return request.form.get(field, "")


def _form(trouble: str = "", *, status: int = 200) -> Response:
    """What was typed is not shown again: it may be a key, in the wrong field."""
    page = render_template("operator/sign_in.html", sign_in_at=SIGN_IN, trouble=trouble)
    return unkept(with_forms(make_response(page, status)))
