"""The HTTP shell: one thread a connection, kept open, nothing logged."""

import socket
import ssl
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from connectors.woocommerce.standin.routes import answer
from connectors.woocommerce.standin.wire import Ending, Reply, Request
from connectors.woocommerce.standin.world import World

MAX_BODY_BYTES = 8 * 1024 * 1024
_PIECES = 20
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger, for 0 seconds


class StandInServer(ThreadingHTTPServer):
    """Listens as soon as it is made; `serve_forever` answers. `certificate`: a PEM file with its key, for https."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, host: str, port: int, world: World, certificate: str | None = None) -> None:
        self.world = world
        self.secure = certificate is not None
        super().__init__((host, port), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        return f"{'https' if self.secure else 'http'}://{host!s}:{port}"

    def server_bind(self) -> None:
        """Bind, without the reverse look-up of the host's name that HTTPServer would do."""
        TCPServer.server_bind(self)

    def shutdown_request(self, request: Any) -> None:
        """Close without a polite end, which would make a reset look like one."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a mistake of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks `answer`, sends the reply the way it wants to be sent."""

    server: StandInServer
    protocol_version = "HTTP/1.1"
    server_version = "tandem-stand-in"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return self._send(Reply(411))
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        # Shops behind a proxy that ends TLS tell WordPress so in wp-config.php, by this header.
        secure = self.server.secure or headers.get("x-forwarded-proto") == "https"
        request = Request(self.command, path, query, headers, self.rfile.read(int(length)), secure)
        return self._send(answer(self.server.world, request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 (http.server's names)

    def _send(self, reply: Reply) -> None:
        if reply.ending is Ending.DRIP:
            self.close_connection = True
            return self._drip(reply)
        if reply.delay:
            time.sleep(reply.delay)
        if reply.ending is Ending.KEEP:
            return self._write(reply)
        self.close_connection = True
        if reply.ending is Ending.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        return None

    def _write(self, reply: Reply) -> None:
        self._head(reply)
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _drip(self, reply: Reply) -> None:
        self._head(reply)
        size = max(1, len(reply.body) // _PIECES)
        for start in range(0, len(reply.body), size):
            self.wfile.flush()
            time.sleep(reply.delay / _PIECES)
            self.wfile.write(reply.body[start : start + size])
        self.wfile.flush()

    def _head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        headers = {"Content-Type": reply.content_type, **reply.headers, "Content-Length": str(len(reply.body))}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is http.server's)
        """Nothing: an address may hold a key."""
