"""The stand-in as a real process, our app as a real listener, and what an app would say to Shopify."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from tests.rig.standin import SHOP, StandIn

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


def signed_jwt(claims, secret, head=None):
    """A JWT made here, by the RFC and not by the stand-in's code."""

    def packed(part):
        return base64.urlsafe_b64encode(part).rstrip(b"=").decode()

    told = f"{packed(json.dumps(head or {'alg': 'HS256'}).encode())}.{packed(json.dumps(claims).encode())}"
    return f"{told}.{packed(hmac.new(secret.encode(), told.encode(), hashlib.sha256).digest())}"


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Client:
    """What our app would say. Each answer has `status`, `headers` and `json`."""

    def __init__(self, standin):
        self.standin = standin

    def request(self, method, path, **more):
        answer = self.standin.pool.request(method, f"{self.standin.url}{path}", redirect=False, **more)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        told = answer.json() if is_json and answer.data else None
        return SimpleNamespace(status=answer.status, headers=answer.headers, text=answer.data.decode(), json=told)

    def token(self, shop=SHOP, **fields):
        """The token endpoint; a field given as None is left out."""
        asked = {"client_id": self.standin.key, "client_secret": self.standin.secret, **fields}
        asked = {key: value for key, value in asked.items() if value is not None}
        return self.request("POST", f"/{shop}/admin/oauth/access_token", json=asked)

    def exchange(self, session_token, shop=SHOP, **fields):
        told = {"subject_token": session_token, "subject_token_type": ID_TOKEN, "requested_token_type": OFFLINE}
        return self.token(shop, **{"grant_type": EXCHANGE, **told, "expiring": "1", **fields})

    def refresh(self, refresh_token, shop=SHOP):
        return self.token(shop, grant_type="refresh_token", refresh_token=refresh_token)

    def installed(self, shop=SHOP):
        """The pair of an app that was just installed."""
        answer = self.exchange(self.standin.session(shop), shop)
        assert answer.status == 200, answer.text
        return answer.json

    def ask(self, access_token, document, shop=SHOP, **variables):
        return self.request(
            "POST",
            f"/{shop}/admin/api/2026-10/graphql.json",
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": access_token},
        )

    def consent(self, method="GET", decision="install", shop=SHOP, **query):
        """The consent page, or its form."""
        known = {"client_id": self.standin.key, "redirect_uri": "http://127.0.0.1:8000/shopify/callback", "state": "s1"}
        form = {"fields": {"decision": decision}, "encode_multipart": False} if method == "POST" else {}
        path = f"/{shop}/admin/oauth/authorize?{urlencode({'scope': 'read_orders', **known, **query})}"
        return self.request(method, path, **form)


class Listener:
    """Our app's webhook address: keeps what comes, answers what it is told to, 200 in the end."""

    def __init__(self):
        self.heard, self.answers = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.heard.append(SimpleNamespace(path=self.path, headers=headers, body=body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def topics(self):
        return [one.headers["x-shopify-topic"] for one in self.heard]


@pytest.fixture(scope="session")
def running() -> Iterator[StandIn]:
    with StandIn.running() as found:
        yield found


@pytest.fixture
def standin(running):
    """Forgets everything between two tests, our app's settings too."""
    running.app(
        key="tandem-test-app",
        secrets=["stand-in-app-secret-0123456789"],
        url="http://127.0.0.1:8000",
        embedded=True,
        scopes=["read_orders", "write_pixels", "read_customer_events"],
        declared=[],
        extension=True,
        protected_data=True,
        query_form="raw",
    )
    running.reset()
    return running


@pytest.fixture
def client(standin):
    return Client(standin)


@pytest.fixture
def listener(standin):
    found = Listener()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    standin.app(url=found.url)
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def jwt():
    return SimpleNamespace(signed=signed_jwt, claims=claims_of)
