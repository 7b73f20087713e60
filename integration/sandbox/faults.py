"""Failure on demand: a script of faults, each for some datasets and some number of calls.

A fault either takes the events and spoils the answer, or takes nothing. That difference is what a sender has to live
with, so each kind has its own habit, and a script may turn it round with `accept`.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from types import NoneType
from typing import Any

from integration.sandbox.replies import Ending, Reply, refused, scripted

EVERY_DATASET = "*"


class Unusable(ValueError):
    """A control request that cannot be followed. The message says why."""


@dataclass(slots=True)
class Fault:
    """One line of the script. `times` None is for ever; `seconds` is the wait of `hang` and `slow`.

    With `poison` it strikes only calls that hold an event of that id. `missing` is by how many events
    `short_count` takes and reports too few.
    """

    kind: str
    dataset: str = EVERY_DATASET
    times: int | None = 1
    status: int | None = None
    code: int = 100
    subcode: int | None = None
    is_transient: bool | None = None
    message: str | None = None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    missing: int = 1
    poison: str | None = None
    accept: bool | None = None
    struck: int = 0

    @property
    def accepts(self) -> bool:
        """Whether the events count although the answer is spoilt."""
        return KINDS[self.kind].accepts if self.accept is None else self.accept

    def taken(self, events: list[Any]) -> list[Any]:
        """Those of a good call's events that count."""
        if not self.accepts:
            return []
        return events[: max(0, len(events) - self.missing)] if self.kind == "short_count" else events

    def spoil(self, reply: Reply) -> Reply:
        """What goes out instead of `reply`."""
        spoilt = KINDS[self.kind].spoil(self, reply)
        return replace(spoilt, headers={**spoilt.headers, **self.headers})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does to the events, and to the answer."""

    accepts: bool
    spoil: Callable[[Fault, Reply], Reply]
    needs: tuple[str, ...] = ()


def _status(fault: Fault, _reply: Reply) -> Reply:
    return Reply(fault.status or 503, fault.body.encode(), "text/plain; charset=UTF-8")


def _error(fault: Fault, _reply: Reply) -> Reply:
    error = scripted(
        fault.code, fault.subcode, status=fault.status, transient=fault.is_transient, message=fault.message
    )
    return refused(error)


def _html(fault: Fault, _reply: Reply) -> Reply:
    page = fault.body or "<!doctype html><html><body><h1>Sorry, something went wrong.</h1></body></html>"
    return Reply(fault.status or 502, page.encode(), "text/html; charset=UTF-8")


def _malformed(fault: Fault, reply: Reply) -> Reply:
    return replace(reply, status=fault.status or 200, body=fault.body.encode() or reply.body[:-1])


def _hang(fault: Fault, _reply: Reply) -> Reply:
    return Reply(200, b"", delay=fault.seconds, ending=Ending.CLOSE)


def _reset(_fault: Fault, _reply: Reply) -> Reply:
    return Reply(200, b"", ending=Ending.RESET)


def _half(_fault: Fault, reply: Reply) -> Reply:
    return replace(reply, ending=Ending.HALF)


def _untouched(_fault: Fault, reply: Reply) -> Reply:
    return reply


def _slow(fault: Fault, reply: Reply) -> Reply:
    return replace(reply, delay=fault.seconds)


KINDS = {
    "status": Kind(accepts=False, spoil=_status),
    "error": Kind(accepts=False, spoil=_error),
    "poison": Kind(accepts=False, spoil=_error, needs=("poison",)),
    "html": Kind(accepts=False, spoil=_html),
    "hang": Kind(accepts=False, spoil=_hang, needs=("seconds",)),
    "reset": Kind(accepts=False, spoil=_reset),
    "accept_then_reset": Kind(accepts=True, spoil=_reset),
    "half": Kind(accepts=True, spoil=_half),
    "malformed_json": Kind(accepts=True, spoil=_malformed),
    "short_count": Kind(accepts=True, spoil=_untouched),
    "slow": Kind(accepts=True, spoil=_slow, needs=("seconds",)),
}

_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "dataset", "poison", "body", "message"), (str,)),
    **dict.fromkeys(("code", "missing"), (int,)),
    **dict.fromkeys(("times", "status", "subcode"), (int, NoneType)),
    **dict.fromkeys(("is_transient", "accept"), (bool, NoneType)),
    "seconds": (int, float),
    "headers": (dict,),
}


def read(line: Any) -> Fault:
    """A fault from JSON. Raises Unusable for unknown kinds and fields, so that a typo is not a test that passes."""
    if not isinstance(line, dict):
        raise Unusable("A fault is a JSON object.")
    given = {"kind": "poison", "times": None, **line} if "poison" in line else line
    for key, value in given.items():
        _check(key, value)
    if given.get("kind") not in KINDS:
        raise Unusable(f"kind is one of {', '.join(KINDS)}.")
    for key in KINDS[given["kind"]].needs:
        if key not in given:
            raise Unusable(f"{given['kind']} needs {key}.")
    return Fault(**given)


def _check(key: str, value: Any) -> None:
    if key not in _TYPES:
        raise Unusable(f"A fault has no {key}.")
    # An exact comparison, since True is an int to isinstance.
    if type(value) not in _TYPES[key]:
        raise Unusable(f"{key} is of another type.")


class Script:
    """The faults in the order they were given; the first that fits a call strikes it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(self, faults: Collection[Fault]) -> None:
        """Append to the script."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def shown(self) -> list[dict[str, Any]]:
        """The script, with what is left of `times` and how often each `struck`."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, dataset_id: str, event_ids: Collection[str], *, refused: bool) -> Fault | None:
        """The fault that strikes this call, used up by one; None if none does.

        A fault that takes the events passes by a call that is `refused` anyway.
        """
        with self._lock:
            for fault in self._faults:
                if _fits(fault, dataset_id, event_ids) and not (refused and fault.accepts):
                    fault.struck += 1
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None


def _fits(fault: Fault, dataset_id: str, event_ids: Collection[str]) -> bool:
    return (
        fault.times != 0
        and fault.dataset in (EVERY_DATASET, dataset_id)
        and (fault.poison is None or fault.poison in event_ids)
    )
