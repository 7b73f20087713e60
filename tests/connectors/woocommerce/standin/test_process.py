"""The stand-in as a process: where it listens, how it ends, and that a typo in what it is told is not taken for a yes."""

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.connectors.woocommerce.standin.conftest import SECRET
from tests.rig.processes import await_end, send

PACKAGE = Path(__file__).parents[4] / "connectors" / "woocommerce" / "standin"
COMMAND = [sys.executable, "-m", "connectors.woocommerce.standin"]


def imported(path):
    """The modules a file imports, by their whole names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


def test_it_shares_code_with_nobody():
    """Else it would repeat our mistakes and agree with them. Contract 9f says it too, of the modules it names."""
    found = {name for path in PACKAGE.glob("*.py") for name in imported(path)}
    ours = {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names}
    assert "hmac" in found
    assert ours
    assert {name for name in ours if not f"{name}.".startswith("connectors.woocommerce.standin.")} == set()


def told(store, method, door, content=None):
    return store.pool.request(method, f"{store.root}/_standin/{door}", json=content)


@pytest.mark.parametrize(
    ("door", "content"),
    [
        ("faults", {"kind": "earthquake"}),
        ("faults", {"kind": "status", "routes": "one"}),
        ("faults", {"kind": "status", "times": True}),
        ("site", {"colour": "red"}),
        ("clock", {"ahead": "soon"}),
        ("orders", {"scenario": "luck"}),
        ("orders", {"at": "2026-07-01T10:00:00"}),
        ("orders", {"quantity": 2}),
        ("orders/99/pay", {}),
        ("users", {"login": "nobody"}),
        ("keys", {"permissions": "all"}),
        ("webhooks/status", {"status": "asleep"}),
        ("plugin/call", {"call": "state"}),
        ("plugin/checkout", {"order_id": 1}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(store, door, content):
    answer = told(store, "POST", door, content)
    assert answer.status == 400
    assert answer.json()["problem"]


@pytest.mark.parametrize("door", ["nothing", "orders/1/nothing", "orders/one/pay"])
def test_what_is_no_door_does_not_open(store, door):
    assert told(store, "POST", door, {}).status == 404


def test_it_forgets_all_it_was_told(client, store, listener):
    client.webhook(listener.url)
    store.order()
    store.plugin()
    store.ahead(90)
    store.stick()
    store.fail("status", times=None)
    store.site(currency="JPY")
    store.reset()
    shown = store.shown()
    assert (shown["orders"], shown["webhooks"], shown["keys"], shown["stuck"]) == (0, 0, 0, False)
    assert (shown["site"]["currency"], shown["plugin"]["installed"]) == ("USD", False)
    assert store.control("GET", "journal") == {"requests": [], "sent": [], "waiting": 0}
    assert store.control("GET", "faults") == {"faults": []}


def test_its_journal_keeps_no_key_and_no_secret(client, store, listener):
    client.webhook(listener.url, secret=SECRET)
    client.request("GET", "/wp-json/wc/v3/orders", f"consumer_key={client.key['consumer_key']}&consumer_secret=cs_1")
    journal = store.pool.request("GET", f"{store.root}/_standin/journal").data.decode()
    assert "wc\\/v3\\/webhooks" in journal
    for secret in (SECRET, client.key["consumer_key"], client.key["consumer_secret"], "oauth_"):
        assert secret not in journal


def test_it_ends_with_sigterm():
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("ready http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_ends_with_its_parent():
    words = [*COMMAND, "--port", "0", "--die-with-parent"]
    starter = f"import subprocess; print(subprocess.Popen({words!r}).pid, flush=True); input()"
    command = [sys.executable, "-c", starter]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        lines = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
        [pid] = [int(line) for line in lines if line.isdigit()]
        parent.kill()
    try:
        await_end([pid])
    finally:
        send([pid], signal.SIGKILL)


@pytest.mark.parametrize(
    "words", [["--host", "0.0.0.0"], ["--host", "192.0.2.1"], ["--folder", "shop"], ["--folder", "/../etc"]]
)
def test_it_does_not_begin_as_it_should_not(words):
    ended = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
