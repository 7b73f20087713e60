"""What a request to a merchant's page says of itself: its query as it came, its token, and whether it is in a frame."""

from typing import NoReturn

from flask import abort, request

from connectors.access import Words
from connectors.errors import RequestMalformed

_IN_FRAMES = frozenset({"iframe", "frame", "embed", "object"})


def raw_query() -> str:
    """The query, not decoded: the platform's signature is over what it sent. Raises RequestMalformed.

    Browsers and platforms escape what is not ASCII.
    """
    try:
        return request.query_string.decode("ascii")
    except UnicodeDecodeError:
        raise RequestMalformed("The address holds letters that no browser would send.") from None


def bearer() -> str | None:
    """The token of an Authorization header."""
    told = request.authorization
    return told.token if told and told.type == "bearer" else None


def says_framed(words: Words) -> bool:
    """Whether the admin says that it shows the page, or the browser that the page is in a frame."""
    return request.args.get(words.framed) == "1" or request.headers.get("Sec-Fetch-Dest") in _IN_FRAMES


def is_framed(words: Words) -> bool:
    """Whether the page is in a frame at this moment; the admin's word counts only where the browser has none, since an
    address that was opened anew at the top still holds it.
    """
    destination = request.headers.get("Sec-Fetch-Dest")
    return destination in _IN_FRAMES if destination else says_framed(words)


def refuse_head() -> None:
    """HEAD would do all that GET does. Flask allows it wherever GET is, so it is refused here."""
    if request.method == "HEAD":
        _not_allowed()


def _not_allowed() -> NoReturn:
    abort(405)
