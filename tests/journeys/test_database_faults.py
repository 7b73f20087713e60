"""The database gone, frozen, killed, full, locked: webhooks are asked to come again, and what was taken is delivered.

F5, F29 to F34, F36 to F38. Shopify cuts a webhook off after 5 seconds: each answer has to come before that.
"""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

import psycopg
import pytest

from integration import db
from tests.conftest import missing
from tests.rig import hasten, postgres, valkey
from tests.rig.proxy import Proxy, proxying
from tests.rig.sandbox import Sandbox
from tests.rig.senders import BEFORE_SHOPIFY_CUTS, Record, answers, asked_to_come_again
from tests.rig.service import Service, eventually
from tests.rig.till import Till

# Of a webhook's rows: after their INSERT, or in one statement that commits itself.
THE_COMMIT = re.compile(rb"INSERT INTO deliveries.*COMMIT|WITH receipt AS", re.DOTALL)
SURELY_DEAD = 3.0  # a call lasts no time here; and if it did, it would be counted once all the same


@dataclass
class Place:
    """A service on a PostgreSQL that nobody else uses, reached through a proxy."""

    server: postgres.Server
    url: str
    proxy: Proxy
    engine: db.Engine
    till: Till

    @contextmanager
    def session(self, **options: bool) -> Iterator[psycopg.Connection]:
        """Somebody else's session in the service's database, past the proxy."""
        with psycopg.connect(self.url.replace("+psycopg", ""), **options) as connection:
            yield connection

    def hasten(self) -> None:
        """Whoever lost its lease with the database is not waited for: the lease lapses soon, the next try is due."""
        hasten.let_leases_lapse(self.engine, older_than=SURELY_DEAD)
        hasten.make_everything_due(self.engine)

    def taken_in_the_end(self, records: Iterable[Record]) -> None:
        """The platform comes again: it is taken, and each order is counted once."""
        waiting = list(records)
        assert eventually(lambda: self.till.tell().taken, 30)
        self.till.retell(record for record in waiting if not record.taken)
        assert all(record.taken for record in waiting), [record.tries for record in waiting]
        assert self.till.delivered(waiting, self.hasten)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, meta: Sandbox) -> Iterator[Place]:
    valkey.have_or_skip()
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.own("-c max_connections=40"))
        except postgres.NotToBeHadError:
            missing("PostgreSQL")
        url = stack.enter_context(server.cluster.empty())
        proxy = stack.enter_context(proxying(server.socket))
        home = tmp_path_factory.mktemp("database")
        reached = f"postgresql+psycopg://tandem@127.0.0.1:{proxy.port}/{url.rpartition('/')[2].partition('?')[0]}"
        service = Service(home / "data", {"META_GRAPH_URL": meta.url, "DATABASE_URL": reached})
        with service.running():
            engine = db.connect(url)
            stack.callback(engine.dispose)
            yield Place(server, url, proxy, engine, Till.opened(service, meta, "100000000000021"))


@pytest.fixture
def till(place: Place) -> Till:
    return place.till


def test_a_database_that_is_gone_is_said_in_time_and_nothing_is_half_taken(place: Place, till: Till) -> None:
    before = till.tell()
    place.server.stop("fast")
    records = till.tell_together(12)
    asked_to_come_again(records)
    place.server.start()
    place.taken_in_the_end([before, *records])


def test_a_frozen_database_is_not_waited_for(place: Place, till: Till) -> None:
    """F5: its kernel still takes connections, and nobody ever speaks. More come at once than there are threads."""
    before = till.tell()
    with place.server.frozen():
        records = till.tell_together(40)
        records += till.tell_together(20)
    asked_to_come_again(records)
    place.taken_in_the_end([before, *records])


def test_a_table_locked_by_a_session_that_sleeps_is_not_waited_for(place: Place, till: Till) -> None:
    """F34: somebody's migration, or a person who went to lunch inside a transaction."""
    with place.session() as other:
        other.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
        records = till.tell_together(6)
        asked_to_come_again(records)
    place.taken_in_the_end(records)


def test_a_database_that_takes_nothing_is_a_database_that_is_away(place: Place, till: Till) -> None:
    """F37: after a failover, the old primary is read-only."""
    with place.session(autocommit=True) as other:
        other.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        other.execute("SELECT pg_reload_conf()")
        try:
            assert eventually(lambda: till.tell().tries[-1].answer == "503")
            records = till.tell_together(6)
        finally:
            other.execute("SET default_transaction_read_only = off")
            other.execute("ALTER SYSTEM RESET default_transaction_read_only")
            other.execute("SELECT pg_reload_conf()")
    asked_to_come_again(records)
    place.taken_in_the_end(records)


def test_no_slot_left_for_a_connection_is_a_database_that_is_away(place: Place, till: Till) -> None:
    """F36."""
    with ExitStack() as stack:
        take_every_slot(place, stack)
        records = till.tell_together(6)
        asked_to_come_again(records)
    place.taken_in_the_end(records)


def take_every_slot(place: Place, stack: ExitStack) -> None:
    """Ours are ended, and others sit down in their places before we can."""
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> ALL(%s)"
    held: list[psycopg.Connection] = []
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            while True:
                held.append(stack.enter_context(place.session(autocommit=True)))
        mine = [one.info.backend_pid for one in held]
        if not held[0].execute(ours, [mine]).fetchall():
            return
    raise AssertionError("The service keeps a connection.")


def test_a_database_killed_under_load_loses_nothing_it_confirmed(place: Place, till: Till) -> None:
    """F30: SIGKILL for all of it, three times, without a word."""

    def kill() -> None:
        for _ in range(3):
            place.server.kill()
            time.sleep(0.5)
            place.server.start()
            time.sleep(1.0)

    records = till.sell_through(kill)
    assert answers(records) == {"200", "503"}
    assert all(record.taken for record in records)
    assert till.delivered(records, place.hasten)


def test_a_database_restarted_under_load_costs_no_more_than_an_answer_to_come_again(place: Place, till: Till) -> None:
    """F31."""

    def restart() -> None:
        place.server.stop("fast")
        place.server.start()

    records = till.sell_through(restart)
    assert answers(records) <= {"200", "503"}
    assert all(record.taken for record in records)
    assert till.delivered(records, place.hasten)
    after = [till.tell() for _ in range(40)]
    assert answers(after) == {"200"}


def test_a_commit_whose_answer_is_lost_is_never_called_taken_and_makes_one_row(place: Place, till: Till) -> None:
    """F32: the connection breaks between COMMIT and its answer; the sender's next try finds the row."""
    place.proxy.cut()  # on an old connection a statement is called by its number
    place.proxy.loses = THE_COMMIT
    try:
        record = till.tell()
    finally:
        place.proxy.loses = None
    order_id = record.webhook.promises[0].event_id
    asked_to_come_again([record])
    assert [row["order_id"] for row in till.service.events()].count(order_id) == 1
    place.taken_in_the_end([record])
    assert record.tries[-1].answer == "200"
    assert [row["order_id"] for row in till.service.events()].count(order_id) == 1


def test_a_slow_database_makes_no_heap_of_waiting_threads(place: Place, till: Till) -> None:
    """F38: each word to it takes a second; whoever cannot be served in time is told so."""
    place.proxy.latency = 1.0
    try:
        records = till.tell_together(40)
    finally:
        place.proxy.latency = 0.0
    assert answers(records) <= {"200", "503"}
    assert max(record.tries[-1].seconds for record in records) < BEFORE_SHOPIFY_CUTS
    place.taken_in_the_end(records)
