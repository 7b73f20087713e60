"""The stand-in for App Bridge in a real browser: who gets a session token, and what a page does with it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.rig import browser

HANDLE = "lumen-and-loom"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="shopify-api-key" content="{key}">
<script src="{bridge}"></script><body><p id="said">waiting</p><script>{script}</script>"""
ASKING = """
const said = (text) => (document.getElementById("said").textContent = text);
fetch("/state", { method: "POST", body: "kept" }).then((r) => r.text()).then(said, (e) => said("broke " + e));
shopify.toast.show("Saved");
"""


class App:
    """Our app, as far as a frame needs one. `refusals`: how often /state asks for a fresh token first."""

    def __init__(self):
        self.seen, self.refusals, self.retry, self.script, self.key, self.bridge = [], 0, True, ASKING, "", ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                parts = urlsplit(self.path)
                bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
                outer.seen.append(
                    SimpleNamespace(path=parts.path, query=parse_qs(parts.query), bearer=bearer, body=body)
                )
                refused = parts.path == "/state" and outer.refusals > 0
                outer.refusals -= refused
                self.send_response(401 if refused else 200)
                if refused and outer.retry:
                    self.send_header("X-Shopify-Retry-Invalid-Session-Request", "1")
                page = PAGE.format(key=outer.key, bridge=outer.bridge, script=outer.script)
                told = page if parts.path != "/state" else ("refused" if refused else f"heard {body}")
                self.send_header("Content-Type", "text/plain" if parts.path == "/state" else "text/html")
                self.send_header("Content-Length", str(len(told.encode())))
                self.end_headers()
                self.wfile.write(told.encode())

            do_GET = do_POST = _answer  # noqa: N815 (http.server's names)

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def asked(self, path):
        return [one for one in self.seen if one.path == path]


@pytest.fixture(scope="module")
def merchant():
    browser.have_or_skip()
    with browser.running("browser_frame.mjs") as found:
        yield found


@pytest.fixture
def app(standin) -> Iterator[App]:
    found = App()
    found.key, found.bridge = standin.key, f"{standin.url}/app-bridge.js"
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    standin.app(url=found.url)
    standin.install()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def home(standin):
    return f"{standin.url}/store/{HANDLE}/apps/{standin.key}"


def test_each_request_to_the_app_carries_a_token_of_its_own(merchant, app, home, jwt):
    merchant.ask("open", url=home)
    assert "heard kept" in merchant.ask("frame", until="heard")
    [opened], [asked] = app.asked("/shopify/app"), app.asked("/state")
    first, second = jwt.claims(opened.query["id_token"][0]), jwt.claims(asked.bearer)
    assert first["jti"] != second["jti"]
    assert first["dest"] == second["dest"] == f"https://{HANDLE}.myshopify.com"


def test_a_toast_is_shown_around_the_frame(merchant, app, home):
    merchant.ask("open", url=home)
    merchant.ask("frame", until="heard")
    assert "Saved" in merchant.ask("page", until="Saved")


def test_a_refusal_that_asks_for_it_is_answered_by_one_more_try(merchant, app, home, jwt):
    app.refusals = 1
    merchant.ask("open", url=home)
    assert "heard kept" in merchant.ask("frame", until="heard")
    first, second = app.asked("/state")
    assert jwt.claims(first.bearer)["jti"] != jwt.claims(second.bearer)["jti"]
    assert (first.body, second.body) == ("kept", "kept")


@pytest.mark.parametrize(("refusals", "retry", "tries"), [(3, True, 2), (1, False, 1)])
def test_it_tries_no_more_than_once_again_and_only_when_asked_to(merchant, app, home, refusals, retry, tries):
    app.refusals, app.retry = refusals, retry
    merchant.ask("open", url=home)
    assert "refused" in merchant.ask("frame", until="refused")
    assert len(app.asked("/state")) == tries


def test_the_bounce_page_goes_on_with_a_fresh_token_in_place_of_the_old(merchant, app, home, jwt):
    app.script = """
      if (!location.search.includes("shopify-reload") && !location.pathname.startsWith("/on"))
        location.replace("/bounce?shopify-reload=" + encodeURIComponent(location.origin + "/on?a=1&id_token=old"));
      document.getElementById("said").textContent = "at " + location.pathname;"""
    merchant.ask("open", url=home)
    assert "at /on" in merchant.ask("frame", until="at /on")
    [arrived] = app.asked("/on")
    assert arrived.query["a"] == ["1"]
    assert jwt.claims(arrived.query["id_token"][0])["dest"] == f"https://{HANDLE}.myshopify.com"


def test_the_bounce_page_goes_on_to_no_other_site(merchant, app, home):
    app.script = """
      if (!location.search.includes("shopify-reload"))
        location.replace("/bounce?shopify-reload=" + encodeURIComponent("http://localhost:9/on"));
      else setTimeout(() => (document.getElementById("said").textContent = "still here"), 300);"""
    merchant.ask("open", url=home)
    assert "still here" in merchant.ask("frame", until="still here")


def test_a_page_opened_without_the_admin_is_led_into_it(merchant, app, home):
    merchant.ask("open", url=f"{app.url}/shopify/app?shop={HANDLE}.myshopify.com")
    assert merchant.ask("where", until="/store/") == home
    assert "heard" in merchant.ask("frame", until="heard")
