"""The stand-in as a process: where it listens, how it ends, and that a typo in what it is told is not taken for a yes."""

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.processes import await_end, command, everyone, send

PACKAGE = Path(__file__).parents[4] / "connectors" / "shopify" / "standin"
COMMAND = [sys.executable, "-m", "connectors.shopify.standin"]


def imported(path):
    """The modules a file imports, by their whole names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


def test_it_shares_code_with_nobody():
    """Else it would repeat our mistakes and agree with them. Contract 9d says it too, of the modules it names."""
    found = {name for path in PACKAGE.glob("*.py") for name in imported(path)}
    ours = {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names}
    assert "hmac" in found
    assert ours
    assert {name for name in ours if not f"{name}.".startswith("connectors.shopify.standin.")} == set()


def told(standin, method, door, content=None):
    return standin.pool.request(method, f"{standin.url}/_standin/{door}", json=content)


@pytest.mark.parametrize(
    ("method", "door", "content"),
    [
        ("POST", "faults", {"kind": "earthquake"}),
        ("POST", "faults", {"kind": "500", "shops": "one"}),
        ("POST", "faults", {"kind": "500", "times": True}),
        ("POST", "app", {"secret": "x"}),
        ("POST", "shops", {"domain": 7}),
        ("POST", "clock", {"ahead": "soon"}),
        ("POST", "shops/one.myshopify.com/orders", {"created_at": "yesterday"}),
        ("POST", "shops/one.myshopify.com/webhook", {}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(standin, method, door, content):
    answer = told(standin, method, door, content)
    assert answer.status == 400
    assert answer.json()["problem"]


@pytest.mark.parametrize("door", ["nothing", "shops/one.myshopify.com/nothing", "shops/evil.example"])
def test_what_is_no_door_does_not_open(standin, door):
    assert told(standin, "POST", door, {}).status == 404


def test_it_forgets_all_it_was_told(standin, client):
    client.installed()
    standin.ahead(90)
    standin.fail(kind="500", times=None)
    standin.reset()
    assert standin.shop()["installed"] is False
    assert standin.control("GET", "journal") == {"requests": [], "webhooks": [], "waiting": 0}
    assert standin.control("GET", "faults") == {"faults": []}
    assert client.installed()["expires_in"] == 3_600


def test_it_ends_with_sigterm():
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("ready http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_ends_with_its_parent():
    starter = f"import subprocess; print(subprocess.Popen({[*COMMAND, '--port', '0', '--die-with-parent']!r}).pid, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", starter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        lines = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
        [pid] = [int(line) for line in lines if line.isdigit()]
        parent.kill()
    try:
        await_end([pid])
    finally:
        send([pid], signal.SIGKILL)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "nowhere"])
def test_it_listens_on_this_machine_only(host):
    ended = subprocess.run([*COMMAND, "--host", host], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode != 0
    assert "ready" not in ended.stdout


def test_a_secret_of_the_environment_stays_off_the_command_line(standin):
    words = [command(pid) for pid in everyone()]
    assert any("connectors.shopify.standin" in each for each in words)
    assert not any(standin.secret in each for each in words)


def test_a_body_without_a_length_is_refused(standin):
    chunked = {"Transfer-Encoding": "chunked"}
    answer = standin.pool.request("POST", f"{standin.url}/_standin/clock", body=iter([b"{}"]), headers=chunked)
    assert answer.status == 411
