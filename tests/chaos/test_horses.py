"""Horses that outlive their worker, are told to stop, or sleep past their lease, each with a call to Meta under way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from integration import db
from tests.rig import hasten, processes, valkey
from tests.rig.sandbox import Sandbox
from tests.rig.senders import Record
from tests.rig.service import Service, eventually
from tests.rig.till import Till

CALL_SECONDS = 5.0
WORKER = "integration.worker"


@dataclass
class Stable:
    """A running service on PostgreSQL with one worker, and a store that sells."""

    service: Service
    engine: db.Engine
    meta: Sandbox
    till: Till

    @property
    def worker(self) -> int:
        """The worker's parent; 0 while there is none."""
        started = processes.children(self.service.process.pid)
        return next((pid for pid in started if WORKER in processes.command(pid)), 0)

    def calling(self) -> tuple[Record, int]:
        """An order whose call to Meta is under way, counted and not answered yet; and the horse that waits."""
        assert eventually(lambda: self.worker and not processes.children(self.worker), 60)
        self.meta.fail(kind="slow", dataset=self.till.dataset_id, seconds=CALL_SECONDS)
        record = self.till.tell()
        assert record.taken
        assert eventually(lambda: self.till.copies(record), 30)
        (horse,) = processes.children(self.worker)
        return record, horse

    def states(self, record: Record) -> list[str]:
        """Of the order's deliveries."""
        order_id = record.webhook.promises[0].event_id
        return [row["status"] for row in self.service.events() if row["order_id"] == order_id]

    @contextmanager
    def second_worker(self) -> Iterator[None]:
        """As a second machine would have it."""
        words = [sys.executable, "-m", WORKER]
        directory = self.service.data_dir.parent
        with subprocess.Popen(words, env=self.service.surroundings, cwd=directory, stderr=subprocess.DEVNULL) as other:
            try:
                yield
            finally:
                other.terminate()


@pytest.fixture(scope="module")
def stable(tmp_path_factory: pytest.TempPathFactory, meta: Sandbox, cluster: object) -> Iterator[Stable]:
    valkey.have_or_skip()
    with cluster.empty() as url:
        told = {"META_GRAPH_URL": meta.url, "DATABASE_URL": url}
        service = Service(tmp_path_factory.mktemp("horses") / "data", told)
        with service.running():
            engine = db.connect(url)
            yield Stable(service, engine, meta, Till.opened(service, meta, "100000000000041"))
            engine.dispose()


def test_a_horse_that_outlives_its_worker_ends_its_call_and_nobody_repeats_it(stable: Stable) -> None:
    """F13. Quirk: RQ alone starts such a job again while it still runs."""
    record, horse = stable.calling()
    worker = stable.worker
    os.kill(worker, signal.SIGKILL)
    assert processes.alive(horse)
    assert eventually(lambda: stable.states(record) == ["delivered"], 30)
    assert eventually(lambda: stable.worker not in (0, worker), 30)
    assert stable.till.copies(record) == [True]
    # It lingers for what comes next, and would take the next order from the new worker's horse.
    assert eventually(lambda: not processes.alive(horse), 60)


def test_a_worker_told_to_stop_lets_its_horse_write_down_what_came_of_the_call(stable: Stable) -> None:
    """F18."""
    record, horse = stable.calling()
    os.kill(stable.worker, signal.SIGTERM)
    assert eventually(lambda: not processes.alive(horse), 60)
    assert stable.states(record) == ["delivered"]
    assert stable.till.copies(record) == [True]


def test_a_horse_killed_in_its_call_is_followed_at_once_and_meta_counts_once(stable: Stable) -> None:
    """F12. Its worker sees it die: the lease need not run out first."""
    record, horse = stable.calling()
    begun = time.monotonic()
    os.kill(horse, signal.SIGKILL)
    assert eventually(lambda: stable.states(record) == ["delivered"], 50)
    assert time.monotonic() - begun < 50  # and not when the lease of 60 seconds is over
    assert stable.till.copies(record) == [True, False]


def test_a_horse_that_slept_past_its_lease_may_not_write_any_more(stable: Stable) -> None:
    """F9: stopped for longer than its lease, as by a machine that was suspended, while another goes on."""
    record, horse = stable.calling()
    with processes.stopped([horse]), stable.second_worker():
        hasten.let_leases_lapse(stable.engine)
        assert eventually(lambda: stable.states(record) == ["delivered"], 40)
        before = [row for row in stable.service.events() if row["order_id"] == record.webhook.promises[0].event_id]
    assert eventually(lambda: not processes.alive(horse), 60)
    after = [row for row in stable.service.events() if row["order_id"] == record.webhook.promises[0].event_id]
    assert after == before
    assert "lease lost, outcome not written" in stable.service.log()
    assert stable.till.copies(record) == [True, False]
