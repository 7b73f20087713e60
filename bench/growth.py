"""Part e: what a webhook costs a small and a large installation: by stores, and by events stored."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench import fill
from bench.ground import Ground, migrated
from bench.server import OURS, Run, Server, alternating, median_ratio, serving
from bench.table import Table, Target
from integration import up

_FEW_SHOPS, _FEW_EVENTS = 10, 1_000
_BOUND = Target(1.3, at_most=True)


@dataclass(frozen=True, slots=True)
class Size:
    """An installation."""

    shops: int
    events: int


def measure(ground: Ground, *, quick: bool) -> Table:
    """The small one beside the two large ones."""
    runs, requests = (3, 800) if quick else (5, 1_500)
    many_shops, many_events = (1_000, 100_000) if quick else (10_000, 1_000_000)
    table = Table(
        "(e) What a webhook costs as the installation grows, PostgreSQL",
        f"one process, 16 at a time; medians of {runs} pairs of {requests:,}, large and small in turns; each store told once before",
    )
    small = Size(_FEW_SHOPS, _FEW_EVENTS)
    with ExitStack() as stack:
        few = stack.enter_context(_installation(ground, small))
        many = stack.enter_context(_installation(ground, Size(many_shops, _FEW_EVENTS)))
        first = many.run(many_shops)
        name = f"{many_shops:,} stores / {_FEW_SHOPS}"
        _tell(table, name, alternating(many, few, runs, requests))
        table.add(f"{name}: CPU of each store's first webhook since the start", first.cpu_us, " us")
    with ExitStack() as stack:
        few = stack.enter_context(_installation(ground, small))
        much = stack.enter_context(_installation(ground, Size(_FEW_SHOPS, many_events)))
        _tell(table, f"{many_events:,} events / {_FEW_EVENTS:,}", alternating(much, few, runs, requests))
    return table


@contextmanager
def _installation(ground: Ground, size: Size) -> Iterator[Server]:
    with ground.cluster.database(migrated) as url:
        fill.grow(ground, url, size.shops, size.events)
        with serving(ground, OURS, url, fill.domains(size.shops), _one_process) as server:
            yield server


def _one_process(port: int, application: str) -> list[str]:
    """What one process remembers of a store another one does not: a single one has soon met them all."""
    return [word.replace("--workers=2", "--workers=1") for word in up.web_command(port, application)]


def _tell(table: Table, name: str, pairs: Sequence[tuple[Run, Run]]) -> None:
    measures: dict[str, Callable[[Run], float]] = {
        "CPU": lambda run: run.cpu_us,
        "CPU with PostgreSQL's": lambda run: run.cpu_us + run.database_us,
        "p50": lambda run: run.told.percentile(0.5),
    }
    for what, measured in measures.items():
        table.add(f"{name}: {what} a webhook", median_ratio(pairs, measured), "", _BOUND)
    plain = statistics.median(small.cpu_us for _, small in pairs)
    table.add(f"{name}: CPU of the small one", plain, " us")
