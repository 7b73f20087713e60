"""The plugin's half in wp-admin, on a real WordPress beside a stand-in of WooCommerce: its page, its buttons, its column."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import registry
from tests.rig.pages import Browser
from tests.rig.wordpress import WordPress

PLUGIN = "tandem-for-woocommerce/tandem-for-woocommerce.php"
PAGE = "/wp-admin/admin.php?page=tandem-for-woocommerce"
KEY, SECRET = "0123456789abcdef" * 2, "s" * 40
DO = "/wp-admin/admin-post.php"
CANARY = '"><svg/onload=alert(1)>'


@dataclass
class Service:
    """Plays Tandem: keeps each call whose signature is right, and answers what it is told to."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def heard(self, path: str, body: bytes, timestamp: str, signature: str) -> tuple[int, Any]:
        call = path.rpartition("/")[2]
        signed = hmac.digest(SECRET.encode(), f"{timestamp}.{call}.".encode() + body, hashlib.sha256)
        if base64.b64encode(signed).decode() != signature or path != f"/woocommerce/plugin/{KEY}/{call}":
            return 401, {"error": "unauthorized"}
        self.calls.append((call, json.loads(body)))
        return (200, self.answers[call]) if call in self.answers else (503, {"error": "try again later"})


@pytest.fixture
def service() -> Iterator[Service]:
    played = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = (self.headers["X-Tandem-Timestamp"], self.headers["X-Tandem-Signature"])
            status, answer = played.heard(self.path, body, *told)
            said = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield played
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(wordpress: WordPress) -> Iterator[WordPress]:
    """With the plugin, not connected. Whatever a test does, nothing is complained of in the log."""
    wordpress.sell()
    plugin = registry.get("woocommerce").plugin
    assert plugin
    wordpress.place(plugin)
    wordpress.activate(PLUGIN)
    yield wordpress
    assert wordpress.debug_log == ""


@pytest.fixture
def merchant(shop: WordPress) -> Browser:
    browser = Browser(shop.url)
    shop.sign_in(browser)
    return browser


def connect(shop: WordPress, service: Service) -> None:
    shop.php(
        "Tandem\\Connection::remember( $told['connection'] );",
        connection={
            "public_url": service.url,
            "public_key": KEY,
            "webhook_url": f"{service.url}/webhooks/woocommerce/abc",
            "secret": SECRET,
        },
    )


def page(browser: Browser, path: str = PAGE) -> str:
    answer = browser.get(path)
    assert answer.status == 200, answer.data.decode()[:500]
    return answer.data.decode()


def press(shop: WordPress, browser: Browser, deed: str, **fields: str) -> str:
    """The button's form, as the page has it; where it leads."""
    html = page(browser)
    form = re.search(rf'value="tandem_{deed}">.*?name="_wpnonce" value="(\w+)"', html, re.DOTALL)
    assert form, html
    answer = shop.post(browser, DO, action=f"tandem_{deed}", _wpnonce=form[1], **fields)
    assert answer.status == 302, answer.data.decode()[:500]
    return answer.headers["Location"]


def rest(browser: Browser, path: str) -> Any:
    """As the page's script asks: with the nonce that wp-admin gives it."""
    nonce = re.search(r'createNonceMiddleware\( "(\w+)"', page(browser))
    assert nonce, "wp-admin gave the script no nonce"
    answer = browser.get(f"/index.php?rest_route={path}", X_WP_Nonce=nonce[1])
    return answer.status, json.loads(answer.data)


def test_connecting_is_one_click_that_leads_to_tandem_with_the_shops_address(
    shop: WordPress, merchant: Browser
) -> None:
    leads_to = press(shop, merchant, "connect", service="http://127.0.0.1:8000/")
    assert leads_to.startswith("http://127.0.0.1:8000/woocommerce/connect?")
    assert parse_qs(urlsplit(leads_to).query) == {"store": [shop.url]}
    assert "at 127.0.0.1" in page(merchant), "the address is known from then on"


def test_an_address_that_is_none_is_said_and_leads_nowhere(shop: WordPress, merchant: Browser) -> None:
    back = press(shop, merchant, "connect", service="http://tandem.example.com")
    assert "That is no address of a Tandem" in page(merchant, back.removeprefix(shop.url))


def test_a_zip_that_a_tandem_handed_out_knows_where_it_came_from(shop: WordPress, merchant: Browser) -> None:
    enclosed = shop.folder / "tandem-for-woocommerce" / "service.json"
    enclosed.write_text('{"service": "https://tandem.example.com"}')
    assert 'name="service"' not in page(merchant)
    assert press(shop, merchant, "connect").startswith("https://tandem.example.com/woocommerce/connect?store=")


def test_a_deed_without_its_nonce_or_by_someone_who_may_not_is_refused(shop: WordPress, service: Service) -> None:
    connect(shop, service)
    shop.php(
        "wp_create_user( 'editor', 'editor-password' ); ( new WP_User( get_user_by( 'login', 'editor' )->ID ) )->set_role( 'editor' );"
    )
    stranger, editor, admin = Browser(shop.url), Browser(shop.url), Browser(shop.url)
    shop.sign_in(editor, "editor", "editor-password")
    shop.sign_in(admin)
    for browser in (stranger, editor, admin):
        for deed in ("connect", "save", "dashboard", "forget"):
            answer = shop.post(browser, DO, action=f"tandem_{deed}", _wpnonce="0123456789")
            assert answer.status in (403, 400) or b"tandem" not in answer.data, (deed, answer.status)
    assert editor.get(PAGE).status == 403
    assert shop.json("Tandem\\Connection::current()->is_connected()") is True
    assert service.calls == []


def test_the_page_is_shown_at_once_and_asks_tandem_from_the_background(
    shop: WordPress, merchant: Browser, service: Service
) -> None:
    connect(shop, service)
    service.answers["state"] = {
        "standing": "observing",
        "sentence": "Tandem is observing.",
        "arrivals": f"Webhooks arrive 3 s after the order. {CANARY}",
        "alerts": [f"PixelYourSite tells dataset 1. {CANARY}", 7],
        "datasets": ["1"],
    }
    assert "Asking Tandem how things stand" in page(merchant)
    assert service.calls == [], "no page of wp-admin waits for Tandem"
    status, state = rest(merchant, "/wc-tandem/v1/state")
    assert status == 200
    assert state["sentence"] == "Tandem is observing."
    (told,) = [body for call, body in service.calls if call == "state"]
    assert told["plugin"] == "1.0.0"
    assert told["home"] == shop.url
    html = page(merchant)
    assert "Webhooks arrive 3 s after the order." in html, "what was heard last is shown next time"
    assert "<svg" not in html.partition('class="wrap tandem"')[2]


def test_tandem_not_answering_is_said_in_a_sentence_and_shows_no_wordpress_error(
    shop: WordPress, merchant: Browser, service: Service
) -> None:
    connect(shop, service)
    status, said = rest(merchant, "/wc-tandem/v1/state")
    assert status == 502
    assert "Nothing is lost" in said["message"]


def test_the_dashboard_is_opened_by_a_code_and_only_at_the_tandem_we_are_connected_to(
    shop: WordPress, merchant: Browser, service: Service
) -> None:
    connect(shop, service)
    service.answers["sign-in"] = {"url": f"{service.url}/sign-in?code=abc"}
    assert press(shop, merchant, "dashboard") == f"{service.url}/sign-in?code=abc"
    press(shop, merchant, "dashboard")
    nonces = [body["nonce"] for call, body in service.calls if call == "sign-in"]
    assert len(set(nonces)) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", nonce) for nonce in nonces)
    service.answers["sign-in"] = {"url": "https://evil.example/sign-in?code=abc"}
    back = press(shop, merchant, "dashboard")
    assert "cannot be opened at this moment" in page(merchant, back.removeprefix(shop.url))


def test_the_column_names_what_meta_knows_and_the_list_does_not_wait_for_it(
    shop: WordPress, merchant: Browser, service: Service
) -> None:
    order_id = shop.json("( function () { $order = new WC_Order(); $order->save(); return $order->get_id(); } )()")
    assert "Told to Meta" not in page(merchant, "/wp-admin/admin.php?page=wc-orders"), "not before it is connected"
    connect(shop, service)
    assert f'data-order="{order_id}"' in page(merchant, "/wp-admin/admin.php?page=wc-orders")
    assert service.calls == []
    told = {"state": "withheld", "told_by": [], "reason": "no consent was stated", "at": None}
    service.answers["orders"] = {"orders": {str(order_id): told}}
    status, words = rest(merchant, f"/wc-tandem/v1/told&orders={order_id},{order_id}")
    assert (status, words) == (200, {"orders": {str(order_id): "not sent: no consent"}})
    assert service.calls == [("orders", {"order_ids": [str(order_id)]})]
    assert rest(merchant, "/wc-tandem/v1/told&orders=1;DROP")[0] == 400


def test_the_background_routes_are_for_those_who_manage_the_shop(shop: WordPress, service: Service) -> None:
    connect(shop, service)
    for path in ("/wc-tandem/v1/state", "/wc-tandem/v1/told&orders=1"):
        assert Browser(shop.url).get(f"/index.php?rest_route={path}").status == 401
    assert service.calls == []


def test_settings_are_kept_and_nonsense_is_not(shop: WordPress, merchant: Browser, service: Service) -> None:
    connect(shop, service)
    press(shop, merchant, "save", ip_header="X-Real-IP")
    assert shop.json("Tandem\\Settings::all()") == {"checkout_created": False, "ip_header": "X-Real-IP"}
    press(shop, merchant, "save", checkout_created="1", ip_header="X-Whatever")
    assert shop.json("Tandem\\Settings::all()") == {"checkout_created": True, "ip_header": ""}


def test_a_forgotten_connection_is_gone(shop: WordPress, merchant: Browser, service: Service) -> None:
    connect(shop, service)
    press(shop, merchant, "forget")
    assert shop.json("Tandem\\Connection::current()->is_connected()") is False
    assert "not connected yet" in page(merchant)


def test_a_copy_of_the_shop_says_so_and_asks_nothing(shop: WordPress, merchant: Browser, service: Service) -> None:
    connect(shop, service)
    with shop.constants(WP_HOME=f"{shop.url}/elsewhere"):
        html = page(merchant)
        assert "Silent: this is a copy" in html
        assert "what it told would be taken for orders of that shop" in html
        assert shop.php("echo Tandem\\Service::call( 'state', array() )->get_error_code();") == "tandem_silent"
    assert service.calls == []


def test_other_plugins_that_tell_meta_are_named_with_their_ids(
    shop: WordPress, merchant: Browser, service: Service
) -> None:
    connect(shop, service)
    other = shop.folder / "pixelyoursite"
    other.mkdir()
    (other / "facebook-pixel-master.php").write_text("<?php\n/* Plugin Name: PixelYourSite <b>free</b> */\n")
    shop.activate("pixelyoursite/facebook-pixel-master.php")
    shop.php("update_option( 'pys_facebook', array( 'pixel_id' => array( '1234567890' ) ) );")
    found = [{"plugin": "pixelyoursite", "name": "PixelYourSite free", "ids": ["1234567890"]}]
    assert shop.json("Tandem\\Admin\\Other_Pixels::found()") == found
    assert "PixelYourSite free" in page(merchant)
    service.answers["state"] = {}
    rest(merchant, "/wc-tandem/v1/state")
    assert service.calls[-1][1]["pixels"] == found
