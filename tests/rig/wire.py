"""Sockets that do what no HTTP server can be told to do: break off, drip, reset, stay silent. Loopback only."""

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class Wire:
    """What came over a listening socket. `over` is set when the test has seen enough."""

    url: str
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    open_ones: list[socket.socket] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, connection: socket.socket) -> bool:
        """The next request, to its end; False where there is none, or only a part of one."""
        told = bytearray()
        while (end := told.find(b"\r\n\r\n")) < 0 or len(told) < end + 4 + _body_length(told[:end]):
            part = connection.recv(1 << 20)
            if not part:
                return False
            told += part
        self.heads.append(told[:end].decode())
        self.bodies.append(bytes(told[end + 4 :]))
        return True


def _body_length(head: bytearray) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)


Behaviour = Callable[[Wire, socket.socket], None]


@contextmanager
def serving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """A server on a free port that gives each connection to `behave`; all ends with the block."""
    with socket.create_server((HOST, 0)) as listener, ThreadPoolExecutor(32) as threads:
        wire = Wire(f"{'https' if tls else 'http'}://{HOST}:{listener.getsockname()[1]}")
        accepting = threads.submit(_accept, listener, wire, lambda one: threads.submit(_attend, one, behave, wire, tls))
        try:
            yield wire
        finally:
            wire.over.set()
            socket.create_connection(listener.getsockname()).close()  # wakes who waits for another connection
            accepting.result()
            for one in wire.open_ones:
                with suppress(OSError):
                    socket.socket.shutdown(one, socket.SHUT_RDWR)


def _accept(listener: socket.socket, wire: Wire, attend: Callable[[socket.socket], object]) -> None:
    while True:
        connection, _ = listener.accept()
        if wire.over.is_set():
            connection.close()
            return
        wire.connections += 1
        attend(connection)


def _attend(connection: socket.socket, behave: Behaviour, wire: Wire, tls: ssl.SSLContext | None) -> None:
    if tls:
        connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
    with suppress(OSError), connection:
        wire.open_ones.append(connection)
        if wire.over.is_set():
            return
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()
        behave(wire, connection)


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An answer as it should be."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers)
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def answering(*replies: bytes) -> Behaviour:
    """These answers one after another, whoever asks, and the last one for ever."""
    left = list(replies)

    def behave(wire: Wire, connection: socket.socket) -> None:
        while wire.read(connection):
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return behave


def once(reply: bytes) -> Behaviour:
    """One answer, then the end of the connection."""

    def behave(wire: Wire, connection: socket.socket) -> None:
        if wire.read(connection):
            connection.sendall(reply)

    return behave


def dripping(begun: bytes, drop: bytes, *, drops: int | None = None, pause: float = 0.25) -> Behaviour:
    """The beginning of an answer, and then a drop of it every `pause` seconds: so many, and silence; or for ever."""

    def behave(wire: Wire, connection: socket.socket) -> None:
        wire.read(connection)
        connection.sendall(begun)
        for _ in count() if drops is None else range(drops):
            if wire.over.wait(pause):
                return
            connection.sendall(drop)
        wire.over.wait()

    return behave


def reset(connection: socket.socket) -> None:
    """End it at once, and not politely."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def send_raw(connection: socket.socket, data: bytes) -> None:
    """Past TLS, onto the socket below it."""
    os.write(connection.fileno(), data)


def certificate(folder: Path, address: str) -> Path:
    """A key and a certificate for an IP address that vouches for itself, made for this run, in one PEM file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "identity.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


def context(identity: Path) -> ssl.SSLContext:
    """A server's side of TLS with that key and certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(identity)
    return made
