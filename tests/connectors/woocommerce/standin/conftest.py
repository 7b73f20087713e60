"""The stand-in as a real process, our app as a real listener, a merchant's browser without scripts, and a signing client."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import pytest

from tests.rig.woostore import WooStore

SECRET = "Zk3sQ9vXw1Lr7Tn5Bc8Hd2Jf6Mg4Py0Ra3Ue1WiA"
TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")


class Listener:
    """Our app: keeps what comes, header lines in their order; answers `answers` one after another, and 200 in the end."""

    def __init__(self):
        self.heard, self.answers, self.locations = [], [], {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _hear(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                told = {name.lower(): value for name, value in self.headers.items()}
                entry = SimpleNamespace(
                    method=self.command, path=self.path, lines=list(self.headers.items()), headers=told, body=body
                )
                outer.heard.append(entry)
                status = outer.answers.pop(0) if outer.answers else 200
                self.send_response(status)
                if self.path in outer.locations and status >= 300:
                    self.send_header("Location", outer.locations[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = _hear  # noqa: N815 (http.server's names)

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def deliveries(self):
        return [one for one in self.heard if "x-wc-webhook-topic" in one.headers]

    def pings(self):
        return [one for one in self.heard if one.body.startswith(b"webhook_id=")]

    def told(self):
        """Topic and status of each delivery, oldest first."""
        bodies = [(one.headers["x-wc-webhook-topic"], json.loads(one.body)) for one in self.deliveries()]
        return [(topic, body.get("status", body.get("code"))) for topic, body in bodies]


class Client:
    """What an app would say over REST, signed by the RFC and not by the stand-in's code. Answers: status, headers, json."""

    def __init__(self, store, key):
        self.store, self.key = store, key

    def request(self, method, path, query="", content=None, headers=None):
        address = f"{self.store.url}{path}" + (f"?{query}" if query else "")
        body = {} if content is None else {"json": content}
        answer = self.store.pool.request(method, address, redirect=False, headers=headers, **body)
        told = SimpleNamespace(
            status=answer.status, headers=answer.headers, text=answer.data.decode("utf-8", "replace")
        )
        with suppress(ValueError):
            told.json = json.loads(told.text)
        return told

    def ask(self, method, route, query="", content=None, **oauth):
        """A signed call to /wp-json; `oauth` changes a parameter, and one given as None is left out."""
        path = f"/wp-json{route}"
        return self.request(method, path, self.signed(method, path, query, **oauth), content)

    def signed(self, method, path, query="", digest="HMAC-SHA256", **oauth):
        told = {
            "oauth_consumer_key": self.key["consumer_key"],
            "oauth_timestamp": str(int(time.time())),
            "oauth_nonce": secrets.token_hex(8),
            "oauth_signature_method": digest,
            **oauth,
        }
        told = {name: value for name, value in told.items() if value is not None}
        pairs = sorted([*parse_qsl(query, keep_blank_values=True), *told.items()])
        joined = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)
        base = "&".join((method, encoded(f"{self.store.url}{path}"), encoded(joined)))
        hashed = hashlib.sha1 if digest == "HMAC-SHA1" else hashlib.sha256
        made = hmac.new(f"{self.key['consumer_secret']}&".encode(), base.encode(), hashed).digest()
        given = {"oauth_signature": base64.b64encode(made).decode(), **oauth} if "oauth_signature" in oauth else {}
        told |= given or {"oauth_signature": base64.b64encode(made).decode()}
        more = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in told.items() if value is not None)
        return f"{query}&{more}" if query else more

    def webhook(self, address, topic="order.updated", **more):
        """Create one; its id."""
        answer = self.ask("POST", "/wc/v3/webhooks", content={"topic": topic, "delivery_url": address, **more})
        assert answer.status == 201, answer.text
        return answer.json["id"]

    def listen(self, address, topics=TOPICS, secret=SECRET):
        """Webhooks of these topics; their ids."""
        return [self.webhook(address, topic, secret=secret) for topic in topics]


def encoded(text):
    return quote(text, safe="~")


class Merchant:
    """A browser without scripts that keeps its cookie. Redirects are followed while they stay in the shop."""

    def __init__(self, store):
        self.store, self.cookie, self.places = store, "", []

    def open(self, address, fields=None):
        """The page, or the redirect that leads out of the shop: status, headers, text, url."""
        for _ in range(6):
            answer = self._once(urljoin(self.store.url, address), fields)
            location = answer.headers.get("Location")
            if answer.status != 302 or not location.startswith(f"{self.store.url}/"):
                return SimpleNamespace(
                    status=answer.status, headers=answer.headers, text=answer.data.decode(), url=address
                )
            address, fields = location, None
        raise AssertionError("redirected for ever")

    def _once(self, address, fields):
        self.places.append(address)
        method, form = ("POST", {"fields": fields, "encode_multipart": False}) if fields is not None else ("GET", {})
        answer = self.store.pool.request(method, address, redirect=False, headers={"Cookie": self.cookie}, **form)
        self.cookie = answer.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return answer

    def log_in(self, page, username="admin", password="password"):
        hidden = {
            name: unescape(value)
            for name, value in re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', page.text)
        }
        return self.open(page.url, {**hidden, "username": username, "password": password})

    def link(self, page, words):
        return unescape(re.search(rf'href="([^"]*)">{words}', page.text)[1])


def path_of(address):
    return urlsplit(address).path


@pytest.fixture(scope="session")
def running() -> Iterator[WooStore]:
    with WooStore.running() as found:
        yield found


@pytest.fixture
def store(running):
    """Forgets everything between two tests."""
    running.reset()
    return running


@pytest.fixture
def client(store):
    return Client(store, store.key())


@pytest.fixture
def client_of(store):
    """A client of another key."""
    return lambda **kind: Client(store, store.key(**kind))


@pytest.fixture
def merchant(store):
    return Merchant(store)


@pytest.fixture
def listener():
    found = Listener()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def recorded(corpus):
    """Real deliveries of a store with WooCommerce 10.0.2, by file name."""
    folder = corpus / "woocommerce"

    def read(name):
        told = json.loads((folder / name).read_text())
        if "body_base64" in told:
            told["body"] = base64.b64decode(told["body_base64"])
        return told

    read.folder = folder
    return read
