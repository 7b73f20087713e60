"""One box on SQLite: its file held by another process, its processes killed while they write."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.rig import processes, valkey
from tests.rig.sandbox import Sandbox
from tests.rig.senders import BROKEN, answers, asked_to_come_again
from tests.rig.service import Service
from tests.rig.till import Till


@dataclass
class Box:
    """A service on SQLite."""

    service: Service
    till: Till

    def connect(self) -> sqlite3.Connection:
        """Another process's way into its file; the caller closes it."""
        return sqlite3.connect(self.service.data_dir / "tandem.db", isolation_level=None, timeout=20)

    @property
    def web_processes(self) -> list[int]:
        """Those that answer webhooks."""
        started = processes.children(self.service.process.pid)
        parts = ("integration.worker", "integration.clock", "valkey-server")
        webs = [pid for pid in started if not any(part in processes.command(pid) for part in parts)]
        return [pid for parent in webs for pid in processes.children(parent)]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, meta: Sandbox) -> Iterator[Box]:
    valkey.have_or_skip()
    service = Service(tmp_path_factory.mktemp("sqlite") / "data", {"META_GRAPH_URL": meta.url})
    with service.running():
        yield Box(service, Till.opened(service, meta, "100000000000022"))


def test_sqlite_held_by_another_process_is_said_in_time_and_nothing_taken_is_lost(box: Box) -> None:
    """F41."""
    before = box.till.tell()
    with closing(box.connect()) as other:
        other.execute("BEGIN EXCLUSIVE")
        records = box.till.tell_together(6)
        asked_to_come_again(records)
        other.execute("ROLLBACK")
    box.till.retell(records)
    assert all(record.taken for record in records)
    assert box.till.delivered([before, *records])


def test_sqlite_under_processes_that_are_killed_while_they_write_keeps_what_was_confirmed(box: Box) -> None:
    """F42."""

    def kill() -> None:
        for _ in range(12):
            processes.send(box.web_processes, signal.SIGKILL)
            time.sleep(0.7)

    records = box.till.sell_through(kill)
    assert answers(records) <= {"200", "503", BROKEN}
    assert BROKEN in answers(records)
    assert all(record.taken for record in records)
    assert box.till.delivered(records)
    with closing(box.connect()) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
