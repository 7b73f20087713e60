"""Part f: what other stores notice of a neighbour with 50,000 events that are due, be it alive or dead.

The same as in part d, at a steady pace over the other stores: alone, beside a neighbour whose flood Meta takes, and
beside one whose calls hang until they are given up.
"""

import sys
from datetime import timedelta

import sqlalchemy as sa

from bench import fill, graph
from bench.ground import Ground, await_port, database_pid, free_port, migrated
from bench.latency import delays
from bench.load import percentile
from bench.server import Run, Server
from bench.table import Table, Target
from integration import db
from integration.db import transaction
from integration.db.deliveries import State, deliveries

_SHOPS = 20
_RATE = 20
_FLOOD = 50_000
_TWICE = Target(2, at_most=True)


def measure(ground: Ground, *, quick: bool) -> Table:
    """The three, one after the other, each on a database of its own."""
    seconds = 8 if quick else 15
    table = Table(
        f"(f) A neighbour with {_FLOOD:,} due events: webhook to accepted of {_SHOPS} other stores, PostgreSQL",
        f"one run of {seconds} s at {_RATE}/s each; ratios of p95, the Graph call of 200 ms included",
    )
    alone = _p95(ground, seconds, flood=0, hangs=False)
    table.add("alone: p95", 1_000 * alone, " ms")
    for name, hangs in (("beside a flood", False), ("beside a dead one", True)):
        beside = _p95(ground, seconds, flood=_FLOOD, hangs=hangs)
        table.add(f"{name}: p95", 1_000 * beside, " ms")
        table.add(f"{name} / alone", beside / alone, "", _TWICE)
    return table


def _p95(ground: Ground, seconds: int, *, flood: int, hangs: bool) -> float:
    """Seconds from webhook to accepted."""
    with (
        ground.cluster.database(migrated) as url,
        graph.running(keep_ids=True, hangs=fill.dataset(0) if hangs else None) as meta,
    ):
        fill.add_shops(ground, url, 1 + _SHOPS)
        if flood:
            fill.tell_one_order_each(ground, url, 1)
            fill.multiply(url, flood - 1)
            _due(url, timedelta(hours=1))
        found = delays(_run(ground, url, meta, seconds), meta)
        return graph.LATENCY + percentile(found, 0.95)


def _due(url: str, after: timedelta) -> None:
    engine = db.connect(url)
    with transaction(engine) as connection:
        connection.execute(
            sa.update(deliveries).where(deliveries.c.state == State.PENDING).values(next_at=db.after(after))
        )
    engine.dispose()


def _run(ground: Ground, url: str, meta: graph.Graph, seconds: int) -> Run:
    ground.redis().flushall()
    port = free_port()
    command = [sys.executable, "-m", "integration", "up", "--port", str(port)]
    broker = ground.settings(url).broker_url
    with ground.running(command, url, META_GRAPH_URL=meta.url, REDIS_URL=broker, PORT=str(port)) as service:
        await_port(port, service)
        server = Server(port, service.pid, database_pid(url), fill.domains(1 + _SHOPS)[1:])
        delays(server.run(5 * _RATE, rate=_RATE), meta)  # warm
        _due(url, timedelta(0))
        run = server.run(_RATE * seconds, rate=_RATE)
        delays(run, meta)  # until all of them have arrived
        return run
