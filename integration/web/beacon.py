"""`/s/<public key>/...`: what scripts in a storefront tell us of its visitors' browsers, and what they ask.

Anybody can post here, so nothing posted makes or changes an event by itself, and nothing is answered but that it came:
204 whether it was kept or not. The origin is compared, which stops browsers on other sites, and nobody else. A flood is
turned away before it is looked at, and never takes the threads and the patience that webhooks need.
"""

import dataclasses
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connectors.errors import MalformedPayload
from integration.db import within
from integration.errors import NotFound, Unavailable
from integration.log import logger
from integration.pipeline.acquaintances import Acquaintance
from integration.pipeline.beacon_words import Caller
from integration.pipeline.collect import Collector
from integration.pipeline.own_pages import Whence
from integration.queues import RUN_TASKS, Bell
from integration.stores import wiring
from integration.web.body import taken, told
from integration.web.fuse import Fuse
from integration.web.pace import Pace
from integration.web.places import Places

MOST = 64 * 1024
# Of a process's eight threads.
MOST_AT_ONCE = 2
# A signal is worth less than a webhook's place in the queue before the database.
_DATABASE_SECONDS = 1.0
_RETRY_AFTER_SECONDS = 5
_PLAN_SECONDS = 300
_PREFLIGHT_SECONDS = 600
_PUBLIC_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)

Keep = Callable[[Acquaintance, bytes, datetime], None]


def _pace_of_addresses() -> Pace:
    """A page says some ten things, and a whole office may share an address."""
    return Pace(burst=120, seconds=0.25)


def _pace_of_stores() -> Pace:
    """In each process, for signals and for sightings apart: every page view has sightings, and signals are worth more."""
    return Pace(burst=600, seconds=0.02)


def blueprint(collector: Collector, bell: Bell, *, public_url: str) -> Blueprint:
    """The four addresses, with places of their own."""
    views, desk = Blueprint("beacon", __name__), Desk(collector, bell, public_url)
    for word, keep in (("signal", desk.signal), ("sighting", desk.sighting)):
        views.add_url_rule(
            f"/s/<key>/{word}",
            endpoint=word,
            view_func=partial(desk.answer, keep=keep),
            methods=["POST", "OPTIONS"],
            provide_automatic_options=False,
        )
    views.add_url_rule(
        "/s/<key>/plan", endpoint="plan", view_func=desk.plan, methods=["GET"], provide_automatic_options=False
    )
    views.register_error_handler(NotFound, lambda _error: told(404, {"error": "unknown address"}))
    views.register_error_handler(MalformedPayload, lambda error: told(400, {"error": str(error)}))
    views.register_error_handler(Unavailable, lambda _error: _later(503, _RETRY_AFTER_SECONDS))
    views.register_error_handler(Exception, _failed)
    return Places(MOST_AT_ONCE, status=429).among(views)


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers for every store."""

    collector: Collector
    bell: Bell
    public_url: str
    fuse: Fuse = field(default_factory=Fuse)
    addresses: Pace = field(default_factory=_pace_of_addresses)
    stores: Pace = field(default_factory=_pace_of_stores)

    def answer(self, key: str, keep: Keep) -> Response:
        """A word of a browser, or a browser's question whether it may be told. Raises NotFound, MalformedPayload."""
        if wait := self.addresses.wait(request.remote_addr):
            return _later(429, wait)
        with self.fuse.guarded(), within(_DATABASE_SECONDS):
            of = self._named(key)
            origin = request.headers.get("Origin")
            whence = of.own.whence(origin)
            if request.method == "OPTIONS":
                return _shared(Response(status=204), origin, whence, asked=True)
            if wait := self.stores.wait_of(f"{of.store.id} {request.endpoint}"):
                return _shared(_later(429, wait), origin, whence)
            body = taken(MOST, "64 KiB")
            if whence is not Whence.FOREIGN:
                keep(of, body, datetime.now(UTC))
        return _shared(Response(status=204), origin, whence)

    def signal(self, of: Acquaintance, body: bytes, now: datetime) -> None:
        """What a browser told of itself. The address is the connection's, as far as our own proxies are believed."""
        if self.collector.hear(of, body, _caller(), now):
            self.bell.wake()

    def sighting(self, of: Acquaintance, body: bytes, now: datetime) -> None:
        """What the storefront's script saw the Pixel do. A pair test has another half, which a worker tells."""
        if self.collector.see(of, body, now, _caller()):
            self.bell.wake(RUN_TASKS)

    def plan(self, key: str) -> Response:
        """What the storefront's Pixel tells: public text, for any page. Raises NotFound."""
        if wait := self.addresses.wait(request.remote_addr):
            return _later(429, wait)
        with self.fuse.guarded(), within(_DATABASE_SECONDS):
            of = self._named(key)
        planned = wiring.public_plan(of.store, of.dataset_ids, public_url=self.public_url)
        response = jsonify({"version": 1, **dataclasses.asdict(planned)})
        response.headers["Cache-Control"] = f"public, max-age={_PLAN_SECONDS}"
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    def _named(self, key: str) -> Acquaintance:
        found = self.collector.acquaintances.named(key) if _PUBLIC_KEY.fullmatch(key) else None
        if found is None:
            raise NotFound("Nobody is known by this key.")
        return found


def _caller() -> Caller:
    opts_out = request.headers.get("Sec-GPC", "").strip() == "1"
    return Caller(request.remote_addr, request.headers.get("User-Agent"), opts_out)


def _shared(response: Response, origin: str | None, whence: Whence, *, asked: bool = False) -> Response:
    """Readable for the pages that may read it: the store's own, and sandboxes, which all have the origin `null`."""
    response.headers["Vary"] = "Origin"
    response.headers["Cache-Control"] = "no-store"
    if origin is None or whence is Whence.FOREIGN:
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    if asked:
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
    return response


def _later(status: int, seconds: float) -> Response:
    response = told(status, {"error": "try again later"})
    response.headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return response


def _failed(error: Exception) -> Response | HTTPException:
    """A fault of ours, said as one that passes; the log names its kind, never what was posted."""
    if isinstance(error, HTTPException):
        return error
    logger("beacon").error("a word of a browser could not be taken", kind=type(error).__name__)
    return _later(503, _RETRY_AFTER_SECONDS)
