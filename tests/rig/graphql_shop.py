"""One shop's GraphQL endpoint on loopback, which answers what the test laid out, in that order, and keeps what it was asked."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.access import App, Http
from connectors.outbound import Outbound
from connectors.shopify import addresses, api

SHOP = "one.myshopify.com"
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
LAST_PAGE: dict[str, Any] = {"hasNextPage": False, "endCursor": "c9"}
ORDER: dict[str, Any] = {
    "id": "gid://shopify/Order/5678901234567",
    "number": 1042,
    "createdAt": "2026-11-03T09:15:00Z",
    "updatedAt": "2026-11-03T09:16:30Z",
    "cancelledAt": None,
    "confirmed": True,
    "test": False,
    "displayFinancialStatus": "PAID",
    "sourceName": "web",
    "cartToken": "c1-0123456789abcdef0123456789abcdef",
    "app": {"name": "Online Store"},
    "paymentGatewayNames": ["shopify_payments"],
    "totalPriceSet": {
        "presentmentMoney": {"amount": "119.0", "currencyCode": "EUR"},
        "shopMoney": {"amount": "128.52", "currencyCode": "USD"},
    },
    "customAttributes": [],
    "billingAddress": {"countryCodeV2": "DE", "provinceCode": None},
    "shippingAddress": {"countryCodeV2": "US", "provinceCode": "CA"},
}


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    document: str
    variables: dict[str, Any]

    @property
    def root(self) -> str:
        """The root field of the document."""
        return self.document.partition("{")[2].split()[0].partition("(")[0]


@dataclass
class GraphqlShop:
    """What is still to be answered, and what was asked. An unexpected question gets 418 and shows up in `asked`."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)

    def says(self, data: Any = None, *, errors: Any = None, **more: Any) -> "GraphqlShop":
        """The next answer: a GraphQL one of status 200."""
        told = {"data": data, **more} | ({} if errors is None else {"errors": errors})
        return self.sends(json.dumps(told).encode())

    def sends(self, body: bytes = b"", status: int = 200, **headers: str) -> "GraphqlShop":
        """The next answer: these bytes. Header names are given with _ for -."""
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, body))
        return self

    @property
    def roots(self) -> list[str]:
        """The root fields asked for, in order."""
        return [one.root for one in self.asked]


@contextmanager
def open_shop() -> Iterator[GraphqlShop]:
    """A server on a free port, until the block ends."""
    shop = GraphqlShop()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop)) as server:
        shop.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield shop
        finally:
            server.shutdown()
            thread.join()


def _handler(shop: GraphqlShop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            shop.asked.append(Asked(self.path, headers, told["query"], told["variables"]))
            status, extra, body = shop.answers.popleft() if shop.answers else (418, {}, b"")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler


def app(url: str, subscriptions: str = addresses.BY_API) -> App:
    """Our app, for which all shops answer at `url`."""
    options = {addresses.ADMIN_URL: url, addresses.SUBSCRIPTIONS: subscriptions}
    return App("key", ("hush-hush-hush-hush",), "https://tandem.example", options)


def opened(url: str, *, http: Http | None = None, subscriptions: str = addresses.BY_API) -> api.AdminApi:
    """The API of the one shop at `url`."""
    return api.of_shop(app(url, subscriptions), http or Outbound(stand_ins=[url]), SHOP, TOKEN)
