"""The whole service as its operator runs it: `tandem up` in its own process, asked over HTTP and by its commands."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from connectors import registry


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(check: Callable[[], Any], seconds: float = 15.0) -> Any:
    """What `check` gives as soon as it is true; its last word when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@dataclass
class Service:
    """A data directory, and `tandem up` on it while it runs."""

    data_dir: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10.0))
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment of its processes."""
        return {**os.environ, "TANDEM_DATA_DIR": str(self.data_dir), "PORT": str(self.port), **self.environment}

    @contextmanager
    def running(self) -> Iterator["Service"]:
        """Up, until the block ends; then down in order."""
        self.start()
        try:
            yield self
        finally:
            if self.process:
                self.stop()

    def start(self) -> None:
        """`tandem up`, until it says that it is ready."""
        words = ["up", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        with (self.data_dir.parent / f"{self.data_dir.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "integration", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.surroundings,
                cwd=self.data_dir.parent,
            )
        line = self.process.stdout.readline()
        assert line.strip() == f"ready {self.url}", (line, self.log())

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.process = None
        return code

    def log(self) -> str:
        """What the processes wrote to standard error so far."""
        with contextlib.suppress(FileNotFoundError):
            return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text()
        return ""

    def run(self, *words: str, fails: bool = False, given: str | None = None) -> str:
        """A `tandem` command's standard output (its standard error where it is to fail)."""
        done = self.ask(*words, given=given)
        assert bool(done.returncode) is fails, (words, done.stdout, done.stderr)
        return done.stderr if fails else done.stdout

    def ask(self, *words: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        """A `tandem` command, however it ends."""
        return subprocess.run(
            [sys.executable, "-m", "integration", *words],
            capture_output=True,
            text=True,
            check=False,
            env=self.surroundings,
            cwd=self.data_dir.parent,
            input=given,
        )

    def add_store(self, platform: str, domain: str, *words: str) -> dict[str, str]:
        """`tandem store add`; what it prints."""
        return json.loads(self.run("store", "add", platform, "--domain", domain, "--json", *words))

    def events(self, *words: str) -> list[dict[str, Any]]:
        """`tandem events list`."""
        return [json.loads(line) for line in self.run("events", "list", "--json", *words).splitlines()]

    def post(
        self, store: Mapping[str, str], topic: str, body: bytes, *, secret: str | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Post one webhook to the store's address, signed like its platform; status code and answer."""
        connector = registry.get(store["platform"])
        signed = connector.sign(topic, body, secret or store["webhook_secret"], store["domain"])
        response = self.pool.request("POST", store["webhook_url"], body=body, headers={**signed, **headers})
        return response.status, response.json()

    def settled(self, *, but: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """The events once none is under way any more, states in `but` aside."""
        moving = {"pending", "sending"} - set(but)

        def rows() -> list[dict[str, Any]]:
            found = self.events()
            return [] if any(row["status"] in moving for row in found) else found

        return eventually(rows, 30.0) or self.events()
