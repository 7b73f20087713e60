"""A stand-in for Meta's Graph API that is nothing but slow: 200 ms a call, many calls at once, hardly any CPU.

It checks nothing (the sandbox does) and counts events by their names. `GET /count` tells how many; `GET /seen` when
each event id arrived, by the machine's monotonic clock, where it was started with `--ids`. With `--hangs DATASET` it never
answers calls for that one.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import urllib3

LATENCY = 0.2
_PATH = 100  # bytes in which the dataset's id stands
_EVENT = b"event_name"  # plain or percent-encoded, it is there once an event
_EVENT_ID = re.compile(rb'"event_id":"([^"]+)"')


@dataclass(slots=True)
class Tally:
    """What was told so far."""

    keep_ids: bool
    hangs: bytes | None = None
    calls: int = 0
    events: int = 0
    seen: dict[str, float] = field(default_factory=dict)

    def count(self, body: bytearray) -> int:
        """How many events a body tells."""
        told = body.count(_EVENT)
        self.calls, self.events = self.calls + 1, self.events + told
        if self.keep_ids:
            now = time.monotonic()
            for found in _EVENT_ID.findall(body):
                self.seen.setdefault(found.decode(), now)
        return told


class Call(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, tally: Tally) -> None:
        self.tally, self.heard, self.needed = tally, bytearray(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Wait for the whole request, then answer."""
        self.heard += data
        if not self.needed:
            end = self.heard.find(b"\r\n\r\n")
            if end < 0:
                return
            self.needed = end + 4 + _length(bytes(self.heard[:end]))
        if len(self.heard) >= self.needed:
            request, self.heard, self.needed = self.heard, bytearray(), 0
            self.answer(request)

    def answer(self, request: bytearray) -> None:
        """After 200 ms, as Meta would; at once to those who count."""
        if request.startswith(b"GET /seen"):
            self.reply(self.tally.seen)
        elif request.startswith(b"GET"):
            self.reply({"calls": self.tally.calls, "events": self.tally.events})
        elif self.tally.hangs is None or self.tally.hangs not in request[:_PATH]:
            told = {"events_received": self.tally.count(request), "messages": [], "fbtrace_id": "bench"}
            asyncio.get_running_loop().call_later(LATENCY, self.reply, told)

    def reply(self, told: object) -> None:
        """One answer, kept alive."""
        body = msgspec.json.encode(told)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if not self.transport.is_closing():
            self.transport.write(head.encode() + body)


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def _serve(tally: Tally) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Call(tally), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Graph:
    """The running stand-in, asked by the bench."""

    url: str
    pid: int
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30.0))

    def count(self) -> tuple[int, int]:
        """Calls and events so far."""
        told = self.pool.request("GET", f"{self.url}/count").json()
        return told["calls"], told["events"]

    def seen(self) -> dict[str, float]:
        """When each event id arrived first."""
        found: dict[str, float] = self.pool.request("GET", f"{self.url}/seen").json()
        return found


@contextmanager
def running(*, keep_ids: bool = False, hangs: str | None = None) -> Iterator[Graph]:
    """A fresh one on a free port. It never answers calls for the dataset `hangs`."""
    options = [*(["--ids"] if keep_ids else []), *(["--hangs", hangs] if hangs else [])]
    command = [sys.executable, "-m", "bench.graph", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Graph(f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid)
        finally:
            process.terminate()


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--ids", action="store_true")
    words.add_argument("--hangs")
    given = words.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(Tally(given.ids, given.hangs.encode() if given.hangs else None)))
