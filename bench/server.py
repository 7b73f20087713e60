"""A web server under load: the production server command on some application, and what a run of requests cost it."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from bench import load, procfs
from bench.ground import Ground, await_port, database_pid, free_port
from bench.load import Job, Told
from integration import up

OURS, BARE = "integration.app:create_app()", "bench.bare:create_app()"

# No order is told twice in a run of the bench: a copy would be cheaper.
_numbers = count(1_000_000_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the number of its first order, what came back, and CPU microseconds a request of the web processes and
    of PostgreSQL's.
    """

    first: int
    told: Told
    cpu_us: float
    database_us: float


@dataclass(frozen=True, slots=True)
class Server:
    """It listens. `shops` are those whose orders it is told."""

    port: int
    pid: int
    database: int | None
    shops: Sequence[str]

    def run(self, requests: int, *, lines: int = 16, rate: float | None = None) -> Run:
        """Send so many orders, each of them new."""
        first = next(_numbers)
        job = Job(self.port, requests, first, list(self.shops), lines, rate)
        before = self._spent()
        told = load.run(job).refuse_failures()
        web, database = (1e6 * (now - then) / requests for now, then in zip(self._spent(), before, strict=True))
        return Run(first, told, web, database)

    def _spent(self) -> tuple[float, float]:
        return procfs.cpu_seconds(self.pid), procfs.cpu_seconds(self.database) if self.database else 0.0


@contextmanager
def serving(
    ground: Ground,
    application: str,
    url: str,
    shops: Sequence[str],
    command: Callable[[int, str], list[str]] = up.web_command,
) -> Iterator[Server]:
    """The server with an application on a database, warm."""
    port = free_port()
    broker = {"REDIS_URL": ground.settings(url).broker_url}
    with ground.running(command(port, application), url, PORT=str(port), **broker) as process:
        await_port(port, process)
        found = Server(port, process.pid, None if url.startswith("sqlite") else database_pid(url), shops)
        found.run(300)
        yield found


def alternating(one: Server, other: Server, runs: int, requests: int) -> list[tuple[Run, Run]]:
    """Pairs of runs in turns: what slows the machine for a while slows both."""
    return [(one.run(requests), other.run(requests)) for _ in range(runs)]


def median_ratio(pairs: Sequence[tuple[Run, Run]], measure: Callable[[Run], float]) -> float:
    """The median over the pairs of one's measure by the other's."""
    return statistics.median(measure(one) / measure(other) for one, other in pairs)


def median(runs: Sequence[Run], measure: Callable[[Run], float]) -> float:
    """The median over runs."""
    return statistics.median(measure(run) for run in runs)
