"""The stand-in for Meta as the tests talk to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import urllib3


@dataclass
class Sandbox:
    """Its address, and its control API."""

    url: str
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10.0))

    @classmethod
    @contextmanager
    def running(cls, *words: str) -> Iterator["Sandbox"]:
        """A fresh process on a free port; `words` are further options."""
        command = [sys.executable, "-m", "integration.sandbox", "--port", "0", "--die-with-parent", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield cls(process.stdout.readline().split()[1])
            finally:
                process.terminate()

    def reset(self) -> None:
        """Forget everything, fail at nothing, tell the true time."""
        self._control("DELETE", "journal")
        self._control("DELETE", "faults")

    def events(self, *, source: str = "server") -> list[dict[str, Any]]:
        """What was told, oldest first."""
        return [event for event in self._control("GET", "journal")["events"] if event["source"] == source]

    def told(self, event_name: str = "Purchase") -> list[dict[str, Any]]:
        """The payloads of one event name that the server told, oldest first."""
        return [event["payload"] for event in self.events() if event["event_name"] == event_name]

    def requests(self) -> list[dict[str, Any]]:
        """The calls, oldest first."""
        return self._control("GET", "journal")["requests"]

    def fail(self, **fault: Any) -> None:
        """Script a fault."""
        self._control("POST", "faults", fault)

    def expire(self, token: str) -> None:
        """This access token is refused from now on."""
        self._control("POST", "tokens", {"expire": token})

    def mend(self) -> None:
        """Fail at nothing any more."""
        self._control("DELETE", "faults")

    def _control(self, method: str, name: str, told: Any = None) -> Any:
        response = self.pool.request(method, f"{self.url}/_sandbox/{name}", json=told)
        assert response.status < 300, response.data
        return response.json() if response.data else None
