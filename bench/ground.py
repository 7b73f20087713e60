"""What the measured processes stand on: a PostgreSQL with fsync on, a Valkey, secrets, and their environment."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from bench import orders, procfs
from integration import broker, config, db, queues
from integration.config import Settings
from integration.crypto import new_key
from integration.db import migrate
from tests.rig import postgres

_SECRET_KEY = "a secret key of the bench only, and long enough"  # noqa: S105
_LOG = "processes.log"
_STOP_SECONDS = 30.0
_START_SECONDS = 30.0
_OURS = ("APP_ENV", "REDIS_URL", "PUBLIC_URL", "TRUSTED_PROXIES", "META_GRAPH_VERSION")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where databases are made and processes are started. `values` is their environment, but for the database."""

    directory: Path
    cluster: postgres.Cluster
    values: Mapping[str, str]
    valkey: broker.Broker

    def settings(self, database_url: str) -> Settings:
        """What a process started here will read."""
        return config.load({**self.values, "DATABASE_URL": database_url})

    def start(self, command: Sequence[str], database_url: str, **more: str) -> "subprocess.Popen[bytes]":
        """A process in a session of its own; what it says goes into a file."""
        kept = {name: text for name, text in os.environ.items() if name.removesuffix("_FILE") not in _OURS}
        with (self.directory / _LOG).open("ab") as log:
            return subprocess.Popen(
                command,
                env={**kept, **self.values, "DATABASE_URL": database_url, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=broker.die_with_parent,  # noqa: PLW1509
            )

    def said(self) -> str:
        """The last words of the processes, to be read where something went wrong."""
        log = self.directory / _LOG
        return log.read_text(encoding="utf-8", errors="replace")[-4_000:] if log.exists() else ""

    @contextmanager
    def running(self, command: Sequence[str], database_url: str, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
        """The same, ended afterwards."""
        process = self.start(command, database_url, **more)
        try:
            yield process
        finally:
            end(process)

    def redis(self) -> redis.Redis:
        """A connection of the bench's own."""
        return queues.connect(self.settings("sqlite:///unused.db").broker_url, hurry=False)

    def sqlite(self) -> str:
        """A fresh, migrated SQLite database."""
        url = f"sqlite:///{tempfile.mkdtemp(dir=self.directory)}/tandem.db"
        migrated(url)
        return url


def migrated(url: str) -> None:
    """Give a database its tables."""
    engine = db.connect(url)
    migrate.upgrade(engine)
    engine.dispose()


@contextmanager
def laid() -> Iterator[Ground]:
    """PostgreSQL and Valkey, up until the block ends."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-bench-")))
        cluster = stack.enter_context(postgres.running())
        values = {
            "APP_ENV": "development",
            "TANDEM_DATA_DIR": str(directory),
            "SECRET_KEY": _SECRET_KEY,
            "ENCRYPTION_KEYS": new_key(),
            "SHOPIFY_API_SECRET": orders.SECRET,
            "META_GRAPH_URL": "http://127.0.0.1:9",  # nobody; parts that deliver name their stand-in
        }
        valkey = broker.start(config.load(values))
        stack.callback(valkey.stop)
        yield Ground(directory, cluster, values, valkey)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until somebody listens."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("a server did not start; see processes.log")


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end, then make it."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def database_pid(url: str) -> int:
    """PostgreSQL's first process, the parent of the one that serves us."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return procfs.parent(connection.info.backend_pid)
