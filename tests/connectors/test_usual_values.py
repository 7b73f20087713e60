"""The readers of leaves take a short way for the usual value; here each is held against the rule spelled out."""

import re
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import wild
from connectors.shopify import ids

unhurried = settings(max_examples=1_000, deadline=None)
TEXTS = st.text(st.sampled_from("aé0 .-\t\n\x00\x0b\x7f\u00a0\u200b\u3000\ud800"), max_size=12) | st.text(max_size=20)
NUMBERS = st.text(st.sampled_from("0123456789.-+e ,\n"), max_size=18) | st.decimals(-(10**13), 10**13, places=2).map(
    str
)


@unhurried
@given(TEXTS, st.integers(1, 12))
def test_texts(value, limit):
    rule = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", value[: limit * 2]).strip()[:limit].rstrip() or None
    assert wild.text(value, limit) == rule


@unhurried
@given(NUMBERS)
def test_amounts(value):
    plain = re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", value.strip())
    rule = Decimal(plain[0]) if plain and abs(Decimal(plain[0])) < 10**12 else None
    assert wild.amount(value) == rule


@unhurried
@given(st.integers(-5, 1_000_005) | st.booleans() | st.sampled_from([1.0, 1.5, "3", "3.0", None, "x"]))
def test_counts(value):
    number = wild.amount(value)
    whole = number is not None and number == number.to_integral_value() and 0 <= number <= 1_000_000
    found = wild.whole(value)
    assert found == (int(number) if whole else None)
    assert type(found) in (int, type(None))


@unhurried
@given(st.integers(-5, 5) | st.integers(2**53 - 3, 2**53 + 3) | st.booleans())
def test_ids(value):
    given_id = wild.identifier(value)
    assert ids.exact(value) == given_id
    assert type(given_id) in (str, type(None))
