"""The broker gone, frozen, slow, full, emptied, evicting: webhooks are taken all the same, and what was taken leaves.

F19 to F27. Through a proxy, so that it can be slow, and can lose a word on its way.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import urllib3

from integration.queues import DELIVER
from tests.rig import processes, valkey
from tests.rig.forgery import forger
from tests.rig.proxy import Proxy, proxying
from tests.rig.sandbox import Sandbox
from tests.rig.senders import BEFORE_SHOPIFY_CUTS, Record
from tests.rig.service import Service, eventually
from tests.rig.till import Till

ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """A service on PostgreSQL, and on a Valkey that nobody else uses and that keeps nothing."""

    broker: valkey.Own
    proxy: Proxy
    service: Service
    till: Till

    @property
    def ready(self) -> str:
        """What /readyz says."""
        with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
            return pool.request("GET", f"{self.service.url}/readyz").data.decode().strip()

    @property
    def worker(self) -> int:
        """The worker's parent; 0 while there is none."""
        started = processes.children(self.service.process.pid)
        return next((pid for pid in started if "integration.worker" in processes.command(pid)), 0)

    @contextmanager
    def configured(self, name: str, value: str, usual: str) -> Iterator[None]:
        """A setting of the broker's, until the block ends."""
        with self.broker.admin as admin:
            admin.config_set(name, value)
            try:
                yield
            finally:
                admin.config_set(name, usual)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, meta: Sandbox, cluster: object) -> Iterator[Place]:
    with ExitStack() as stack:
        home = tmp_path_factory.mktemp("broker")
        broker = stack.enter_context(valkey.own(home))
        proxy = stack.enter_context(proxying(broker.socket))
        told = {
            "META_GRAPH_URL": meta.url,
            "DATABASE_URL": stack.enter_context(cluster.empty()),
            "REDIS_URL": f"redis://127.0.0.1:{proxy.port}",
        }
        service = stack.enter_context(Service(home / "data", told).running())
        yield Place(broker, proxy, service, Till.opened(service, meta, "100000000000031"))


@pytest.fixture
def till(place: Place) -> Till:
    """Its store, once all that an earlier test broke is whole again, and no horse is left that would find the orders
    without a bell.
    """
    if place.broker.process.poll() is not None:  # a test that failed before it could start it again
        place.broker.start()
    assert eventually(lambda: place.ready == "ready", 30), place.ready
    assert eventually(lambda: place.worker and not processes.children(place.worker), 60)
    return place.till


def taken_in_time(records: list[Record]) -> None:
    """Each at its first try, before the platform would have cut it off."""
    assert not [record.tries for record in records if not in_time(record)]


def in_time(record: Record) -> bool:
    return [one.answer for one in record.tries] == ["200"] and record.tries[0].seconds < BEFORE_SHOPIFY_CUTS


def told_in_time(till: Till, number: int) -> list[Record]:
    """So many orders, told together and taken in time. A machine that stood still for seconds once, which is no fault of the
    broker's, is given a second go; what holds webhooks up holds them up both times.
    """
    first = till.tell_together(number)
    if all(map(in_time, first)):
        return first
    again = till.tell_together(number)
    taken_in_time(again)
    till.retell([record for record in first if not record.taken])
    return first + again


def test_without_a_broker_webhooks_are_taken_and_leave_when_one_is_there_again(place: Place, till: Till) -> None:
    """F19 and F21: killed, and it kept nothing."""
    place.broker.kill()
    records = told_in_time(till, 20)
    assert place.ready.startswith("The broker at REDIS_URL does not answer")
    place.broker.start()
    assert till.delivered(records)
    assert place.ready == "ready"


def test_a_frozen_broker_holds_up_no_webhook(place: Place, till: Till) -> None:
    """F25."""
    with place.broker.frozen():
        records = told_in_time(till, 20) + told_in_time(till, 20)
        assert place.ready.startswith("The broker at REDIS_URL does not answer")
    assert till.delivered(records)


def test_a_broker_that_needs_a_second_for_every_word_holds_up_no_webhook(place: Place, till: Till) -> None:
    """F25."""
    place.proxy.latency = 1.0
    try:
        records = told_in_time(till, 20) + told_in_time(till, 20)
    finally:
        place.proxy.latency = 0.0
    assert till.delivered(records)


def test_a_broker_emptied_again_and_again_delays_and_loses_nothing(place: Place, till: Till) -> None:
    """F22."""
    records = []
    with place.broker.admin as admin:
        for _ in range(15):
            records += till.tell_together(2)
            admin.flushall()
    taken_in_time(records)
    assert till.delivered(records)


def test_a_full_broker_is_said_and_holds_up_no_webhook(place: Place, till: Till) -> None:
    """F23. Quirk: RQ cannot work off what fills it, for its worker has to write first."""
    with place.configured("maxmemory", "1", "0"):
        records = told_in_time(till, 10)
        assert place.ready.startswith("The broker's memory is full. Raise its maxmemory or empty it")
    assert till.delivered(records)


def test_a_policy_changed_under_our_feet_is_said(place: Place, till: Till) -> None:
    """F24."""
    with place.configured("maxmemory-policy", "allkeys-lru", "noeviction"):
        assert "maxmemory-policy is allkeys-lru; it must be noeviction" in place.ready
        records = [till.tell()]
    taken_in_time(records)
    assert till.delivered(records)


@pytest.mark.parametrize("words", [("integration", "up", "--port", "PORT"), ("integration.worker",)])
def test_nobody_starts_on_a_broker_that_may_throw_jobs_away(
    place: Place, till: Till, words: tuple[str, ...], tmp_path: Path
) -> None:
    """F24."""
    other = Service(tmp_path / "data", {"REDIS_URL": place.broker.url})
    told = [word.replace("PORT", str(other.port)) for word in words]
    with place.configured("maxmemory-policy", "volatile-lru", "noeviction"):
        done = subprocess.run(
            [sys.executable, "-m", *told],
            env=other.surroundings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 1
    assert "maxmemory-policy is volatile-lru; it must be noeviction" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_box_started_while_the_broker_is_away_takes_webhooks(place: Place, till: Till) -> None:
    """A restart during an outage must not make an outage of it."""
    place.broker.kill()
    other = Service(place.service.data_dir, place.service.environment)
    other.start()
    try:
        records = [till.tell(other.url) for _ in range(3)]
        taken_in_time(records)
    finally:
        other.stop()
        place.broker.start()
    assert till.delivered(records)


def test_connections_that_break_in_the_middle_of_a_word_lose_nothing(place: Place, till: Till) -> None:
    """F26: the broker did what it was told, and its answer was lost."""
    place.proxy.loses = re.compile(b"EXEC")
    try:
        records = till.tell_together(5)
        assert eventually(lambda: place.proxy.lost >= 3, 20)
        records += till.tell_together(5)
    finally:
        place.proxy.loses = None
    place.proxy.cut()
    records += till.tell_together(5)
    taken_in_time(records)
    assert till.delivered(records)


def test_a_connection_that_died_without_a_word_is_noticed(place: Place, till: Till) -> None:
    """As behind a firewall that forgot it. Quirk: RQ alone would wait seven minutes for the next job."""
    place.proxy.mute()
    records = till.tell_together(5)
    taken_in_time(records)
    assert till.delivered(records)


def test_nothing_of_a_strangers_job_runs_and_ours_are_delivered(place: Place, till: Till, tmp_path: Path) -> None:
    """F27."""
    with place.broker.admin as admin, forger(admin, tmp_path / "traces") as other:
        other.forge_all()
        records = till.tell_together(5)
        taken_in_time(records)
        assert till.delivered(records)
        assert eventually(lambda: admin.llen("rq:queue:tandem") == 0, 60)
        assert (other.files(), other.called, other.kept()) == ([], [], [])
    assert "FORGED" not in place.service.log()


def test_a_worker_that_dies_with_the_job_in_its_hand_is_not_waited_for(place: Place, till: Till) -> None:
    """F14: the flag stands, no job waits, and the next webhook's ring finds the flag. The clock insists."""
    with place.broker.admin as admin:
        with processes.stopped([place.worker]):
            admin.set(f"tandem:wake:{DELIVER}", 1, ex=3_600)
            records = till.tell_together(3)
        taken_in_time(records)
        begun = time.monotonic()
        assert till.delivered(records)
        assert time.monotonic() - begun < 40  # and not when the flag falls
        with suppress(redis.exceptions.ResponseError):
            admin.delete(f"tandem:wake:{DELIVER}")
