"""The caller's side of HTTP on raw sockets: as little work as can be, for it shares the cores with what it measures."""

import selectors
import socket
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_CHUNK = 64 * 1024


@dataclass(slots=True)
class Line:
    """One kept-alive connection with at most one request under way."""

    port: int
    sock: socket.socket
    request: bytes = b""
    asked_at: float = 0.0
    heard: bytearray = field(default_factory=bytearray)

    @classmethod
    def open(cls, port: int) -> "Line":
        """Connect."""
        sock = socket.create_connection((HOST, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(port, sock)

    def ask(self, request: bytes, asked_at: float) -> None:
        """Send a request; `asked_at` is when it was, or should have been, sent."""
        self.request, self.asked_at = request, asked_at
        self.heard.clear()
        self.sock.sendall(request)

    def hear(self) -> int | None:
        """Read what has come: the status of a whole answer, None for half of one. Raises ConnectionError at the end."""
        chunk = self.sock.recv(_CHUNK)
        if not chunk:
            raise ConnectionError
        self.heard += chunk
        end = self.heard.find(b"\r\n\r\n")
        if end < 0 or len(self.heard) < end + 4 + _length(bytes(self.heard[:end])):
            return None
        self.request = b""
        return int(self.heard[9:12])

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self.request)


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


@dataclass(slots=True)
class Switchboard:
    """Several lines to one port, and who of them has something to say."""

    port: int
    lines: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    reconnected: int = 0

    def line(self) -> Line:
        """A new connection."""
        line = Line.open(self.port)
        self.lines.register(line.sock, selectors.EVENT_READ, line)
        return line

    def heard(self, timeout: float | None) -> list[tuple[Line, int]]:
        """The lines on which a whole answer came, with its status. A connection the server ended is replaced, and what
        was asked on it is asked again, as platforms do.
        """
        found = []
        for key, _ in self.lines.select(timeout):
            line: Line = key.data
            try:
                status = line.hear()
            except ConnectionError:
                self._replace(line)
                continue
            if status is not None:
                found.append((line, status))
        return found

    def _replace(self, line: Line) -> None:
        self.lines.unregister(line.sock)
        line.sock.close()
        self.reconnected += 1
        line.sock = Line.open(self.port).sock
        self.lines.register(line.sock, selectors.EVENT_READ, line)
        line.heard.clear()
        if line.busy:
            line.sock.sendall(line.request)

    def close(self) -> None:
        """Hang up."""
        for key in list(self.lines.get_map().values()):
            key.data.sock.close()
        self.lines.close()
