"""Part a: the answer to a webhook, against a bare view on the same server, on PostgreSQL and on SQLite."""

from collections.abc import Callable
from contextlib import ExitStack

from bench import bare, fill
from bench.ground import Ground, migrated
from bench.server import BARE, OURS, Run, alternating, median, median_ratio, serving
from bench.table import Table, Target

_SHOPS = 10
_STEADY = 200
_RATIO = {"PostgreSQL": Target(0.8), "SQLite": Target(0.5)}


def measure(ground: Ground, *, quick: bool) -> Table:
    """Both databases."""
    runs, requests = (2, 800) if quick else (5, 2_000)
    table = Table(
        "(a) Webhook to answer: signed Shopify orders of 23 KB, each new, 16 at a time",
        f"our application and the bare view by the same server command, ABAB..., medians of {runs} pairs of {requests:,}",
    )
    with ground.cluster.database(migrated) as url:
        _compare(ground, url, "PostgreSQL", table, runs, requests)
    _compare(ground, ground.sqlite(), "SQLite", table, runs, requests)
    return table


def _compare(ground: Ground, url: str, name: str, table: Table, runs: int, requests: int) -> None:
    fill.add_shops(ground, url, _SHOPS)
    bare.prepare(url)
    with ExitStack() as stack:
        ours = stack.enter_context(serving(ground, OURS, url, fill.domains(_SHOPS)))
        other = stack.enter_context(serving(ground, BARE, url, fill.domains(_SHOPS)))
        pairs = alternating(ours, other, runs, requests)
        steady = ours.run(_STEADY * (5 if runs < 3 else 15), rate=_STEADY)
    _tell(table, f"{name}, ours", [one for one, _ in pairs])
    _tell(table, f"{name}, bare", [other for _, other in pairs])
    table.add(f"{name}: requests a second, ours / bare", median_ratio(pairs, _rate), "", _RATIO[name])
    cheapness = 1 / median_ratio(pairs, _cpu)
    table.add(f"{name}: CPU a request, bare / ours", cheapness, "", _RATIO[name])
    if steady.told.busy:
        table.add(
            f"{name}: answered 503 at a steady {_STEADY}/s", 100 * steady.told.busy, " %", Target(0, at_most=True)
        )
    table.add(f"{name}: p50 at a steady {_STEADY}/s", steady.told.percentile(0.50), " ms")
    table.add(f"{name}: p99 at a steady {_STEADY}/s", steady.told.percentile(0.99), " ms", Target(100, at_most=True))


def _tell(table: Table, who: str, runs: list[Run]) -> None:
    table.add(f"{who}: requests a second", median(runs, _rate))
    table.add(f"{who}: CPU a request", median(runs, _cpu), " us")
    if any(run.database_us for run in runs):
        table.add(f"{who}: PostgreSQL's CPU a request", median(runs, lambda run: run.database_us), " us")
    if any(run.told.busy for run in runs):
        table.add(f"{who}: answered 503", 100 * max(run.told.busy for run in runs), " %")
    for share in (0.50, 0.99):
        table.add(f"{who}: p{share * 100:.0f}", median(runs, _percentile(share)), " ms")


def _rate(run: Run) -> float:
    return run.told.per_second


def _cpu(run: Run) -> float:
    return run.cpu_us


def _percentile(share: float) -> Callable[[Run], float]:
    return lambda run: run.told.percentile(share)
