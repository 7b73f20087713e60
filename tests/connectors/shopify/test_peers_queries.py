"""The query a merchant comes with: what Shopify's two libraries for it make of it, and what ours does."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from connectors.access import App
from connectors.errors import RequestRefused
from connectors.shopify import addresses, queries
from connectors.shopify.oauth import OAUTH
from tests.rig.hostile_shops import HOSTILE
from tests.rig.peers import Elder, Foreigner
from tests.rig.token_shop import APP, KEY, SECRET, SHOP, digest

MINUTE, HOUR, YEAR = 60, 3_600, 31_536_000
HOST = base64.b64encode(b"admin.shopify.com/store/lumen-and-loom").decode()

PLAIN = {
    "a callback": {"code": "0907a61c0c8d55e99db179b68161bc00", "state": "st4te"},
    "an install": {"locale": "en", "session": "aaea182f2732", "embedded": "1"},
    "stars, dots and lines": {"note": "a*b-c.d_e"},
}
ODD = {
    "a host with padding": {"host": HOST},
    "spaces": {"note": "two words and more"},
    "an equals sign": {"note": "a=b==c"},
    "an ampersand": {"note": "a&b&shop=evil.myshopify.com"},
    "a percent sign": {"note": "100%25 of %3D"},
    "a plus": {"note": "1+1"},
    "a tilde": {"note": "~a~"},
    "an address": {"note": "https://tandem.example/a?b=c#d"},
    "quotation marks": {"note": '"it\'s" (so)!'},
    "accents": {"note": "Bl\u00fcten & K\u00e4se"},
    "other scripts": {"note": "\u82b1\u3068\u7e54\u308a"},
    "an emoji": {"note": "\U0001f9f5"},
}
CASES = PLAIN | ODD
FORMS = {"ShopifyAPI's form": queries.raw_form, "Node's form": queries.encoded_form}


@pytest.fixture(scope="module")
def node():
    with Foreigner.running() as found:
        yield found


@pytest.fixture
def elder():
    return Elder()


def now(age=0):
    return str(int(datetime.now(UTC).timestamp()) - age)


def ours(values, app=APP):
    try:
        return OAUTH.asked(app, urlencode(values, quote_via=quote), datetime.now(UTC)) == SHOP
    except RequestRefused:
        return False


def signed(values, form=queries.raw_form, age=0, secret=SECRET):
    told = {"shop": SHOP, "timestamp": now(age), **values}
    return {**told, "hmac": digest(form(told), secret)}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES.keys())
def test_what_shopifyapi_signs_we_take(elder, values):
    told = {"shop": SHOP, "timestamp": now(), **values}
    asked = told | {"hmac": elder.sign(told)}
    assert elder.query(asked)
    assert ours(asked)


def test_what_node_takes_we_take(node):
    asked = [signed(values, queries.encoded_form) for values in CASES.values()]
    assert list(node.each("queries", queries=asked)) == [True] * len(CASES)
    assert all(map(ours, asked))


def test_the_two_libraries_agree_on_plain_values_and_on_no_others_and_we_take_both(node, elder):
    by_elder = [signed(values, queries.raw_form) for values in CASES.values()]
    assert all(map(elder.query, by_elder))
    agreed = dict(zip(CASES, node.each("queries", queries=by_elder), strict=True))
    assert [name for name, said in agreed.items() if said] == list(PLAIN)
    assert all(map(ours, by_elder))


SPOILT = {
    "a changed value": lambda asked: asked | {"code": "another"},
    "an added value": lambda asked: asked | {"more": "1"},
    "a value left out": lambda asked: {key: value for key, value in asked.items() if key != "state"},
    "another shop": lambda asked: asked | {"shop": "evil.myshopify.com"},
    "another time": lambda asked: asked | {"timestamp": str(int(asked["timestamp"]) - 1)},
    "a digit of the signature": lambda asked: (
        asked | {"hmac": asked["hmac"][:-1] + ("0" if asked["hmac"][-1] != "0" else "1")}
    ),
    "the signature cut": lambda asked: asked | {"hmac": asked["hmac"][:32]},
    "the signature in capitals": lambda asked: asked | {"hmac": f"A{asked['hmac'][1:].upper()}"},
    "an empty signature": lambda asked: asked | {"hmac": ""},
    "base64 instead of hex": lambda asked: asked | {"hmac": base64.b64encode(bytes.fromhex(asked["hmac"])).decode()},
    "no time": lambda asked: {key: value for key, value in asked.items() if key != "timestamp"},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_what_both_refuse_we_refuse(node, elder, form):
    asked = [spoil(signed(PLAIN["a callback"], form)) for spoil in SPOILT.values()]
    asked.append(signed(PLAIN["a callback"], form, secret="shpss_another-apps-secret-0123456789"))
    assert not any(node.each("queries", queries=asked))
    assert not any(map(elder.query, asked))
    assert not any(map(ours, asked))


# Where we differ on purpose. Each says who takes what we refuse, or the other way round.


def test_difference_node_refuses_after_ninety_seconds_and_we_after_five_minutes(node, elder):
    """A merchant may read the consent page for a while, but Shopify signs when they leave it. Slow clocks are commoner."""
    asked = signed(PLAIN["a callback"], age=4 * MINUTE)
    assert (list(node.each("queries", queries=[asked])), elder.query(asked), ours(asked)) == ([False], True, True)


def test_difference_shopifyapi_takes_what_is_23_hours_old_and_we_do_not(node, elder):
    asked = signed(PLAIN["a callback"], age=23 * HOUR)
    assert (list(node.each("queries", queries=[asked])), elder.query(asked), ours(asked)) == ([False], True, False)


def test_difference_shopifyapi_takes_what_comes_from_the_future_and_we_do_not(elder):
    asked = signed(PLAIN["a callback"], age=-10 * YEAR)
    assert (elder.query(asked), ours(asked)) == (True, False)


def test_difference_shopifyapi_verifies_with_an_empty_secret_and_we_do_not():
    asked = signed(PLAIN["a callback"], secret="")
    assert (Elder(secret="").query(asked), ours(asked, App(KEY, ("",), APP.public_url))) == (True, False)


def test_difference_both_take_control_signs_and_we_do_not(node, elder):
    """Nothing that Shopify sends holds a line break, and much that attackers send does."""
    by_elder = signed({"note": "two\nlines"})
    by_node = signed({"note": "two\nlines"}, queries.encoded_form)
    assert elder.query(by_elder)
    assert list(node.each("queries", queries=[by_node])) == [True]
    assert not ours(by_elder)
    assert not ours(by_node)


def test_difference_both_take_lists_and_we_do_not(node, elder):
    """T11. No list is among what Shopify sends to an app's own addresses."""
    told = {"shop": SHOP, "timestamp": now(), "ids[]": ["1", "2"]}
    assert elder.query(told | {"hmac": elder.sign(told)})
    by_node = f"ids%5B%5D=1&ids%5B%5D=2&shop={SHOP}&timestamp={told['timestamp']}"
    listed = {"shop": SHOP, "timestamp": told["timestamp"], "ids": ["1", "2"], "hmac": digest(by_node)}
    assert list(node.each("queries", queries=[listed])) == [True]
    for given in (elder.sign(told), digest(by_node)):
        with pytest.raises(RequestRefused):
            OAUTH.asked(APP, f"{by_node}&hmac={given}", datetime.now(UTC))


def test_difference_node_leaves_an_app_proxys_signature_out_and_we_refuse_it(node):
    asked = signed(PLAIN["a callback"]) | {"signature": "0" * 64}
    assert (list(node.each("queries", queries=[asked])), ours(asked)) == ([True], False)


def test_a_shop_that_all_take_is_a_shop(node, elder):
    shops = [SHOP, "ab.myshopify.com", "a-b.myshopify.com", "1st.myshopify.com", f"{'a' * 60}.myshopify.com"]
    assert list(node.each("shops", shops=shops)) == [True] * len(shops)
    assert [elder.shop(one) for one in shops] == [addresses.shop(one) == one for one in shops] == [True] * len(shops)


def test_t10_difference_shops_that_a_library_lets_through_and_we_do_not(node, elder):
    said = dict(zip(HOSTILE, node.each("shops", shops=HOSTILE), strict=True))
    by_node = [shop for shop, taken in said.items() if taken]
    assert by_node == ["shop.myshopify.com/", "sh_op.myshopify.com", "shop.shopify.com", f"{'a' * 64}.myshopify.com"]
    # Shopify's elder library makes something of what it is given; here it counts only where it gives that back.
    assert [shop for shop in HOSTILE if elder.shop(shop)] == [f"{'a' * 64}.myshopify.com"]
    assert not any(map(addresses.shop, HOSTILE))


def test_difference_shopifyapi_refuses_a_shop_of_one_letter_and_we_take_it(elder):
    assert (elder.shop("a.myshopify.com"), addresses.shop("a.myshopify.com")) == (False, "a.myshopify.com")


def encoded(place):
    return base64.b64encode(place.encode()).decode()


def test_t14_a_host_that_we_take_node_takes_and_of_another_shops_we_take_none(node):
    own = [HOST, HOST.rstrip("="), encoded("lumen-and-loom.myshopify.com/admin")]
    assert list(node.each("hosts", hosts=own)) == [True] * len(own)
    assert [queries.shop_of_host(one) for one in own] == [SHOP] * len(own)


def test_t14_difference_node_takes_the_host_of_any_page_at_shopify_and_we_only_a_shops_admin(node):
    others = [
        encoded(place)
        for place in ("evil.shopify.com", "evil.myshopify.com", "admin.shopify.com/oauth", "a@b.shopify.com")
    ]
    assert list(node.each("hosts", hosts=others)) == [True] * len(others)
    assert [queries.shop_of_host(one) for one in others] == [None] * len(others)


def test_the_consent_page_is_asked_as_node_asks_it(node):
    begun = urlsplit(node.ask("begin", shop=SHOP)["address"])
    asked = urlsplit(OAUTH.consent_address(APP, SHOP, "st4te"))
    theirs, told = dict(parse_qsl(begun.query)), dict(parse_qsl(asked.query))
    assert (begun.scheme, begun.netloc, begun.path) == (asked.scheme, asked.netloc, asked.path)
    assert theirs | {"state": ""} == told | {"state": ""}
