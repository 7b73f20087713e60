"""An order read from the API is judged as its webhook is, and holds nothing of who bought."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest

from connectors.errors import Unreachable
from connectors.event import Browser, Customer, Source, Standing, Stated
from connectors.money import Money
from connectors.shopify import history
from connectors.shopify.reading import read
from tests.rig.graphql_shop import LAST_PAGE, ORDER


def page(*nodes, info=LAST_PAGE, cursor=None):
    told = json.dumps({"nodes": list(nodes), "pageInfo": info}).encode()
    return history.page(read(told, history.Orders), cursor)


def past(**changes):
    [found] = page(ORDER | changes).orders
    return found


def order(**changes):
    return past(**changes).event.order


def test_an_order_is_told_with_its_ids_times_money_and_region():
    event = past().event
    assert (event.subject, event.order_id, event.order.id, event.order.number) == (*["5678901234567"] * 3, "1042")
    assert event.placed_at == datetime(2026, 11, 3, 9, 15, tzinfo=UTC)
    assert event.updated_at == datetime(2026, 11, 3, 9, 16, 30, tzinfo=UTC)
    assert event.amounts.total == Money(Decimal("119.0"), "EUR")
    assert event.amounts.shop == Money(Decimal("128.52"), "USD")
    assert event.region == ("DE", None)


def test_nothing_of_the_buyer_is_kept_though_a_careless_answer_holds_it():
    somebody = {"email": "jane@example.com", "phone": "+49 151 1", "clientIp": "203.0.113.9", "customer": {"id": "x"}}
    secret = [{"key": "_fbp", "value": "fb.1.1.2"}, {"key": "gift note", "value": "For Jane"}]
    address = ORDER["billingAddress"] | {"city": "Hamburg", "firstName": "Jane", "zip": "20095"}
    event = past(**somebody, billingAddress=address, customAttributes=secret).event
    assert (event.customer, event.browser, event.lines) == (Customer(), Browser(), ())
    told = msgspec.json.encode(event).decode()
    assert not [one for one in ("jane", "Jane", "Hamburg", "20095", "203.0", "fb.1", "151") if one in told]


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("AUTHORIZED", Standing.PAID),
        ("PARTIALLY_PAID", Standing.PAID),
        ("PAID", Standing.PAID),
        ("PARTIALLY_REFUNDED", Standing.PAID),
        ("PENDING", Standing.PLACED),
        ("REFUNDED", Standing.CANCELLED),
        ("VOIDED", Standing.CANCELLED),
        ("EXPIRED", Standing.UNPLACED),
        ("UNHEARD_OF", Standing.UNPLACED),
        (None, Standing.UNPLACED),
        (7, Standing.UNPLACED),
    ],
)
def test_each_financial_status_of_the_schema_has_its_standing(status, standing):
    assert order(displayFinancialStatus=status).standing is standing


def test_the_status_is_the_webhooks_word():
    assert order(displayFinancialStatus="PARTIALLY_PAID").status == "partially_paid"
    assert order(displayFinancialStatus=None).status == "unknown"


def test_cancelled_unconfirmed_and_test_orders_are_told_apart():
    assert order(cancelledAt="2026-11-04T00:00:00Z").standing is Standing.CANCELLED
    assert order(confirmed=False).standing is Standing.UNPLACED
    assert order(test=True).test
    assert not order().test


@pytest.mark.parametrize(
    ("name", "cart_token", "source"),
    [
        ("web", None, Source.WEBSITE),
        ("580111", "c1-0123", Source.WEBSITE),
        ("pos", None, Source.POS),
        ("shopify_draft_order", None, Source.DRAFT),
        ("subscription_contract_checkout_one", None, Source.SUBSCRIPTION),
        ("755357713", None, Source.OTHER),
        (None, None, Source.OTHER),
    ],
)
def test_each_source_is_judged_as_in_webhooks(name, cart_token, source):
    assert order(sourceName=name, cartToken=cart_token).source is source


@pytest.mark.parametrize(
    ("name", "app", "word"),
    [
        ("web", {"name": "Online Store"}, "web"),
        ("755357713", {"name": "Subscriptions & Co"}, "Subscriptions & Co"),
        ("755357713", None, "755357713"),
        ("755357713", {"name": None}, "755357713"),
        (None, {"name": "Subscriptions & Co"}, "Subscriptions & Co"),
        (None, None, "unknown"),
        ("", [], "unknown"),
    ],
)
def test_a_source_is_counted_by_shopifys_word_or_by_the_apps_name(name, app, word):
    assert past(sourceName=name, app=app).source == word


@pytest.mark.parametrize(
    ("gateways", "word"),
    [
        (["shopify_payments"], "shopify_payments"),
        (["shopify_payments", "gift_card"], "gift_card + shopify_payments"),
        (["gift_card", "shopify_payments", "gift_card"], "gift_card + shopify_payments"),
        (["d", "b", "e", "a", "c"], "a + b + c + d + e"),
        (["Cash on Delivery (COD)"], "Cash on Delivery (COD)"),
        ([], "unknown"),
        ([None, 7], "unknown"),
        (None, "unknown"),
    ],
)
def test_a_payment_is_counted_by_its_gateways_whatever_their_order(gateways, word):
    assert past(paymentGatewayNames=gateways).payment == word


def test_cash_on_delivery_is_known_by_its_gateway_while_pending():
    gateways = ["Cash on Delivery (COD)"]
    assert order(displayFinancialStatus="PENDING", paymentGatewayNames=gateways).cash_on_delivery
    assert not order(displayFinancialStatus="PAID", paymentGatewayNames=gateways).cash_on_delivery


@pytest.mark.parametrize(
    ("billing", "shipping", "region"),
    [
        (None, {"countryCodeV2": "US", "provinceCode": "CA"}, ("US", "CA")),
        ({"countryCodeV2": None, "provinceCode": None}, {"countryCodeV2": "US", "provinceCode": "CA"}, ("US", "CA")),
        (None, None, (None, None)),
        ([], "nonsense", (None, None)),
    ],
)
def test_the_region_is_billing_else_shipping_else_nobodys(billing, shipping, region):
    assert past(billingAddress=billing, shippingAddress=shipping).event.region == region


def test_our_own_consent_answer_is_read_and_a_refusal_wins():
    granted, refused = '{"marketing": true}', '{"marketing": false, "sale_of_data": false}'
    ours = [{"key": "_tandem_consent", "value": one} for one in (granted, refused)]
    assert past(customAttributes=ours[:1]).event.consent.marketing is Stated.GRANTED
    assert past(customAttributes=ours).event.consent.marketing is Stated.REFUSED
    assert past().event.consent.marketing is Stated.UNSTATED


UNREADABLE = [
    {"id": None},
    {"id": "gid://shopify/Order/x"},
    {"totalPriceSet": None},
    {"totalPriceSet": {"presentmentMoney": {"amount": "much", "currencyCode": "EUR"}}},
    {"totalPriceSet": {"presentmentMoney": {"amount": "1.0", "currencyCode": None}}},
]


@pytest.mark.parametrize("changes", UNREADABLE)
def test_an_unreadable_order_is_left_out_and_costs_no_other(changes):
    read_ones = page(ORDER | changes, None, 7, ORDER | {"id": "gid://shopify/Order/2"}).orders
    assert [one.event.subject for one in read_ones] == ["2"]


def test_an_order_listed_twice_is_told_once_in_its_place():
    first, second = ORDER | {"id": "gid://shopify/Order/1"}, ORDER | {"id": "gid://shopify/Order/2"}
    assert [one.event.subject for one in page(first, second, first).orders] == ["1", "2"]


def test_an_id_beyond_a_double_stays_exact():
    assert past(id="gid://shopify/Order/820982911946154508").event.subject == "820982911946154508"


def test_the_cursor_leads_on_until_the_last_page():
    assert page(ORDER, info={"hasNextPage": True, "endCursor": "c9"}).cursor == "c9"
    assert page(ORDER, info=LAST_PAGE).cursor is None


@pytest.mark.parametrize(
    "info",
    [None, {}, {"hasNextPage": True}, {"hasNextPage": True, "endCursor": ""}, {"hasNextPage": 1, "endCursor": "c"}],
)
def test_a_page_that_does_not_say_whether_it_is_the_last_is_not_taken_for_it(info):
    with pytest.raises(Unreachable):
        page(ORDER, info=info)


def test_a_page_that_leads_back_to_itself_ends_the_reading():
    with pytest.raises(Unreachable):
        page(ORDER, info={"hasNextPage": True, "endCursor": "c9"}, cursor="c9")


NOW = datetime(2026, 11, 24, 17, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "found"),
    [
        (NOW - timedelta(days=30), "created_at:>='2026-10-25T17:30:05Z'"),
        (datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2))), "created_at:>='2026-11-01T00:00:00Z'"),
        (NOW - timedelta(days=60), "created_at:>='2026-09-26T00:00:00Z'"),
        (datetime(2020, 1, 1, tzinfo=UTC), "created_at:>='2026-09-26T00:00:00Z'"),
    ],
)
def test_the_search_goes_back_as_far_as_asked_but_never_sixty_days(since, found):
    assert history.search(since, NOW) == found


def test_the_search_of_one_reading_stays_the_same_over_its_pages():
    long_ago = NOW - timedelta(days=365)
    assert history.search(long_ago, NOW) == history.search(long_ago, NOW + timedelta(hours=6))
