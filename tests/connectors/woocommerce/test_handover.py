"""Connecting a store by the keys it posts: the approval's address, the post, the way back, and T15's proof.

Long: each kind of host that somebody may type is a case.
"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.access import App
from connectors.errors import (
    AddressRefused,
    CredentialsRejected,
    Declined,
    RequestMalformed,
    Throttled,
    Unreachable,
)
from connectors.handover import Site, Ways
from connectors.woocommerce import credentials, meeting
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.credentials import Credentials
from tests.rig.keyed_shop import DEVELOPMENT, KEY, PRODUCTION, SECRET, open_keyed_shop
from tests.rig.wire import certificate, context

HANDOVER = CONNECTOR.handover
SHOP = Site("https://shop.example.com/store", "shop.example.com")
STATE, DOOR = "st4te-of_256-bits", "a-door_that-nobody-guesses"
WAYS = Ways(STATE, DOOR)
POST = {
    "key_id": 2,
    "user_id": STATE,
    "consumer_key": KEY,
    "consumer_secret": SECRET,
    "key_permissions": "read_write",
}
KEYS = Credentials(KEY, SECRET, "read_write").packed()
MAINTENANCE = b"<!doctype html><title>Briefly unavailable for scheduled maintenance</title>"


@pytest.fixture
def shop():
    with open_keyed_shop() as found:
        yield found


def site_of(shop):
    return Site(shop.base, shop.domain)


def met(shop, typed=None):
    return HANDOVER.met(DEVELOPMENT, shop.http(), HANDOVER.site(DEVELOPMENT, typed or shop.base))


def proven(shop, keys=KEYS, **more):
    return HANDOVER.proven(DEVELOPMENT, shop.http(**more), site_of(shop), keys)


# --- the shop, met without keys ---


def test_a_shop_is_met_by_its_index_and_asked_little(shop):
    assert met(shop) == site_of(shop)
    [asked] = shop.asked
    assert (asked.method, asked.path, asked.query) == ("GET", "/wp-json/", {"_fields": "home,namespaces"})
    assert "authorization" not in asked.headers
    assert asked.headers["user-agent"].startswith("Tandem/")


@pytest.mark.parametrize("page", ["/shop", "/shop/product/hat", "/wp-admin/post.php?post=1"])
def test_the_address_of_a_page_leads_to_the_shop(shop, page):
    assert met(shop, shop.url + page) == site_of(shop)


def test_a_shop_in_a_folder_is_met_there():
    with open_keyed_shop("/store") as shop:
        assert met(shop, f"{shop.base}/shop/") == site_of(shop)
        assert [one.path for one in shop.asked] == ["/store/shop/wp-json/", "/wp-json/", "/store/wp-json/"]


def test_a_shop_in_a_folder_is_met_though_wordpress_without_woocommerce_is_above_it():
    with open_keyed_shop("/store") as shop:
        shop.says("GET", "/wp-json/", {"home": shop.url, "namespaces": ["wp/v2"]})
        assert met(shop, f"{shop.base}/shop/") == site_of(shop)


def test_what_was_typed_is_asked_first_then_the_root_then_what_is_between(shop):
    shop.namespaces = ["wp/v2"]
    for _ in range(2):
        shop.says("GET", "", b"", 404)
    with pytest.raises(Declined, match="No WordPress shop answers"):
        met(shop, shop.url + "/a/b/c")
    assert [one.path for one in shop.asked][:4] == ["/a/b/c/wp-json/", "/wp-json/", "/a/b/wp-json/", "/a/wp-json/"]


def test_t35_a_shop_that_sends_us_about_is_asked_eight_times_and_no_more(shop):
    for folder in ("/a/b/c", "", "/a/b", "/a"):
        path = f"{folder}/wp-json/"
        for _ in range(3):
            shop.says("GET", path, b"", 302, Location=path)
        shop.says("GET", path, b"", 404)
    with pytest.raises(Unreachable, match=rf"asked {shop.domain} for long enough.*home page"):
        met(shop, shop.url + "/a/b/c")
    assert len(shop.asked) == 8


def test_t35_a_shop_that_takes_its_time_is_asked_nothing_more_after_ten_seconds(shop):
    """A question takes ten seconds at most, so all of it is over after twenty."""
    moments = iter([100.0, 100.0, 104.0, 109.9, 110.1])
    site = HANDOVER.site(DEVELOPMENT, shop.url + "/a/b/c")
    for folder in ("/a/b/c", "", "/a/b", "/a"):
        shop.says("GET", f"{folder}/wp-json/", b"", 404)
    with pytest.raises(Unreachable, match="for long enough"):
        meeting.met(shop.http(), site, loopback=True, clock=lambda: next(moments))
    assert len(shop.asked) == 3


def test_the_folder_is_the_one_the_shop_calls_its_own(shop):
    shop.home = f"{shop.url}/en/"
    assert met(shop) == Site(f"{shop.url}/en", shop.domain)


def test_a_shop_that_calls_itself_by_another_host_is_refused(shop):
    shop.home = "https://live.example.com"
    with pytest.raises(AddressRefused, match=r"calls itself live.example.com"):
        met(shop)


def test_an_index_behind_a_mark_and_notices_is_read(shop):
    notice = b"\xef\xbb\xbf<br />\n<b>Notice</b>: Undefined array key [0] in <b>/x.php</b> on line <b>1</b><br />\n"
    told = json.dumps({"home": shop.base, "namespaces": ["wc/v3"]}).encode()
    shop.says("GET", "", notice + told)
    assert met(shop) == site_of(shop)


def test_a_site_without_woocommerce_is_declined(shop):
    shop.namespaces = ["wp/v2"]
    with pytest.raises(Declined, match="WooCommerce is not active there"):
        met(shop)


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"", b"[]", b'"hello"', b'{"namespaces": 1}', b"{", b"null"])
def test_a_site_that_is_no_wordpress_is_declined(shop, body):
    shop.says("GET", "", body).says("GET", "/", body)
    with pytest.raises(Declined, match=f"No WordPress shop answers at {shop.domain}"):
        met(shop)


def test_plain_permalinks_are_told_with_the_mend(shop):
    shop.says("GET", "", b"<title>Page not found</title>", 404).says("GET", "/", {"namespaces": ["wc/v3"], "home": "x"})
    with pytest.raises(Declined, match="Settings, Permalinks"):
        met(shop)
    assert shop.asked[-1].query["rest_route"] == "/"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "body", [{"code": "rest_cannot_access", "message": "Only for users"}, b"<title>Blocked</title>"]
)
def test_a_guarded_api_is_told_with_the_mend(shop, status, body):
    shop.says("GET", "", body, status)
    with pytest.raises(Declined, match=rf"REST API \(status {status}\).*Allow /wp-json/"):
        met(shop)


def test_a_shop_under_maintenance_or_pressure_is_asked_later(shop):
    shop.says("GET", "", MAINTENANCE, 503, Retry_After="600").says("GET", "", b"", 429).says("GET", "", b"", 500)
    with pytest.raises(Throttled) as throttled:
        met(shop)
    assert throttled.value.after == 600
    with pytest.raises(Throttled):
        met(shop)
    with pytest.raises(Unreachable):
        met(shop)


def test_redirects_within_the_shop_are_followed(shop):
    shop.says("GET", "", b"", 301, Location=f"{shop.url}/en/wp-json/?a=b#c").says(
        "GET", "/en/wp-json/", b"", 302, Location="/wp-json/"
    )
    assert met(shop) == site_of(shop)
    assert [one.path for one in shop.asked] == ["/wp-json/", "/en/wp-json/", "/wp-json/"]


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.example/wp-json/",
        "//evil.example",
        "file:///etc/passwd",
        "",
    ],
)
def test_t16_a_redirect_to_another_host_is_not_followed(shop, location):
    shop.says("GET", "", b"", 302, Location=location)
    if not location:
        shop.says("GET", "", b"", 302).says("GET", "", b"", 302).says("GET", "", b"", 302)
    with pytest.raises(AddressRefused):
        met(shop)


def test_t16_a_redirect_to_another_port_of_this_machine_is_not_followed(shop):
    with open_keyed_shop() as neighbour:
        shop.says("GET", "", b"", 302, Location=f"{neighbour.base}/wp-json/")
        with pytest.raises(AddressRefused):
            met(shop)
        assert neighbour.asked == []


def test_redirects_without_end_end(shop):
    for _ in range(10):
        shop.says("GET", "", b"", 302, Location="/wp-json/")
    with pytest.raises(AddressRefused, match="on and on"):
        met(shop)
    assert len(shop.asked) == 4


def test_plain_permalinks_are_found_out_in_a_folder_too():
    with open_keyed_shop("/store") as shop:
        shop.says("GET", "", b"", 404).says("GET", "/store/", {"namespaces": ["wc/v3"]})
        with pytest.raises(Declined, match="Settings, Permalinks"):
            met(shop)


# --- where the merchant approves ---


def test_the_merchant_approves_on_the_shops_own_page():
    address = urlsplit(HANDOVER.approval_address(PRODUCTION, SHOP, WAYS))
    assert (address.scheme, address.netloc, address.path) == (
        "https",
        "shop.example.com",
        "/store/wc-auth/v1/authorize",
    )
    assert parse_qs(address.query, strict_parsing=True) == {
        "app_name": ["Tandem"],
        "scope": ["read_write"],
        "user_id": [STATE],
        "return_url": ["https://tandem.example/woocommerce/return"],
        "callback_url": [f"https://tandem.example/woocommerce/callback/{DOOR}"],
    }


def test_the_door_stands_only_in_the_address_that_the_server_posts_to():
    address = HANDOVER.approval_address(PRODUCTION, SHOP, WAYS)
    assert address.count(DOOR) == 1
    assert DOOR in parse_qs(urlsplit(address).query)["callback_url"][0]


def test_a_service_without_https_gets_no_keys_from_a_public_shop():
    with pytest.raises(Declined, match="PUBLIC_URL"):
        HANDOVER.approval_address(DEVELOPMENT, SHOP, WAYS)


@pytest.mark.parametrize(
    ("app", "base"),
    [
        (App("", (), "http://127.0.0.1:8000", keyless=True), "http://127.0.0.1:8090"),
        (App("", (), "http://tandem.example", keyless=True, loopback=True), "http://127.0.0.1:8090"),
        (App("", (), "http://127.1:8000", keyless=True, loopback=True), "http://127.0.0.1:8090"),
    ],
)
def test_plain_http_is_for_two_on_one_machine_in_development(app, base):
    with pytest.raises(Declined, match="PUBLIC_URL"):
        HANDOVER.approval_address(app, Site(base, "127.0.0.1:8090"), WAYS)
    assert HANDOVER.approval_address(DEVELOPMENT, Site(base, "127.0.0.1:8090"), WAYS).startswith(base)


# --- what the shop's server posts ---


def posted(**changes):
    return HANDOVER.posted(
        json.dumps({name: value for name, value in (POST | changes).items() if value is not ...}).encode()
    )


def test_the_post_gives_the_state_and_the_keys_as_opaque_text():
    found = posted()
    assert found.state == STATE
    assert credentials.read(found.keys) == Credentials(KEY, SECRET, "read_write")


def test_what_php_writes_is_read():
    """With its escapes; a newer WooCommerce may tell more."""
    body = json.dumps(POST | {"note": "ü/"}).replace("/", r"\/").encode()
    assert HANDOVER.posted(body).state == STATE


@pytest.mark.parametrize(
    "changes",
    [
        *({name: ...} for name in POST),
        *({name: None} for name in POST),
        {"key_id": 0},
        {"key_id": True},
        {"key_id": []},
        {"user_id": ""},
        {"user_id": 7},
        {"user_id": "a b"},
        {"user_id": "ä"},
        {"user_id": STATE + "\n"},
        {"user_id": "x" * 201},
        {"consumer_key": "ck_short"},
        {"consumer_key": KEY.upper()},
        {"consumer_key": KEY + "\n"},
        {"consumer_key": SECRET},
        {"consumer_key": [KEY]},
        {"consumer_secret": KEY},
        {"consumer_secret": "cs_" + "g" * 40},
        {"consumer_secret": {"$ne": ""}},
        {"key_permissions": "admin"},
        {"key_permissions": ["read_write"]},
    ],
)
def test_t15_anything_else_is_malformed(changes):
    with pytest.raises(RequestMalformed):
        posted(**changes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"user_id=x",
        b"{",
        b"\xff\xfe{}",
        json.dumps(POST).encode()[:-1] + b', "user_id": "another"}',
        json.dumps(POST | {"padding": "x" * 5_000}).encode(),
        b"[" * 4_000,
    ],
    ids=["empty", "list", "null", "form", "cut", "UTF-16", "a key twice", "too long", "deep"],
)
def test_t15_what_is_no_such_object_is_malformed(body):
    with pytest.raises(RequestMalformed):
        HANDOVER.posted(body)


def test_t25_nothing_shows_the_keys():
    found = posted()
    kept = credentials.read(found.keys)
    with pytest.raises(RequestMalformed) as malformed:
        posted(key_permissions="admin")
    for text in (repr(found), repr(kept), str(kept), repr(malformed.value)):
        assert KEY not in text
        assert SECRET not in text


# --- the way back ---


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"success=1&user_id={STATE}", (STATE, True)),
        (f"user_id={STATE}&success=0", (STATE, False)),
        (f"lang=de&success=1&user_id={STATE}&utm", (STATE, True)),
        (f"success=%31&user%5Fid={STATE}", (STATE, True)),
    ],
)
def test_the_browser_comes_back_with_the_state_and_the_answer(query, found):
    assert HANDOVER.returned(query) == found


@pytest.mark.parametrize(
    "query",
    [
        "",
        "success=1",
        f"user_id={STATE}",
        f"success=2&user_id={STATE}",
        f"success=&user_id={STATE}",
        f"success=true&user_id={STATE}",
        "success=1&user_id=",
        "success=1&user_id=a%20b",
        "success=1&user_id=%00",
        f"success=1&success=0&user_id={STATE}",
        f"success=1&user_id={STATE}&user_id=another",
        f"success=1&user_id={STATE}&user%5fid=another",
        f"success=1&user_id[]={STATE}",
        f"success=1&user_id={STATE}&x=" + "x" * 3_000,
    ],
)
def test_a_way_back_that_says_less_or_more_than_one_thing_is_malformed(query):
    with pytest.raises(RequestMalformed):
        HANDOVER.returned(query)


# --- the proof ---


def test_t15_keys_that_open_the_shop_are_its_grant(shop):
    grant = proven(shop)
    assert grant.scopes == ("read_write",)
    assert credentials.read(grant.token) == Credentials(KEY, SECRET, "read_write", base=shop.base)
    assert (grant.expires_at, grant.refresh_token) == (None, None)
    assert shop.did == ["GET wc/v3/data/currencies/current"]
    assert SECRET not in shop.asked[0].raw_query


@pytest.mark.parametrize(
    ("key", "secret"), [("ck_" + "0" * 40, SECRET), (KEY, "cs_" + "0" * 40), ("ck_" + "1" * 40, "cs_" + "1" * 40)]
)
def test_t15_keys_of_another_shop_are_rejected(shop, key, secret):
    """Whoever learnt the door and the state may post keys of a shop of their own: they do not open this one."""
    with pytest.raises(CredentialsRejected, match=shop.domain) as rejected:
        proven(shop, Credentials(key, secret, "read_write").packed())
    assert key not in str(rejected.value)
    assert len(shop.asked) == 1


@pytest.mark.parametrize("permissions", ["read", "write"])
def test_a_key_with_too_few_rights_is_refused_before_anybody_is_asked(shop, permissions):
    with pytest.raises(CredentialsRejected, match=f"may only {permissions}. .*connect again"):
        proven(shop, Credentials(KEY, SECRET, permissions).packed())
    assert shop.asked == []


def test_keys_that_are_none_of_ours_are_rejected(shop):
    for keys in ("", "{}", "ck_", '{"key": 1}', "\ud800"):
        with pytest.raises(CredentialsRejected):
            proven(shop, keys)


@pytest.mark.parametrize("location", ["https://evil.example/", "/wp-json/wc/v3/data/currencies/current/"])
def test_t15_a_redirect_of_the_proof_is_refused(shop, location):
    shop.says("GET", "wc/v3/data/currencies/current", b"", 301, Location=location)
    with pytest.raises(AddressRefused, match="sends us elsewhere"):
        proven(shop)
    assert len(shop.asked) == 1


def test_t15_a_shop_that_answers_under_another_name_is_declined(shop):
    shop.home = "https://live.example.com"
    with pytest.raises(Declined, match=r"calls itself live.example.com"):
        proven(shop)


@pytest.mark.parametrize("body", [b"<html>OK</html>", b"[]", b"{}", b'{"code": 7}'])
def test_a_yes_that_is_not_woocommerces_proves_nothing(shop, body):
    for _ in range(2):
        shop.says("GET", "wc/v3/data/currencies/current", body)
    with pytest.raises((Unreachable, Declined)):
        proven(shop)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, CredentialsRejected),
        (403, {"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, CredentialsRejected),
        (401, {"code": "rest_not_logged_in", "message": "Sorry"}, Declined),
        (403, b"<title>Attention Required!</title>", Unreachable),
        (404, {"code": "rest_no_route", "message": "No route"}, Declined),
        (429, b"", Throttled),
        (500, b"", Unreachable),
    ],
)
def test_what_is_no_yes_says_what_it_is(shop, status, body, error):
    for _ in range(2):
        shop.says("GET", "wc/v3/data/currencies/current", body, status)
    with pytest.raises(error):
        proven(shop)


@pytest.fixture
def secure_shop(tmp_path, monkeypatch):
    """A shop over https, whose certificate this machine trusts."""
    pem = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with open_keyed_shop(tls=context(pem)) as found:
        yield found


def test_over_https_the_keys_go_in_a_header_alone(secure_shop):
    assert not credentials.read(proven(secure_shop).token).in_query
    [asked] = secure_shop.asked
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.raw_query == ""


def test_a_server_that_hides_the_header_gets_the_keys_in_the_address_and_that_is_kept(secure_shop):
    secure_shop.strips_authorization = True
    kept = credentials.read(proven(secure_shop).token)
    assert kept == Credentials(KEY, SECRET, "read_write", base=secure_shop.base, in_query=True)
    first, second = secure_shop.asked
    assert (first.raw_query, "authorization" in second.headers) == ("", False)
    assert second.query == {"consumer_key": KEY, "consumer_secret": SECRET}


def test_keys_that_the_shop_does_not_know_are_rejected_in_either_form(secure_shop):
    with pytest.raises(CredentialsRejected, match="Authorization header"):
        proven(secure_shop, Credentials("ck_" + "0" * 40, SECRET, "read_write").packed())
    assert len(secure_shop.asked) == 2


def test_a_wrong_secret_is_not_put_into_the_address_as_well(secure_shop):
    with pytest.raises(CredentialsRejected, match="Consumer secret is invalid"):
        proven(secure_shop, Credentials(KEY, "cs_" + "0" * 40, "read_write").packed())
    [asked] = secure_shop.asked
    assert asked.raw_query == ""
