import base64
import json
import string

import pytest

from connectors.access import App, Visitor
from connectors.errors import SessionRefused
from connectors.shopify.sessions import EMBEDDING
from tests.rig.token_shop import (
    APP,
    KEY,
    NOW,
    OLD_SECRET,
    SECONDS,
    SECRET,
    SHOP,
    claims,
    packed,
    token,
    urlsafe,
)

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
HEAD = {"alg": "HS256", "typ": "JWT"}
UNSIGNED = f"{packed({'alg': 'none', 'typ': 'JWT'})}.{packed(claims())}"
# A stand-in for a public key that an attacker knows: HS256 with it is the classic confusion with RS256.
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL\n-----END PUBLIC KEY-----\n"


def swapped(**changed):
    """A good token whose claims were changed after it was signed."""
    head, _, signature = token().split(".")
    return f"{head}.{packed(claims(**changed))}.{signature}"


FORGED = {
    "nothing at all": "",
    "no token": "null",
    "one part": "abc",
    "two parts": token().rpartition(".")[0],
    "four parts": f"{token()}.{token().rpartition('.')[2]}",
    "five parts, an encrypted one": "a.b.c.d.e",
    "no signature": f"{token().rpartition('.')[0]}.",
    "alg none, without a signature": f"{UNSIGNED}.",
    "alg none, with a good signature": f"{UNSIGNED}.{token().rpartition('.')[2]}",
    "alg None, spelt otherwise": token(header=HEAD | {"alg": "nOnE"}),
    "alg missing": token(header={"typ": "JWT"}),
    "alg null": token(header=HEAD | {"alg": None}),
    "alg a list": token(header=HEAD | {"alg": ["HS256"]}),
    "alg an object": token(header=HEAD | {"alg": {"HS256": 1}}),
    "alg in small letters": token(header=HEAD | {"alg": "hs256"}),
    "alg RS256, signed by HMAC with a public key": token(header=HEAD | {"alg": "RS256"}, secret=PUBLIC_KEY),
    "alg RS256, signed with our secret": token(header=HEAD | {"alg": "RS256"}),
    "alg ES256": token(header=HEAD | {"alg": "ES256"}),
    "alg HS512": token(header=HEAD | {"alg": "HS512"}),
    "HS256 with a public key": token(secret=PUBLIC_KEY),
    "a key of its own in the header": token(
        header=HEAD | {"jwk": {"kty": "oct", "k": urlsafe(b"mine")}}, secret=b"mine"
    ),
    "a key's address in the header": token(header=HEAD | {"jku": "https://evil.com/keys.json"}, secret=b"mine"),
    "kid, a path to an empty file": token(header=HEAD | {"kid": "../../../../dev/null"}, secret=b""),
    "kid, SQL": token(header=HEAD | {"kid": "x' UNION SELECT 'mine"}, secret=b"mine"),
    "kid, not a text": token(header=HEAD | {"kid": {"$ne": None}}),
    "crit that nobody knows": token(header=HEAD | {"crit": ["exp2"], "exp2": 1}),
    "payload elsewhere (b64 false)": token(header=HEAD | {"crit": ["b64"], "b64": False}),
    "signed with nothing": token(secret=b""),
    "signed by another app": token(secret="shpss_another-apps-secret-0123456789"),
    "signed with the key, which is public": token(secret=KEY),
    "signed with the secret's digest": token(secret=SECRET.upper()),
    "another shop, after signing": swapped(iss="https://evil.myshopify.com/admin", dest="https://evil.myshopify.com"),
    "another user, after signing": swapped(sub="1"),
    "a longer life, after signing": swapped(exp=SECONDS + 250),
    "the signature cut": token()[:-2],
    "the signature's spare bits": token()[:-1] + ALPHABET[ALPHABET.index(token()[-1]) ^ 1],
    "ordinary base64": token().replace("-", "+").replace("_", "/") + "+",
    "a space before": f" {token()}",
    "a newline after": f"{token()}\n",
    "with its scheme": f"Bearer {token()}",
    "a token in a token": token(payload=token().encode()),
    "claims that are a list": token(payload=b"[]"),
    "claims that are a text": token(payload=b'"claims"'),
    "claims that are no JSON": token(payload=b"{exp:1}"),
    "claims that are no UTF-8": token(payload=b'{"iss": "\xff"}'),
    "claims as deep as the sea": token(payload=b"[" * 2_000),
    "a header as deep as the sea": f"{packed(b'[' * 2_000)}.{packed(claims())}.{packed(b'x' * 32)}",
    "a claim told twice": token(
        payload=json.dumps(claims()).replace('"sub": "42"', '"sub": "1", "sub": "42"').encode()
    ),
    "no ASCII": f"{token()}\u00e9",
    "a lone surrogate": f"{token()}\udcff",
    "a NUL": f"{token()}\x00",
    "four kilobytes": "x" * 4_097,
    "one megabyte": f"{packed(HEAD)}.{'A' * 2**20}.{'A' * 43}",
    "one megabyte, well signed": token(note="x" * 2**20),
    "one megabyte of dots": "." * 2**20,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_t21_a_forged_token_is_refused(forged):
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, forged, NOW)


@pytest.mark.parametrize("nothing", [None, b"", token().encode(), 0, True, [], {}, object(), [token()]])
def test_t21_what_is_no_text_is_refused_and_never_an_error_of_ours(nothing):
    """ShopifyAPI raises AttributeError for a header that is not there."""
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, nothing, NOW)


def test_a_good_token_names_its_shop_and_user():
    assert EMBEDDING.visitor(APP, token(), NOW) == Visitor(SHOP, "42")


def test_while_a_secret_is_rotated_either_signs():
    assert EMBEDDING.visitor(APP, token(secret=OLD_SECRET), NOW).domain == SHOP


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_t4_an_empty_secret_verifies_nothing(secrets):
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(App(KEY, secrets, "https://tandem.example"), token(secret=b""), NOW)


def test_an_app_without_a_key_is_nobodys_audience():
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(App("", (SECRET,), "https://tandem.example"), token(aud=""), NOW)


def test_a_secret_of_sixteen_letters_raises_no_warning_at_each_token():
    """PyJWT has one for keys under 32 bytes; in the tests a warning is an error."""
    short = App(KEY, ("sixteen-letters!",), "https://tandem.example")
    assert EMBEDDING.visitor(short, token(secret="sixteen-letters!"), NOW).domain == SHOP


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "iss", "dest", "aud", "sub", "jti"])
@pytest.mark.parametrize("value", [..., None, "", [], {}, True, -1, "x" * 256])
def test_t21_a_token_must_have_each_claim_in_its_shape(name, value):
    """ShopifyAPI, shopifyapp and PyJWT alone take one without exp, which is good for ever."""
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, token(**{name: value}), NOW)


def test_the_session_id_is_not_asked_for():
    """ShopifyAPI demands it; we do not use it."""
    assert EMBEDDING.visitor(APP, token(sid=...), NOW).domain == SHOP


AT = {"exp": SECONDS + 50, "nbf": SECONDS - 10, "iat": SECONDS - 10}


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"exp": SECONDS - 9, "nbf": SECONDS - 69, "iat": SECONDS - 69},
        {"nbf": SECONDS + 10, "iat": SECONDS + 10},
        {"nbf": SECONDS - 250, "iat": SECONDS - 250},
        {"exp": SECONDS + 49.5, "nbf": SECONDS - 10.5, "iat": SECONDS - 10.5},
    ],
)
def test_ten_seconds_of_difference_between_clocks_do_no_harm(times):
    """App Bridge's tokens often begin a little in the future."""
    assert EMBEDDING.visitor(APP, token(**AT | times), NOW).domain == SHOP


@pytest.mark.parametrize(
    "times",
    [
        {"exp": SECONDS - 10, "nbf": SECONDS - 70, "iat": SECONDS - 70},
        {"exp": SECONDS - 86_400, "nbf": SECONDS - 86_460, "iat": SECONDS - 86_460},
        {"nbf": SECONDS + 11},
        {"iat": SECONDS + 11},
        {"exp": SECONDS + 291},
        {"nbf": SECONDS - 251},
        {"iat": SECONDS - 251},
        {"exp": SECONDS + 315_360_000},
        {"exp": SECONDS + 5, "nbf": SECONDS + 5, "iat": SECONDS + 5},
        {"exp": SECONDS - 5, "nbf": SECONDS + 5, "iat": SECONDS + 5},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"nbf": float("nan")},
        {"iat": float("-inf")},
        {"exp": str(SECONDS + 50)},
        {"exp": (SECONDS + 50) * 1000, "nbf": (SECONDS - 10) * 1000, "iat": (SECONDS - 10) * 1000},
    ],
)
def test_t21_a_token_that_is_over_not_yet_good_or_good_for_more_than_five_minutes_is_refused(times):
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, token(**AT | times), NOW)


def test_the_time_is_the_one_passed_in_and_not_a_librarys():
    later = NOW.fromtimestamp(SECONDS + 10_000_000, NOW.tzinfo)
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, token(), later)
    good_then = token(exp=SECONDS + 10_000_030, nbf=SECONDS + 9_999_990, iat=SECONDS + 9_999_990)
    assert EMBEDDING.visitor(APP, good_then, later).domain == SHOP


@pytest.mark.parametrize(
    ("iss", "dest"),
    [
        ("https://evil.myshopify.com/admin", f"https://{SHOP}"),
        (f"https://{SHOP}/admin", "https://evil.myshopify.com"),
        ("https://evil.com/admin", "https://evil.com"),
        (f"https://{SHOP}.evil.com/admin", f"https://{SHOP}.evil.com"),
        (f"https://{SHOP}@evil.com/admin", f"https://{SHOP}@evil.com"),
        (f"https://{SHOP}:444/admin", f"https://{SHOP}:444"),
        (f"http://{SHOP}/admin", f"http://{SHOP}"),
        (f"{SHOP}/admin", SHOP),
        (f"https://{SHOP}/admin", SHOP),
        (f"https://{SHOP}/admin\n", f"https://{SHOP}\n"),
        (f"https://{SHOP}/admin/../x", f"https://{SHOP}/x"),
        (f"https://{SHOP}", f"https://{SHOP}/admin"),
        (f"//{SHOP}/admin", f"//{SHOP}"),
        ("https://admin.shopify.com/store/lumen-and-loom", f"https://{SHOP}"),
        ("https:///admin", "https://"),
        ("https://" + "x" * 4_000, "https://" + "x"),
    ],
)
def test_t21_issuer_and_destination_must_be_one_shop_by_full_match(iss, dest):
    """Neither Node's library nor shopifyapp compares the two."""
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, token(iss=iss, dest=dest), NOW)


@pytest.mark.parametrize("aud", ["another-app", KEY.upper(), f"{KEY} ", [KEY], [KEY, "another-app"], {"key": KEY}])
def test_t21_a_token_for_another_app_is_refused(aud):
    """PyJWT also takes a list that holds our key; Shopify sends a text."""
    with pytest.raises(SessionRefused):
        EMBEDDING.visitor(APP, token(aud=aud), NOW)


def test_a_kid_in_a_token_that_our_secret_signed_changes_nothing():
    assert EMBEDDING.visitor(APP, token(header=HEAD | {"kid": "../../dev/null"}), NOW).domain == SHOP


def test_no_refusal_repeats_the_token():
    for forged in (token(secret="another"), token(exp=1), token(aud="canary"), token(payload=b"canary")):
        with pytest.raises(SessionRefused) as refused:
            EMBEDDING.visitor(APP, forged, NOW)
        assert forged not in str(refused.value)
        assert "canary" not in str(refused.value)


def host(place):
    return base64.b64encode(place.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "shop"),
    [
        (f"shop={SHOP}", SHOP),
        (f"embedded=1&hmac={'0' * 64}&locale=en&session=x&shop={SHOP}&timestamp=1&id_token=a.b.c", SHOP),
        (f"host={host('admin.shopify.com/store/lumen-and-loom')}", SHOP),
        (f"shop={SHOP}&host={host('admin.shopify.com/store/lumen-and-loom')}", SHOP),
        (f"shop={SHOP}&shopify-reload=%2Fshopify%3Fembedded%3D1", SHOP),
        (f"shop={SHOP}&host={host('admin.shopify.com/store/another')}", None),
        (f"shop={SHOP}&host={host('evil.com')}", None),
        (f"shop=evil.com&host={host('admin.shopify.com/store/lumen-and-loom')}", None),
        (f"shop={SHOP}&shop=evil.myshopify.com", None),
        ("shop=evil.com", None),
        (f"host={host('evil.com')}", None),
        (f"host={host('//evil')}", None),
        ("host=", None),
        ("", None),
        ("shop", None),
        ("%ff", None),
        ("x" * 100_000, None),
    ],
)
def test_t14_an_address_names_one_shop_or_none(query, shop):
    assert EMBEDDING.named(query) == shop


def test_the_page_may_be_framed_by_its_shop_and_the_admin_and_by_nobody_else():
    assert list(EMBEDDING.ancestors(APP, SHOP)) == [f"https://{SHOP}", "https://admin.shopify.com"]


def test_our_page_and_app_bridge_are_where_shopify_has_them():
    assert EMBEDDING.home(APP, SHOP) == f"https://admin.shopify.com/store/lumen-and-loom/apps/{KEY}"
    assert EMBEDDING.script(APP) == "https://cdn.shopify.com/shopifycloud/app-bridge.js"
