"""Our app as Shopify knows it, what Shopify would sign for it, and a shop's token endpoint on loopback."""

import base64
import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

from connectors.access import App
from connectors.outbound import Outbound

KEY = "0123456789abcdef0123456789abcdef"
SECRET, OLD_SECRET = "shpss_the-newest-secret-0123456789ab", "shpss_the-older-secret-9876543210zy"
SHOP = "lumen-and-loom.myshopify.com"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
APP = App(KEY, (SECRET, OLD_SECRET), "https://tandem.example")
STATE, CODE = "st4te-of_256-bits", "0907a61c0c8d55e99db179b68161bc00"
PAIR = {
    "access_token": "shpat_fresh-0123456789abcdef",
    "scope": "read_orders,write_pixels,read_customer_events",
    "expires_in": 3600,
    "refresh_token": "shprt_fresh-0123456789abcdef",
    "refresh_token_expires_in": 7_776_000,
}


def told(*, secret: str = SECRET, **values: Any) -> str:
    """A query of these values, signed as Shopify's rule says. Only for values that every library writes alike."""
    values = {"timestamp": SECONDS, **values}
    form = "&".join(sorted(f"{key}={value}" for key, value in values.items()))
    return urlencode({**values, "hmac": digest(form, secret)})


def digest(form: str, secret: str = SECRET) -> str:
    """HMAC-SHA256, hex."""
    return hmac.new(secret.encode(), form.encode(), hashlib.sha256).hexdigest()


def claims(**changed: Any) -> dict[str, Any]:
    """What App Bridge's token says; one given as ... is left out."""
    usual = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": KEY,
        "sub": "42",
        "exp": SECONDS + 50,
        "nbf": SECONDS - 10,
        "iat": SECONDS - 10,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    }
    return {name: value for name, value in (usual | changed).items() if value is not ...}


def token(payload: Any = None, *, secret: str | bytes = SECRET, header: Any = None, **changed: Any) -> str:
    """A session token, made by hand: HS256 over `payload` (bytes as they are) or over changed `claims`."""
    head = packed({"alg": "HS256", "typ": "JWT"} if header is None else header)
    body = f"{head}.{packed(claims(**changed) if payload is None else payload)}"
    key = secret.encode() if isinstance(secret, str) else secret
    return f"{body}.{urlsafe(hmac.new(key, body.encode(), hashlib.sha256).digest())}"


def packed(part: Any) -> str:
    """A part of a token."""
    return urlsafe(part if isinstance(part, bytes) else json.dumps(part).encode())


def urlsafe(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


@dataclass
class TokenShop:
    """What it was asked, and what it still has to answer; with nothing left, it gives PAIR."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)

    def says(self, body: Any, status: int = 200, **headers: str) -> None:
        """The next answer; bytes go as they are. Header names are given with _ for -."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, raw))

    @property
    def app(self) -> App:
        """Our app, for which all shops answer here."""
        return App(KEY, APP.secrets, APP.public_url, {"SHOPIFY_ADMIN_URL": self.url})

    @property
    def http(self) -> Outbound:
        """The client that asks Shopify."""
        return Outbound(stand_ins=[self.url], seconds=5)


@contextmanager
def open_token_shop() -> Iterator[TokenShop]:
    """A server on a free port, until the block ends."""
    shop = TokenShop()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop)) as server:
        shop.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield shop
        finally:
            server.shutdown()
            thread.join()


def _handler(shop: TokenShop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._keep(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._keep(b"")

        def _keep(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            shop.asked.append(Asked(self.command, self.path, headers, body))
            usual = (200, {"Content-Type": "application/json"}, json.dumps(PAIR).encode())
            status, extra, answer = shop.answers.popleft() if shop.answers else usual
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler
