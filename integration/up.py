"""`tandem up`: broker, migrations, web, worker, steward and clock on one box, each started again when it dies.

It joins processes, not objects: every child reads the same settings from its environment.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import urllib3
from urllib3.exceptions import HTTPError

from integration import broker, db, log, queues
from integration.config import Settings
from integration.db import migrate
from integration.errors import Misconfigured, Unavailable

_READY_SECONDS = 60.0
_STOP_SECONDS = 65.0  # above what RQ gives a job
_WATCH_SECONDS = 0.2
_PAUSE_AFTER_DEATH = 1.0
_WEB_PROCESSES, _WEB_THREADS = 2, 8


@dataclass(slots=True)
class Child:
    """A process that is kept alive."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    start_after: float = 0.0

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C is for `up` alone, which stops all in order."""
        self.process = subprocess.Popen(  # noqa: S603
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=broker.die_with_parent,  # noqa: PLW1509
        )

    def revive(self, now: float) -> None:
        """Start it again if it died, but not in a tight loop."""
        if self.process is None:
            if now >= self.start_after:
                self.start()
        elif (code := self.process.poll()) is not None:
            log.logger("up").warning("a process died and is started again", process=self.name, code=code)
            self.process, self.start_after = None, now + _PAUSE_AFTER_DEATH

    def stop(self) -> None:
        """Ask it to end, and wait for what it has at hand."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.logger("up").warning("a process did not end and is killed", process=self.name)
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Household:
    """All of it. Stopped in the order web, clock, worker, broker: first nothing comes in, last nothing is lost."""

    settings: Settings
    told: Mapping[str, str] = field(default_factory=dict)  # further variables for the children
    children: list[Child] = field(default_factory=list)
    valkey: broker.Broker | None = None
    stopping: bool = False

    def run(self, when_ready: Callable[[], None]) -> None:
        """Start everything, call `when_ready` once webhooks are accepted, stay until told to stop."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            self._start()
            if self._await_ready():
                when_ready()
            while not self.stopping:
                self.watch()
        finally:
            self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def watch(self) -> None:
        """One look at everything that should be alive."""
        time.sleep(_WATCH_SECONDS)
        self._revive_broker()
        for child in self.children:
            if not self.stopping:
                child.revive(time.monotonic())

    def _start(self) -> None:
        _refuse_taken(self.settings.port)
        if self.settings.redis_url is None:
            self.valkey = broker.start(self.settings)
        else:
            _refuse_unsafe_broker(self.settings)
        engine = db.connect(self.settings.database_url)
        migrate.upgrade(engine)
        engine.dispose()
        environment = self._environment()
        self.children = [
            Child("web", web_command(self.settings.port), environment),
            Child("clock", [sys.executable, "-m", "integration.clock"], environment),
            Child("worker", [sys.executable, "-m", "integration.worker"], environment),
            Child("steward", [sys.executable, "-m", "integration.steward"], environment),
        ]
        for child in self.children:
            child.start()

    def _environment(self) -> dict[str, str]:
        """What the children need to read the same settings; the secrets stay where they are."""
        settings = self.settings
        told = {
            "APP_ENV": settings.app_env,
            "TANDEM_DATA_DIR": str(settings.data_dir.resolve()),
            "DATABASE_URL": settings.database_url,
            "PORT": str(settings.port),
            "PUBLIC_URL": settings.public_url,
            "META_GRAPH_URL": settings.graph_url,
            "PYTHONUNBUFFERED": "1",
        }
        return {**os.environ, **told, **self.told}

    def _revive_broker(self) -> None:
        if self.valkey is None or self.valkey.process.poll() is None or self.stopping:
            return
        log.logger("up").warning("the broker died and is started again; the database knows what is to do")
        self.valkey.lock.close()
        with suppress(Unavailable, Misconfigured):
            self.valkey = broker.start(self.settings)

    def _await_ready(self) -> bool:
        """Until webhooks are accepted. Raises Unavailable where that does not come."""
        address = f"http://127.0.0.1:{self.settings.port}/readyz"
        pool = urllib3.PoolManager(retries=False, timeout=2.0)
        deadline = time.monotonic() + _READY_SECONDS
        while not self.stopping:
            with suppress(HTTPError):
                if _takes_webhooks(pool.request("GET", address)):
                    return True
            if time.monotonic() > deadline:
                raise Unavailable(f"Tandem did not become ready within {_READY_SECONDS:.0f} seconds.")
            self.watch()
        return False

    def _end(self) -> None:
        self.stopping = True
        for child in self.children:
            child.stop()
        if self.valkey is not None:
            self.valkey.stop()


def web_command(port: int, application: str = "integration.app:create_app()") -> list[str]:
    """What serves `application` on this machine; the bench serves others by it, to compare them."""
    options = {
        "bind": f"127.0.0.1:{port}",
        "worker-class": "integration.web.reception.Reception",
        "workers": str(_WEB_PROCESSES),
        "threads": str(_WEB_THREADS),
        "graceful-timeout": "20",
        "log-level": "warning",
    }
    words = [f"--{name}={text}" for name, text in options.items()]
    return [sys.executable, "-m", "gunicorn", *words, "--no-control-socket", application]


def _refuse_unsafe_broker(settings: Settings) -> None:
    """Raise Misconfigured for a broker that may lose jobs. One that is away is none: webhooks are taken without it."""
    with suppress(Unavailable), queues.connect(settings.broker_url, hurry=False) as connection:
        queues.refuse_unsafe(connection)


def _takes_webhooks(answer: urllib3.BaseHTTPResponse) -> bool:
    """Ready, or ready but for the broker: what is taken meanwhile leaves when it is back."""
    return answer.status == 200 or answer.data.startswith(b"The broker")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Misconfigured(f"Port {port} is in use. Choose another with --port.") from None


def note_address(settings: Settings) -> None:
    """Leave a note in the data directory where this service answers, for commands typed in another terminal."""
    note = settings.data_dir / "address"
    note.write_text(settings.public_url, encoding="utf-8")


def noted_address(data_dir: Path) -> str | None:
    """Where the service on this data directory said it answers."""
    try:
        return (data_dir / "address").read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
