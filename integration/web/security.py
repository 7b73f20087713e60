"""Headers every answer carries, and those of pages that are shown inside a platform's admin."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect

_BASE = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; "
)
_POLICY = f"{_BASE}frame-ancestors 'none'"


def protect(app: Flask) -> None:
    """Nothing is framed, sniffed, or loaded from elsewhere; no address of ours is told to other sites."""

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response


def unkept(response: Response) -> Response:
    """It is about one merchant or one moment: nobody keeps a copy, not even the browser."""
    response.headers["Cache-Control"] = "no-store"
    return response


def with_forms(response: Response) -> Response:
    """Its forms tell us where they come from: with no-referrer, as elsewhere, a browser would hide it."""
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def sent_to(address: str, *, status: int = 302) -> Response:
    """A redirect. Werkzeug's body would repeat the address, which may hold what is meant for one browser."""
    response = make_response(redirect(address, status))
    response.set_data("")
    return unkept(response)


def scripted(response: Response, *, script: str | None = None, ancestors: Sequence[str] = ()) -> Response:
    """Let a page run our own scripts and the one at the address `script`, and be framed by `ancestors` alone: by nobody
    where there are none.

    There is no X-Frame-Options: it can name no origin, and would forbid what the policy allows.
    """
    beside = f" {_beside(script)}" if script else ""
    allowed = f"script-src 'self'{beside}; connect-src 'self'; "
    framed = " ".join(ancestors) or "'none'"
    response.headers["Content-Security-Policy"] = f"{_BASE}{allowed}frame-ancestors {framed}"
    return unkept(response)


def _beside(address: str) -> str:
    """The directory of an address: on a host that serves other people's files too, no other of them may run here."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/"
