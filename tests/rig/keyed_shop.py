"""A WooCommerce shop's REST API on loopback: judges keys as WooCommerce does, keeps webhooks, and says else what a test lays out.

Constructed from recordings of 10.0.2. It shares nothing with the connector: OAuth is worked out here by its rules.
"""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from connectors.access import App
from connectors.outbound import Outbound

KEY, SECRET = "ck_" + "0123456789abcdef" * 2 + "01234567", "cs_" + "fedcba9876543210" * 2 + "fedcba98"
DEVELOPMENT = App("", (), "http://127.0.0.1:8000", keyless=True, loopback=True)
PRODUCTION = App("", (), "https://tandem.example", keyless=True)
_REST = "/wp-json/"
_NAMESPACES = ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wp/v2"]
_NO_ROUTE = {"code": "rest_no_route", "message": "No route was found matching the URL and request method."}
_UNSEEN = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."}
_NO_SECRET = {"code": "woocommerce_rest_authentication_error", "message": "Consumer secret is invalid."}
_NO_WRITING = {
    "code": "woocommerce_rest_authentication_error",
    "message": "The API key provided does not have write permissions.",
}
_GONE = {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."}


@dataclass(frozen=True)
class Asked:
    """One request as it came. `query`: decoded."""

    method: str
    path: str
    query: dict[str, str]
    raw_query: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


Answer = tuple[int, Any, dict[str, str]]


@dataclass
class KeyedShop:
    """What it has, what it was asked, and what it still has to answer by method and path below the folder."""

    url: str = ""
    folder: str = ""
    home: str | None = None
    namespaces: list[str] = field(default_factory=lambda: list(_NAMESPACES))
    strips_authorization: bool = False
    read_only: bool = False
    plugin: bool = True
    currency: str = "EUR"
    country: str = "DE:DE-BE"
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[int, str | None] = field(default_factory=dict)
    connection: dict[str, Any] | None = None
    asked: list[Asked] = field(default_factory=list)
    laid_out: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    _last_id: int = 0

    @property
    def base(self) -> str:
        """Where it begins."""
        return self.url + self.folder

    @property
    def domain(self) -> str:
        """Host and port."""
        return self.url.partition("://")[2]

    @property
    def did(self) -> list[str]:
        """What was asked, in short: `GET webhooks`."""
        return [f"{one.method} {one.path.partition(_REST)[2]}" for one in self.asked]

    def http(self, **more: Any) -> Outbound:
        """The client that asks it, in development."""
        return Outbound(loopback=True, **{"seconds": 10, **more})

    def says(self, method: str, path: str, body: Any, status: int = 200, **headers: str) -> "KeyedShop":
        """The next answer to this; bytes go as they are. `path` begins behind /wp-json/, or else with a slash."""
        whole = path if path.startswith("/") else f"{self.folder}{_REST}{path}"
        told = {name.replace("_", "-"): text for name, text in headers.items()}
        self.laid_out.setdefault((method, whole), []).append((status, body, told))
        return self

    def has(self, topic: str, address: str, **changes: Any) -> dict[str, Any]:
        """One more webhook, however it came to be."""
        self._last_id += 1
        made = {"id": self._last_id, "name": "", "status": "active", "topic": topic, "delivery_url": address} | changes
        self.webhooks.append(made)
        return made

    def answer(self, one: Asked) -> Answer:
        """What this shop says to that."""
        queue = self.laid_out.get((one.method, one.path), [])
        if queue:
            return queue.pop(0)
        if not one.path.startswith(self.folder + _REST):
            return 404, b"<!doctype html><title>Page not found</title>", {}
        route = one.path.removeprefix(self.folder + _REST)
        if not route:
            return (
                200,
                {"name": "A shop", "home": self.home or self.base, "namespaces": self.namespaces, "routes": {}},
                {},
            )
        refusal = self._refusal(one)
        if refusal:
            return 401, refusal | {"data": {"status": 401}}, {}
        return self._inside(one, route)

    def _inside(self, one: Asked, route: str) -> Answer:
        if route == "wc/v3/data/currencies/current":
            own = f"{self.home or self.base}{_REST}wc/v3/data/currencies/{self.currency}"
            return 200, {"code": self.currency, "name": "A currency", "_links": {"self": [{"href": own}]}}, {}
        if route == "wc/v3/settings/general/woocommerce_default_country":
            return 200, {"value": self.country}, {}
        if route.startswith("wc/v3/webhooks"):
            return self._of_webhooks(one, route.removeprefix("wc/v3/webhooks").strip("/"))
        if route == "wc-tandem/v1/connection" and self.plugin:
            return self._of_plugin(one)
        return 404, _NO_ROUTE | {"data": {"status": 404}}, {}

    def _of_webhooks(self, one: Asked, number: str) -> Answer:
        if one.method == "GET":
            size, page = int(one.query.get("per_page", 10)), int(one.query.get("page", 1))
            pages = -(-len(self.webhooks) // size)
            return 200, self.webhooks[(page - 1) * size : page * size], {"X-WP-TotalPages": str(pages)}
        if one.method == "POST":
            told = {name: text for name, text in one.told.items() if name != "secret"}
            made = self.has(**{"address": told.pop("delivery_url"), **told})
            self.secrets[made["id"]] = one.told.get("secret")
            return 201, made, {}
        found = next((webhook for webhook in self.webhooks if str(webhook["id"]) == number), None)
        if found is None:
            return (404 if one.method == "DELETE" else 400), _GONE, {}
        if one.method == "DELETE":
            if one.query.get("force") != "true":
                return 501, {"code": "woocommerce_rest_trash_not_supported", "message": "No trash."}, {}
            self.webhooks.remove(found)
        else:
            found |= {name: text for name, text in one.told.items() if name != "secret"}
            self.secrets[found["id"]] = one.told.get("secret", self.secrets.get(found["id"]))
        return 200, found, {}

    def _of_plugin(self, one: Asked) -> Answer:
        told = one.told if one.method == "PUT" else None
        changed, self.connection = told != self.connection, told
        return 200, {"plugin": "1.0.0", "home": self.base, "changed": changed}, {}

    def _refusal(self, one: Asked) -> dict[str, Any] | None:
        """As WooCommerce judges: an unknown key is nobody, a known one with another secret is an error."""
        key, good = self._of_query(one) if self.url.startswith("https") else self._of_oauth(one)
        if key != KEY:
            return _UNSEEN
        if not good:
            return _NO_SECRET
        return _NO_WRITING if self.read_only and one.method not in ("GET", "HEAD") else None

    def _of_query(self, one: Asked) -> tuple[str, bool]:
        key, secret = one.query.get("consumer_key", ""), one.query.get("consumer_secret", "")
        scheme, _, told = one.headers.get("authorization", "").partition(" ")
        if not key and scheme == "Basic" and not self.strips_authorization:
            key, _, secret = base64.b64decode(told).decode().partition(":")
        return key, secret == SECRET

    def _of_oauth(self, one: Asked) -> tuple[str, bool]:
        told = dict(one.query)
        given = told.pop("oauth_signature", "").replace(" ", "+")
        parts = "%26".join(f"{_twice(name)}%3D{_twice(told[name])}" for name in sorted(told))
        text = f"{one.method}&{quote(self.url + one.path, safe='')}&{parts}"
        due = base64.b64encode(hmac.digest(f"{SECRET}&".encode(), text.encode(), hashlib.sha256)).decode()
        return told.get("oauth_consumer_key", ""), hmac.compare_digest(due, unquote(given))


def _twice(text: str) -> str:
    return quote(unquote(text), safe="~").replace("%", "%25")


@contextmanager
def open_keyed_shop(
    folder: str = "", tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[KeyedShop]:
    """A server on a free port, until the block ends; over https with `tls`."""
    shop = KeyedShop(folder=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop)) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        shop.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield shop
        finally:
            server.shutdown()
            thread.join()


def _handler(shop: KeyedShop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, raw_query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            query = dict(parse_qsl(raw_query, keep_blank_values=True))
            one = Asked(self.command, path, query, raw_query, headers, body)
            shop.asked.append(one)
            status, told, more = shop.answer(one)
            raw = told if isinstance(told, bytes) else json.dumps(told).replace("/", r"\/").encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(raw)), "Content-Type": "application/json", **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (the names http.server looks for)

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler
