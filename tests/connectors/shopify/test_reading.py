"""A body may be read by a short road and by a long one; what it tells must not depend on the road."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.shopify import amounts, reading, shopper
from connectors.shopify.shapes import CheckoutBody, LineItem, OrderBody, RefundBody, UsualLine

FIXTURES = Path(__file__).parents[3] / "connectors" / "shopify" / "fixtures"
ORDERS = [path.read_bytes() for path in sorted(FIXTURES.glob("orders_*.json")) if ".event." not in path.name]
CHECKOUTS = [path.read_bytes() for path in sorted(FIXTURES.glob("checkouts_*.json")) if ".event." not in path.name]
REFUNDS = [path.read_bytes() for path in sorted(FIXTURES.glob("refunds_*.json")) if ".event." not in path.name]
PLACES = [
    *[(body, OrderBody[LineItem]) for body in ORDERS],
    *[(body, CheckoutBody[LineItem]) for body in CHECKOUTS],
    *[(body, RefundBody) for body in REFUNDS],
]

ODD: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2**53,
        2**53 + 1,
        2**64,
        10**30,
        1.5,
        "",
        " ",
        "12.50",
        " 12.50",
        "12,50",
        "-3.00",
        "1e3",
    ),
    *("USD", "usd", "EUR", "XXX", "\x00\n", "\u00a0", "é", "x" * 2_000, "9" * 40, [], {}, [None], [{}], ["a"], [[]]),
    {"amount": "1.00", "currency_code": "EUR"},
    {"presentment_money": {"amount": "5.00", "currency_code": "EUR"}},
    {"presentment_money": []},
    {"first_name": 5, "city": "Z"},
    [{"name": "_fbp", "value": "fb.1.2.3"}, {"name": [], "value": 1}],
    {"_fbp": "fb.1.1.1"},
]
unhurried = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, member in members for found in [(*path, key), *places(member, (*path, key))]]


@st.composite
def spoilt(draw: st.DrawFn, choices: list[Any]) -> tuple[bytes, Any]:
    """A whole body with an odd value in up to three places at any depth, or with a part gone."""
    body, shape = choices[draw(st.integers(0, len(choices) - 1))]
    told = json.loads(body)
    for _ in range(draw(st.integers(0, 3))):
        ways = places(told)
        *way, last = ways[draw(st.integers(0, len(ways) - 1))]
        part = told
        for key in way:
            part = part[key]
        if draw(st.booleans()):
            part[last] = deepcopy(ODD[draw(st.integers(0, len(ODD) - 1))])
        elif isinstance(part, dict):
            del part[last]
    return json.dumps(told).encode(), shape


@unhurried
@given(spoilt(PLACES))
def test_one_pass_reads_what_part_by_part_is_read(case: tuple[bytes, Any]) -> None:
    body, shape = case
    try:
        at_once = wild.decode(body, shape)
    except MalformedPayload:
        return
    assert at_once == reading.tolerantly(body, shape)


def test_our_fixtures_go_the_short_road() -> None:
    """Else the property above would say nothing."""
    for body in ORDERS:
        assert wild.decode(body, OrderBody[LineItem])
    usual = [body for body in ORDERS if all(line["variant_id"] for line in json.loads(body)["line_items"])]
    read = [reading.read(body, OrderBody[UsualLine], OrderBody[LineItem]) for body in usual]
    assert {type(line) for order in read for line in order.line_items} == {UsualLine}


@unhurried
@given(spoilt([(body, None) for body in ORDERS]), st.sampled_from(["EUR", "USD", "CHF", "JPY"]))
def test_usual_lines_tell_what_odd_ones_tell(case: tuple[bytes, Any], currency: str) -> None:
    try:
        usual = wild.decode(case[0], OrderBody[UsualLine])
    except MalformedPayload:
        return
    odd = wild.decode(case[0], OrderBody[LineItem])
    assert amounts.lines(usual, currency) == amounts.lines(odd, currency)


def test_a_part_of_another_shape_counts_as_absent_and_its_neighbours_stay() -> None:
    body = json.dumps({"customer": [], "billing_address": {"city": "Bonn"}, "line_items": [7, {"sku": "A"}, None]})
    read = reading.read(body.encode(), OrderBody[UsualLine], OrderBody[LineItem])
    assert (read.customer, read.billing_address.city, [line.sku for line in read.line_items]) == (None, "Bonn", ["A"])
    assert read.financial_status is msgspec.UNSET


def test_half_an_emoji_in_a_part_does_not_cost_the_part() -> None:
    body = b'{"id":1,"customer":{"first_name":"\\ud83d Ada","email":"ada@example.com"},"line_items":[]}'
    read = reading.read(body, OrderBody[UsualLine], OrderBody[LineItem])
    assert (read.customer.first_name, read.customer.email) == ("\ufffd Ada", "ada@example.com")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"id":', b"\xff{}", b'{"id":NaN}', b'{"id":1,"id":2}'])
def test_what_is_no_object_told_once_is_refused_on_every_road(body: bytes) -> None:
    for shape in (OrderBody[UsualLine], OrderBody[LineItem]):
        with pytest.raises(MalformedPayload):
            reading.read(body, shape)


def as_the_library_reads(landing_site: str) -> str | None:
    """`urlsplit` and `parse_qs`, which build all of what one field is wanted of."""
    try:
        address = wild.text(landing_site, 65_536) or ""
        found = parse_qs(urlsplit(address).query, max_num_fields=200).get("fbclid", [None])[0]
    except ValueError:
        return None
    cleaned = wild.text(found)
    return cleaned if cleaned and len(cleaned) < wild.MAX_TEXT else None


_fields = st.sampled_from(
    "fbclid=IwAR1 fbclid= fbclid %66bclid=IwAR2 fbcl%69d=a%20b fbclid=a+b fbclid=%E9 fbclid=%ff FBCLID=3 +fbclid=4 "
    "fb+clid=5 utm=a%26b x=1 = & ; fbclid==6 a[]=7 fbclid=%00x".split(" ")
)
_fronts = st.sampled_from(
    ["/", "//shop.example/", "/a?", "https://shop.example", "http://[x", "", " /", "/a\tb", "/a#b", "a:b"]
)


@unhurried
@given(
    _fronts, st.sampled_from(["?", "", "#?", "??"]), st.lists(_fields, max_size=5), st.sampled_from(["", "#x?fbclid=9"])
)
def test_a_click_id_is_found_as_the_library_finds_it(front: str, mark: str, fields: list[str], end: str) -> None:
    landing_site = front + mark + "&".join(fields) + end
    assert shopper._fbclid(landing_site) == as_the_library_reads(landing_site)


@pytest.mark.parametrize("others", [198, 199, 200, 201])
def test_an_address_of_too_many_fields_has_no_click_id(others: int) -> None:
    landing_site = "/?" + "a=1&" * others + "fbclid=IwAR1"
    assert shopper._fbclid(landing_site) == as_the_library_reads(landing_site) == ("IwAR1" if others < 200 else None)
