"""The script on the shop's pages, in a real browser: what it remembers of an ad's click, and when it must not."""

import itertools
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import registry
from tests.rig import browser as rig
from tests.rig.node import Node

DAY = 86_400
_names = itertools.count(1)
# What the page says before the script runs. `api` is the WP Consent API's way, by its documented names and its cookie.
SAYS = {
    "nothing": "",
    "unasked": "window.tandemClick = { unasked: true };",
    "optin": "window.wp_consent_type = 'optin'; window.tandemClick = { unasked: true }; API",
    "optout": "window.wp_consent_type = 'optout'; window.tandemClick = { unasked: true }; API",
    "later": "window.waitfor_consent_hook = true; window.tandemClick = { unasked: true }; API",
    "gpc": "Object.defineProperty( navigator, 'globalPrivacyControl', { value: true } ); window.tandemClick = { unasked: true };",
}
API = """window.wp_has_consent = function ( category ) {
    var found = document.cookie.match( 'wp_consent_' + category + '=([a-z]+)' );
    return found ? found[ 1 ] === 'allow' : window.wp_consent_type === 'optout';
};
window.choose = function ( value ) {
    document.cookie = 'wp_consent_marketing=' + value + '; path=/';
    document.dispatchEvent( new CustomEvent( 'wp_listen_for_consent_change', { detail: { marketing: value } } ) );
};"""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    plugin = registry.get("woocommerce").plugin
    assert plugin
    script = (plugin / "assets" / "click.js").read_text()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            says = parse_qs(urlsplit(self.path).query).get("says", ["unasked"])[0]
            first = SAYS[says].replace("API", API)
            body = f"<script>{first}</script><script>{script}</script><a href='/next?says={says}'>next</a>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Node]:
    with rig.running("browser_shopper.mjs") as found:
        yield found


class Shopper:
    """A browser without any cookie."""

    def __init__(self, chromium: Node, shop: str) -> None:
        self.chromium, self.shop, self.who = chromium, shop, f"shopper {next(_names)}"

    def open(self, path: str) -> dict[str, Any]:
        return dict(self.chromium.ask("open", who=self.who, url=self.shop + path))

    def follow(self) -> dict[str, Any]:
        return dict(self.chromium.ask("follow", who=self.who, selector="a"))

    def run(self, code: str) -> dict[str, Any]:
        return dict(self.chromium.ask("run", who=self.who, code=code))


@pytest.fixture
def shopper(chromium: Node, shop: str) -> Shopper:
    return Shopper(chromium, shop)


def click(cookies: dict[str, Any]) -> str | None:
    """The click id remembered, without its time."""
    return cookies["tandem_click"]["value"].partition(".")[2] if "tandem_click" in cookies else None


def ours(cookies: dict[str, Any]) -> set[str]:
    return {name for name in cookies if not name.startswith("wp_")}


def test_a_click_is_remembered_for_90_days_with_the_millisecond_it_was_first_seen_at(shopper: Shopper) -> None:
    before = time.time()
    cookies = shopper.open("/hats?fbclid=IwAR0Ab_C-d.e&a=1#size")
    seen, _, fbclid = cookies["tandem_click"]["value"].partition(".")
    assert fbclid == "IwAR0Ab_C-d.e"
    assert before - 1 < int(seen) / 1000 < time.time() + 1
    assert 89 * DAY < cookies["tandem_click"]["expires"] - before <= 90 * DAY + 60
    assert cookies["tandem_landing"] == {"value": f"{shopper.shop}/hats?fbclid=IwAR0Ab_C-d.e&a=1", "expires": -1}
    assert ours(cookies) == {"tandem_click", "tandem_landing"}, "and Meta's cookies are left to Meta's Pixel"


def test_the_same_click_keeps_its_first_time_and_another_replaces_it(shopper: Shopper) -> None:
    first = shopper.open("/?fbclid=One")["tandem_click"]["value"]
    assert shopper.open("/hats?fbclid=One")["tandem_click"]["value"] == first
    assert shopper.open("/hats")["tandem_click"]["value"] == first
    later = shopper.open("/?fbclid=Two")
    assert click(later) == "Two"
    assert later["tandem_landing"]["value"] == f"{shopper.shop}/?fbclid=One", "the first page stays the first"


def test_a_click_id_is_decoded_once_and_an_empty_one_is_none(shopper: Shopper) -> None:
    assert click(shopper.open("/?fbclid=")) is None
    assert click(shopper.open("/?fbclid=a%2Bb%252F")) == "a+b%2F"


def test_without_a_consent_plugin_it_remembers_nothing_where_the_law_wants_people_asked(shopper: Shopper) -> None:
    assert ours(shopper.open("/?says=nothing&fbclid=One")) == set()


def test_an_opt_in_is_waited_for_and_the_click_of_the_page_before_is_found_then(shopper: Shopper) -> None:
    assert ours(shopper.open("/?says=optin&fbclid=One")) == set()
    assert ours(shopper.follow()) == set()
    cookies = shopper.run("choose( 'allow' )")
    assert click(cookies) == "One"
    assert "tandem_landing" not in cookies, "this was not the first page"


def test_an_opt_out_regime_lets_it_remember_until_the_shopper_opts_out(shopper: Shopper) -> None:
    assert click(shopper.open("/?says=optout&fbclid=One")) == "One"
    assert ours(shopper.run("choose( 'deny' )")) == set()
    assert ours(shopper.open("/?says=optout&fbclid=Two")) == set()


def test_what_was_allowed_and_is_taken_back_is_forgotten_on_the_next_page(shopper: Shopper) -> None:
    shopper.open("/?says=optin")
    shopper.run("choose( 'allow' )")
    assert click(shopper.open("/?says=optin&fbclid=One")) == "One"
    shopper.run("document.cookie = 'wp_consent_marketing=deny; path=/'")
    assert ours(shopper.follow()) == set()


def test_a_consent_plugin_that_is_still_thinking_is_waited_for(shopper: Shopper) -> None:
    assert ours(shopper.open("/?says=later&fbclid=One")) == set()
    said = "window.wp_consent_type = 'optout'; document.dispatchEvent( new Event( 'wp_consent_type_defined' ) )"
    assert click(shopper.run(said)) == "One"


def test_another_banner_speaks_by_our_event(shopper: Shopper) -> None:
    shopper.open("/?says=nothing&fbclid=One")
    tell = "document.dispatchEvent( new CustomEvent( 'tandem_consent', { detail: { marketing: ANSWER } } ) )"
    assert click(shopper.run(tell.replace("ANSWER", "true"))) == "One"
    assert ours(shopper.run(tell.replace("ANSWER", "false"))) == set()


def test_global_privacy_control_is_heard(shopper: Shopper) -> None:
    assert ours(shopper.open("/?says=gpc&fbclid=One")) == set()
