"""Part c: bytes of one order to the JSON Meta gets, against the SDK building and normalising the same event."""

import gc
import json
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bench import orders, usual
from bench.ground import Ground
from bench.table import Table, Target
from connectors.event import Event
from integration.meta import mapping
from integration.pipeline.prepare import StoreView, prepare
from integration.pipeline.qualify import Counts, Horizon
from integration.store_settings import StoreSettings

_VIEW = StoreView("bench.myshopify.com", "0" * 8, StoreSettings())
_ORDERS = 200


def ours(body: bytes, now: datetime) -> bytes:
    """What the road does to an order between its bytes and Meta's, but for sealing and storing it."""
    told = orders.connector().parse(orders.TOPIC, body)[0]
    if not isinstance(told, Event):
        raise TypeError("the order is no event")
    prepared = prepare(told, _VIEW, Horizon(now, now - timedelta(days=1)))
    if not isinstance(prepared.verdict, Counts):
        raise TypeError("the order does not count")
    event = mapping.server_event(
        event_name=prepared.event_name,
        event_id=prepared.event_id,
        event_time=prepared.verdict.event_time,
        kept=prepared.facts,
        person=prepared.person.user_data,
        settings=_VIEW.settings,
    )
    return msgspec.json.encode(event.payload())


def measure(_ground: Ground, *, quick: bool) -> Table:
    """CPU microseconds an order, each way, in turns."""
    rounds = 7 if quick else 25
    now = datetime.now(UTC).replace(microsecond=0)
    bodies = [orders.body(n, now) for n in range(_ORDERS)]
    ready = [usual.ready(json.loads(body)) for body in bodies]
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: [ours(body, now) for body in bodies],
        "sdk": lambda: [usual.event(order).normalize() for order in ready],
        "sdk, to JSON": lambda: [json.dumps(usual.event(order).normalize()) for order in ready],
        "json.loads": lambda: [json.loads(body) for body in bodies],
    }
    taken = _in_turns(ways, rounds)
    table = Table(
        f"(c) One order of {len(bodies[0]):,} bytes, decoded, mapped, hashed, serialised",
        f"CPU us an order, median of {rounds} rounds in turns over {_ORDERS} orders of different people",
    )
    for name, microseconds in taken.items():
        table.add(name, statistics.median(microseconds), " us")
    table.add("ours / sdk", _ratio(taken["ours"], taken["sdk"]), "", Target(1.3, at_most=True))
    table.add("ours / sdk, to JSON", _ratio(taken["ours"], taken["sdk, to JSON"]))
    return table


def _in_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for work in ways.values():
        work()
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, work in ways.items():
            begun = time.thread_time_ns()
            work()
            taken[name].append((time.thread_time_ns() - begun) / 1_000 / _ORDERS)
    gc.enable()
    return taken


def _ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The median of the ratios round by round: what slowed a whole round slowed both."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))
