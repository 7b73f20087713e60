"""`tandem up` as an operator lives with it: started, stopped, killed in parts, and nothing accepted is missing."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import registry
from tests.rig import processes
from tests.rig.sandbox import Sandbox
from tests.rig.senders import BROKEN
from tests.rig.service import Service, eventually
from tests.rig.till import Till


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Service:
    return Service(tmp_path / "data", {"META_GRAPH_URL": sandbox.url})


def connected(service: Service) -> dict[str, str]:
    store = service.add_store(
        *("shopify", "tea.myshopify.com", "--dataset", "100000000000001", "--token", "good-token"),
        *("--since", (datetime.now(UTC) - timedelta(hours=1)).isoformat()),
    )
    service.run("store", "set", "tea.myshopify.com", "consent_mode=assumed")
    return store


def order(store: dict[str, str], order_id: int) -> bytes:
    body = registry.sample("shopify", "orders/paid", "card")
    placed_at = datetime.now(UTC) - timedelta(minutes=1)
    return registry.get("shopify").restage(body, order_id=str(order_id), placed_at=placed_at, domain=store["domain"])


def told(sandbox: Sandbox) -> list[str]:
    return sorted(event["event_id"] for event in sandbox.told())


def children(service: Service, word: str) -> list[int]:
    """The processes of this service whose command line holds `word`."""
    return processes.about(service.data_dir, word)


def test_an_accepted_webhook_is_at_meta_within_seconds(service: Service, sandbox: Sandbox) -> None:
    with service.running():
        store = connected(service)
        assert service.post(store, "orders/paid", order(store, 1)) == (200, {"status": "accepted"})
        assert eventually(lambda: told(sandbox) == ["1"], 5)


def test_nothing_accepted_is_missing_after_sigterm_and_a_new_start(service: Service, sandbox: Sandbox) -> None:
    with service.running():
        store = connected(service)
        for number in range(1, 21):
            assert service.post(store, "orders/paid", order(store, number))[0] == 200
        assert service.stop() == 0
        service.start()
        assert eventually(lambda: told(sandbox) == sorted(map(str, range(1, 21))), 90), told(sandbox)
    assert all(event["counted"] for event in sandbox.events())


def test_a_stop_under_load_answers_what_it_began_and_loses_nothing_it_confirmed(
    service: Service, sandbox: Sandbox
) -> None:
    """F3."""
    with service.running():
        till, over, records = Till.opened(service, sandbox, "100000000000051"), threading.Event(), []

        def sell() -> None:
            while not over.is_set():
                records.append(till.tell())

        selling = [threading.Thread(target=sell) for _ in range(8)]
        for thread in selling:
            thread.start()
        assert eventually(lambda: len(records) > 50)
        assert service.stop() == 0
        over.set()
        for thread in selling:
            thread.join()
        assert {one.answer for record in records for one in record.tries} <= {"200", "503", BROKEN}
        service.start()
        assert till.delivered(record for record in records if record.taken)


def test_nothing_is_missing_when_the_brokers_data_are_gone_too(service: Service, sandbox: Sandbox) -> None:
    with service.running():
        store = service.add_store("shopify", "tea.myshopify.com", "--since", "2026-01-01T00:00:00Z")
        service.run("store", "set", "tea.myshopify.com", "consent_mode=assumed")
        for number in range(1, 6):
            assert service.post(store, "orders/paid", order(store, number))[0] == 200
        service.stop()
        shutil.rmtree(service.data_dir / "valkey")
        service.run("dataset", "add", "tea.myshopify.com", "--dataset", "100000000000001", "--token", "good-token")
        assert {row["status"] for row in service.events()} == {"pending"}
        service.start()
        assert eventually(lambda: told(sandbox) == ["1", "2", "3", "4", "5"], 30), service.events()


def test_a_process_that_is_killed_is_started_again(service: Service, sandbox: Sandbox) -> None:
    with service.running():
        store = connected(service)
        for word in ("integration.worker", "integration.steward", "integration.clock", "valkey-server", "gunicorn"):
            before = children(service, word)
            assert before, word
            for pid in before:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert eventually(lambda word=word, before=before: set(children(service, word)) - set(before), 20), word
        assert eventually(lambda: _ready(service), 20)
        assert service.post(store, "orders/paid", order(store, 7))[0] == 200
        assert eventually(lambda: told(sandbox) == ["7"], 30)


def _ready(service: Service) -> bool:
    with contextlib.suppress(Exception):
        return service.pool.request("GET", f"{service.url}/readyz").status == 200
    return False


def test_no_process_outlives_a_killed_tandem_up(service: Service) -> None:
    with service.running():
        service.process.kill()
        service.process.wait()
        service.process.stdout.close()
        service.process = None
        words = ("integration.worker", "integration.steward", "integration.clock", "valkey-server", "gunicorn")
        assert eventually(lambda: not any(children(service, word) for word in words), 40)


def test_a_port_that_is_taken_is_said_in_one_sentence(service: Service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", service.port))
        taken.listen()
        said = service.run("up", "--port", str(service.port), "--data-dir", str(service.data_dir), fails=True)
    assert said.strip() == f"tandem: Port {service.port} is in use. Choose another with --port."


def test_ready_is_the_only_line_and_logs_hold_no_personal_data(service: Service) -> None:
    with service.running():
        store = connected(service)
        service.post(store, "orders/paid", order(store, 1))
        service.post(store, "orders/paid", b"{nonsense of buyer@example.com")
        service.stop()
    assert "@example.com" not in service.log()
    assert store["webhook_secret"] not in service.log()


def test_production_refuses_the_embedded_defaults(service: Service) -> None:
    words = ("up", "--port", str(service.port), "--data-dir", str(service.data_dir))
    done = subprocess.run(
        [str(Path(os.sys.executable).parent / "tandem"), *words],
        env={**os.environ, "APP_ENV": "production"},
        capture_output=True,
        text=True,
        check=False,
        cwd=service.data_dir.parent,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("tandem: ")


@pytest.fixture
def running(service: Service) -> Iterator[Service]:
    with service.running() as up:
        yield up


def test_simulate_posts_signed_webhooks_and_counts_the_answers(running: Service, sandbox: Sandbox) -> None:
    connected(running)
    table = running.run(
        "simulate", "shopify", "orders/paid", "--store", "tea.myshopify.com", "--count", "3", "--duplicate"
    )
    assert "accepted" in table
    assert "duplicate" in table
    assert eventually(lambda: len(told(sandbox)) == 3, 10)

    refused = running.run("simulate", "shopify", "orders/paid", "--store", "tea.myshopify.com", "--bad-signature")
    assert "401" in refused
    assert len(running.events()) == 3


def test_the_overview_shows_events_and_their_states(running: Service, sandbox: Sandbox) -> None:
    store = connected(running)
    running.post(store, "orders/paid", order(store, 1))
    running.post(store, "orders/paid", b'{"id": "<script>alert(1)</script>')
    assert eventually(lambda: told(sandbox) == ["1"])

    page = running.pool.request("GET", running.url + "/dev")

    assert page.status == 200
    text = page.data.decode()
    assert "Purchase" in text
    assert "In quarantine" in text
    assert "<script" not in text
    assert "'none'" in page.headers["Content-Security-Policy"]
