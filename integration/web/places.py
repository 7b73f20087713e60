"""Pages may take some of a process's threads and never all: the others take webhooks, whatever the pages wait for.

Of these places files may take half: a file lasts as long as its reader likes, and pages are wanted meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import AnyStr

from flask import Blueprint, Response, g

from connectors.errors import Throttled
from integration.web.security import unkept

# Of the eight a web process has; see the Procfile.
MOST = 4
_RETRY_AFTER_SECONDS = "5"
_BUSY = "Tandem is busy at this moment. Try again in a few seconds.\n"
_OTHER_FILES = "Other files are being downloaded at this moment. Try it again in some seconds."


@dataclass(slots=True)
class Places:
    """Shared by the blueprints whose requests count."""

    most: int = MOST
    status: int = 503  # of the answer to one too many
    _free: BoundedSemaphore = field(init=False)
    _for_files: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = BoundedSemaphore(self.most)
        self._for_files = BoundedSemaphore(max(self.most // 2, 1))

    def among(self, views: Blueprint) -> Blueprint:
        """The same blueprint, its requests counted; one too many is turned away at once."""

        @views.before_request
        def take() -> Response | None:
            g.has_place = self._free.acquire(blocking=False)
            if g.has_place:
                g.places = self
                return None
            busy = Response(_BUSY, self.status, mimetype="text/plain")
            busy.headers["Retry-After"] = _RETRY_AFTER_SECONDS
            return unkept(busy)

        @views.teardown_request
        def leave(_error: BaseException | None) -> None:
            if g.pop("has_place", False):
                self._free.release()

        return views

    def keep_for(self, response: Response) -> None:
        """This request's place is free again when the whole answer was taken, or nobody takes it any more; not before.

        Flask's own context ends before the first byte of an answer that is made bit by bit. Raises Throttled where
        files have all the places there are for them.
        """
        if not self._for_files.acquire(blocking=False):
            raise Throttled(_OTHER_FILES, float(_RETRY_AFTER_SECONDS))
        held = [self._for_files, *([self._free] if g.pop("has_place", False) else [])]

        def leave() -> None:
            while held:  # once, however often it is closed
                held.pop().release()

        response.call_on_close(leave)


def file(chunks: Iterable[AnyStr], name: str, mimetype: str) -> Response:
    """A file, sent while it is made; its request keeps its place for as long. Raises Throttled, see `Places.keep_for`."""
    response = Response(iter(chunks), mimetype=mimetype)
    if "places" in g:
        g.places.keep_for(response)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return unkept(response)
