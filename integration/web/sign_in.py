"""`/sign-in` and `/sign-out`: a merchant whose platform shows no page of ours comes to it with a cookie of our own.

The cookie is a new one at each sign-in, whatever the browser held before, so that nobody can have set it beforehand.
"""

import re
from functools import partial

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from connectors import registry
from connectors.errors import Throttled
from integration.db import Connection, Engine, now, reading, stores, transact
from integration.stores import sessions, sign_in_tries
from integration.web import asked, pace, refusals
from integration.web.cookie import Cookie
from integration.web.refusals import Way
from integration.web.security import sent_to, unkept, with_forms

SIGN_IN, STORE = "/sign-in", "/store"
_MOST_FORM = 1024
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# Lax, not Strict: the way here comes from the store's own site.
_COOKIE = Cookie("tandem-session", sessions.LASTING, "Lax")


def blueprint(engine: Engine, *, public_url: str) -> Blueprint:
    """The two addresses."""
    views = Blueprint("sign-in", __name__)

    def enter() -> Response:
        if "code" not in request.args:
            return _how_to_get_in(engine)
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            return _not_by_itself()
        code = _only(request.args)
        return _too_often(engine) or _whether(engine, code) or redeemed(code)

    def enter_instead() -> Response:
        request.max_content_length = _MOST_FORM
        asked.refuse_foreign(public_url)
        return _too_often(engine) or redeemed(_only(request.form), status=303)

    def redeemed(code: str | None, *, status: int = 302) -> Response:
        token = transact(engine, partial(_redeemed, code=code))
        return signed_in(sent_to(STORE, status=status), token) if token else _over()

    def leave() -> Response:
        asked.refuse_foreign(public_url)
        transact(engine, partial(sessions.end, token=kept()))
        return signed_out(sent_to(SIGN_IN))

    views.add_url_rule(SIGN_IN, view_func=enter, methods=["GET"], provide_automatic_options=False)
    views.add_url_rule(SIGN_IN, view_func=enter_instead, methods=["POST"], provide_automatic_options=False)
    views.add_url_rule("/sign-out", view_func=leave, methods=["POST"], provide_automatic_options=False)
    return refusals.in_words(views)


def kept() -> str | None:
    """The token this browser keeps."""
    return _COOKIE.kept()


def signed_in(response: Response, token: str) -> Response:
    """Let the browser keep this token, of `sessions.begin`."""
    return unkept(_COOKIE.given(response, token))


def signed_out(response: Response) -> Response:
    """Take it back."""
    return unkept(_COOKIE.taken_back(response))


def _how_to_get_in(engine: Engine) -> Response:
    with reading(engine) as connection:
        inside = sessions.of(connection, kept()) is not None
    platforms = [one for one in registry.connectors() if one.handover is not None]
    return unkept(make_response(render_template("sign_in.html", inside=inside, platforms=platforms)))


def _only(told: MultiDict[str, str]) -> str | None:
    """The code, where there is just one and it may be one."""
    codes = told.getlist("code")
    return codes[0] if len(codes) == 1 and _SECRET.fullmatch(codes[0]) else None


def _redeemed(connection: Connection, *, code: str | None) -> str | None:
    """A session's token for a good code; one that is none is counted, for the network it came from."""
    token = sessions.redeem(connection, code, instead_of=kept()) if code else None
    network = pace.network_of(request.remote_addr)
    if token is None and network is not None:
        at = now(connection)
        sign_in_tries.note(connection, sign_in_tries.of_code(connection, network, at), at)
    return token


def _too_often(engine: Engine) -> Response | None:
    """An answer for a network from which too many codes came that were none; then none is looked at."""
    network = pace.network_of(request.remote_addr)
    if network is None:
        return None
    with reading(engine) as connection:
        at = now(connection)
        until = sign_in_tries.of_code(connection, network, at).until
    if until is None:
        return None
    seconds = (until - at).total_seconds()
    sentence = (
        "From where you are too many sign-in links were opened that are over. Wait "
        f"{max(1, round(seconds / 60))} minutes, then open Tandem in your shop's admin again."
    )
    return refusals.put_off(Throttled(sentence, seconds), refusals.plain("Not at this moment", sentence, status=429))


def _whether(engine: Engine, code: str | None) -> Response | None:
    """A question, where this browser is signed in to another store than the code is for: a link that somebody sent would
    else put their store's page in the place of one's own.
    """
    with reading(engine) as connection:
        inside, wanted = sessions.of(connection, kept()), code and sessions.look(connection, code)
        if not inside or not wanted or inside == wanted:
            return None
        both = stores.by_ids(connection, [inside, wanted])
    told = {"inside": both[inside].domain, "wanted": both[wanted].domain, "code": code}
    page = render_template("sign_in_instead.html", **told, sign_in_at=SIGN_IN, store_at=STORE)
    return unkept(with_forms(make_response(page)))


def _not_by_itself() -> Response:
    """Another page had the browser load it, as an image or in a frame, and nobody may have meant it. The same words for
    every code, and none is used up.
    """
    sentence = (
        "A sign-in link signs you in where it is opened in a window of its own: open Tandem from your shop's admin."
    )
    return refusals.plain("Nobody was signed in", sentence, Way(SIGN_IN, "Other ways to sign in"), status=403)


def _over() -> Response:
    """The same words for every code that is none, so that they teach nothing."""
    sentence = (
        "A sign-in link works once, and not for long: within a minute where your shop's admin made it. Nothing is lost: "
        "open Tandem in your shop's admin again, and you get a new one."
    )
    return refusals.plain("This link is over", sentence, Way(SIGN_IN, "Other ways to sign in"), status=403)
