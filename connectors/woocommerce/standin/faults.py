"""Failure on demand: a script of faults, each for some route, some method and some number of calls."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from threading import Lock
from types import NoneType
from typing import Any

from connectors.woocommerce.standin.wire import HTML, Ending, Reply, answered

_HUGE_BYTES = 32 * 1024 * 1024
_NOTICE = (
    b"<br />\n<b>Warning</b>:  Undefined array key &quot;colour&quot; in <b>/srv/shop/wp-content/plugins/swatches/"
    b"swatches.php</b> on line <b>212</b><br />\n"
)
_FIREWALL = (
    b"<!doctype html><html><head><title>Attention Required!</title></head><body>Sorry, you have been blocked.</body>"
)


class Unusable(ValueError):
    """A control request that cannot be followed. The message says why."""


@dataclass(slots=True)
class Fault:
    """One line of the script. `route`: a pattern found in the path (`wc/v3/orders`), None for any but our own doors.

    `times` None is for ever. `seconds` is how long `hang` and `drip` take, and what `throttled` asks to wait; `status` goes
    with `status`, `html` and `redirect`, `location` with `redirect`.
    """

    kind: str
    route: str | None = None
    method: str | None = None
    times: int | None = 1
    seconds: float = 1.0
    status: int | None = None
    location: str | None = None
    struck: int = 0

    def fits(self, method: str, route: str) -> bool:
        """Whether it strikes this call."""
        wanted = self.times != 0 and self.method in (None, method)
        return wanted and (self.route is None or re.search(self.route, route) is not None)


def _error(status: int) -> Reply:
    told = {
        "code": "internal_server_error",
        "message": "There has been a critical error on this website.",
        "data": None,
    }
    return answered({**told, "data": {"status": status}}, status)


def _throttled(fault: Fault) -> Reply:
    told = {"code": "rest_too_many_requests", "message": "Too many requests.", "data": {"status": 429}}
    return answered(told, 429, {"Retry-After": f"{fault.seconds:.0f}"})


# What answers instead of the store.
SPOILERS: dict[str, Callable[[Fault], Reply]] = {
    "status": lambda fault: _error(fault.status or 500),
    "html": lambda fault: Reply(fault.status or 403, _FIREWALL, HTML),
    "redirect": lambda fault: Reply(fault.status or 301, b"", HTML, {"Location": fault.location or "/"}),
    "throttled": _throttled,
    "hang": lambda fault: Reply(200, delay=fault.seconds, ending=Ending.CLOSE),
    "reset": lambda _fault: Reply(200, ending=Ending.RESET),
    "huge": lambda _fault: Reply(200, b'{"filler":"' + b"x" * _HUGE_BYTES + b'"}'),
}
# What happens to the store's own answer.
BENDERS: dict[str, Callable[[Fault, Reply], Reply]] = {
    "notice": lambda _fault, reply: replace(reply, body=_NOTICE + reply.body),
    "bom": lambda _fault, reply: replace(reply, body=b"\xef\xbb\xbf" + reply.body),
    "drip": lambda fault, reply: replace(reply, delay=fault.seconds, ending=Ending.DRIP),
    "slow": lambda fault, reply: replace(reply, delay=fault.seconds),
    # The store did what it was asked; the answer got lost.
    "lost": lambda _fault, reply: replace(reply, ending=Ending.RESET),
}
KINDS = (*SPOILERS, *BENDERS)

_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "route": (str, NoneType),
    "method": (str, NoneType),
    "times": (int, NoneType),
    "seconds": (int, float),
    "status": (int, NoneType),
    "location": (str, NoneType),
}


def read(line: Any) -> Fault:
    """A fault from JSON. Raises Unusable for unknown kinds and fields, so that a typo is not a test that passes."""
    if not isinstance(line, dict):
        raise Unusable("A fault is a JSON object.")
    for key, value in line.items():
        # An exact comparison, since True is an int to isinstance.
        if type(value) not in _TYPES.get(key, ()):
            raise Unusable(f"A fault has no {key}, or it is of another type.")
    if line.get("kind") not in KINDS:
        raise Unusable(f"kind is one of {', '.join(KINDS)}.")
    return Fault(**line)


class Script:
    """The faults in the order they were given; the first that fits a call strikes it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Append to the script."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def shown(self) -> list[dict[str, Any]]:
        """The script, with what is left of `times` and how often each `struck`."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, method: str, route: str) -> Fault | None:
        """The fault that strikes this call, used up by one; None if none does."""
        with self._lock:
            for fault in self._faults:
                if fault.fits(method, route):
                    fault.struck += 1
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None
