"""A shop's pages for the bench, on loopback: the same page with our code in it and without."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

_PRODUCTS = 60
_HEAD = "<!doctype html><html><head><meta charset=utf-8><title>A shop</title><style>li{{padding:8px}}</style>{head}</head><body>"
_LINE = "<li><h2>Throw no. {n}</h2><p>Woven in wool.</p><button>Add to cart</button></li>"
# A frame as custom pixels run in, their globals played, which says what a visit to the thank-you page says. It has no sandbox,
# so that it shares the page's thread and is timed with it; Chromium may give a sandboxed one a process of its own.
_SANDBOX = """
const heard = {{}}, kept = {{}};
const storage = {{ getItem: async (key) => kept[key] ?? null, setItem: async (key, text) => void (kept[key] = text) }};
window.analytics = {{ subscribe: (name, told) => (heard[name] = told) }};
window.browser = {{ cookie: {{ get: async () => "" }}, localStorage: storage, sessionStorage: storage }};
window.init = {{ data: {{}}, customerPrivacy: {{ marketingAllowed: true, saleOfDataAllowed: true }} }};
window.customerPrivacy = {{ subscribe() {{}} }};
{code}
const price = {{ amount: 42.5, currencyCode: "EUR" }};
const variant = {{ id: "1", price, product: {{ id: "2" }}, sku: "a" }};
const checkout = {{ token: "abc", currencyCode: "EUR", totalPrice: price, subtotalPrice: price, totalTax: price, order: {{ id: "7" }},
  lineItems: [{{ quantity: 1, variant }}] }};
const context = {{ document: {{ location: {{ href: "https://shop.example.com/", origin: "https://shop.example.com", search: "" }} }},
  navigator: {{ userAgent: navigator.userAgent }} }};
for (const name of ["page_viewed", "product_viewed", "checkout_started", "checkout_completed"])
  heard[name]?.({{ id: name, name, context, data: name.startsWith("ch") ? {{ checkout }} : {{ productVariant: variant }} }});
"""


def page(*, head: str = "", sandboxed: str = "") -> str:
    """A page of products. `head`: further lines in it; `sandboxed`: the code in a pixel's sandbox, which is always there."""
    code = f"<script>{_SANDBOX.format(code=sandboxed)}</script>".replace("&", "&amp;").replace('"', "&quot;")
    frame = f'<iframe srcdoc="{code}" width=0 height=0 style="position:absolute"></iframe>'
    products = "".join(_LINE.format(n=n) for n in range(_PRODUCTS))
    return f"{_HEAD.format(head=head)}<ul>{products}</ul>{frame}</body></html>"


@contextmanager
def serving(texts: dict[str, str], plan: dict[str, object]) -> Iterator[str]:
    """Texts by path, .js or a page, at the address that is given; anything under /s/ is our beacon, and takes all."""

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/s/"):
                self._answer(json.dumps(plan), "application/json")
            else:
                self._answer(texts.get(path, ""), "text/javascript" if path.endswith(".js") else "text/html")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer("", "text/plain")

        def _answer(self, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
