"""Part b: how fast one worker process empties the ledger into a Graph of 200 ms, against one RQ job an event."""

import json
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
import sqlalchemy as sa
from rq import Queue

from bench import fill, graph, orders, procfs, usual
from bench.graph import LATENCY, Graph
from bench.ground import Ground
from bench.table import Table, Target
from integration import db
from integration.db import reading
from integration.db.deliveries import State, deliveries
from integration.queues import Bell

IN_FLIGHT = 64
_BATCH = 1_000
_PATIENCE = 90.0
_WORKER = [sys.executable, "-m", "integration.worker"]
_CLOCK = [sys.executable, "-m", "integration.clock"]


@dataclass(frozen=True, slots=True)
class Case:
    """So many datasets with so many events each, and what is expected of it."""

    datasets: int
    each: int
    times_usual: float
    bound_by_calls: bool

    @property
    def events(self) -> int:
        """All of them."""
        return self.datasets * self.each

    @property
    def bound(self) -> float:
        """Events a second if nothing but the calls took time: one batch in flight a dataset."""
        return min(IN_FLIGHT, self.datasets) * min(self.each, _BATCH) / LATENCY

    def __str__(self) -> str:
        return f"{self.datasets:,} x {self.each:,}"


CASES = (
    Case(1_000, 5, times_usual=300, bound_by_calls=True),
    Case(10, 5_000, times_usual=5_000, bound_by_calls=False),
    Case(1_000, 1, times_usual=60, bound_by_calls=True),
)


@dataclass(frozen=True, slots=True)
class Drained:
    """One run: events a second from the bell to the last outcome written; the worker's CPU; calls made."""

    per_second: float
    cpu_us: float
    calls: int


def measure(ground: Ground, *, quick: bool) -> Table:
    """All cases, and the usual way before and after them."""
    runs = 1 if quick else 3
    table = Table(
        "(b) Delivery: one worker process, 64 calls in flight, a Graph that takes 200 ms a call",
        f"orders of {orders.USUAL} positions; events a second from the bell to the last outcome in PostgreSQL, median of "
        f"{runs} runs; usual: one RQ job an event, Meta's SDK, a stock worker",
    )
    with ExitStack() as stack:
        moulds = {shops: stack.enter_context(fill.mould(ground, shops)) for shops in {one.datasets for one in CASES}}
        usually = [the_usual_way(ground, events=15 if quick else 40)]
        drained: dict[Case, list[Drained]] = {case: [] for case in CASES}
        for _ in range(runs):
            for case, found in drained.items():
                found.append(drain(ground, moulds[case.datasets], case))
        usually.append(the_usual_way(ground, events=15 if quick else 40))
    usual_rate = statistics.mean(usually)
    table.add("the usual way, a worker", usual_rate, " events/s")
    for case, found in drained.items():
        _add(table, case, found, usual_rate)
    return table


def _add(table: Table, case: Case, found: list[Drained], usual_rate: float) -> None:
    rate = statistics.median(one.per_second for one in found)
    table.add(str(case), rate, " events/s")
    table.add(f"{case}: times the usual way", rate / usual_rate, " x", Target(case.times_usual))
    target = Target(0.85) if case.bound_by_calls else None
    table.add(f"{case}: of {case.bound:,.0f}/s = threads x batch / latency", rate / case.bound, "", target)
    table.add(f"{case}: worker CPU an event", statistics.median(one.cpu_us for one in found), " us")
    table.add(f"{case}: calls", statistics.median(one.calls for one in found))


def drain(ground: Ground, mould: fill.Mould, case: Case) -> Drained:
    """Fill a database, start a worker, ring, and wait until the last outcome is written."""
    with ExitStack() as stack:
        url = stack.enter_context(mould.database(case.each - 1))
        meta = stack.enter_context(graph.running())
        ground.redis().flushall()
        worker = stack.enter_context(ground.running(_WORKER, url, META_GRAPH_URL=meta.url))
        _await_worker(ground)
        before, begun = procfs.cpu_seconds(worker.pid), time.monotonic()
        Bell(ground.redis()).wake()
        stack.enter_context(ground.running(_CLOCK, url, META_GRAPH_URL=meta.url))
        seconds = _await_delivered(url, meta, case.events, begun)
        time.sleep(1.5)  # the horse lingers a second; its CPU shows when it has ended
        cpu = procfs.cpu_seconds(worker.pid) - before
        calls, _ = meta.count()
        return Drained(case.events / seconds, 1e6 * cpu / case.events, calls)


def _await_worker(ground: Ground) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not ground.redis().smembers("rq:workers"):
        if time.monotonic() > deadline:
            raise RuntimeError("the worker did not start; see processes.log")
        time.sleep(0.05)
    time.sleep(0.5)


def _await_delivered(url: str, meta: Graph, events: int, begun: float) -> float:
    """Seconds until every delivery is `delivered`. Meta's side is asked first: it costs the database nothing."""
    engine = db.connect(url)
    while meta.count()[1] < events or _undelivered(engine):
        if time.monotonic() - begun > _PATIENCE:
            raise RuntimeError(f"{_undelivered(engine)} of {events} events were not delivered")
        time.sleep(0.02)
    seconds = time.monotonic() - begun
    engine.dispose()
    return seconds


def _undelivered(engine: db.Engine) -> int:
    rest = sa.select(sa.func.count()).where(deliveries.c.state != State.DELIVERED)
    with reading(engine) as connection:
        return int(connection.execute(rest).scalar_one())


def the_usual_way(ground: Ground, *, events: int) -> float:
    """Events a second of a stock worker with the SDK."""
    url = ground.settings("sqlite:///unused.db").broker_url
    with graph.running() as meta, redis.Redis.from_url(url) as connection:
        connection.flushall()
        queue = Queue(usual.QUEUE, connection=connection)
        for number in range(events):
            order = usual.ready(json.loads(orders.body(number, datetime.now(UTC), orders.USUAL)))
            queue.enqueue(usual.send, "1234567890", order)
        command = [sys.executable, "-m", "bench.usual", url, meta.url]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        if meta.count()[1] != events:
            raise RuntimeError(f"the usual way delivered {meta.count()[1]} of {events} events")
        return events / float(done.stdout)
