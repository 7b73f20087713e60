"""What a request to a page says of itself: its query as it came, its token, ids, and whether it is in a frame."""

from typing import NoReturn
from urllib.parse import urlsplit

from flask import abort, request

from connectors.access import Words
from connectors.errors import RequestMalformed
from integration.errors import Forbidden

LARGEST_ID = 2**63 - 1  # of a row, in either database

_IN_FRAMES = frozenset({"iframe", "frame", "embed", "object"})


def row_id(text: str) -> int | None:
    """The id of a row as an address or a form names it; None for what is none. The next one is one, too."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else LARGEST_ID
    return number if number < LARGEST_ID else None


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


def refuse_foreign(public_url: str) -> None:
    """Raises Forbidden unless the browser says that a page of ours asks. A cookie says only who is asking, and another
    site may have made the browser ask (T18).

    Browsers that know Sec-Fetch-Site let no page set it; the others send the Origin along with every POST.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = urlsplit(public_url)
    if site != "same-origin" and (site is not None or origin != f"{own.scheme}://{own.netloc}".lower()):
        raise Forbidden("This was not asked by a page of Tandem's. Open your store's page and try it there.")


def refuse_head() -> None:
    """HEAD would do all that GET does. Flask allows it wherever GET is, so it is refused here."""
    if request.method == "HEAD":
        _not_allowed()


def _not_allowed() -> NoReturn:
    abort(405)
