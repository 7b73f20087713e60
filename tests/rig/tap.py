"""A tap on a line: what our processes say to a host on loopback, byte by byte, passed on as it comes."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HOST = "127.0.0.1"
_PIECE = 1 << 16
_ADDRESS = re.compile(rb"[A-Z]{3,7} (\S+) HTTP/1\.1\r\n")


@dataclass
class Tap:
    """The address to give to our processes, and what came there, a connection each."""

    url: str
    upstream: tuple[str, int]
    said: list[bytearray] = field(default_factory=list)

    @property
    def everything(self) -> bytes:
        """All that was said, as one."""
        return b"\n".join(self.said)

    @property
    def addresses(self) -> bytes:
        """The addresses of all requests: what proxies and servers write into their logs."""
        return b"\n".join(_ADDRESS.findall(self.everything))

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.said.append(bytearray())
                threading.Thread(target=self._carry, args=(client, self.said[-1]), daemon=True).start()

    def _carry(self, client: socket.socket, note: bytearray) -> None:
        with client, suppress(OSError), socket.create_connection(self.upstream) as server:
            back = threading.Thread(target=_pass_on, args=(server, client, bytearray()), daemon=True)
            back.start()
            _pass_on(client, server, note)
            back.join()


def _pass_on(source: socket.socket, sink: socket.socket, note: bytearray) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            note += piece
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def tapped(url: str) -> Iterator[Tap]:
    """A tap before that address, on a free port, until the block ends."""
    parts = urlsplit(url)
    with socket.create_server((HOST, 0)) as listener:
        tap = Tap(f"http://{HOST}:{listener.getsockname()[1]}", (parts.hostname or HOST, parts.port or 80))
        threading.Thread(target=tap.serve, args=(listener,), daemon=True).start()
        try:
            yield tap
        finally:
            listener.shutdown(socket.SHUT_RDWR)
