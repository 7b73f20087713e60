"""The plugin's half that shoppers meet, on a real WordPress beside a stand-in of WooCommerce: what it keeps with orders,
what it tells of checkouts, and that nothing of it stays behind.

Long: one WordPress is set up for all of it, and each hook and each choice of a shopper is a case.
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from connectors import registry, signature
from tests.rig.pages import Browser
from tests.rig.plans import PLAN
from tests.rig.service import eventually
from tests.rig.wordpress import WordPress

PLUGIN = "tandem-for-woocommerce/tandem-for-woocommerce.php"
ROUTE = "/wp-json/wc-tandem/v1/connection"
KEY, SECRET = "0123456789abcdef" * 2, "s" * 40
FBP, FBC = "fb.1.1700000000000.1234567", "fb.1.1764017000000.IwAR0AbC_d-E.AQIBAQEA"
COOKIES = {"_fbp": FBP, "_fbc": FBC, "tandem_landing": quote("https://shop.example/hats?fbclid=IwAR0AbC_d-E", safe="")}
AGENT = "Mozilla/5.0 (Of A Test)"
ANN = {"billing_email": "Ann@Example.com", "billing_last_name": "Lee", "billing_country": "US"}
A_CONSENT_PLUGIN = """<?php
/* Plugin Name: Consent */
function wp_get_consent_type() { return 'optin'; }
function wp_has_consent( $category ) { return 'allow' === ( $_COOKIE[ "wp_consent_$category" ] ?? '' ); }
"""
METAS_OWN_PLUGIN = """<?php
/* Plugin Name: Meta for WooCommerce */
class WC_Facebookcommerce_Utils {
    public static function get_fb_retailer_id( $product ) { return 'wc_post_id_' . $product->get_id(); }
}
"""


@dataclass
class Receiver:
    """Plays Tandem's address for webhooks: keeps what is well signed, and answers as it is told to."""

    url: str = ""
    status: int = 200
    unsigned: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def heard(self, headers: dict[str, str], body: bytes) -> int:
        self.headers.append(headers)
        signature.verify(body, headers["X-WC-Webhook-Signature"], [SECRET])
        self.told.append(json.loads(body))
        return self.status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    played = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = played.heard(dict(self.headers.items()), body)
            self.send_response(status)
            self.send_header("Location", f"{played.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield played
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(wordpress: WordPress) -> Iterator[WordPress]:
    """With the plugin active, and no shop. Whatever a test does, nothing is complained of in the log."""
    plugin = registry.get("woocommerce").plugin
    assert plugin
    wordpress.place(plugin)
    yield wordpress
    assert wordpress.debug_log == ""


@pytest.fixture
def shop(site: WordPress) -> WordPress:
    """With the plugin, not connected."""
    site.sell()
    site.activate(PLUGIN)
    return site


@pytest.fixture
def connected(shop: WordPress, receiver: Receiver) -> WordPress:
    """Connected to the receiver."""
    shop.php("Tandem\\Connection::remember( $told['connection'] );", connection=connection(receiver.url))
    return shop


def connection(url: str, **changes: Any) -> dict[str, Any]:
    usual = {"version": 1, "public_url": url, "public_key": KEY, "webhook_url": f"{url}/webhooks/woocommerce/abc"}
    return {**usual, "secret": SECRET, **changes}


def keep_quiet_of(shop: WordPress, *patterns: str) -> None:
    """The service tells the plugin that the merchant never names some items."""
    known = json.loads(shop.php("echo wp_json_encode( get_option( 'tandem_connection' ) );"))
    plan = dataclasses.replace(PLAN, beacon=f"{known['public_url']}/s/{KEY}", never_named=patterns)
    pixel = {"version": 1, **dataclasses.asdict(plan)}
    assert shop.json("Tandem\\Plan::remember( $told['known'] )", known={**known, "pixel": pixel}) is True


def shopper(shop: WordPress, **cookies: str) -> Browser:
    """With a mug in the cart."""
    browser = Browser(shop.url, cookies=dict(cookies))
    browser.get("/?add-to-cart=11")
    return browser


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path, User_Agent=AGENT)
    assert answer.status == 200
    return answer.data.decode()


def ask(browser: Browser, method: str, path: str, body: Any, **headers: str) -> Any:
    told = {"Content_Type": "application/json", "User_Agent": AGENT, **headers}
    answer = browser.ask(method, path, json.dumps(body), **told)
    return answer.status, json.loads(answer.data)


def buy_classic(browser: Browser, **fields: str) -> int:
    form = urlencode({**ANN, "payment_method": "card", **fields})
    kind = "application/x-www-form-urlencoded"
    answer = browser.ask("POST", "/?wc-ajax=checkout", form, Content_Type=kind, User_Agent=AGENT)
    return int(json.loads(answer.data)["order_id"])


def buy_block(browser: Browser, **told: Any) -> int:
    billing = {"email": "ann@example.com", "last_name": "Lee", "country": "US"}
    status, said = ask(browser, "POST", "/wp-json/wc/store/v1/checkout", {"billing_address": billing, **told})
    assert status == 200, said
    return int(said["order_id"])


def type_into_form(browser: Browser, **fields: str) -> None:
    form = urlencode({"post_data": urlencode(fields)})
    kind = "application/x-www-form-urlencoded"
    browser.ask("POST", "/?wc-ajax=update_order_review", form, Content_Type=kind, User_Agent=AGENT)


def meta(shop: WordPress, order: int) -> dict[str, str]:
    kept = shop.json("get_option( 'standin_orders' )")[str(order)]["meta"]
    return dict(kept) if kept else {}


def waiting(shop: WordPress) -> list[Any]:
    """Whatever lies in the queue or waits beside it."""
    beside = shop.database.sql(
        "SELECT option_name FROM wordpress.wp_options WHERE option_name LIKE '%tandem_checkout%'"
    )
    return [*shop.json("standin_actions()"), *beside]


def add_plugin(shop: WordPress, name: str, code: str) -> None:
    (shop.folder / f"{name}.php").write_text(code)
    shop.activate(f"{name}.php")


# Coming


def test_it_activates_and_says_that_hpos_and_the_block_checkout_are_fine(shop: WordPress) -> None:
    declared = shop.json("Automattic\\WooCommerce\\Utilities\\FeaturesUtil::$declared")
    assert [[name, fine] for name, plugin, fine in declared if plugin == PLUGIN] == [
        ["custom_order_tables", True],
        ["cart_checkout_blocks", True],
    ]
    assert shop.json("apply_filters( 'wp_consent_api_registered_' . $told['plugin'], false )", plugin=PLUGIN) is True


def test_without_woocommerce_it_does_nothing_and_says_what_it_needs(site: WordPress) -> None:
    # WordPress 6.5 and later refuse to activate it, by its header; 6.4 does not, and WooCommerce may go later.
    site.php("update_option( 'active_plugins', array( $told['plugin'] ) );", plugin=PLUGIN)
    browser = Browser(site.url)
    site.sign_in(browser)
    assert "Install and activate WooCommerce." in page(browser, "/wp-admin/plugins.php")
    assert browser.get(ROUTE).status == 404


def test_the_page_of_an_item_never_named_has_no_pixel_and_keeps_its_address(connected: WordPress) -> None:
    """The stand-in's one product is a mug. No page shows the list."""
    keep_quiet_of(connected, "hat", "SECRET-*")
    of_mug = page(Browser(connected.url), "/?product")
    assert '"picky":true,"product":{"value":10,' in of_mug
    assert 'name="referrer"' not in of_mug
    assert "secret" not in of_mug.lower()
    mark = "apply_filters( 'woocommerce_loop_add_to_cart_args', array(), wc_get_product( 11 ) )"
    assert connected.json(mark) == {"attributes": {"data-tandem-named": "1"}}
    keep_quiet_of(connected, "mug")
    of_mug = page(Browser(connected.url), "/?product")
    assert "tandemPixel" not in of_mug
    assert '<meta name="referrer" content="origin">' in of_mug
    assert connected.json(mark) == []
    assert "tandemPixel" in page(Browser(connected.url), "/")


def test_who_manages_the_shop_is_no_shopper_unless_both_riders_are_tried(connected: WordPress) -> None:
    keep_quiet_of(connected, "hat")
    browser = Browser(connected.url)
    connected.sign_in(browser)
    assert "tandemPixel" not in page(browser, "/")
    assert "tandemPixel" in page(browser, "/?tandem-test=abc")


def test_an_old_woocommerce_is_named_with_what_is_needed(site: WordPress) -> None:
    site.sell()
    main = site.folder / "woocommerce" / "woocommerce.php"
    main.write_text(main.read_text().replace("'WC_VERSION', '10.0.2'", "'WC_VERSION', '7.9.1'"))
    site.activate(PLUGIN)
    browser = Browser(site.url)
    site.sign_in(browser)
    assert "it needs WooCommerce 8.0 or newer, and this is 7.9.1" in page(browser, "/wp-admin/plugins.php")


# Being connected


@pytest.fixture
def merchant(shop: WordPress) -> tuple[Browser, dict[str, str]]:
    """Signed in, and the header that proves it to REST. WooCommerce's keys are tried on a real WooCommerce only."""
    browser = Browser(shop.url)
    shop.sign_in(browser)
    nonce = browser.get("/wp-admin/admin-ajax.php?action=rest-nonce").data.decode()
    return browser, {"X_WP_Nonce": nonce}


def test_it_is_connected_asked_and_disconnected_over_rest_and_never_tells_the_secret(
    shop: WordPress, merchant: tuple[Browser, dict[str, str]]
) -> None:
    browser, proof = merchant
    told = connection("https://tandem.example")
    unconnected = {"plugin": "1.0.0", "home": shop.url, "public_key": None}
    assert ask(browser, "GET", ROUTE, None, **proof) == (200, unconnected)
    put = {"plugin": "1.0.0", "home": shop.url}
    assert ask(browser, "PUT", ROUTE, told, **proof) == (200, {**put, "changed": True})
    assert ask(browser, "PUT", ROUTE, told, **proof) == (200, {**put, "changed": False})
    assert ask(browser, "PUT", ROUTE, {**told, "secret": "n" * 40}, **proof) == (200, {**put, "changed": True})
    assert ask(browser, "GET", ROUTE, None, **proof) == (200, {**unconnected, "public_key": KEY})
    assert ask(browser, "DELETE", ROUTE, None, **proof) == (200, {"changed": True})
    assert ask(browser, "DELETE", ROUTE, None, **proof) == (200, {"changed": False})
    assert ask(browser, "GET", ROUTE, None, **proof) == (200, unconnected)


def test_the_secret_is_in_no_page_views_memory(connected: WordPress) -> None:
    assert "tandem_connection" not in connected.json("array_keys( wp_load_alloptions() )")


def test_who_does_not_manage_the_shop_connects_nothing(shop: WordPress) -> None:
    for method in ("GET", "PUT", "DELETE"):
        status, said = ask(Browser(shop.url), method, ROUTE, connection("https://evil.example"))
        assert (status, said["code"]) == (401, "tandem_cannot_connect")


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"secret": "short"}, {"public_url": "http://tandem.example"}, {"public_key": "A" * 32}]
)
def test_a_connection_of_a_bad_shape_is_refused(
    shop: WordPress, merchant: tuple[Browser, dict[str, str]], change: dict[str, Any]
) -> None:
    browser, proof = merchant
    status, said = ask(browser, "PUT", ROUTE, connection("https://tandem.example", **change), **proof)
    assert (status, said["code"]) == (400, "tandem_invalid_connection")
    assert shop.json("get_option( 'tandem_connection' )") is False


# What is kept with an order


def test_the_classic_checkout_freezes_what_the_browser_shows(connected: WordPress) -> None:
    now = connected.json("Tandem\\Click::now()")
    browser = shopper(connected, **COOKIES, tandem_click=f"{now - 1000:.0f}.IwAR0AbC_d-E")
    page(browser, "/?checkout")
    kept = meta(connected, buy_classic(browser))
    assert re.fullmatch(r"[0-9a-f]{32}", kept.pop("_tandem_checkout_token"))
    assert kept == {
        "_tandem_version": "1.0.0",
        "_fbp": FBP,
        "_fbc": FBC,
        "_tandem_own": "_fbp _fbc",
        "_tandem_fbclid": "IwAR0AbC_d-E",
        "_tandem_fbclid_seen": f"{now - 1000:.0f}",
        "_tandem_ip": "127.0.0.1",
        "_tandem_user_agent": AGENT,
        "_tandem_landing_page": "https://shop.example/hats?fbclid=IwAR0AbC_d-E",
    }


def test_the_block_checkout_freezes_the_same_and_takes_the_click_from_woocommerces_own_attribution(
    connected: WordPress,
) -> None:
    entry = {"session_entry": "https://shop.example/?fbclid=Xy", "session_start_time": "2026-11-23 10:00:00"}
    kept = meta(
        connected,
        buy_block(shopper(connected, _fbp=FBP), extensions={"woocommerce/order-attribution": entry}),
    )
    assert kept["_fbp"] == FBP
    assert kept["_tandem_user_agent"] == AGENT
    assert (kept["_tandem_fbclid"], kept["_tandem_landing_page"]) == ("Xy", "https://shop.example/?fbclid=Xy")
    assert "_fbc" not in kept, "Meta's cookies are kept, never minted"


def test_typing_into_the_block_checkout_freezes_nothing(connected: WordPress) -> None:
    frozen = connected.json(
        "array_map( function ( $method ) { $order = new WC_Order(); $request = new WP_REST_Request( $method );"
        " do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );"
        " return $order->get_meta( '_tandem_version' ); }, array( 'PUT', 'PATCH', 'POST' ) )"
    )
    assert frozen == ["", "", "1.0.0"]


def test_paying_an_order_made_earlier_freezes_nothing(connected: WordPress) -> None:
    assert (
        connected.php(
            "$order = new WC_Order(); $request = new WP_REST_Request( 'POST' ); $request['id'] = 101;"
            " do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );"
            " echo $order->get_meta( '_tandem_version' );"
        )
        == ""
    )


def test_what_was_frozen_first_stays_and_only_a_refusal_takes_it_back(connected: WordPress) -> None:
    again = """
    $order = new WC_Order();
    $order->update_meta_data( '_fbc', 'of another plugin' );
    $request = new WP_REST_Request( 'POST' );
    foreach ( array( array( 'fb.1.1700000000000.1', 'Mozilla' ), array( 'fb.1.1700000000000.2', 'A gateway' ) ) as $shows ) {
        list( $_COOKIE['_fbp'], $_SERVER['HTTP_USER_AGENT'] ) = $shows;
        do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );
    }
    $first = array( $order->get_meta( '_fbp' ), $order->get_meta( '_tandem_user_agent' ), $order->get_meta( '_fbc' ) );
    add_filter( 'tandem_consent', fn() => array( 'marketing' => false, 'source' => 'banner' ) );
    do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );
    echo wp_json_encode( array( $first, array_column( $order->get_meta_data(), 'value', 'key' ) ) );
    """
    first, after_refusal = json.loads(connected.php(again))
    assert first == ["fb.1.1700000000000.1", "Mozilla", "of another plugin"]
    assert after_refusal == {
        "_fbc": "of another plugin",
        "_tandem_version": "1.0.0",
        "_tandem_consent": '{"marketing":false,"source":"banner"}',
    }


def test_a_shop_that_is_not_connected_keeps_nothing(shop: WordPress) -> None:
    browser = shopper(shop, **COOKIES)
    page(browser, "/?checkout")
    assert meta(shop, buy_classic(browser)) == {}
    assert waiting(shop) == []


def test_an_order_that_a_server_makes_is_no_shoppers(connected: WordPress) -> None:
    made = Browser(connected.url, cookies={"_fbp": FBP})
    made.get("/?add-to-cart=11")
    made.cookies.pop("standin_session")
    assert meta(connected, buy_classic(made)) == {}


def test_of_who_refused_only_the_refusal_is_kept_and_nothing_is_told(connected: WordPress, receiver: Receiver) -> None:
    add_plugin(connected, "consent", A_CONSENT_PLUGIN)
    browser = shopper(connected, **COOKIES, wp_consent_marketing="deny")
    page(browser, "/?checkout")
    type_into_form(browser, billing_email="ann@example.com")
    assert waiting(connected) == []
    assert meta(connected, buy_classic(browser)) == {
        "_tandem_consent": '{"marketing":false,"source":"wp-consent-api","type":"optin"}',
        "_tandem_version": "1.0.0",
    }
    connected.run_actions()
    assert receiver.told == []


def test_consent_given_is_kept_with_its_kind(connected: WordPress) -> None:
    add_plugin(connected, "consent", A_CONSENT_PLUGIN)
    kept = meta(connected, buy_block(shopper(connected, _fbp=FBP, wp_consent_marketing="allow")))
    assert kept["_tandem_consent"] == '{"marketing":true,"source":"wp-consent-api","type":"optin"}'
    assert kept["_fbp"] == FBP


def test_where_nobody_asks_for_consent_nothing_is_stated(connected: WordPress) -> None:
    assert "_tandem_consent" not in meta(connected, buy_classic(shopper(connected)))


def test_global_privacy_control_is_kept_as_an_opt_out_of_sale(connected: WordPress) -> None:
    browser = shopper(connected, _fbp=FBP)
    _, said = ask(browser, "POST", "/wp-json/wc/store/v1/checkout", {"billing_address": {}}, Sec_GPC="1")
    kept = meta(connected, said["order_id"])
    assert (kept["_tandem_consent"], kept["_fbp"]) == ('{"sale_of_data":false,"source":"gpc"}', FBP)


def test_the_address_is_the_one_that_the_shops_proxy_tells_or_the_header_that_the_merchant_named(
    connected: WordPress,
) -> None:
    told = {"X_Forwarded_For": "8.8.8.8, 93.184.216.34", "CF_Connecting_IP": "1.1.1.1"}
    bought = [ask(shopper(connected), "POST", "/wp-json/wc/store/v1/checkout", {"billing_address": {}}, **told)]
    connected.php("Tandem\\Settings::keep( array( 'ip_header' => 'CF-Connecting-IP' ) );")
    bought += [ask(shopper(connected), "POST", "/wp-json/wc/store/v1/checkout", {"billing_address": {}}, **told)]
    addresses = [meta(connected, said["order_id"])["_tandem_ip"] for _, said in bought]
    assert addresses == ["93.184.216.34", "1.1.1.1"]


def test_a_renewal_does_not_inherit_the_checkouts_token(connected: WordPress) -> None:
    data = {"_tandem_checkout_token": "aa", "_fbp": FBP}
    assert connected.json("apply_filters( 'wc_subscriptions_object_data', $told['data'] )", data=data) == {"_fbp": FBP}


# What is told of a checkout


def test_a_checkout_is_told_in_the_background_signed_as_a_webhook_in_woocommerces_shapes(
    connected: WordPress, receiver: Receiver
) -> None:
    browser = shopper(connected, **COOKIES)
    page(browser, "/?checkout")
    assert receiver.told == [], "nothing is sent while the shopper waits"
    assert connected.run_actions() == ["tandem_tell_checkout"]
    (told,), (headers,) = receiver.told, receiver.headers
    assert headers["X-WC-Webhook-Topic"] == "checkout.created"
    assert headers["X-WC-Webhook-Source"] == f"{connected.url}/"
    assert (headers["X-WC-Webhook-Resource"], headers["X-WC-Webhook-Event"]) == ("checkout", "created")
    assert headers["User-Agent"] == "WooCommerce/10.0.2 Tandem/1.0.0"
    assert {entry["key"]: entry["value"] for entry in told.pop("meta_data")}["_fbc"] == FBC
    assert told == {
        "checkout_token": meta(connected, buy_classic(browser))["_tandem_checkout_token"],
        "created_at_gmt": told["created_at_gmt"],
        "currency": "USD",
        "prices_include_tax": False,
        "subtotal": "10.00",
        "line_items": [
            {
                "product_id": 11,
                "variation_id": 0,
                "sku": "MUG",
                "quantity": 1,
                "total": "10.00",
                "total_tax": "0.00",
                "name": "Mug",
            }
        ],
        "billing": {},
        "_links": {"self": [{"href": connected.json("rest_url( 'wc/v3/' )")}]},
    }
    assert waiting(connected) == []


def test_it_is_told_again_once_the_shopper_is_known_and_not_at_every_key(
    connected: WordPress, receiver: Receiver
) -> None:
    browser = shopper(connected)
    page(browser, "/?checkout")
    connected.run_actions()
    type_into_form(browser, billing_email="Ann@Example.com", billing_city="Los Gatos")
    type_into_form(browser, billing_email="Ann@Example.com", billing_city="Los Angeles")
    page(browser, "/?checkout")
    connected.run_actions()
    begun, known = receiver.told
    assert known["checkout_token"] == begun["checkout_token"]
    assert known["billing"]["email"] == "Ann@Example.com"


def test_of_who_refuses_after_something_was_told_the_refusal_is_told_and_nothing_more(
    connected: WordPress, receiver: Receiver
) -> None:
    add_plugin(connected, "consent", A_CONSENT_PLUGIN)
    browser = shopper(connected, **COOKIES, wp_consent_marketing="allow")
    page(browser, "/?checkout")
    type_into_form(browser, billing_email="ann@example.com")
    connected.run_actions()
    browser.cookies["wp_consent_marketing"] = "deny"
    type_into_form(browser, billing_email="ann@example.com", billing_phone="4089961010")
    connected.run_actions()
    type_into_form(browser, billing_email="anna@example.com")
    assert connected.run_actions() == []
    begun, refusal = receiver.told
    assert refusal["checkout_token"] == begun["checkout_token"]
    assert refusal["billing"] == {}
    told = {one["key"]: one["value"] for one in refusal["meta_data"]}
    assert set(told) == {"_tandem_consent", "_tandem_version"}
    assert json.loads(told["_tandem_consent"])["marketing"] is False


def test_who_refuses_while_the_queue_waits_is_told_of_not_at_all(connected: WordPress, receiver: Receiver) -> None:
    add_plugin(connected, "consent", A_CONSENT_PLUGIN)
    browser = shopper(connected, **COOKIES, wp_consent_marketing="allow")
    page(browser, "/?checkout")
    type_into_form(browser, billing_email="ann@example.com")
    browser.cookies["wp_consent_marketing"] = "deny"
    type_into_form(browser, billing_email="ann@example.com")
    connected.run_actions()
    assert [told["billing"] for told in receiver.told] in ([], [{}]), "no person"
    assert "ann@example.com" not in json.dumps(receiver.told)


def test_one_checkout_is_told_five_times_at_most(connected: WordPress, receiver: Receiver) -> None:
    browser = shopper(connected)
    page(browser, "/?checkout")
    connected.run_actions()
    for number in range(6):
        type_into_form(browser, billing_email=f"ann{number}@example.com")
        connected.run_actions()
    assert len(receiver.told) == 5


def test_the_block_checkouts_form_is_heard_too(connected: WordPress, receiver: Receiver) -> None:
    browser = shopper(connected)
    page(browser, "/?checkout")
    address = {"billing_address": {"email": "ann@example.com", "last_name": "Lee"}}
    assert ask(browser, "POST", "/wp-json/wc/store/v1/cart/update-customer", address)[0] == 200
    assert connected.run_actions() == ["tandem_tell_checkout"], "one waits at most, and tells the newest"
    assert [told["billing"] for told in receiver.told] == [{"last_name": "Lee", "email": "ann@example.com"}]


def test_a_form_in_the_cart_begins_no_checkout(connected: WordPress) -> None:
    browser = shopper(connected)
    ask(browser, "POST", "/wp-json/wc/store/v1/cart/update-customer", {"billing_address": {"country": "DE"}})
    assert waiting(connected) == []


def test_the_next_cart_is_another_checkout(connected: WordPress) -> None:
    browser = shopper(connected)
    page(browser, "/?checkout")
    first = meta(connected, buy_classic(browser))["_tandem_checkout_token"]
    browser.get("/?add-to-cart=11")
    page(browser, "/?checkout")
    assert meta(connected, buy_classic(browser))["_tandem_checkout_token"] != first


def test_nothing_personal_waits_in_the_queue_and_nothing_stays_beside_it(
    connected: WordPress, receiver: Receiver
) -> None:
    browser = shopper(connected, **COOKIES)
    page(browser, "/?checkout")
    type_into_form(browser, billing_email="ann@example.com")
    (action,) = connected.json("standin_actions()").values()
    assert (action["hook"], action["group"]) == ("tandem_tell_checkout", "tandem")
    assert re.fullmatch(r"\[\"[0-9a-f]{32}\", 0\]", json.dumps(action["args"]))
    lives = connected.json(
        "get_option( '_transient_timeout_tandem_checkout_' . $told['token'] ) - time()", token=action["args"][0]
    )
    assert 3500 < lives <= 3600
    connected.run_actions()
    assert connected.json("get_transient( 'tandem_checkout_' . $told['token'] )", token=action["args"][0]) is False


@pytest.mark.parametrize(("status", "tries"), [(503, 3), (429, 3), (302, 1), (401, 1), (404, 1)])
def test_it_is_tried_three_times_where_that_may_help_and_given_up(
    connected: WordPress, receiver: Receiver, status: int, tries: int
) -> None:
    receiver.status = status
    page(shopper(connected), "/?checkout")
    later = connected.json("time()") + 3600
    for _ in range(5):
        connected.run_actions(later)
    assert len(receiver.told) == tries, "and no redirect is followed"
    assert waiting(connected) == []


@pytest.mark.parametrize("case", ["an empty cart", "a manager", "switched off", "a page fetched ahead", "silenced"])
def test_no_checkout_is_told_of(connected: WordPress, case: str) -> None:
    browser = Browser(connected.url) if case == "an empty cart" else shopper(connected)
    headers = {"Sec_Purpose": "prefetch;prerender"} if case == "a page fetched ahead" else {}
    if case == "a manager":
        connected.sign_in(browser)
    if case == "switched off":
        connected.php("Tandem\\Settings::keep( array( 'checkout_created' => false ) );")
    constants = {"TANDEM_SILENT": True} if case == "silenced" else {}
    with connected.constants(**constants):
        assert browser.get("/?checkout", **headers).status == 200
        assert waiting(connected) == []


def test_where_woocommerces_queue_is_missing_it_is_told_after_the_page(
    connected: WordPress, receiver: Receiver
) -> None:
    (connected.folder / "woocommerce" / "queue.php").write_text("<?php\n")
    page(shopper(connected, _fbp=FBP), "/?checkout")
    # Nobody waits for the answer: the page may be there before the receiver read everything.
    assert eventually(lambda: receiver.told, 5)
    assert [told["subtotal"] for told in receiver.told] == ["10.00"]


def test_metas_own_plugin_is_asked_for_the_names_of_products(connected: WordPress, receiver: Receiver) -> None:
    add_plugin(connected, "meta", METAS_OWN_PLUGIN)
    page(shopper(connected), "/?checkout")
    connected.run_actions()
    assert receiver.told[0]["line_items"][0]["content_id"] == "wc_post_id_11"


# Copies


def test_a_staging_site_keeps_signals_and_tells_nobody(connected: WordPress) -> None:
    with connected.constants(WP_ENVIRONMENT_TYPE="staging"):
        browser = shopper(connected, **COOKIES)
        page(browser, "/?checkout")
        type_into_form(browser, billing_email="ann@example.com")
        assert waiting(connected) == []
        assert meta(connected, buy_classic(browser))["_fbp"] == FBP
        assert connected.json("Tandem\\Service::call( 'state', array() )->get_error_code()") == "tandem_silent"


def test_a_copy_under_another_address_tells_nobody(connected: WordPress) -> None:
    elsewhere = f"http://localhost:{connected.port}"
    with connected.constants(WP_HOME=elsewhere, WP_SITEURL=elsewhere):
        browser = Browser(elsewhere, cookies=dict(COOKIES))
        browser.get("/?add-to-cart=11")
        page(browser, "/?checkout")
        assert waiting(connected) == []
        assert connected.json("Tandem\\Connection::current()->is_copy()") is True


def test_a_copy_whose_every_address_was_replaced_is_still_a_copy(connected: WordPress) -> None:
    kept = connected.json("maybe_serialize( get_option( 'tandem_connection' ) )")
    assert connected.url not in kept.replace(connected.json("Tandem\\Connection::current()->webhook_url()"), "")
    assert connected.json("Tandem\\Connection::current()->home()") == connected.url


def test_what_waited_when_the_shop_was_disconnected_is_not_told(connected: WordPress, receiver: Receiver) -> None:
    page(shopper(connected), "/?checkout")
    connected.php("Tandem\\Connection::forget();")
    connected.run_actions()
    assert receiver.told == []
    assert waiting(connected) == []


# Pages in caches


def test_every_visitor_gets_the_same_page(connected: WordPress) -> None:
    plain = Browser(connected.url).get("/").data
    assert b"assets/click.js" in plain
    assert Browser(connected.url, cookies=dict(COOKIES)).get("/").data == plain


def test_the_script_may_remember_unasked_only_where_the_law_lets_it(connected: WordPress) -> None:
    assert 'tandemClick = {"unasked":true}' in page(Browser(connected.url), "/")
    connected.php("update_option( 'woocommerce_default_country', 'DE:DE-BE' );")
    assert 'tandemClick = {"unasked":false}' in page(Browser(connected.url), "/")


def test_a_shop_that_is_not_connected_has_no_script(shop: WordPress) -> None:
    assert "click.js" not in page(Browser(shop.url), "/")


# Going


def test_people_who_ask_get_what_was_kept_of_them_and_can_have_it_removed(connected: WordPress) -> None:
    exported = connected.json("apply_filters( 'woocommerce_privacy_export_order_personal_data_meta', array() )")
    removed = connected.json("apply_filters( 'woocommerce_privacy_remove_order_personal_data_meta', array() )")
    personal = connected.json("Tandem\\Frozen_Signals::PERSONAL_KEYS")
    assert set(removed) == set(personal)
    assert set(personal) - set(exported) == {"_tandem_fbclid_seen", "_tandem_checkout_token"}
    emptied = "apply_filters( 'woocommerce_privacy_remove_order_personal_data_meta_value', '0.0.0.0', '_tandem_ip' )"
    assert connected.json(emptied) == ""


def test_deactivated_it_takes_back_what_waits_and_remembers_the_connection(connected: WordPress) -> None:
    page(shopper(connected), "/?checkout")
    connected.deactivate(PLUGIN)
    assert waiting(connected) == []
    assert connected.json("is_array( get_option( 'tandem_connection' ) )") is True


TABLES = """
CREATE TABLE wordpress.wp_wc_orders_meta (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, order_id bigint, meta_key varchar(255), meta_value text);
CREATE TABLE wordpress.wp_actionscheduler_actions (action_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, hook varchar(191), group_id bigint);
CREATE TABLE wordpress.wp_actionscheduler_groups (group_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, slug varchar(255));
CREATE TABLE wordpress.wp_actionscheduler_logs (log_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, action_id bigint, message text);
INSERT INTO wordpress.wp_actionscheduler_groups VALUES (1, 'tandem'), (2, 'others');
INSERT INTO wordpress.wp_actionscheduler_actions VALUES (1, 'tandem_tell_checkout', 1), (2, 'theirs', 2);
INSERT INTO wordpress.wp_actionscheduler_logs VALUES (1, 1, 'ours'), (2, 2, 'theirs');
"""
ROWS = """(7, '_fbp', 'ours'), (7, '_fbc', 'ours'), (7, '_tandem_own', '_fbp _fbc'), (7, '_tandem_ip', '1'),
(8, '_fbp', 'theirs'), (8, '_fbc', 'ours'), (8, '_tandem_own', '_fbc'), (9, '_fbp', 'theirs'), (9, 'xtandem_y', 'theirs')"""


def test_deleted_it_leaves_nothing_behind_and_takes_nothing_of_others(connected: WordPress) -> None:
    connected.database.sql(TABLES)
    for table, order in (("wp_wc_orders_meta", "order_id"), ("wp_postmeta", "post_id")):
        connected.database.sql(f"INSERT INTO wordpress.{table} ({order}, meta_key, meta_value) VALUES {ROWS}")
    connected.php(
        "Tandem\\Settings::keep( array() ); set_transient( 'tandem_state', 1, 60 ); update_user_meta( 1, 'tandem_x', 1 );"
        " update_option( 'tandemx', 'of another plugin' );"
    )
    page(shopper(connected), "/?checkout")
    connected.uninstall(PLUGIN)
    assert not (connected.folder / "tandem-for-woocommerce").exists()
    theirs = [["8", "_fbp", "theirs"], ["9", "_fbp", "theirs"], ["9", "xtandem_y", "theirs"]]
    for table, order in (("wp_wc_orders_meta", "order_id"), ("wp_postmeta", "post_id")):
        found = f"SELECT {order}, meta_key, meta_value FROM wordpress.{table} WHERE {order} IN (7, 8, 9)"
        assert sorted(list(row) for row in connected.database.sql(found)) == theirs
    for table, left in (("actions", "theirs"), ("groups", "others"), ("logs", "theirs")):
        assert [row[1 if table != "logs" else 2] for row in rows(connected, f"wp_actionscheduler_{table}")] == [left]
    assert traces(connected) == [("tandemx",)]


def rows(shop: WordPress, table: str) -> list[Any]:
    return list(shop.database.sql(f"SELECT * FROM wordpress.{table}"))


def traces(shop: WordPress) -> list[Any]:
    """Options and user meta with our name in them; the stand-in's own lists are looked at elsewhere."""
    found = """SELECT option_name FROM wordpress.wp_options WHERE option_name LIKE '%tandem%'
    UNION SELECT meta_key FROM wordpress.wp_usermeta WHERE meta_key LIKE '%tandem%'"""
    return [tuple(row) for row in shop.database.sql(found)]


def test_a_copy_keeps_the_webhooks_of_tandem_that_were_copied_with_it_and_no_others(connected: WordPress) -> None:
    asked = """array_map(
        static function ( $url ) {
            $webhook = new class( $url ) {
                private $url;
                public function __construct( $url ) { $this->url = $url; }
                public function get_delivery_url() { return $this->url; }
            };
            return apply_filters( 'woocommerce_webhook_should_deliver', true, $webhook, 17 );
        },
        array( Tandem\\Connection::current()->webhook_url(), 'https://erp.example/hook' )
    )"""
    assert connected.json(asked) == [True, True]
    elsewhere = connected.url.replace("127.0.0.1", "localhost")
    with connected.constants(WP_HOME=elsewhere, WP_SITEURL=elsewhere):
        assert connected.json(asked) == [False, True]
