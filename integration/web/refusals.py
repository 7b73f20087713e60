"""What a merchant reads where a page cannot do what was asked: a status, plain words, and a way on."""

import traceback
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from connectors.errors import (
    AddressRefused,
    CredentialsRejected,
    Declined,
    RequestMalformed,
    RequestRefused,
    SessionRefused,
    TandemError,
    Throttled,
    Unreachable,
)
from integration.errors import Conflict, Forbidden, InvalidSetting, NotApproved, NotConfigured, NotFound, Unavailable
from integration.log import logger
from integration.web import asked
from integration.web.security import unkept

_RETRY_AFTER_SECONDS = 5
_FRONT = "/"

# The most particular first.
_REFUSALS: tuple[tuple[type[TandemError], int, str], ...] = (
    (RequestMalformed, 400, "This address is not complete"),
    (RequestRefused, 403, "This address cannot be used"),
    (NotApproved, 403, "Nothing was connected"),
    (Forbidden, 403, "This cannot be finished here"),
    (SessionRefused, 403, "We cannot tell who is asking"),
    (CredentialsRejected, 403, "The store did not let Tandem in"),
    (NotFound, 404, "There is nothing here"),
    (InvalidSetting, 400, "This cannot be taken"),
    (Conflict, 409, "This cannot be done now"),
    (Declined, 502, "The store said no"),
    (AddressRefused, 502, "The store cannot be reached"),
    (Unreachable, 502, "There was no answer. Nothing was changed; try it again in a minute"),
    (Throttled, 503, "There is much to do at this moment. Try it again in a minute"),
    (NotConfigured, 503, "Not set up yet"),
    (Unavailable, 503, "Tandem is not ready at this moment"),
    (TandemError, 500, "Something went wrong on our side"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """Where a link leads on. `leaves_frame`: it opens in place of the admin and not inside it."""

    address: str
    words: str
    leaves_frame: bool = False


def refused(error: TandemError, way: Way | None = None, *, status: int | None = None) -> Response:
    """The page for an error whose message is a sentence. `status` in place of the one it usually has."""
    usual, title = judged(error)
    return put_off(error, plain(title, str(error), way, status=status or usual))


def judged(error: TandemError) -> tuple[int, str]:
    """The status it usually has, and the words over it."""
    return next((code, words) for kind, code, words in _REFUSALS if isinstance(error, kind))


def put_off(error: TandemError, response: Response) -> Response:
    """The same answer; where it only comes too early, it says when to try again."""
    if isinstance(error, Throttled | Unavailable):
        seconds = error.after if isinstance(error, Throttled) else _RETRY_AFTER_SECONDS
        response.headers["Retry-After"] = str(max(1, round(seconds)))
    return response


def broken(error: Exception) -> Response | HTTPException:
    """A fault of ours: the page says so, and the log names its kind and place, never what was asked."""
    if isinstance(error, HTTPException):
        return error
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename}:{last.lineno}"
    logger("pages").error("a page could not be shown", kind=type(error).__name__, where=where)
    return plain("Something went wrong on our side", "Nothing was changed. Try it again in a moment.", status=500)


def lost(error: HTTPException) -> Response | HTTPException:
    """An address that no page has, said to whoever reads pages; a program gets the bare answer."""
    if "text/html" not in request.headers.get("Accept", ""):
        return error
    sentence = "No page of Tandem has this address. It may be mistyped, or an old link."
    return plain("There is nothing here", sentence, Way(_FRONT, "Go to the first page"), status=error.code or 404)


def in_words(views: Blueprint) -> Blueprint:
    """The same addresses, which say in words what they refuse, and refuse HEAD."""
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, refused)
    views.register_error_handler(Exception, broken)
    return views


def plain(title: str, sentence: str, way: Way | None = None, *, status: int = 200) -> Response:
    """A page that says one thing."""
    page = render_template("refused.html", title=title, sentence=sentence, way=way)
    return unkept(make_response(page, status))
