"""The web application on a real socket, its platform's stand-in, and a browser that goes nowhere by itself."""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from werkzeug.serving import make_server

from integration import config, db
from integration.app import create_app
from integration.crypto import Sealer
from tests.rig.office import Office
from tests.rig.service import free_port
from tests.rig.standin import KEY, SECRET, StandIn

_numbers = itertools.count(1)


@dataclass
class Browser:
    """Remembers cookies, as `name=value`, and follows no redirect."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=20.0))

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """Header names with `_` for `-`."""
        told = {name.replace("_", "-"): text for name, text in headers.items()}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        answer = self.pool.request(method, f"{self.url}{path}", body=body, headers=told, redirect=False)
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return answer


@dataclass
class Pages:
    """Where merchants go. Shops are made up as they are asked for."""

    url: str
    engine: db.Engine
    shopify: StandIn
    office: Office

    def browser(self) -> Browser:
        return Browser(self.url)

    def shop(self) -> str:
        """One that nobody knows yet."""
        return f"shop-{next(_numbers)}.myshopify.com"

    def connected(self) -> str:
        """One that is connected."""
        domain = self.shop()
        self.office.arrived(domain)
        return domain

    def tokens_asked(self) -> int:
        """How often the platform was asked for a token."""
        return len(self.shopify.requests("token"))


@contextmanager
def serving(database_url: str, directory: Path, shopify: StandIn, **changes: str) -> Iterator[Pages]:
    """The application until the block ends; `changes` are further environment variables."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        "DATABASE_URL": database_url,
        "REDIS_URL": f"unix://{directory}/nobody.sock",
        "PUBLIC_URL": url,
        "META_GRAPH_URL": "http://127.0.0.1:9",  # nobody is there, unless a test says who
        "SHOPIFY_API_KEY": KEY,
        "SHOPIFY_API_SECRET": SECRET,
        "SHOPIFY_ADMIN_URL": shopify.url,
        "SHOPIFY_APP_BRIDGE_URL": f"{shopify.url}/app-bridge.js",
    }
    settings = config.load({**environ, **changes}, data_dir=directory)
    app = create_app(settings)
    engine = app.extensions["engine"]
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        office = Office(engine, shopify, sealer=Sealer(settings.encryption_keys), public_url=settings.public_url)
        yield Pages(url, engine, shopify, office)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.dispose()


def signed(told: Mapping[str, str], *, secret: str = SECRET, at: datetime | None = None) -> str:
    """A query as Shopify signs it: of this moment, or of `at`."""
    moment = at.timestamp() if at else time.time()
    pairs = sorted({**told, "timestamp": str(int(moment))}.items())
    form = "&".join(f"{key}={value}" for key, value in pairs)
    return urlencode([*pairs, ("hmac", hmac.new(secret.encode(), form.encode(), hashlib.sha256).hexdigest())])


def session(shop: str, *, secret: str = SECRET, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A session token as the admin would hand it out, unless it is told otherwise. A claim of None is left out."""
    now = int(time.time())
    usual = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": KEY,
        "sub": "42",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": secrets.token_hex(8),
        "sid": secrets.token_hex(8),
    }
    told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    text = f"{_packed(header or {'alg': 'HS256', 'typ': 'JWT'})}.{_packed(told)}"
    return f"{text}.{_urlsafe(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


def _packed(told: Mapping[str, Any]) -> str:
    return _urlsafe(json.dumps(told).encode())


def _urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def path_of(address: str) -> str:
    """Path and query."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def directives(answer: urllib3.BaseHTTPResponse) -> dict[str, str]:
    """An answer's content security policy, by directive."""
    policy = answer.headers["Content-Security-Policy"]
    return {name: told for name, _, told in (part.strip().partition(" ") for part in policy.split(";"))}


class Read(HTMLParser):
    """What a browser makes of a page: elements with their attributes, and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def busy(self) -> str:
        """Whether the page says that something is being done: yes or no."""
        return next(told["data-busy"] or "" for _, told in self.elements if "data-busy" in told)

    def all(self, tag: str) -> list[dict[str, Any]]:
        """The attributes of the elements of that kind."""
        return [told for name, told in self.elements if name == tag]
