"""Part i: the merchant's and the operator's pages beside a large ledger: how long each takes, and what it weighs.

Each address of the application's own map that can be read is asked by the large store's merchant, by a small one's and by
an operator, again and again, in turns with a bare view on the same server.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench import fill, orders, procfs, years
from bench.ground import Ground, await_port, database_pid, free_port, migrated
from bench.table import Table, figure
from bench.visitors import FILES, Asked, First, Visitor, doors, visitors
from connectors.outbound import Outbound
from integration import db, up
from integration.crypto import Sealer
from integration.db import chores, reading, stores
from integration.db.stores import Store
from integration.monitor import counting, coverage_report, day_parts
from integration.stores.platforms import Platforms
from integration.stores.upkeep import Errand
from integration.stores.zone import zone_of

OURS, BARE = "integration.app:create_app()", "bench.screens:bare()"
_BARE_KB = 20
_MOST_MS, _MOST_KB = 100.0, 100.0
_MOST_GROWN_MB, _CHUNKS_BETWEEN = 50.0, 50
_BUSY_DAYS_AGO = 3
_HEADS = ("page", "median ms", "95th ms", "/ bare", "CPU ms", "page KB", "first load KB", "")


def bare() -> object:
    """A view that does nothing: what any page costs on this server."""
    from flask import Flask

    app, page = Flask(__name__), f"<!doctype html>{'x' * _BARE_KB * 1_024}"
    app.add_url_rule("/", view_func=lambda: page)
    return app


def measure(ground: Ground, *, quick: bool) -> Table:
    """All pages; then what counting costs, and the longest file."""
    events, times = (100_001, 7) if quick else (1_000_001, 15)
    note = (
        f"asked {times} times each by a client on loopback, one at a time, the first of them apart; CPU with PostgreSQL's; "
        f"files are cut off after the first byte; bare: {_BARE_KB} KB by a Flask view on the same server"
    )
    table = Table(
        f"(i) Pages beside {events:,} events of one store and {years.SMALL_STORES} small stores, PostgreSQL",
        note,
        heads=_HEADS,
    )
    with ground.cluster.database(migrated) as url:
        begun = time.monotonic()
        years.told(ground, url, events)
        _say(table, "filling the database", time.monotonic() - begun)
        count_days(ground, url, table)
        with served(ground, url) as (ours, other):
            ask_all(ours, other, times, table)
            long_file(ours, table)
    return table


@dataclass(frozen=True, slots=True)
class Site:
    """A web server, and who comes to it. `pids`: the roots of the processes whose CPU counts."""

    port: int
    pids: Sequence[int]
    visitors: Sequence[Visitor]

    def spent(self) -> float:
        """CPU seconds so far."""
        return sum(map(procfs.cpu_seconds, self.pids))

    def resident(self) -> float:
        """Megabytes of the web processes."""
        return procfs.resident_mb(self.pids[0])


@contextmanager
def served(ground: Ground, url: str) -> Iterator[tuple[Site, Visitor]]:
    """The application on that database, and the bare view beside it."""
    ports, broker = (free_port(), free_port()), {"REDIS_URL": ground.settings(url).broker_url}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(ground.running(up.web_command(port, application), url, PORT=str(port), **broker))
            for port, application in zip(ports, (OURS, BARE), strict=True)
        ]
        for port, process in zip(ports, processes, strict=True):
            await_port(port, process)
        people = visitors(url, ports[0], [fill.domain(0), fill.domain(1)])
        yield Site(ports[0], (processes[0].pid, database_pid(url)), people), Visitor("bare", ports[1])


def ask_all(ours: Site, other: Visitor, times: int, table: Table) -> None:
    """Each page by each visitor."""
    for visitor in ours.visitors:
        for path in doors(visitor):
            first, before = visitor.first(path), ours.spent()
            pairs = [] if first.is_file else [(visitor.ask(path), other.ask("/")) for _ in range(times)]
            bad = {first.status, *(one.status for one, _ in pairs)} - {200, *visitor.refused}
            if bad:
                table.missed.append(f"{visitor.name} {path} answered {', '.join(map(str, sorted(bad)))}")
            _tell(table, visitor, path, first, pairs, 1_000 * (ours.spent() - before) / times)


def _tell(
    table: Table, visitor: Visitor, path: str, first: First, pairs: Sequence[tuple[Asked, Asked]], cpu: float
) -> None:
    name = f"{visitor.name} {path}"
    if first.is_file:
        table.lines.append((name, f"{figure(first.ms)}", "", "", "", "", "", FILES))
        return
    times, plain = (sorted(pair[n].ms for pair in pairs) for n in (0, 1))
    median, slow = times[len(times) // 2], times[-(-len(times) * 95 // 100) - 1]
    size, load = pairs[0][0].size / 1_024, first.load / 1_024
    missed = [what for what, bad in (("time", median > _MOST_MS), ("size", load > _MOST_KB)) if bad]
    if missed:
        table.missed.append(f"{name}: {' and '.join(missed)}")
    numbers = (median, slow, median / plain[len(plain) // 2], cpu, size, load)
    table.lines.append((name, *map(figure, numbers), "MISSED" if missed else ""))


def _say(table: Table, what: str, seconds: float) -> None:
    table.lines.append((what, f"{figure(1_000 * seconds)}", *[""] * (len(_HEADS) - 2)))


def long_file(ours: Site, table: Table) -> None:
    """The longest file there is, read as fast as it comes: how long that takes, and what it makes the processes grow by."""
    merchant, before, most = ours.visitors[0], ours.resident(), 0.0
    begun = time.monotonic()
    for n, _ in enumerate(merchant.chunks("/store/events.csv")):
        most = max(most, ours.resident()) if n % _CHUNKS_BETWEEN == 0 else most
    _say(table, "large /store/events.csv, all of it", time.monotonic() - begun)
    grown = max(most, ours.resident()) - before
    table.lines.append(("the web processes grew by", f"{grown:.0f} MB", *[""] * (len(_HEADS) - 2)))
    if grown > _MOST_GROWN_MB:
        table.missed.append(f"a long file makes the web processes grow by {grown:.0f} MB")


def count_days(ground: Ground, url: str, table: Table) -> None:
    """Count days as their chore does: the large store's, one of its busy days again, and a small store's."""
    settings, engine = ground.settings(url), db.connect(url)
    no_platform = Outbound(most_at_once=1)  # which counting never asks
    platforms = Platforms(engine, Sealer(settings.encryption_keys), no_platform, settings.apps)
    large, small = (_store(engine, fill.domain(number)) for number in (0, 1))
    counting.look(engine)
    _say(table, f"counting the large store's last {counting.MOST_DAYS} days", _count(platforms, large))
    _say(table, "counting one of its busy days again", _recount(engine, large))
    _say(table, "counting a small store's days", _count(platforms, small))
    engine.dispose()


def _store(engine: db.Engine, domain: str) -> Store:
    with reading(engine) as connection:
        found = stores.by_domain(connection, orders.PLATFORM, domain)
    if found is None:
        raise RuntimeError(f"there is no store {domain}")
    return found


def _count(platforms: Platforms, store: Store) -> float:
    """Seconds until there is no more to be counted at once."""
    with reading(platforms.engine) as connection:
        chore = next(one for one in chores.of_store(connection, store.id) if one.kind == chores.COUNT)
    begun, now = time.monotonic(), datetime.now(UTC)
    while counting.count(Errand(platforms, store, chore, now)) == counting.AT_ONCE:
        pass
    return time.monotonic() - begun


def _recount(engine: db.Engine, store: Store) -> float:
    zone, begun = zone_of(store), time.monotonic()
    day = datetime.now(zone).date() - timedelta(days=_BUSY_DAYS_AGO)
    with reading(engine) as connection:
        day_parts.count(connection, store.id, [day], zone)
        coverage_report.count(connection, store, [day], zone, datetime.now(UTC))
    return time.monotonic() - begun
