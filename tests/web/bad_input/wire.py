"""HTTP by hand: requests as bytes, sent to the running service over sockets of our own."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from connectors import registry
from integration import db
from integration.db import metadata, reading
from tests.rig import processes
from tests.rig.service import Service
from tests.web.bad_input.scene import PAID_SAMPLE, PAID_TOPIC

MIB = 1024 * 1024
_numbers = count(1)


@dataclass(frozen=True)
class Wire:
    """One HTTP request, byte by byte."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    more: tuple[str, ...] = ()  # further lines of the head, as they are
    method: str = "POST"
    version: str = "HTTP/1.1"
    length: str | None = "Content-Length: {}"
    host: str | None = "Host: 127.0.0.1"

    @property
    def head(self) -> bytes:
        told = [f"{name}: {text}" for name, text in self.headers.items()]
        length = [self.length.format(len(self.body))] if self.length else []
        lines = [f"{self.method} {self.path} {self.version}", *([self.host] if self.host else []), *told]
        return "\r\n".join([*lines, *length, *self.more, "Connection: close", "", ""]).encode("latin-1")

    def but(self, name: str, text: str) -> "Wire":
        return replace(self, headers={**self.headers, name: text})

    def in_chunks(self, size: int = 65_536) -> "Wire":
        pieces = [self.body[start : start + size] for start in range(0, len(self.body), size)]
        framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        return replace(self, body=framed, length="Transfer-Encoding: chunked")


@dataclass
class Site:
    """The running service, a store of each platform, and a look into its database."""

    service: Service
    stores: Mapping[str, Mapping[str, str]]
    engine: db.Engine

    def order(self, platform: str) -> Wire:
        """A well-signed webhook about an order nobody told of before."""
        connector, store = registry.get(platform), self.stores[platform]
        body = connector.restage(
            registry.sample(platform, *PAID_SAMPLE[platform]),
            order_id=str(next(_numbers)),
            placed_at=datetime.now(UTC) - timedelta(minutes=1),
            domain=store["domain"],
        )
        return self.signed(platform, body)

    def signed(self, platform: str, body: bytes) -> Wire:
        store = self.stores[platform]
        headers = registry.get(platform).sign(PAID_TOPIC[platform], body, store["webhook_secret"], store["domain"])
        return Wire(store["webhook_url"].removeprefix(self.service.url), body, headers)

    def send(self, wire: Wire, *, seconds: float = 30.0) -> tuple[int, bytes]:
        """Status code and the whole answer; code 0 where the connection ended without one."""
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=seconds) as line:
            return _heard(line, wire.head + wire.body)

    def say(self, said: bytes) -> tuple[int, bytes]:
        """The same for any bytes, after which nothing more comes."""
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=30.0) as line:
            return _heard(line, said, the_end=True)

    def rows(self) -> int:
        """How many rows all tables hold together, deliveries' attempts aside."""
        tables = [
            table for table in metadata.sorted_tables if table.name in {"webhooks", "events", "quarantine", "tasks"}
        ]
        with reading(self.engine) as connection:
            return sum(connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables)

    def memory(self) -> int:
        """The most bytes that one of our processes ever held."""
        pids = processes.descendants(self.service.process.pid)
        told = [_status(pid) for pid in pids if "valkey" not in processes.command(pid)]
        return max(int(text.partition("VmHWM:")[2].split()[0]) for text in told if "VmHWM:" in text) * 1_024


def _status(pid: int) -> str:
    """What the kernel says of a process; nothing of one that has just ended, as a worker's horses do at any moment."""
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _heard(line: socket.socket, said: bytes, *, the_end: bool = False) -> tuple[int, bytes]:
    heard = b""
    try:
        line.sendall(said)
        if the_end:
            line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65_536):
            heard += piece
    except ConnectionError:  # refused while it was still sending
        pass
    final = heard.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return int(final.split(b" ", 2)[1]) if final.startswith(b"HTTP/") else 0, final
