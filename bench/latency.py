"""Part d: from the webhook to Meta's door with the whole service up, at a steady pace over many stores.

What is told is the time from when a webhook was due to be posted to when its event had arrived at the stand-in whole:
what passes between the two, less the 200 ms that the Graph call itself takes.
"""

import sys
import time

from bench import fill, graph, orders
from bench.graph import Graph
from bench.ground import Ground, await_port, database_pid, free_port, migrated
from bench.load import percentile
from bench.server import Run, Server
from bench.table import Table, Target

_SHOPS = 200
_RATES = (50, 200)
_PATIENCE = 30.0
_BOUNDS = {0.50: None, 0.95: Target(100, at_most=True), 0.99: Target(300, at_most=True), 1.0: None}


def measure(ground: Ground, *, quick: bool) -> Table:
    """Both paces, on one running service."""
    seconds = 8 if quick else 25
    table = Table(
        f"(d) Webhook to accepted, less the Graph call: the whole service, {_SHOPS} stores, PostgreSQL",
        f"one run of {seconds} s at each pace, orders of 23 KB",
    )
    with ground.cluster.database(migrated) as url, graph.running(keep_ids=True) as meta:
        fill.add_shops(ground, url, _SHOPS)
        ground.redis().flushall()
        port = free_port()
        command = [sys.executable, "-m", "integration", "up", "--port", str(port)]
        broker = ground.settings(url).broker_url
        with ground.running(command, url, META_GRAPH_URL=meta.url, REDIS_URL=broker, PORT=str(port)) as service:
            await_port(port, service)
            server = Server(port, service.pid, database_pid(url), fill.domains(_SHOPS))
            delays(server.run(300, rate=_RATES[0]), meta)
            for rate in _RATES:
                _tell(table, rate, server.run(rate * seconds, rate=rate), meta)
    return table


def _tell(table: Table, rate: int, run: Run, meta: Graph) -> None:
    found = delays(run, meta)
    for share, target in _BOUNDS.items():
        name = "slowest" if share == 1 else f"p{share * 100:.0f}"
        table.add(f"{rate}/s: {name}", 1_000 * percentile(found, share), " ms", target)
    table.add(f"{rate}/s: p99 of the answer to the webhook", run.told.percentile(0.99), " ms")
    table.add(f"{rate}/s: CPU of the whole service", run.cpu_us * rate / 1e4, " % of a core")


def delays(run: Run, meta: Graph) -> list[float]:
    """Seconds from the time to post to the arrival at Meta, of every event of a run; raises where one is missing."""
    posted = {orders.event_id(run.first + n): at for n, at in enumerate(sorted(run.told.asked))}
    deadline = time.monotonic() + _PATIENCE
    while missing := posted.keys() - (seen := meta.seen()).keys():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(missing)} of {len(posted)} events did not arrive")
        time.sleep(0.5)
    return [seen[told] - at for told, at in posted.items()]
