"""A proxy for what runs over TCP, that can be slow, mute, or lose an answer on its way. Loopback only."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.rig.wire import reset

HOST = "127.0.0.1"
_PIECE = 1 << 16


@dataclass
class Proxy:
    """Between our processes and a unix socket.

    `latency`: seconds that each piece from us takes. `mute`: whoever is connected now hears nothing any more, as behind
    a firewall that forgot them. `loses`: once all that was said on a connection since then holds this, the next answer on
    it is lost, and the connection too; `lost` says how often that was.
    """

    upstream: Path
    port: int = 0
    latency: float = 0.0
    loses: re.Pattern[bytes] | None = None
    lost: int = 0
    pairs: list["Pair"] = field(default_factory=list)

    def mute(self) -> None:
        """Everyone connected now is forgotten. New connections are well."""
        for pair in self.pairs:
            pair.mute = True

    def cut(self) -> None:
        """Everyone connected now is reset."""
        for pair in self.pairs:
            pair.end()

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(str(self.upstream))
                except OSError:
                    server.close()
                    reset(client)
                    client.close()
                    continue
                pair = Pair(self, client, server)
                self.pairs.append(pair)
                threading.Thread(target=pair.upwards, daemon=True).start()
                threading.Thread(target=pair.downwards, daemon=True).start()


@dataclass
class Pair:
    """One connection, and its other half."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    mute: bool = False
    losing: bool = False
    said: bytes = b""

    def upwards(self) -> None:
        """From us."""
        with suppress(OSError):
            while piece := self.client.recv(_PIECE):
                time.sleep(self.proxy.latency)
                self.listen(piece)
                if not self.mute:
                    self.server.sendall(piece)
        self.end()

    def listen(self, piece: bytes) -> None:
        """Whether this is what has to be lost."""
        pattern = self.proxy.loses
        self.said = self.said + piece if pattern else b""
        self.losing = self.losing or bool(pattern and pattern.search(self.said))

    def downwards(self) -> None:
        """To us."""
        with suppress(OSError):
            while piece := self.server.recv(_PIECE):
                if self.losing:
                    self.proxy.lost += 1
                    break
                if not self.mute:
                    self.client.sendall(piece)
        if not self.mute:
            self.end()

    def end(self) -> None:
        """Reset towards us, closed towards the server."""
        with suppress(OSError):
            reset(self.client)
        for one in (self.client, self.server):
            with suppress(OSError):  # whoever waits for a word of it has to wake
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def proxying(upstream: Path) -> Iterator[Proxy]:
    """A proxy on a free port, until the block ends."""
    with socket.create_server((HOST, 0)) as listener:
        proxy = Proxy(upstream, listener.getsockname()[1])
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            proxy.cut()
