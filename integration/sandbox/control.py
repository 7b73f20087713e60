"""The sandbox's own doors under /_sandbox: reading the journal, moving the clock, setting tokens and faults."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from integration.sandbox import pairs
from integration.sandbox.access import DENIALS
from integration.sandbox.faults import Unusable
from integration.sandbox.faults import read as read_fault
from integration.sandbox.replies import Reply, answered
from integration.sandbox.wire import Request, load
from integration.sandbox.world import World

Door = Callable[[World, Request], Any]


def answer(world: World, request: Request, door: str) -> Reply:
    """`door` is the last part of the path. 400 with a sentence for a request that makes no sense, 404 and 405."""
    methods = DOORS.get(door)
    if methods is None:
        return answered({"problem": f"There are {', '.join(DOORS)}."}, 404)
    if request.method not in methods:
        return answered({"problem": f"Here go {', '.join(methods)}."}, 405)
    try:
        return answered(methods[request.method](world, request))
    except Unusable as problem:
        return answered({"problem": str(problem)}, 400)


def _health(_world: World, _request: Request) -> Any:
    return {"status": "ok"}


def _journal(world: World, request: Request) -> Any:
    """?dataset= for one only; ?payloads=0 leaves the payloads out."""
    query = _query(request)
    return world.journal.read(query.get("dataset"), with_payloads=query.get("payloads") != "0")


def _pairs(world: World, request: Request) -> Any:
    """?dataset= for one only."""
    return {"pairs": pairs.of(world.journal.read(_query(request).get("dataset"), with_payloads=False)["events"])}


def _forget(world: World, _request: Request) -> Any:
    world.journal.reset()
    return {"status": "ok"}


def _counts(world: World, request: Request) -> Any:
    return world.journal.counts(_query(request).get("dataset"))


def _faults(world: World, _request: Request) -> Any:
    return {"faults": world.script.shown()}


def _add_faults(world: World, request: Request) -> Any:
    """One fault, or a list of them; all or none are added."""
    content = load(request.body)
    lines = content if isinstance(content, list) else [content]
    world.script.add([read_fault(line) for line in lines])
    return _faults(world, request)


def _clear_faults(world: World, request: Request) -> Any:
    world.script.clear()
    return _faults(world, request)


def _clock(world: World, _request: Request) -> Any:
    return {"now": world.clock.now(), "shift_seconds": world.clock.shift}


def _set_clock(world: World, request: Request) -> Any:
    """`shift_seconds` from the machine's clock, or `advance_seconds` from where the sandbox is."""
    order = _object(request)
    if "shift_seconds" in order:
        world.clock.shift = _seconds(order["shift_seconds"])
    else:
        world.clock.shift += _seconds(order.get("advance_seconds"))
    return _clock(world, request)


def _tokens(world: World, _request: Request) -> Any:
    return world.access.shown()


def _set_tokens(world: World, request: Request) -> Any:
    """`expire` a token; or for a `dataset` its `valid` tokens, or `deny` (one of `access.DENIALS`, such as "100/33"; null gives back)."""
    order = _object(request)
    if "expire" in order:
        world.access.expire(_token(order["expire"]))
        return _tokens(world, request)
    dataset_id = order.get("dataset")
    if not isinstance(dataset_id, str) or not {"valid", "deny"} & order.keys():
        raise Unusable("Give `expire`, or `dataset` with `valid` or `deny`.")
    if "valid" in order:
        world.access.allow(dataset_id, _token_list(order["valid"]))
    if "deny" in order:
        world.access.deny(dataset_id, _reason(order["deny"]))
    return _tokens(world, request)


def _trust_everyone(world: World, request: Request) -> Any:
    world.access.reset()
    return _tokens(world, request)


DOORS: dict[str, dict[str, Door]] = {
    "health": {"GET": _health},
    "journal": {"GET": _journal, "DELETE": _forget},
    "counts": {"GET": _counts},
    "pairs": {"GET": _pairs},
    "faults": {"GET": _faults, "POST": _add_faults, "DELETE": _clear_faults},
    "clock": {"GET": _clock, "POST": _set_clock},
    "tokens": {"GET": _tokens, "POST": _set_tokens, "DELETE": _trust_everyone},
}


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query))


def _object(request: Request) -> dict[str, Any]:
    content = load(request.body)
    if not isinstance(content, dict):
        raise Unusable("Send a JSON object.")
    return content


def _seconds(value: Any) -> float:
    if type(value) not in (int, float):
        raise Unusable("Give `shift_seconds` or `advance_seconds` as a number.")
    return float(value)


def _token(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Unusable("A token is text.")
    return value


def _token_list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Unusable("`valid` is a list of tokens.")
    return [_token(each) for each in value]


def _reason(value: Any) -> str | None:
    if value is not None and value not in DENIALS:
        raise Unusable(f"`deny` is null or one of {', '.join(DENIALS)}.")
    return value if isinstance(value, str) else None
