"""Part h: the beacon, which anybody on the internet may call: how much it takes, and what webhooks notice of a flood.

The webhooks of other stores at a steady pace: alone, beside a busy day's browsers, and beside a flood from everywhere that
asks again as soon as it is answered. The flood shares this machine's cores with what it floods, so the same flood at
addresses that lead nowhere tells what any flood costs here; the beacon should cost no more.
"""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from bench import fill, flood
from bench.flood import Flooded
from bench.ground import Ground, migrated
from bench.server import OURS, Run, Server, serving
from bench.table import Table, Target
from integration import db
from integration.db import reading, stores

_SHOPS = 20
_FLOODED = 5  # of them, the first
_RATE = 50
_BUSY = 100.0
_NOWHERE = ["0" * 32]
_BUSY_DAY, _FLOOD, _NOTHING = "a busy day", "a flood", "a flood of nothing"
_HEARD = Target(99)
_STEADY, _NO_WORSE = Target(2, at_most=True), Target(1.5, at_most=True)


class Beside(NamedTuple):
    """A run of webhooks, and what was posted to the beacon meanwhile."""

    run: Run
    flood: Flooded


def measure(ground: Ground, *, quick: bool) -> Table:
    """In turns, so that what slows the machine for a while slows all."""
    rounds, seconds = (2, 4) if quick else (5, 8)
    table = Table(
        f"(h) The beacon, and webhooks at {_RATE}/s beside it, PostgreSQL",
        f"medians of {rounds} rounds of {seconds} s; the flood: 8 connections, each asks as soon as it is answered",
    )
    believing = dataclasses.replace(ground, values={**ground.values, "TRUSTED_PROXIES": "1"})
    with ground.cluster.database(migrated) as url, ExitStack() as stack:
        fill.add_shops(ground, url, _SHOPS)
        keys = _keys(url)
        server = stack.enter_context(serving(believing, OURS, url, fill.domains(_SHOPS)[_FLOODED:]))
        jobs = {
            _BUSY_DAY: flood.Job(server.port, keys, rate=_BUSY),
            _FLOOD: flood.Job(server.port, keys),
            _NOTHING: flood.Job(server.port, _NOWHERE),
        }
        alone: list[Run] = []
        beside: dict[str, list[Beside]] = {name: [] for name in jobs}
        for _ in range(rounds):
            alone.append(server.run(_RATE * seconds, rate=_RATE))
            for name, job in jobs.items():
                beside[name].append(_beside(server, job, _RATE * seconds))
    _tell(table, alone, beside)
    return table


def _keys(url: str) -> list[str]:
    engine = db.connect(url)
    with reading(engine) as connection:
        found = {store.domain: store.public_key for store in stores.everyone(connection)}
    engine.dispose()
    return [found[domain] for domain in fill.domains(_FLOODED)]


def _beside(server: Server, job: flood.Job, requests: int) -> Beside:
    with flood.flowing(job) as flowing:
        run = server.run(requests, rate=_RATE)
        return Beside(run, flowing.ebb())


def _tell(table: Table, alone: Sequence[Run], beside: Mapping[str, Sequence[Beside]]) -> None:
    table.add("webhooks alone: p95", statistics.median(_p95(run) for run in alone), " ms")
    for name, rounds in beside.items():
        table.add(f"{name}: answers a second", statistics.median(one.flood.per_second for one in rounds))
        for status in sorted({status for one in rounds for status in one.flood.statuses}):
            share = statistics.median(one.flood.share(int(status)) for one in rounds)
            heard = _HEARD if (name, status) == (_BUSY_DAY, "204") else None
            table.add(f"{name}: answered {status}", 100 * share, " %", heard)
        table.add(f"webhooks beside {name}: p95", statistics.median(_p95(one.run) for one in rounds), " ms")
        busy = 100 * max(one.run.told.busy for one in rounds)
        table.add(f"webhooks beside {name}: answered 503", busy, " %", Target(0, at_most=True))
    with_browsers = [_p95(one.run) / _p95(run) for one, run in zip(beside[_BUSY_DAY], alone, strict=True)]
    table.add(f"p95, beside {_BUSY_DAY} / alone", statistics.median(with_browsers), "", _STEADY)
    flooded = [_p95(one.run) / _p95(other.run) for one, other in zip(beside[_FLOOD], beside[_NOTHING], strict=True)]
    table.add(f"p95, beside {_FLOOD} / beside {_NOTHING}", statistics.median(flooded), "", _NO_WORSE)


def _p95(run: Run) -> float:
    """Milliseconds."""
    return run.told.percentile(0.95)
