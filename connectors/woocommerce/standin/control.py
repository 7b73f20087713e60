"""The stand-in's own doors under /_standin: what tests and the demo tell it to do."""

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from connectors.woocommerce.standin import control_staff, life, payloads
from connectors.woocommerce.standin.checkout import Wanted, place
from connectors.woocommerce.standin.faults import Unusable
from connectors.woocommerce.standin.faults import read as read_fault
from connectors.woocommerce.standin.scenarios import SCENARIOS
from connectors.woocommerce.standin.site import Site
from connectors.woocommerce.standin.wire import Reply, Request, answered
from connectors.woocommerce.standin.world import World

Door = Callable[[World, dict[str, Any]], Any]
SETTLE_SECONDS = 30.0
MOST_ORDERS = 10_000
_SITE = frozenset(field.name for field in fields(Site))
_ORDER = frozenset(
    {"scenario", "count", "at", "ago", "country", "currency", "meta", "fields", "silent", "plugin", "consent"}
)


def answer(world: World, request: Request, door: str) -> Reply:
    """400 with a sentence for a request that makes no sense, 404 for no such door."""
    first, _, rest = door.partition("/")
    opened = DOORS.get(f"{request.method} {door}".strip())
    if opened is None and first == "orders" and rest:
        opened = _of_order(request.method, rest)
    if opened is None:
        return answered({"problem": f"There are {', '.join(DOORS)}, and orders/<id>/<what>."}, 404)
    try:
        return answered(opened(world, request.fields()))
    except (Unusable, TypeError, ValueError, KeyError, AttributeError) as problem:
        return answered({"problem": str(problem)}, 400)


def _of_order(method: str, rest: str) -> Door | None:
    """orders/<id>, and orders/<id>/<one of life's steps>."""
    number, _, name = rest.partition("/")
    if not number.isdecimal():
        return None
    if method == "GET" and not name:
        return lambda world, _told: _shown_order(world, int(number))
    if method == "POST" and name in life.DOINGS:
        return lambda world, told: life.act(world, int(number), name, told)
    return None


def _shown(world: World, _told: dict[str, Any]) -> Any:
    with world.lock:
        return {
            "site": asdict(world.site),
            "orders": len(world.orders),
            "webhooks": len(world.webhooks),
            "keys": len(world.keys),
            "waiting": world.cron.waiting(),
            "stuck": world.cron.stuck(),
            **control_staff.plugin_shown(world),
        }


def _site(world: World, told: dict[str, Any]) -> Any:
    """The shop's settings, and `patience`: how long a delivery waits for its answer, in seconds."""
    if told.keys() - _SITE - {"patience"}:
        raise Unusable(f"A site has {', '.join(sorted(_SITE))}, and patience.")
    with world.lock:
        world.patience = float(told.pop("patience", world.patience))
        for name, value in told.items():
            setattr(world.site, name, value)
    return _shown(world, {})


def _orders(world: World, told: dict[str, Any]) -> Any:
    """`count` orders that are alike, made `ago` seconds before, or `at` a time (ISO 8601 with its offset)."""
    if told.keys() - _ORDER:
        raise Unusable(f"Orders are given {', '.join(sorted(_ORDER))}.")
    if told.get("scenario", "card") not in SCENARIOS:
        raise Unusable(f"scenario is one of {', '.join(SCENARIOS)}.")
    named = {key: value for key, value in told.items() if key not in ("count", "at", "ago")}
    count, wanted = int(told.get("count", 1)), Wanted(**named, at=_moment(world, told))
    return {"order_ids": [place(world, wanted) for _ in range(min(count, MOST_ORDERS))]}


def _moment(world: World, told: dict[str, Any]) -> float | None:
    if "at" in told:
        moment = datetime.fromisoformat(told["at"])
        if moment.tzinfo is None:
            raise Unusable("`at` needs its offset.")
        return moment.timestamp()
    return world.now() - float(told["ago"]) if "ago" in told else None


def _listed_orders(world: World, _told: dict[str, Any]) -> Any:
    with world.lock:
        return {"orders": [payloads.order_body(world.site, one) for one in world.orders.values()]}


def _shown_order(world: World, order_id: int) -> Any:
    with world.lock:
        return payloads.order_body(world.site, world.orders[order_id])


def _cron(world: World, told: dict[str, Any]) -> Any:
    """`stuck`: whether nothing is run by itself from now on."""
    world.cron.stick(stuck=told.get("stuck") is True)
    return {"waiting": world.cron.waiting(), "stuck": world.cron.stuck()}


def _run(world: World, _told: dict[str, Any]) -> Any:
    """Run what waits; answers once it is done, or after half a minute."""
    run = world.cron.run()
    return {"run": run, "settled": world.cron.settle(SETTLE_SECONDS)}


def _clock(world: World, told: dict[str, Any]) -> Any:
    """`ahead`: how many seconds before the machine's clock."""
    world.ahead = float(told.get("ahead", 0))
    return {"now": world.now(), "ahead": world.ahead}


def _faults(world: World, _told: dict[str, Any]) -> Any:
    return {"faults": world.faults.shown()}


def _add_fault(world: World, told: dict[str, Any]) -> Any:
    world.faults.add(read_fault(told))
    return _faults(world, told)


def _mend(world: World, told: dict[str, Any]) -> Any:
    world.faults.clear()
    return _faults(world, told)


def _journal(world: World, _told: dict[str, Any]) -> Any:
    return {**world.journal.shown(), "waiting": world.cron.waiting()}


def _settle(world: World, _told: dict[str, Any]) -> Any:
    """Answers once everything that will be delivered by itself was answered."""
    return {"settled": world.cron.settle(SETTLE_SECONDS), "waiting": world.cron.waiting()}


def _forget(world: World, _told: dict[str, Any]) -> Any:
    world.forget()
    return {"status": "ok"}


DOORS: dict[str, Door] = {
    "GET": _shown,
    "DELETE": _forget,
    "POST site": _site,
    "POST orders": _orders,
    "GET orders": _listed_orders,
    "POST cron": _cron,
    "POST cron/run": _run,
    "POST clock": _clock,
    "GET faults": _faults,
    "POST faults": _add_fault,
    "DELETE faults": _mend,
    "GET journal": _journal,
    "POST settle": _settle,
    **control_staff.DOORS,
}
