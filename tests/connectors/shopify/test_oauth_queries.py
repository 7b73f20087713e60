import base64
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from connectors.access import App
from connectors.errors import RequestMalformed, RequestRefused
from connectors.shopify.oauth import OAUTH
from connectors.shopify.tokens import SCOPES
from tests.rig.hostile_shops import HOSTILE
from tests.rig.token_shop import APP, CODE, KEY, NOW, OLD_SECRET, SECONDS, SECRET, SHOP, STATE, digest, told

RETURNED = {"code": CODE, "shop": SHOP, "state": STATE}
MINUTE = 60


@pytest.mark.parametrize("shop", HOSTILE)
def test_t10_a_hostile_shop_begins_nothing_even_if_it_is_well_signed(shop):
    for query in (f"shop={quote(shop, safe='')}", f"shop={shop}" if shop.isprintable() else "shop=", told(shop=shop)):
        with pytest.raises(RequestRefused):
            OAUTH.asked(APP, query, NOW)
    with pytest.raises(RequestRefused):
        OAUTH.returned(APP, told(**RETURNED | {"shop": shop}), NOW)


@pytest.mark.parametrize("shop", HOSTILE)
def test_t10_no_address_is_built_from_a_hostile_shop(shop):
    with pytest.raises(RequestRefused):
        OAUTH.consent_address(APP, shop, STATE)


def test_a_shop_is_lower_cased_before_anything_is_built_from_it():
    assert OAUTH.asked(APP, "shop=Lumen-And-Loom.MyShopify.com", NOW) == SHOP
    with pytest.raises(RequestRefused):
        OAUTH.consent_address(APP, SHOP.upper(), STATE)


def test_the_consent_page_is_the_shops_own_and_is_asked_for_what_we_need_and_no_more():
    address = urlsplit(OAUTH.consent_address(APP, SHOP, STATE))
    assert (address.scheme, address.netloc, address.path) == ("https", SHOP, "/admin/oauth/authorize")
    assert parse_qs(address.query) == {
        "client_id": [KEY],
        "scope": ["read_orders,write_pixels,read_customer_events"],
        "redirect_uri": ["https://tandem.example/shopify/callback"],
        "state": [STATE],
    }


def test_each_scope_has_a_reason():
    assert all(len(reason.split()) > 3 for reason in SCOPES.values())


def test_t9_who_came_back_is_told_with_the_state_they_were_sent_with():
    returned = OAUTH.returned(APP, told(**RETURNED), NOW)
    assert (returned.domain, returned.state, returned.code) == (SHOP, STATE, CODE)
    assert CODE not in repr(returned)


@pytest.mark.parametrize("name", ["code", "shop", "state", "hmac", "timestamp"])
def test_t9_a_callback_that_lacks_anything_is_refused(name):
    values = {"timestamp": SECONDS, **RETURNED}
    if name == "hmac":
        query = "&".join(f"{key}={value}" for key, value in values.items())
    else:
        form = "&".join(sorted(f"{key}={value}" for key, value in values.items() if key != name))
        query = f"{form}&hmac={digest(form)}"
    with pytest.raises(RequestRefused):
        OAUTH.returned(APP, query, NOW)


@pytest.mark.parametrize("state", ["", "a b", "x" * 201, "st\u00e4te", "<script>", "../../"])
def test_t9_a_state_that_is_none_of_ours_is_refused(state):
    with pytest.raises(RequestRefused):
        OAUTH.returned(APP, told(**RETURNED | {"state": state}), NOW)


def test_the_vector_that_is_published_for_this_signature_is_accepted():
    vector = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173"
    signed = f"{vector}&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20"
    then = NOW.fromtimestamp(1337178173 + 30, NOW.tzinfo)
    assert OAUTH.asked(App("key", ("hush",), "https://tandem.example"), signed, then) == "some-shop.myshopify.com"


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_while_a_secret_is_rotated_either_signs(secret):
    assert OAUTH.returned(APP, told(secret=secret, **RETURNED), NOW).domain == SHOP
    assert OAUTH.asked(APP, told(secret=secret, shop=SHOP), NOW) == SHOP


def test_t11_the_order_of_the_parameters_does_not_matter():
    pairs = told(host=base64.b64encode(b"admin.shopify.com/store/lumen-and-loom").decode().rstrip("="), **RETURNED)
    backwards = "&".join(reversed(pairs.split("&")))
    assert OAUTH.returned(APP, backwards, NOW) == OAUTH.returned(APP, pairs, NOW)


@pytest.mark.parametrize(
    "more",
    [
        f"shop={SHOP}",
        "shop=evil.myshopify.com",
        "sho%70=evil.myshopify.com",
        "state=another",
        "hmac=" + "0" * 64,
        "timestamp=1",
        "ids[]=1",
        "ids%5B%5D=1",
        "ids[]=1&ids[]=2",
        "shop[]=evil.myshopify.com",
        "shop[0]=evil.myshopify.com",
        "signature=" + "0" * 32,
        "lonely",
        "=nameless",
        "",
        "SHOP=evil.myshopify.com",
        "a;shop=evil.myshopify.com",
        "note=%",
        "note=%zz",
        "note=%ff",
        "note=%ed%a0%80",
        "note=%00",
        "note=a%0Ab",
        "note=" + "x" * 9_000,
        "&".join(f"n{number}=1" for number in range(40)),
    ],
)
def test_t11_what_shopify_does_not_send_is_refused_before_any_signature_is_looked_at(more):
    """Twice the same key, lists, an app proxy's signature, broken escapes: what they mean is anybody's guess."""
    for query in (f"{told(**RETURNED)}&{more}", f"{more}&{told(**RETURNED)}"):
        for judge in (OAUTH.asked, OAUTH.returned):
            with pytest.raises(RequestMalformed):
                judge(APP, query, NOW)


@pytest.mark.parametrize("junk", ["", "?", "&", "%", "\udcff", "shop", "shop=\udcff", "x" * 100_000, "=&=&="])
def test_t11_junk_is_refused_and_breaks_nothing(junk):
    for judge in (OAUTH.asked, OAUTH.returned):
        with pytest.raises(RequestRefused):
            judge(APP, junk, NOW)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "0" * 64,
        "0" * 63,
        digest("another=form"),
        digest("", ""),
        "\u00e9" * 32,
        "%C3%A9" * 32,
        "A" * 64,
        "null",
    ],
)
def test_t11_a_signature_that_is_none_is_refused_and_never_an_error_of_ours(given):
    """compare_digest raises TypeError for text that is not ASCII."""
    values = {"timestamp": SECONDS, **RETURNED}
    query = "&".join(f"{key}={value}" for key, value in values.items()) + f"&hmac={given}"
    for judge in (OAUTH.asked, OAUTH.returned):
        with pytest.raises(RequestRefused):
            judge(APP, query, NOW)


def test_t11_a_signature_in_capitals_is_none():
    query = told(**RETURNED)
    head, _, given = query.rpartition("hmac=")
    with pytest.raises(RequestRefused):
        OAUTH.returned(APP, f"{head}hmac={given.upper()}", NOW)


@pytest.mark.parametrize("name", ["code", "shop", "state", "timestamp"])
def test_t11_a_changed_value_is_refused(name):
    changed = {"code": "0" * 32, "shop": "another.myshopify.com", "state": "another", "timestamp": str(SECONDS - 1)}
    values = parse_qs(told(**RETURNED))
    query = "&".join(f"{key}={changed[name] if key == name else value}" for key, [value] in values.items())
    with pytest.raises(RequestRefused):
        OAUTH.returned(APP, query, NOW)


@pytest.mark.parametrize("secrets", [("",), (), ("", "")])
def test_t4_an_empty_secret_verifies_nothing(secrets):
    """ShopifyAPI takes what an attacker signed with nothing."""
    app = App(KEY, secrets, "https://tandem.example")
    for judge in (OAUTH.asked, OAUTH.returned):
        with pytest.raises(RequestRefused):
            judge(app, told(secret="", **RETURNED), NOW)


@pytest.mark.parametrize("age", [0, 1, 5 * MINUTE, -MINUTE])
def test_t12_an_address_is_good_for_five_minutes_and_for_a_clock_that_is_one_ahead(age):
    assert OAUTH.returned(APP, told(**RETURNED, timestamp=SECONDS - age), NOW).domain == SHOP
    assert OAUTH.asked(APP, told(shop=SHOP, timestamp=SECONDS - age), NOW) == SHOP


@pytest.mark.parametrize("age", [5 * MINUTE + 1, 6 * MINUTE, 23 * 60 * MINUTE, -MINUTE - 1, -315_360_000])
def test_t12_an_older_one_is_refused_and_one_from_the_future_too(age):
    """ShopifyAPI takes one of 23 hours ago, and one of in ten years."""
    for judge, values in ((OAUTH.asked, {"shop": SHOP}), (OAUTH.returned, RETURNED)):
        with pytest.raises(RequestRefused):
            judge(APP, told(**values, timestamp=SECONDS - age), NOW)


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "1.5", "0x10", "\u0661", "9" * 400])
def test_t12_a_timestamp_that_is_no_number_of_seconds_is_refused(stamp):
    """ShopifyAPI raises ValueError."""
    for judge, values in ((OAUTH.asked, {"shop": SHOP}), (OAUTH.returned, RETURNED)):
        with pytest.raises(RequestRefused):
            judge(APP, told(**values, timestamp=stamp), NOW)


def test_an_unsigned_request_may_begin_for_it_only_leads_to_that_shops_own_consent_page():
    assert OAUTH.asked(APP, f"shop={SHOP}", NOW) == SHOP
    with pytest.raises(RequestRefused):
        OAUTH.returned(APP, f"shop={SHOP}&code={CODE}&state={STATE}&timestamp={SECONDS}", NOW)


def encoded(place):
    return base64.b64encode(place.encode()).decode()


@pytest.mark.parametrize("place", ["admin.shopify.com/store/lumen-and-loom", "lumen-and-loom.myshopify.com/admin"])
def test_the_host_of_the_shops_own_admin_is_taken_with_and_without_padding(place):
    for host in {encoded(place), encoded(place).rstrip("=")}:
        for form in (
            f"host={host}&shop={SHOP}&timestamp={SECONDS}",
            f"host={quote(host)}&shop={SHOP}&timestamp={SECONDS}",
        ):
            assert (
                OAUTH.asked(APP, f"host={quote(host)}&shop={SHOP}&timestamp={SECONDS}&hmac={digest(form)}", NOW) == SHOP
            )


@pytest.mark.parametrize(
    "host",
    [
        encoded("evil.com"),
        encoded("evil.com/store/lumen-and-loom"),
        encoded("admin.shopify.com.evil.com/store/lumen-and-loom"),
        encoded("evil.com/admin.shopify.com/store/lumen-and-loom"),
        encoded("admin.shopify.com@evil.com/store/lumen-and-loom"),
        encoded("evil-admin.shopify.com/store/lumen-and-loom"),
        encoded("admin.shopify.com/store/another"),
        encoded("admin.shopify.com/store/lumen-and-loom/../another"),
        encoded("admin.shopify.com/store/lumen-and-loom?"),
        encoded("admin.shopify.com/store/lumen-and-loom/"),
        encoded("admin.shopify.com/store/"),
        encoded("admin.shopify.com"),
        encoded("another.myshopify.com/admin"),
        encoded("lumen-and-loom.myshopify.com"),
        encoded("lumen-and-loom.myshopify.com/admin/apps"),
        encoded("lumen-and-loom.myshopify.com/evil"),
        encoded("https://admin.shopify.com/store/lumen-and-loom"),
        encoded("//evil"),
        encoded("/\\evil"),
        encoded("https:evil"),
        encoded("javascript:alert(1)"),
        "admin.shopify.com/store/lumen-and-loom",
        "====",
        "%2F%2Fevil",
        "A",
        "",
    ],
)
def test_t14_a_host_that_is_not_the_shops_admin_is_refused(host):
    with pytest.raises(RequestRefused):
        OAUTH.asked(APP, f"shop={SHOP}&host={quote(host)}", NOW)
    form = f"code={CODE}&host={host}&shop={SHOP}&state={STATE}&timestamp={SECONDS}"
    with pytest.raises(RequestRefused):
        OAUTH.returned(
            APP,
            f"code={CODE}&host={quote(host)}&shop={SHOP}&state={STATE}&timestamp={SECONDS}&hmac={digest(form)}",
            NOW,
        )


def test_no_refusal_repeats_what_was_sent():
    marked = "canary-4711"
    for query in (f"shop={marked}", f"shop={SHOP}&hmac={marked}", f"{marked}", f"shop={SHOP}&host={marked}"):
        with pytest.raises(RequestRefused) as refused:
            OAUTH.asked(APP, query, NOW)
        assert marked not in str(refused.value)
