"""A MariaDB of our own on a unix socket, for what runs on no other database."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import missing
from tests.rig.service import eventually

_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")
# Debian puts servers where only root looks.
_SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
# Nothing here has to survive a power cut.
_HASTE = (
    "--skip-innodb-doublewrite",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
)


def have_or_skip() -> None:
    """It may be missing: a visible skip."""
    if not all(shutil.which(program, path=_SEARCHED) for program in _PROGRAMS):
        missing("MariaDB")


@dataclass(frozen=True)
class MariaDb:
    """A running one. Its root has no password."""

    home: Path

    @property
    def socket(self) -> Path:
        return self.home / "db.sock"

    def sql(self, statements: str) -> list[list[str]]:
        """The rows that they give, as text."""
        done = self._ask(statements)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def answers(self) -> bool:
        """Whether it takes statements."""
        return self._ask("SELECT 1").returncode == 0

    def _ask(self, statements: str) -> "subprocess.CompletedProcess[str]":
        words = ["mariadb", "--no-defaults", "--user=root", f"--socket={self.socket}", "--batch", "--skip-column-names"]
        return subprocess.run(words, input=statements, capture_output=True, text=True, check=False)


@contextmanager
def running(home: Path) -> Iterator[MariaDb]:
    """Made in that folder, and running until the block ends. The folder's path has to be short enough for a socket."""
    # It refuses to be root unless it is told to be.
    words = ["--no-defaults", f"--datadir={home / 'db'}", f"--user={pwd.getpwuid(os.getuid()).pw_name}", *_HASTE]
    log, found = home / "db.log", MariaDb(home)
    with log.open("wb") as printed:
        made = ["mariadb-install-db", *words, "--auth-root-authentication-method=normal", "--skip-test-db"]
        assert subprocess.run(made, stdout=printed, stderr=printed, check=False).returncode == 0, log.read_text()
        served = [
            shutil.which("mariadbd", path=_SEARCHED),
            *words,
            f"--socket={found.socket}",
            "--skip-networking",
            "--skip-log-bin",
        ]
        process = subprocess.Popen(served, stdout=printed, stderr=printed)
    try:
        assert eventually(found.answers, 30), log.read_text()
        yield found
    finally:
        process.kill()
        process.wait()
