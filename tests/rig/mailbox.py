"""A mail server on loopback that keeps what it was sent: enough of SMTP for a client, and the faults of real ones."""

import contextlib
import io
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from tests.rig import wire


class Letter(NamedTuple):
    """One mail as it came. `encrypted`: the line it came on was."""

    sender: str
    addresses: tuple[str, ...]
    raw: bytes
    encrypted: bool
    password: str | None

    @property
    def message(self) -> EmailMessage:
        """It, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """Its words."""
        return str(self.message.get_content())


@dataclass
class Mailbox:
    """What to do, and what was done. `refuses`: what the server answers a command with; `silent`: it drips one byte of
    its greeting after the other and never ends a line.
    """

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    certificate: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """As SMTP_URL says it."""
        return f"smtp://127.0.0.1:{self.port}"


class _Conversation(socketserver.StreamRequestHandler):
    server: "_Server"
    password: str | None = None
    sender: str = ""
    encrypted = False
    rfile: io.BufferedIOBase
    wfile: io.BufferedIOBase | socket.SocketIO  # type: ignore[assignment]

    def handle(self) -> None:
        self.box = self.server.box
        if self.box.silent:
            return self._drip()
        self._begin()
        self._say("220 mail.test")
        while line := self.rfile.readline().decode("latin-1").rstrip("\r\n"):
            word = line.split(":")[0].split(" ")[0].upper()
            if not self._answer(word, line):
                return None
        return None

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _drip(self) -> None:
        with contextlib.suppress(OSError):
            for _ in range(200):
                self.wfile.write(b"2")
                time.sleep(0.05)

    def _begin(self) -> None:
        self.sender = ""
        self.addresses: list[str] = []

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _answer(self, word: str, line: str) -> bool:
        """False where the conversation is over."""
        if word in self.box.refuses:
            self._say(self.box.refuses[word])
            return True
        if word == "EHLO":
            offered = ["STARTTLS"] if self.box.certificate and not self.encrypted else []
            lines = ["mail.test", *offered, "AUTH PLAIN"]
            for place, told in enumerate(lines):
                self._say(f"250{' ' if place == len(lines) - 1 else '-'}{told}")
        elif word == "STARTTLS":
            self._say("220 go on")
            assert self.box.certificate is not None
            try:
                wrapped = self.box.certificate.wrap_socket(self.connection, server_side=True)
            except OSError:  # whoever does not trust us hangs up
                return False
            self.connection, self.encrypted = wrapped, True
            self.rfile, self.wfile = wrapped.makefile("rb"), wrapped.makefile("wb", buffering=0)
        elif word == "AUTH":
            self.password = line
            self._say("235 in")
        elif word in ("MAIL", "RCPT"):
            address = line.partition("<")[2].partition(">")[0]
            self._envelope(word, address)
        elif word == "DATA":
            self._data()
        else:
            self._say("250 ok" if word != "QUIT" else "221 bye")
            return word != "QUIT"
        return True

    def _envelope(self, word: str, address: str) -> None:
        if f"{word} {address}" in self.box.refuses:
            return self._say(self.box.refuses[f"{word} {address}"])
        if word == "MAIL":
            self._begin()
            self.sender = address
        else:
            self.addresses.append(address)
        return self._say("250 ok")

    def _data(self) -> None:
        self._say("354 speak")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        told = Letter(self.sender, tuple(self.addresses), b"".join(lines), self.encrypted, self.password)
        self.box.letters.append(told)
        self._say("250 taken")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Mailbox


@contextlib.contextmanager
def opened(identity: Path | None = None) -> Iterator[Mailbox]:
    """A mailbox that takes mail. With an identity of `wire.certificate` it offers STARTTLS."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.box = Mailbox(port=server.server_address[1])
        server.box.certificate = wire.context(identity) if identity else None
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
        try:
            yield server.box
        finally:
            server.shutdown()
