"""The plugin's Pixel in a real browser, on pages with the facts the plugin puts there; what Meta heard is the stand-in's
journal. Constructed pages.
"""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import registry
from tests.rig import browser as rig
from tests.rig.node import Node
from tests.rig.sandbox import Sandbox

DATASET, OTHER = "100000000000001", "200000000000002"
PLAN = {
    "version": 1,
    "beacon": "https://tandem.example/s/key",
    "tells": True,
    "datasets": [DATASET],
    "events": ["PageView", "ViewContent", "Search", "AddToCart", "AddPaymentInfo", "InitiateCheckout", "Purchase"],
    "content_id_template": "{variant_id}",
    "limited_data_use": "auto",
}
DATA = {"order_id": "1001", "value": 12.5, "currency": "EUR", "content_type": "product", "content_ids": ["7"]}
TOKEN = "0123456789abcdef" * 2
ORDER = {
    "order": "1001",
    "begun": TOKEN,
    "token": "order:1001:1:00",
    "buyer": {"external_id": "5"},
    "purchase": {"counts": True, "id": "1001", "data": DATA},
}
UNPAID = {**ORDER, "purchase": {**ORDER["purchase"], "counts": False}}  # type: ignore[dict-item]
PAGES: dict[str, dict[str, Any]] = {
    "home": {},
    "product": {"product": {"value": 9.9, "currency": "EUR", "content_type": "product", "content_ids": ["7"]}},
    "checkout": {"checkout": TOKEN, "token": f"checkout:{TOKEN}:1:00", "data": {"value": 12.5, "currency": "EUR"}},
    "order": ORDER,
    "unpaid": UNPAID,
    "picky": {"picky": True},
}
# By the documented names of the WP Consent API.
CONSENT = {
    "yes": "window.tandemClick = { unasked: true };",
    "no": "window.wp_consent_type = 'optin'; window.wp_has_consent = function () { return false; };",
}
ALLOW = "document.dispatchEvent(new CustomEvent('tandem_consent', { detail: { marketing: true } }))"
REFUSE = ALLOW.replace("true", "false")


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    plugin = registry.get("woocommerce").plugin
    assert plugin
    click, pixel = ((plugin / "assets" / name).read_text() for name in ("click.js", "pixel.js"))

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            plan = {**PLAN, **json.loads(asked.get("plan", "{}"))}
            facts = json.dumps({"plan": plan, **PAGES[asked.get("page", "home")]})
            scripts = (
                CONSENT[asked.get("consent", "yes")],
                asked.get("before", ""),
                f"window.tandemPixel = {facts};",
                click,
                pixel,
            )
            form = "<form class='cart' onsubmit='return false'><input name='quantity' value='2'><button>Add</button></form>"
            body = (form + "".join(f"<script>{script}</script>" for script in scripts)).encode()
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
def shopper(shop: str, meta: Sandbox) -> Iterator[Node]:
    with rig.running("browser_shop.mjs", shop, meta.url) as browser:
        yield browser


def told(sandbox: Sandbox, event_name: str = "Purchase") -> tuple[int, int]:
    """How often Meta counted it, and how often it heard a second copy."""
    heard = [one for one in sandbox.events(source="browser") if one["event_name"] == event_name]
    return sum(one["counted"] for one in heard), sum(not one["counted"] for one in heard)


def words(seen: dict[str, Any], post: str) -> list[Any]:
    return [body for name, body in seen["posts"] if name == post]


def left(seen: dict[str, Any]) -> list[str]:
    """The events whose requests are said to have left."""
    return [one["event_name"] for one in words(seen, "sighting") if one["state"] == "sent"]


def test_a_purchase_is_told_once_under_the_servers_id_and_seen_to_leave(shopper: Node, sandbox: Sandbox) -> None:
    seen = shopper.ask("visit", path="/?page=order")
    assert told(sandbox) == (1, 0)
    (event,) = [one for one in sandbox.events(source="browser") if one["event_name"] == "Purchase"]
    assert (event["event_id"], event["value"], event["currency"], event["order_id"]) == ("1001", 12.5, "EUR", "1001")
    states = [one["state"] for one in words(seen, "sighting")]
    assert (states[0], states[-1]) == ("called", "sent")
    assert {one["proof"] for one in words(seen, "sighting")} == {ORDER["token"]}
    signal = words(seen, "signal")[0]
    assert (signal["order_id"], signal["checkout_token"]) == ("1001", TOKEN)
    assert ["init", DATASET, {"external_id": "5"}] in seen["heard"]


@pytest.mark.parametrize("again", [{"times": 3}, {"tabs": 2}])
def test_a_thank_you_page_that_is_opened_again_tells_no_second_purchase(
    shopper: Node, sandbox: Sandbox, again: dict[str, int]
) -> None:
    shopper.ask("visit", path="/?page=order", **again)
    assert told(sandbox) == (1, 0)


def test_an_order_that_does_not_count_yet_is_not_told(shopper: Node, sandbox: Sandbox) -> None:
    shopper.ask("visit", path="/?page=unpaid")
    assert told(sandbox) == (0, 0)


def test_without_consent_nothing_at_all_is_asked_for(shopper: Node, sandbox: Sandbox) -> None:
    seen = shopper.ask("visit", path="/?page=order&consent=no")
    assert (seen["asked"], seen["posts"], seen["heard"]) == ([], [], [])
    assert told(sandbox) == (0, 0)


def test_consent_that_comes_late_on_the_page_tells_what_happened_there(shopper: Node, sandbox: Sandbox) -> None:
    seen = shopper.ask("visit", path="/?page=order&consent=no", code=ALLOW)
    assert told(sandbox) == (1, 0)
    assert words(seen, "signal")[-1]["consent"]["marketing"] is True


def test_consent_that_is_taken_back_ends_it(shopper: Node, sandbox: Sandbox) -> None:
    """What was done without it is not told once it is given again."""
    path = "/?page=product&consent=no"
    code = f"{ALLOW}; {REFUSE}; document.querySelector('form').requestSubmit(); {ALLOW}"
    seen = shopper.ask("visit", path=path, code=code)
    assert ["consent", "revoke"] in seen["heard"]
    assert told(sandbox, "AddToCart") == (0, 0)


@pytest.mark.parametrize(("blocked", "last"), [("script", "called"), ("tr", "loaded")])
def test_an_ad_blocker_leaves_us_knowing_how_far_the_pixel_came(
    shopper: Node, sandbox: Sandbox, blocked: str, last: str
) -> None:
    seen = shopper.ask("visit", path="/?page=order", blocked=[blocked])
    assert told(sandbox) == (0, 0)
    assert [one["state"] for one in words(seen, "sighting")][-1] == last


def test_another_pixel_on_the_page_is_fed_nothing(shopper: Node, sandbox: Sandbox) -> None:
    before = f"(window.heard = [], window.fbq = function () {{ heard.push(Array.from(arguments)); }}, fbq('init', '{OTHER}'))"
    seen = shopper.ask("visit", path=f"/?page=product&before={before}")
    singles = [one for one in seen["heard"] if one[0] in ("track", "trackSingle")]
    assert {(one[0], one[1]) for one in singles} == {("trackSingle", DATASET)}


def test_adding_to_the_cart_is_told_with_its_quantity(shopper: Node, sandbox: Sandbox) -> None:
    shopper.ask("visit", path="/?page=product", code="document.querySelector('form').requestSubmit()")
    (event,) = [one for one in sandbox.events(source="browser") if one["event_name"] == "AddToCart"]
    assert (event["value"], event["currency"]) == (19.8, "EUR")
    assert told(sandbox, "ViewContent") == (1, 0)


@pytest.mark.parametrize(("page", "told_of"), [("home", 3), ("picky", 1)])
def test_where_items_are_never_named_only_a_marked_button_is_told_of(
    shopper: Node, sandbox: Sandbox, page: str, told_of: int
) -> None:
    """Once by a block, twice by jQuery: a button without the mark, and one with it."""
    before = "window.jQuery = function () { return { on: function (name, then) { window.added = then; } }; }"
    button = "added( {}, {}, '', { data: function () { return %s; } } )"
    code = "; ".join(
        (
            "document.body.dispatchEvent(new CustomEvent('wc-blocks_added_to_cart'))",
            button % "{ product_id: 7 }",
            button % "{ product_id: 8, tandemNamed: 1 }",
        )
    )
    shopper.ask("visit", path=f"/?page={page}&before={before}", code=code)
    assert told(sandbox, "AddToCart") == (told_of, 0)


def test_a_checkout_is_told_under_its_token(shopper: Node, sandbox: Sandbox) -> None:
    seen = shopper.ask("visit", path="/?page=checkout")
    (event,) = [one for one in sandbox.events(source="browser") if one["event_name"] == "InitiateCheckout"]
    assert event["event_id"] == TOKEN
    assert words(seen, "signal")[0]["checkout_token"] == TOKEN


def test_two_events_under_one_token_are_each_seen_to_leave_once(shopper: Node, sandbox: Sandbox) -> None:
    code = "document.body.insertAdjacentHTML('beforeend', '<button id=place_order>Pay</button>'); place_order.click()"
    seen = shopper.ask("visit", path="/?page=checkout", code=code)
    assert (told(sandbox, "InitiateCheckout"), told(sandbox, "AddPaymentInfo")) == ((1, 0), (1, 0))
    assert sorted(left(seen)) == ["AddPaymentInfo", "InitiateCheckout"]
    seen = shopper.ask("visit", path="/?page=checkout", code=code, blocked=["ev=InitiateCheckout"])
    assert left(seen) == ["AddPaymentInfo"]


def test_while_the_store_observes_only_a_signal_is_sent(shopper: Node, sandbox: Sandbox) -> None:
    seen = shopper.ask("visit", path='/?page=order&plan={"tells":false}')
    assert (seen["asked"], words(seen, "sighting")) == ([], [])
    assert len(words(seen, "signal")) == 1


def test_an_error_of_the_page_and_of_metas_script_breaks_nothing_of_ours(shopper: Node, sandbox: Sandbox) -> None:
    before = "window.fbq = function () { throw new Error('theirs'); }"
    seen = shopper.ask("visit", path=f"/?page=order&before={before}")
    assert len(words(seen, "signal")) == 1


def test_both_scripts_together_are_within_the_budget() -> None:
    import gzip

    plugin = registry.get("woocommerce").plugin
    assert plugin
    text = b"".join((plugin / "assets" / name).read_bytes() for name in ("click.js", "pixel.js"))
    assert len(gzip.compress(text, 9)) <= 6 * 1024
