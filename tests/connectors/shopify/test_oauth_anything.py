"""Anything anywhere: a query or a token is taken, or refused by the one error of its door."""

from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import RequestRefused, SessionRefused
from connectors.shopify import queries
from connectors.shopify.oauth import OAUTH
from connectors.shopify.sessions import EMBEDDING
from tests.rig.token_shop import APP, CODE, NOW, SECONDS, SHOP, STATE, claims, digest, token

TEXT = st.text(st.characters(codec=None), max_size=60)
PLAIN = st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=40)
KEYS = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True).filter(
    lambda key: key not in {"hmac", "signature", "shop", "host", "timestamp", "code", "state"}
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = sorted(claims())


@given(TEXT | st.text("shop=hmac&%[]+;.myshopify.com0123456789", max_size=200))
def test_any_query_is_judged_or_refused(query):
    for judge in (OAUTH.asked, OAUTH.returned):
        try:
            judge(APP, query, NOW)
        except RequestRefused:
            continue
    assert EMBEDDING.named(query) is None or EMBEDDING.named(query).endswith(".myshopify.com")


@settings(max_examples=200)
@given(st.dictionaries(KEYS, PLAIN, max_size=10), st.sampled_from([queries.raw_form, queries.encoded_form]))
def test_whatever_values_shopify_adds_a_query_it_signed_is_taken_and_a_changed_one_is_not(more, form):
    values = {**more, "shop": SHOP, "code": CODE, "state": STATE, "timestamp": str(SECONDS)}
    signed = values | {"hmac": digest(form(values))}
    assert OAUTH.returned(APP, urlencode(signed), NOW).domain == SHOP
    for key in more:
        try:
            OAUTH.returned(APP, urlencode(signed | {key: values[key] + "x"}), NOW)
        except RequestRefused:
            continue
        raise AssertionError(key)


@settings(max_examples=200)
@given(st.dictionaries(KEYS, PLAIN, max_size=6), st.dictionaries(KEYS, PLAIN, max_size=6))
def test_two_queries_that_differ_are_never_signed_alike(one, other):
    """Or a signature over the one would open the door to the other."""
    if one != other:
        assert queries.raw_form(one) != queries.raw_form(other)
        assert queries.encoded_form(one) != queries.encoded_form(other)


@given(TEXT | st.binary() | ANY)
def test_any_token_is_judged_or_refused(text):
    try:
        EMBEDDING.visitor(APP, text, NOW)
    except SessionRefused:
        return
    raise AssertionError(text)


@settings(max_examples=300)
@given(st.sampled_from(CLAIMS), ANY)
def test_any_claim_that_our_secret_signed_is_judged_or_refused(name, value):
    try:
        visitor = EMBEDDING.visitor(APP, token(**{name: value}), NOW)
    except SessionRefused:
        return
    assert visitor.domain == SHOP
    assert 0 < len(visitor.user) < 256


@given(st.binary(max_size=300))
def test_any_payload_that_our_secret_signed_is_refused(payload):
    try:
        EMBEDDING.visitor(APP, token(payload=payload), NOW)
    except SessionRefused:
        return
    raise AssertionError(payload)
