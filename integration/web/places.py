"""Pages may take some of a process's threads and never all: the others take webhooks, whatever the pages wait for."""

from dataclasses import dataclass, field
from threading import BoundedSemaphore

from flask import Blueprint, Response, g

from integration.web.security import unkept

# Of the eight a web process has; see the Procfile.
MOST = 4
_RETRY_AFTER_SECONDS = "5"
_BUSY = "Tandem is busy at this moment. Try again in a few seconds.\n"


@dataclass(slots=True)
class Places:
    """Shared by the blueprints whose requests count."""

    most: int = MOST
    status: int = 503  # of the answer to one too many
    _free: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = BoundedSemaphore(self.most)

    def among(self, views: Blueprint) -> Blueprint:
        """The same blueprint, its requests counted; one too many is turned away at once."""

        @views.before_request
        def take() -> Response | None:
            g.has_place = self._free.acquire(blocking=False)
            if g.has_place:
                return None
            busy = Response(_BUSY, self.status, mimetype="text/plain")
            busy.headers["Retry-After"] = _RETRY_AFTER_SECONDS
            return unkept(busy)

        @views.teardown_request
        def leave(_error: BaseException | None) -> None:
            if g.pop("has_place", False):
                self._free.release()

        return views
