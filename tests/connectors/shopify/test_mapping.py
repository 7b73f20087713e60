import json
from datetime import UTC, datetime

import pytest

from connectors.errors import MalformedPayload, NotUsed
from connectors.event import Kind, PrivacyKind, PrivacyRequest, StoreUninstalled
from connectors.shopify.mapping import TOPICS, parse

BODIES = {
    "orders/create": "orders_create__pending_bank_transfer",
    "orders/paid": "orders_paid__card",
    "orders/updated": "orders_updated__partially_refunded",
    "orders/cancelled": "orders_cancelled__card",
    "checkouts/create": "checkouts_create__with_email",
    "checkouts/update": "checkouts_update__with_address",
    "refunds/create": "refunds_create__partial",
    "app/uninstalled": "app_uninstalled__shop",
    "customers/data_request": "customers_data_request__example",
    "customers/redact": "customers_redact__example",
    "shop/redact": "shop_redact__example",
}
SHAPE = {topic: topic if topic.startswith("customers") else topic.partition("/")[0] for topic in TOPICS}


def told(topic, body):
    return parse(topic, json.dumps(body).encode())


def test_every_topic_we_follow_has_a_body_to_try():
    assert set(BODIES) == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("other", TOPICS)
def test_a_body_is_believed_only_under_a_topic_it_looks_like(recorded, topic, other):
    """The topic header is unsigned: a signed customers/redact sent again as shop/redact must not erase the shop."""
    body = recorded(BODIES[other])
    if SHAPE[topic] == SHAPE[other]:
        assert len(told(topic, body)) == 1
    else:
        with pytest.raises(MalformedPayload, match=f"does not fit the topic {topic}"):
            told(topic, body)


@pytest.mark.parametrize("topic", ["", " ", "orders/delete", "carts/update", "../..", "order.created", "ORDERS_CREATE"])
def test_a_missing_or_unknown_topic_is_not_used_and_its_body_not_read(topic):
    with pytest.raises(NotUsed):
        parse(topic, b"not json")


def test_a_topic_in_capitals_is_the_same_topic(recorded):
    assert told("Orders/Paid ", recorded("orders_paid__card"))[0].kind is Kind.ORDER


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"true",
        b'{"id":',
        b"{}",
        b"NaN",
        b"[" * 100_000,
        b'{"id":1e999}',
        b"webhook_id=1",
    ],
)
def test_nonsense_is_malformed_under_every_topic(topic, body):
    with pytest.raises(MalformedPayload):
        parse(topic, body)


@pytest.mark.parametrize(
    "spoil", [lambda body: body.replace(b"Mira", b"M\xffra"), lambda body: body.decode().encode("utf-16")]
)
def test_w40_w42_a_body_that_is_not_utf_8_is_malformed(recorded, spoil):
    with pytest.raises(MalformedPayload):
        parse("orders/paid", spoil(json.dumps(recorded("orders_paid__card")).encode()))


def test_a_byte_order_mark_is_passed_over(recorded):
    assert parse("orders/paid", b"\xef\xbb\xbf" + json.dumps(recorded("orders_paid__card")).encode())


def test_a_draft_order_is_no_order(recorded):
    """Drafts carry order_id, null until they are completed."""
    with pytest.raises(MalformedPayload, match="does not fit"):
        told("orders/create", recorded("orders_create__draft", order_id=None))


def test_shopify_tells_no_time_of_payment(recorded):
    [event] = told("orders/paid", recorded("orders_paid__after_bank_transfer"))
    assert event.paid_at is None
    assert event.placed_at == datetime(2026, 10, 6, 17, 3, 5, tzinfo=UTC)
    assert event.updated_at == datetime(2026, 10, 9, 6, 30, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    "bad",
    [
        ...,
        None,
        "yesterday",
        "2026-10-05T10:12:31",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        1791187951,
        "2026-10-05T10:12:60Z",
    ],
)
def test_an_unreadable_time_is_none_and_not_a_guess(order, bad):
    event = order(created_at=bad, updated_at=bad)
    assert (event.placed_at, event.updated_at) == (None, None)


@pytest.mark.parametrize(("number", "text"), [(1017, "1017"), ("1017", "1017"), (None, None), (..., None), ([], None)])
def test_the_number_is_order_number_without_the_merchants_prefix(order, number, text):
    assert order(order_number=number, name="SBL1017").order.number == text


@pytest.mark.parametrize("bad", [..., None, "", 7, []])
def test_a_checkout_without_a_token_is_malformed(checkout, bad):
    with pytest.raises(MalformedPayload, match="token is missing"):
        checkout(token=bad)


def test_a_checkout_is_no_order(checkout):
    event = checkout()
    assert (event.kind, event.order, event.order_id) == (Kind.CHECKOUT_STARTED, None, None)


def test_a_checkouts_token_is_the_checkout_token_of_the_order_it_becomes(checkout, order):
    assert checkout().subject == order().order.checkout_token


@pytest.mark.parametrize(
    "transactions",
    [[], None, {}, [None], [{"kind": "refund", "status": "success", "amount": "0.00", "currency": "EUR"}]],
)
def test_a_refund_that_paid_nothing_back_is_not_used(refund, transactions):
    """Shopify's own test notification has none: the goods came back, no money went."""
    with pytest.raises(NotUsed, match="paid nothing back"):
        refund(transactions=transactions)


def test_a_refund_is_dated_by_its_processing_else_its_creation(refund):
    assert refund(created_at="2026-10-01T00:00:00Z").placed_at == datetime(2026, 10, 12, 13, 40, 2, tzinfo=UTC)
    assert refund(processed_at=None).placed_at == datetime(2026, 10, 12, 13, 40, 2, tzinfo=UTC)
    assert refund(processed_at=None, created_at=None).placed_at is None


def test_an_uninstall_names_the_shop_of_its_body(recorded):
    assert told("app/uninstalled", recorded("app_uninstalled__shop", myshopify_domain="Demo.MyShopify.com")) == [
        StoreUninstalled(site="demo.myshopify.com", shop_id="70055100011")
    ]


def test_shopifys_own_test_uninstall_names_no_shop(recorded):
    assert told("app/uninstalled", recorded("app_uninstalled__shop", myshopify_domain=None)) == [
        StoreUninstalled(site=None, shop_id="70055100011")
    ]


def test_a_redaction_for_a_customer_without_orders_is_still_a_demand(recorded):
    [demand] = told("customers/redact", recorded("customers_redact__example", orders_to_redact=[]))
    assert (demand.kind, demand.order_ids, demand.customer_id) == (PrivacyKind.CUSTOMER_ERASURE, (), "8123450000101")


@pytest.mark.parametrize("junk", [None, [], "x", 7])
def test_a_redaction_without_a_readable_customer_is_still_recorded(recorded, junk):
    [demand] = told(
        "customers/redact", recorded("customers_redact__example", customer=junk, orders_to_redact=[5, None, "x", True])
    )
    assert demand == PrivacyRequest(
        PrivacyKind.CUSTOMER_ERASURE, site="lumen-and-loom.myshopify.com", order_ids=("5",), shop_id="70055100011"
    )


def test_a_data_request_names_its_orders(recorded):
    [demand] = told("customers/data_request", recorded("customers_data_request__example"))
    assert demand.kind is PrivacyKind.CUSTOMER_DATA
    assert demand.order_ids == ("6310000000101", "6310000000109")


def test_no_message_about_a_malformed_body_holds_a_value_of_it(recorded):
    secret = "mira.vogel@example.com"
    for field in ("id", "total_price", "currency"):
        body = recorded("orders_paid__card", total_price_set=None) | {field: secret}
        with pytest.raises(MalformedPayload) as caught:
            told("orders/paid", body)
        assert secret not in str(caught.value)
