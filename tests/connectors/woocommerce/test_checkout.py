import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import ConnectorError, MalformedPayload
from connectors.event import Customer, Kind, Line, Stated
from connectors.money import Money
from connectors.woocommerce.mapping import parse

FOLDER = Path(__file__).parents[3] / "connectors/woocommerce/fixtures"
GUEST = json.loads((FOLDER / "checkout_created__guest.json").read_bytes())
TOKEN = "0123456789abcdef0123456789ABCDEF"
ODD = [None, "", "odd", [], {}, 5, True, 1.5, [None], {"a": 1}]


def begun(**changes):
    [event] = parse("checkout.created", json.dumps(GUEST | changes).encode())
    return event


def test_a_checkout_is_begun_once_however_often_it_is_told():
    event, again = begun(checkout_token=TOKEN), begun(checkout_token=TOKEN, billing={"email": "new@example.com"})
    assert (event.kind, event.subject, again.subject) == (Kind.CHECKOUT_STARTED, TOKEN, TOKEN)
    assert (event.order, event.order_id, event.updated_at) == (None, None, None)


def test_it_has_the_time_it_was_begun_in_utc_and_the_site_and_page_of_the_store():
    event = begun()
    assert event.placed_at == datetime(2026, 11, 24, 14, 2, 7, tzinfo=UTC)
    assert (event.site, event.browser.page) == ("laden.example.com", "https://laden.example.com/")


def test_its_worth_is_the_subtotal_as_the_shop_shows_it_and_shipping_is_not_known_yet():
    amounts = begun(subtotal="36.00").amounts
    assert amounts.total == amounts.shop == Money(Decimal("36.00"), "EUR")
    assert (amounts.subtotal, amounts.shipping, amounts.tax) == (Decimal("36.00"), 0, 0)


def test_without_a_subtotal_the_items_make_it():
    items = [
        {"quantity": 2, "total": "10.00", "total_tax": "1.90"},
        {"quantity": 1, "total": "5.00", "total_tax": "0.95"},
    ]
    assert begun(subtotal=None, line_items=items, prices_include_tax=True).amounts.subtotal == Decimal("17.85")
    assert begun(subtotal=None, line_items=items, prices_include_tax=False).amounts.subtotal == Decimal("15.00")


@pytest.mark.parametrize("subtotal", ["", "abc", "12,50", "1e3", "-1", True, [], {}])
def test_a_checkout_whose_worth_cannot_be_read_is_malformed(subtotal):
    with pytest.raises(MalformedPayload, match=r"^The checkout's subtotal is unreadable\.$"):
        begun(subtotal=subtotal)


def test_a_checkout_without_a_subtotal_and_without_items_is_malformed():
    with pytest.raises(MalformedPayload):
        begun(subtotal=None, line_items=[])


@pytest.mark.parametrize("currency", [None, "", "US$", "dollars", 840, True])
def test_a_checkout_without_a_readable_currency_is_malformed(currency):
    with pytest.raises(MalformedPayload, match=r"^The checkout's currency is unreadable\.$"):
        begun(currency=currency)


@pytest.mark.parametrize("token", [*ODD, "0" * 31, "0" * 33, "z" * 32, f"{'0' * 32}\n", 10**31])
def test_a_checkout_without_a_token_of_32_hexadecimal_digits_is_malformed(token):
    """Half a token is another checkout's, and the Pixel gives the same text as its event's id."""
    with pytest.raises(MalformedPayload, match="32 hexadecimal digits"):
        begun(checkout_token=token)


def test_an_order_under_this_topic_is_malformed_and_a_checkout_under_an_orders(card):
    """The topic is not signed."""
    for topic, document in (
        ("checkout.created", card),
        ("checkout.created", {"id": 86}),
        ("checkout.created", {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 403}}),
        ("checkout.created", GUEST | {"id": 5}),
        ("checkout.created", GUEST | {"status": "processing"}),
        ("order.created", GUEST),
        ("order.deleted", GUEST),
    ):
        with pytest.raises(MalformedPayload):
            parse(topic, json.dumps(document).encode())


def test_its_lines_are_read_as_an_orders():
    items = [
        {"product_id": 18, "variation_id": 20, "sku": "M", "quantity": 2, "total": "10.00", "total_tax": "1.90"},
        {"product_id": 5, "quantity": 0, "total": "1.00"},
        *ODD,
    ]
    assert begun(line_items=items).lines == (Line(2, Decimal("5.95"), "18", "20", "M"),)


def test_the_shopper_is_whoever_is_typed_in_so_far():
    assert begun().customer.email == "Mira@example.com"
    assert begun().region == ("DE", "HB")
    assert begun(customer_id=31).customer.id == "31"
    assert begun(customer_id=0).customer.id is None
    assert begun(billing={}).customer == Customer()


def test_the_browser_and_consent_are_those_our_plugin_saw():
    browser = begun().browser
    assert (browser.ip, browser.fbclid) == ("203.0.113.41", "IwConstructedClickOfMira-05_aem_Zero")
    assert browser.user_agent.startswith("Mozilla/5.0 (iPhone")
    assert begun().consent.marketing is Stated.GRANTED
    assert begun(meta_data=[]).consent.marketing is Stated.UNSTATED


@pytest.mark.parametrize(
    "field", ["created_at_gmt", "line_items", "billing", "meta_data", "_links", "prices_include_tax", "customer_id"]
)
@pytest.mark.parametrize("value", ODD)
def test_an_odd_field_never_costs_the_checkout(field, value):
    assert begun(**{field: value}).subject == GUEST["checkout_token"]


def test_token_subtotal_and_currency_are_all_it_needs():
    least = {name: GUEST[name] for name in ("checkout_token", "subtotal", "currency")}
    [event] = parse("checkout.created", json.dumps(least).encode())
    assert (event.subject, event.placed_at, event.lines, event.site) == (GUEST["checkout_token"], None, (), None)


def test_an_order_and_the_checkout_that_led_to_it_name_one_token_and_one_browser():
    order = parse("order.created", (FOLDER / "order_created__frozen_by_our_plugin.json").read_bytes())[0]
    assert order.order.checkout_token == begun().subject
    assert (order.browser, order.consent) == (begun().browser, begun().consent)


def test_an_order_changed_from_elsewhere_has_still_the_shoppers_browser():
    placed, changed = (
        parse("order.updated", (FOLDER / f"{name}.json").read_bytes())[0]
        for name in ("order_created__frozen_by_our_plugin", "order_updated__changed_from_elsewhere")
    )
    assert changed.browser == placed.browser
    assert changed.updated_at > placed.updated_at


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*GUEST, "id", "status"]), _anything, max_size=5))
def test_whatever_a_checkout_holds_nothing_but_a_connector_error_is_raised(changes):
    with suppress(ConnectorError):
        begun(**changes)
