import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import MalformedPayload
from connectors.shopify.connector import CONNECTOR

FIXTURES = Path(__file__).parents[3] / "connectors" / "shopify" / "fixtures"
THEN = datetime(2026, 11, 20, 9, 30, 15, tzinfo=UTC)


def restaged(name, order_id=None, placed_at=THEN, domain="demo.myshopify.com"):
    body = (FIXTURES / f"{name}.json").read_bytes()
    return CONNECTOR.restage(body, order_id=order_id, placed_at=placed_at, domain=domain)


def told(name, topic, **changes):
    [message] = CONNECTOR.parse(topic, restaged(name, **changes))
    return message


def test_the_deed_is_at_the_time_asked_and_every_other_time_moves_with_it():
    event = told("orders_paid__after_bank_transfer", "orders/paid")
    assert event.placed_at == THEN
    assert event.updated_at - event.placed_at == timedelta(days=2, hours=13, minutes=27, seconds=39)
    assert json.loads(restaged("orders_paid__after_bank_transfer"))["created_at"] == "2026-11-20T11:30:15+02:00"


def test_a_refund_is_placed_by_its_processing():
    assert told("refunds_create__partial", "refunds/create").placed_at == THEN


def test_nothing_but_times_changes_unless_another_order_is_asked_for():
    before = json.loads((FIXTURES / "orders_paid__card.json").read_text())
    after = json.loads(restaged("orders_paid__card"))
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"created_at", "updated_at", "processed_at", "customer", "order_status_url"}


def test_another_order_has_its_own_id_number_and_tokens():
    first, second = (told("orders_paid__card", "orders/paid", order_id=order_id) for order_id in ("777001", "777002"))
    assert (first.order_id, second.order_id) == ("777001", "777002")
    assert first.order.number != second.order.number
    tokens = {event.order.checkout_token for event in (first, second)} | {
        event.order.cart_token for event in (first, second)
    }
    assert len(tokens) == 4


def test_the_gid_follows_the_id_even_beyond_2_to_the_53():
    body = json.loads(restaged("orders_paid__card", order_id="820982911946154508"))
    assert body["id"] == 820982911946154508
    assert body["admin_graphql_api_id"] == "gid://shopify/Order/820982911946154508"
    assert body["name"] == f"#{body['order_number']}"


def test_a_checkout_told_again_with_its_orders_id_still_leads_to_it():
    checkout = told("checkouts_create__with_email", "checkouts/create", order_id="777001")
    order = told("orders_paid__card", "orders/paid", order_id="777001")
    assert (
        checkout.subject == order.order.checkout_token != told("orders_paid__card", "orders/paid").order.checkout_token
    )
    assert (
        json.loads(restaged("checkouts_create__with_email", "777001"))["id"]
        == (json.loads(restaged("orders_paid__card", "777001"))["checkout_id"])
    )


def test_two_deliveries_of_one_order_are_still_of_one_order():
    pending = told("orders_create__pending_bank_transfer", "orders/create", order_id="777003")
    paid = told("orders_paid__after_bank_transfer", "orders/paid", order_id="777003")
    assert (pending.subject, pending.order.checkout_token) == (paid.subject, paid.order.checkout_token)


def test_another_orders_refund_is_another_refund():
    first, second = (
        told("refunds_create__partial", "refunds/create", order_id=order_id) for order_id in ("777001", "777002")
    )
    assert (first.order_id, second.order_id) == ("777001", "777002")
    assert first.subject != second.subject


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("app_uninstalled__shop", "app/uninstalled"),
        ("customers_redact__example", "customers/redact"),
        ("customers_data_request__example", "customers/data_request"),
        ("shop_redact__example", "shop/redact"),
    ],
)
def test_bodies_that_name_their_shop_name_the_one_asked_for(name, topic):
    assert told(name, topic, domain="127.0.0.1:9000", order_id="777001").site == "127.0.0.1:9000"


def test_an_order_without_tokens_gets_none():
    event = told("orders_create__unconfirmed_app_order", "orders/create", order_id="777001")
    assert (event.order.checkout_token, event.order.cart_token) == (None, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff"])
def test_what_is_no_object_cannot_be_told_again(body):
    with pytest.raises(MalformedPayload):
        CONNECTOR.restage(body, order_id=None, placed_at=THEN, domain="demo.myshopify.com")
