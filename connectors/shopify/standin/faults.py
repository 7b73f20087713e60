"""Failure on demand: a script of faults, each for some operation, some shop and some number of calls."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Lock
from types import NoneType
from typing import Any

from connectors.shopify.standin.wire import Ending, Reply, answered

TOKEN = "token"  # noqa: S105 (the name of an operation)


class Unusable(ValueError):
    """A control request that cannot be followed. The message says why."""


@dataclass(slots=True)
class Fault:
    """One line of the script. `operation`: a root field, "token", or None for any; `times` None is for ever.

    `seconds` is how long `hang` takes, and what `429` asks to wait.
    """

    kind: str
    operation: str | None = None
    shop: str | None = None
    times: int | None = 1
    seconds: float = 1.0
    struck: int = 0


def _too_many(fault: Fault) -> Reply:
    # Shopify writes the seconds with a decimal point: Retry-After: 2.0.
    told = {"errors": "Exceeded the call limit. (The stand-in was told to say so.)"}
    return answered(told, 429, {"Retry-After": f"{fault.seconds:.1f}"})


def _failing(_fault: Fault) -> Reply:
    return answered({"errors": "Internal Server Error"}, 500)


def _page(_fault: Fault) -> Reply:
    return Reply(502, b"<!doctype html><title>Something went wrong</title>", "text/html; charset=utf-8")


def _hanging(fault: Fault) -> Reply:
    return Reply(200, delay=fault.seconds, ending=Ending.CLOSE)


def _resetting(_fault: Fault) -> Reply:
    return Reply(200, ending=Ending.RESET)


# What each does to the whole answer. The others change what an operation says, and are asked for in `admin_api`.
SPOILERS: dict[str, Callable[[Fault], Reply]] = {
    "429": _too_many,
    "500": _failing,
    "html": _page,
    "hang": _hanging,
    "reset": _resetting,
}
THROTTLED, USER_ERROR = "throttled", "user_error"
KINDS = (*SPOILERS, THROTTLED, USER_ERROR)

_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "operation": (str, NoneType),
    "shop": (str, NoneType),
    "times": (int, NoneType),
    "seconds": (int, float),
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

    def take(self, operation: str | None, shop: str) -> Fault | None:
        """The fault that strikes this call, used up by one; None if none does."""
        with self._lock:
            for fault in self._faults:
                if fault.times != 0 and fault.operation in (None, operation) and fault.shop in (None, shop):
                    fault.struck += 1
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None
