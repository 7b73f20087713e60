"""The process: how it starts, and that it ends."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

SPAWN = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "integration.sandbox", *sys.argv[1:]], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline().split()[1], flush=True)
child.wait()
"""


def run(root, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "integration.sandbox", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_it_listens_on_loopback_when_it_says_so(launch):
    sandbox = launch()
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert sandbox.control("GET", "health") == {"status": "ok"}


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal_with_connections_open(launch, make, ending):
    sandbox = launch()
    sandbox.post(make.event())
    sandbox.fault(kind="hang", seconds=60)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        sandbox.post(make.event(), timeout=0.2)
    sandbox.process.send_signal(ending)
    assert sandbox.process.wait(timeout=5) == 0
    assert make.end(sandbox) == ("", 0)


def test_a_client_that_goes_away_is_no_news(launch, make):
    sandbox = launch()
    sandbox.fault(kind="slow", seconds=0.5)
    body = json.dumps({"data": [make.event()], "access_token": "t"}).encode()
    with socket.create_connection(sandbox.address) as line:
        line.sendall(b"POST /v26.0/7/events HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert sandbox.wait_for_request()["fault"] == "slow"
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(1)
    assert make.end(sandbox) == ("", 0)


def test_it_refuses_an_address_others_could_reach(make):
    for host in ("0.0.0.0", "192.0.2.1", "example.com"):
        assert run(make.root, "--host", host).returncode == 2


def test_a_port_in_use_is_said_in_one_line(make):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run(make.root, "--port", str(taken.getsockname()[1]))
    assert ended.returncode == 1
    assert ended.stderr.startswith("sandbox: 127.0.0.1:")
    assert ended.stderr.count("\n") == 1


def test_latency_delays_graph_and_nothing_else(launch, make):
    sandbox = launch("--latency-ms", "200")
    begun = time.monotonic()
    assert sandbox.post(make.event()).status == 200
    assert 0.2 <= time.monotonic() - begun < 2


def test_without_payloads_only_what_counting_needs_is_kept(launch, make):
    sandbox = launch("--no-payloads")
    sandbox.post(make.event())
    (entry,) = sandbox.events()
    assert (entry["payload"], entry["event_id"], entry["value"]) == (None, "1001", 12.5)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word about a dead parent is Linux's")
@pytest.mark.parametrize("flags", [[], ["--die-with-parent"]])
def test_it_ends_with_a_killed_parent_only_if_asked_to(make, flags):
    parent = subprocess.Popen([sys.executable, "-c", SPAWN, *flags], cwd=make.root, stdout=subprocess.PIPE, text=True)
    pid, _url = parent.stdout.readline().split()
    parent.kill()
    parent.communicate()
    gone = ended(int(pid), patience=10 if flags else 1)
    if not gone:
        os.kill(int(pid), signal.SIGTERM)
    assert gone == bool(flags)


def ended(pid, patience):
    """Whether the process is gone, or a zombie that nobody has buried yet, within some seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False
