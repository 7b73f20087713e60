"""The `woocommerce` library behind our own client: what it may send, how it signs, and what is made of the answers.

Long: each trap of the library, and each answer of a shop, is a case.
"""

import importlib.metadata
import json
import time

import pytest
import woocommerce
from woocommerce.api import API

from connectors.access import HttpAnswer
from connectors.errors import AddressRefused, CredentialsRejected, Declined, Throttled, Unreachable
from connectors.woocommerce import answers, rest
from connectors.woocommerce.credentials import Credentials
from connectors.woocommerce.rest import Rest
from tests.rig.keyed_shop import KEY, SECRET, open_keyed_shop
from tests.rig.wire import certificate, context

ORDERS = "wc/v3/orders"


@pytest.fixture
def shop():
    with open_keyed_shop() as found:
        yield found


@pytest.fixture
def secure_shop(tmp_path, monkeypatch):
    pem = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with open_keyed_shop(tls=context(pem)) as found:
        yield found


def credentials_of(shop, **more):
    return Credentials(KEY, SECRET, "read_write", base=shop.base, **more)


def opened(shop, **more):
    pauses = []
    found = Rest(shop.http(), credentials_of(shop, **more), pause=pauses.append)
    return found, pauses


class Noting:
    """A client that goes nowhere and notes what it was to ask."""

    def __init__(self, answer=None):
        self.asked, self.answer = [], answer or HttpAnswer(200, {}, b"{}")

    def request(self, method, url, *, headers=None, body=None):
        self.asked.append((method, url, dict(headers or {}), body))
        return self.answer


class Refusing:
    def request(self, method, url, *, headers=None, body=None):
        raise AddressRefused("shop.example.com is no public host.")


# --- the library ---


def test_the_library_is_the_version_whose_inside_we_know():
    """Another one has to be read before it is taken: its one method that sends must still be the one we replace."""
    assert importlib.metadata.version("woocommerce") == woocommerce.api.__version__ == rest.VERSION
    sending = "_API__request"
    assert sending in vars(API)
    assert sending in vars(rest._Library)
    for method in ("get", "post", "put", "delete"):
        assert getattr(API, method).__code__.co_names == (sending,)


def test_nothing_of_requests_touches_the_network():
    """No name service knows .invalid: whatever else than our client were asked would fail."""
    http = Noting()
    api = Rest(http, Credentials(KEY, SECRET, "read_write", base="https://shop.invalid"))
    api.get("orders", page=1)
    api.post("webhooks", {"a": 1})
    api.put("webhooks/1", {"a": 1})
    api.delete("webhooks/1", force="true")
    assert [(method, url.partition("?")[0]) for method, url, *_ in http.asked] == [
        ("GET", "https://shop.invalid/wp-json/wc/v3/orders"),
        ("POST", "https://shop.invalid/wp-json/wc/v3/webhooks"),
        ("PUT", "https://shop.invalid/wp-json/wc/v3/webhooks/1"),
        ("DELETE", "https://shop.invalid/wp-json/wc/v3/webhooks/1"),
    ]


def test_a_netrc_of_the_machine_is_not_read(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine shop.example.com login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    http = Noting()
    Rest(http, Credentials(KEY, SECRET, "read_write", base="https://shop.example.com", in_query=True)).get("orders")
    assert "Authorization" not in http.asked[0][2]


# --- what is sent ---


def test_over_https_the_keys_are_in_a_header_and_never_in_the_address(secure_shop):
    api, _ = opened(secure_shop)
    secure_shop.says("GET", ORDERS, [])
    api.get("orders", page=2, status="any", modified_after="2026-11-24T12:00:00")
    [asked] = secure_shop.asked
    assert asked.query == {"page": "2", "status": "any", "modified_after": "2026-11-24T12:00:00"}
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.headers["user-agent"].startswith("Tandem/")
    assert asked.headers["accept"] == "application/json"


def test_only_where_it_has_to_be_are_they_in_the_address(secure_shop):
    secure_shop.strips_authorization = True
    api, _ = opened(secure_shop, in_query=True)
    api.get("data/currencies/current")
    [asked] = secure_shop.asked
    assert asked.query == {"consumer_key": KEY, "consumer_secret": SECRET}
    assert "authorization" not in asked.headers


def test_over_plain_http_it_is_oauth_and_the_shop_verifies_it(shop):
    api, _ = opened(shop)
    api.get("data/currencies/current", _fields="code,name", since="2026-11-24T12:00:00", page=2)
    [asked] = shop.asked
    assert SECRET not in asked.raw_query
    assert "authorization" not in asked.headers
    assert asked.query["oauth_signature_method"] == "HMAC-SHA256"
    assert asked.query["_fields"] == "code,name"


def test_no_parameter_is_in_the_address_twice(shop):
    api, _ = opened(shop)
    api.get("webhooks", page=1, per_page=100)
    [asked] = shop.asked
    names = [pair.partition("=")[0] for pair in asked.raw_query.split("&")]
    assert len(names) == len(set(names))


def test_bodies_are_json_in_utf8_and_signed_calls_may_have_them(shop):
    api, _ = opened(shop)
    api.post("webhooks", {"topic": "order.created", "delivery_url": "https://x.example/", "name": "Bücher"})
    [asked] = shop.asked
    assert asked.told["name"] == "Bücher"
    assert asked.headers["content-type"] == "application/json;charset=utf-8"


@pytest.mark.parametrize(
    "value", ["50%", "a/b", "a b", "a+b", "a&b", "ä", "a\n", ["any", "trash"], ("a",), {"a": 1}, None, True, 1.5, b"a"]
)
def test_what_would_be_signed_wrongly_or_read_wrongly_is_refused(value):
    """A list loses all but its last member in PHP; a "%" breaks the signature."""
    http = Noting()
    with pytest.raises(ValueError, match="parameter"):
        Rest(http, Credentials(KEY, SECRET, "read_write", base="http://localhost:1")).get("orders", status=value)
    assert http.asked == []


@pytest.mark.parametrize(
    "endpoint", ["orders?per_page=1", "../wp/v2/users", "/orders", "orders/", "orders#x", "", "a//b"]
)
def test_an_endpoint_is_a_path_alone(endpoint):
    http = Noting()
    with pytest.raises(ValueError, match="endpoint"):
        Rest(http, Credentials(KEY, SECRET, "read_write", base="http://localhost:1")).get(endpoint)
    assert http.asked == []


# --- what is made of the answers ---


def test_a_list_says_how_many_pages_it_has(shop):
    api, _ = opened(shop)
    shop.says("GET", ORDERS, [], X_WP_TotalPages="7").says("GET", ORDERS, []).says(
        "GET", ORDERS, [], X_WP_TotalPages="x"
    )
    assert [api.get("orders").pages for _ in range(3)] == [7, None, None]


NOTICE = b"<br />\n<b>Warning</b>:  Undefined array key [0] in <b>/srv/{closure}.php</b> on line <b>12</b><br />\n"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}',
        b'\xef\xbb\xbf{"a": 1}',
        b' \r\n\t{"a": 1}\n',
        NOTICE + b'{"a": 1}',
        b"\xef\xbb\xbf" + NOTICE * 3 + b'{"a": 1}',
        b'Deprecated: strlen() in /x.php on line 3\n{"a": 1}',
        b'PHP Notice: [1]\n [2]\n{"a": 1}',
    ],
)
def test_json_is_read_behind_a_mark_and_phps_notices(body):
    assert json.loads(answers.json_of(body)) == {"a": 1}


def test_a_list_is_read_behind_them_as_well():
    assert json.loads(answers.json_of(NOTICE + b'[{"id": 1}]')) == [{"id": 1}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>Maintenance</title>",
        b'<html><script>\n{"a": 1}\n</script></html>',
        NOTICE + b'{"a": {"b": 1}',
        NOTICE,
        b"OK",
        b"x" + b"\n[1]" * 200_000,
    ],
    ids=["nothing", "a page", "a page with a script", "cut", "notices alone", "a word", "brackets"],
)
def test_what_holds_no_json_is_unreachable(body):
    began = time.monotonic()
    with pytest.raises(Unreachable, match="no JSON"):
        answers.json_of(body)
    assert time.monotonic() - began < 5


REFUSALS = [
    (301, b"", answers.Moved, "Connect the shop again"),
    (302, b"", answers.Moved, "moved"),
    (308, b"", answers.Moved, "moved"),
    (
        400,
        {"code": "rest_invalid_param", "message": "Invalid parameter(s): page"},
        Declined,
        r"Invalid parameter\(s\): page",
    ),
    (401, {"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, answers.Unrecognised, "does not know our key"),
    (403, {"code": "woocommerce_rest_cannot_view", "message": "Sorry, no."}, CredentialsRejected, "Sorry, no"),
    (401, {"code": "woocommerce_rest_authentication_error", "message": "No write"}, CredentialsRejected, "No write"),
    (401, {"code": "rest_not_logged_in", "message": "Log in"}, Declined, "plugin that guards it"),
    (403, {"code": "tandem_cannot_connect", "message": "Only managers"}, Declined, "Only managers"),
    (403, b"<title>Wordfence</title>", Unreachable, "firewall"),
    (401, b"", Unreachable, "status 401"),
    (404, {"code": "rest_no_route", "message": "No route"}, answers.NoRoute, "WooCommerce is not active"),
    (
        404,
        {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."},
        answers.NotThere,
        "Invalid ID",
    ),
    (404, b"<title>Not found</title>", Unreachable, "Nothing of WooCommerce"),
    (418, b"", Unreachable, "status 418"),
    (500, {"code": "internal_server_error", "message": "Critical error"}, Unreachable, "status 500"),
    (502, b"<html>Bad gateway</html>", Unreachable, "status 502"),
    (503, b"", Unreachable, "status 503"),
    (200, b"<html>Hello</html>", Unreachable, "no JSON"),
]


@pytest.mark.parametrize(("status", "body", "error", "words"), REFUSALS)
def test_each_answer_means_one_thing(status, body, error, words):
    raw = body if isinstance(body, bytes) else json.dumps(body | {"data": {"status": status}}).encode()
    with pytest.raises(error, match=words) as raised:
        answers.understood(HttpAnswer(status, {"location": "https://elsewhere.example"}, raw))
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("status", "told", "after"),
    [
        (429, None, answers.UNTOLD),
        (429, "7", 7.0),
        (503, "600", 600.0),
        (429, "0", 1.0),
        (429, "999999", answers.LONGEST),
        (429, "-5", answers.UNTOLD),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT", answers.UNTOLD),
    ],
)
def test_a_server_that_asks_for_a_pause_gets_it(status, told, after):
    headers = {} if told is None else {"retry-after": told}
    with pytest.raises(Throttled) as raised:
        answers.understood(HttpAnswer(status, headers, b""))
    assert raised.value.after == after


@pytest.mark.parametrize(
    "message",
    [
        f"Bad key {KEY}",
        f"consumer_secret={SECRET}",
        "jane@example.com may not",
        "https://shop.example.com/?key=wc_order_abc",
        'Value "Jane Doe" is invalid',
        "<script>alert('Jane Doe')</script><b title='wc_order_1'>",
        "Order 1234567",
    ],
)
def test_t25_a_refusal_repeats_neither_secrets_nor_people(message):
    with pytest.raises(Declined) as raised:
        answers.understood(HttpAnswer(400, {}, json.dumps({"code": "x", "message": message}).encode()))
    said = str(raised.value)
    for secret in (KEY, SECRET, "jane@example.com", "wc_order", '"Jane Doe"', "<", "1234567"):
        assert secret not in said
    assert len(said) < 300


def test_a_redirect_is_not_followed_not_even_to_the_same_shop(shop):
    api, pauses = opened(shop)
    shop.says("POST", "wc/v3/webhooks", b"", 301, Location=f"{shop.base}/wp-json/wc/v3/webhooks")
    shop.says("GET", ORDERS, b"", 302, Location="http://169.254.169.254/")
    with pytest.raises(answers.Moved):
        api.post("webhooks", {"topic": "order.created"})
    with pytest.raises(answers.Moved):
        api.get("orders")
    assert shop.did == ["POST wc/v3/webhooks", "GET wc/v3/orders"]
    assert pauses == []


def test_what_only_reads_is_asked_once_more(shop):
    api, pauses = opened(shop)
    shop.says("GET", ORDERS, b"", 502).says("GET", ORDERS, [1])
    assert json.loads(api.get("orders").body) == [1]
    assert len(pauses) == 1
    shop.says("GET", ORDERS, b"", 502).says("GET", ORDERS, b"", 500)
    with pytest.raises(Unreachable, match="500"):
        api.get("orders")
    assert len(shop.asked) == 4


@pytest.mark.parametrize("write", ["post", "put", "delete"])
def test_what_writes_is_asked_once(shop, write):
    api, pauses = opened(shop)
    shop.says(write.upper(), "wc/v3/webhooks", b"", 502)
    with pytest.raises(Unreachable):
        getattr(api, write)("webhooks", *([] if write == "delete" else [{}]))
    assert (len(shop.asked), pauses) == (1, [])


@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (403, CredentialsRejected), (400, Declined)])
def test_a_clear_no_is_not_asked_again(shop, status, error):
    api, pauses = opened(shop)
    shop.says("GET", ORDERS, {"code": "woocommerce_rest_cannot_view", "message": "no"}, status)
    with pytest.raises(error):
        api.get("orders")
    assert (len(shop.asked), pauses) == (1, [])


def test_t16_an_address_that_is_refused_is_unreachable():
    api = Rest(
        Refusing(), Credentials(KEY, SECRET, "read_write", base="https://shop.example.com"), pause=lambda _: None
    )
    with pytest.raises(Unreachable, match="no public host"):
        api.get("orders")


def test_t25_nothing_shows_keys_or_answers(shop):
    api, _ = opened(shop)
    shop.says("GET", ORDERS, [{"email": "jane@example.com"}])
    said = f"{api!r} {api.get('orders')!r} {rest._Library(shop.http(), credentials_of(shop), 'wc/v3')!r}"
    for secret in (KEY, SECRET, "jane@example.com"):
        assert secret not in said
