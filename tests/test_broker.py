"""The bundled Valkey as it is started, stopped, killed and abandoned: a unix socket of ours alone, and nothing lost."""

import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from integration import broker
from integration.errors import Misconfigured, Unavailable
from tests.rig import valkey as rig

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word about a dead parent is Linux's")

PARENT = """
import sys, time
from pathlib import Path
from integration import broker
from tests.rig.valkey import settings_on

print(broker.start(settings_on(Path(sys.argv[1]))).process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _there_is_one():
    rig.have_or_skip()


@pytest.fixture
def settings(tmp_path):
    return rig.settings_on(tmp_path / "data")


@contextmanager
def running(settings):
    started = broker.start(settings)
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def client(settings):
    with redis.Redis.from_url(settings.broker_url, socket_timeout=5) as connection:
        yield connection


def ended(pid, patience=10.0):
    """Whether the process is gone, or a zombie that nobody has buried yet, within some seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def test_it_answers_as_soon_as_it_is_started_and_no_more_when_it_is_stopped(settings):
    with running(settings) as started:
        assert started.process.poll() is None
        with client(settings) as connection:
            assert connection.ping() is True
    assert started.process.poll() == 0
    assert not settings.broker_socket.exists()
    with client(settings) as connection, pytest.raises(redis.ConnectionError):
        connection.ping()


def test_it_keeps_what_it_is_given_and_evicts_nothing(settings):
    with running(settings), client(settings) as connection:
        told = connection.config_get("*")
    assert {name: told[name] for name in ("appendonly", "appendfsync", "maxmemory-policy", "port", "daemonize")} == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "port": "0",
        "daemonize": "no",
    }


def listening_sockets():
    """The inodes of all TCP sockets that listen on this machine."""
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A"}


def sockets_of(pid):
    links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]  # noqa: PTH115
    return {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")}


@linux
def test_it_listens_on_no_port(settings):
    with running(settings) as started:
        assert sockets_of(started.process.pid)
        assert not sockets_of(started.process.pid) & listening_sockets()


def test_only_its_owner_can_reach_it(settings):
    with running(settings):
        for path in (settings.broker_socket.parent, settings.broker_socket):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_directory_that_was_open_to_others_is_closed(settings):
    (settings.data_dir / "valkey").mkdir(parents=True, mode=0o777)
    (settings.data_dir / "valkey").chmod(0o777)
    with running(settings):
        assert stat.S_IMODE((settings.data_dir / "valkey").stat().st_mode) == 0o700


def test_what_it_was_given_survives_a_restart(settings):
    with running(settings), client(settings) as connection:
        connection.rpush("queue", "one", "two")
    with running(settings), client(settings) as connection:
        assert connection.lrange("queue", 0, -1) == [b"one", b"two"]


def test_what_it_was_given_survives_its_being_killed(settings):
    """Not a loss of power: the kernel still has what was written."""
    started = broker.start(settings)
    with client(settings) as connection:
        for number in range(500):
            connection.rpush("queue", number)
    started.process.kill()
    started.process.wait()
    started.lock.close()
    assert settings.broker_socket.exists()
    with running(settings), client(settings) as connection:
        assert connection.llen("queue") == 500


def test_a_second_start_on_the_same_directory_is_refused_in_a_sentence(settings):
    with running(settings) as started, client(settings) as connection:
        with pytest.raises(Misconfigured, match="Another `tandem up` is running on") as raised:
            broker.start(settings)
        assert str(settings.data_dir) in str(raised.value)
        assert settings.broker_socket.exists()
        assert started.process.poll() is None
        assert connection.ping() is True


def test_after_a_stop_it_can_be_started_again_on_the_same_directory(settings):
    for _ in range(2):
        with running(settings), client(settings) as connection:
            connection.incr("starts")
    with running(settings), client(settings) as connection:
        assert connection.get("starts") == b"2"


def test_two_directories_have_two_brokers(tmp_path):
    one, two = (rig.settings_on(tmp_path / name) for name in ("one", "two"))
    with running(one), running(two), client(one) as first, client(two) as second:
        first.set("whose", "one")
        assert second.get("whose") is None


def test_a_path_too_long_for_a_socket_gets_another_and_the_data_stay(tmp_path):
    deep = rig.settings_on(tmp_path / ("d" * 100) / "data")
    with running(deep), client(deep) as connection:
        connection.set("kept", 1)
        assert stat.S_IMODE(deep.broker_socket.parent.stat().st_mode) == 0o700
    assert (deep.data_dir / "valkey" / "appendonlydir").is_dir()
    with running(deep), client(deep) as connection:
        assert connection.get("kept") == b"1"
    deep.broker_socket.parent.rmdir()


def spoil(settings):
    """Leave files behind that no Valkey can read."""
    kept = settings.data_dir / "valkey" / "appendonlydir"
    kept.mkdir(parents=True)
    (kept / "appendonly.aof.manifest").write_text("a constructed mistake\n")
    return kept


def test_a_broker_that_does_not_start_is_said_and_frees_its_directory(settings):
    kept = spoil(settings)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="did not start"):
        broker.start(settings)
    assert time.monotonic() - begun < 5
    (kept / "appendonly.aof.manifest").unlink()
    with running(settings), client(settings) as connection:
        assert connection.ping() is True


def test_the_messages_of_a_broker_that_does_not_start_are_where_it_says(settings, capfd):
    spoil(settings)
    with pytest.raises(Unavailable, match=r"valkey/valkey\.log in the data directory says why"):
        broker.start(settings)
    assert "a constructed mistake" in (settings.data_dir / "valkey" / "valkey.log").read_text()
    assert "".join(capfd.readouterr()) == ""


def test_it_does_not_end_by_a_ctrl_c_meant_for_its_parent(settings):
    """A Ctrl-C goes to the whole group of the terminal; whoever uses the broker ends before it."""
    with running(settings) as started:
        assert os.getpgid(started.process.pid) != os.getpgid(0)
        assert os.getsid(started.process.pid) != os.getsid(0)


def parent_of_a_broker(directory):
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(directory)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@linux
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_however_that_ends(settings, ending):
    with parent_of_a_broker(settings.data_dir) as parent:
        pid = int(parent.stdout.readline())
        assert not ended(pid, patience=0.2)
        with client(settings) as connection:
            connection.set("kept", 1)
        parent.send_signal(ending)
    gone = ended(pid)
    if not gone:
        os.kill(pid, signal.SIGKILL)
    assert gone
    with running(settings), client(settings) as connection:
        assert connection.get("kept") == b"1"
