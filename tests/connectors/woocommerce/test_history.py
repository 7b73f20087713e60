"""An order listed by the API is judged as its webhook is, and holds nothing of who bought."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connectors.errors import ConnectorError, Unreachable
from connectors.event import Browser, Customer, Source, Standing, Stated
from connectors.money import Money
from connectors.woocommerce import history
from connectors.woocommerce.mapping import parse

FOLDER = Path(__file__).parents[3] / "connectors/woocommerce/fixtures"
BODIES = [path for path in sorted(FOLDER.glob("order_*__*.json")) if not path.name.endswith(".event.json")]
SINCE = datetime(2026, 10, 25, 17, 30, 5, tzinfo=UTC)

ORDER = {
    "id": 1042,
    "number": "1042",
    "status": "processing",
    "created_via": "checkout",
    "payment_method": "stripe",
    "currency": "EUR",
    "total": "41.83",
    "total_tax": "6.68",
    "shipping_total": "4.90",
    "shipping_tax": "0.93",
    "prices_include_tax": True,
    "date_created_gmt": "2026-11-03T09:15:00",
    "date_modified_gmt": "2026-11-03T09:16:30",
    "date_paid_gmt": "2026-11-03T09:16:00",
    "billing": {"country": "DE", "state": "DE-BE"},
    "shipping": {"country": "FR"},
    "meta_data": [],
}


def page(*elements, cursor=None, total_pages=1):
    return history.page(json.dumps(elements).encode(), cursor, total_pages)


def past(**changes):
    [found] = page(ORDER | changes).orders
    return found


def order(**changes):
    return past(**changes).event.order


def kept(*values, key="_tandem_consent"):
    return [{"id": number, "key": key, "value": value} for number, value in enumerate(values)]


def test_the_question_is_for_orders_by_their_placing_and_for_nothing_of_who_bought():
    asked = history.query(SINCE.astimezone(timezone(timedelta(hours=2))), None)
    assert asked | {"_fields": "", "include_meta": ""} == {
        "status": "any",
        "dates_are_gmt": "true",
        "after": "2026-10-25T17:30:04",
        "orderby": "date",
        "order": "asc",
        "per_page": "100",
        "page": "1",
        "_fields": "",
        "include_meta": "",
    }
    fields = set(asked["_fields"].split(","))
    assert {field for field in fields if "." in field} == {
        f"{one}.{part}" for one in ("billing", "shipping") for part in ("country", "state")
    }
    personal = ("billing", "shipping", "customer", "line_items", "payment_url", "order_key", "transaction_id")
    assert not fields.intersection((*personal, "customer_id", "customer_ip_address", "customer_user_agent"))
    assert asked["include_meta"].split(",") == ["_tandem_consent", "_wcpay_mode", "_ppcp_paypal_payment_mode"]


def test_an_order_is_told_with_its_ids_times_money_and_region():
    event = past().event
    assert (event.subject, event.order_id, event.order.id, event.order.number) == ("1042",) * 4
    assert event.placed_at == datetime(2026, 11, 3, 9, 15, tzinfo=UTC)
    assert event.paid_at == datetime(2026, 11, 3, 9, 16, tzinfo=UTC)
    assert event.updated_at == datetime(2026, 11, 3, 9, 16, 30, tzinfo=UTC)
    assert event.amounts.total == event.amounts.shop == Money(Decimal("41.83"), "EUR")
    assert event.region == ("DE", "BE")


def test_what_the_items_cost_follows_from_the_rest():
    """With tax where the shop shows it with tax; fees, which are in no other part, count as items."""
    assert past().event.amounts.subtotal == Decimal("36.00")
    without = past(
        prices_include_tax=False, total="29.76", total_tax="2.27", shipping_total="7.50", shipping_tax="0.62"
    )
    assert without.event.amounts.subtotal == Decimal("19.99")


def test_nothing_of_the_buyer_is_kept_though_a_careless_answer_holds_it():
    place = {
        "first_name": "Jane",
        "city": "Hamburg",
        "postcode": "20095",
        "email": "jane@example.com",
        "phone": "+49 1",
    }
    changes = {
        "billing": {"country": "DE", **place},
        "customer_id": 77,
        "customer_ip_address": "203.0.113.9",
        "customer_user_agent": "Mozilla",
        "line_items": [{"product_id": 5, "quantity": 1, "total": "5.00"}],
        "meta_data": [*kept("fb.1.1.2", key="_fbp"), *kept("203.0.113.8", key="_tandem_ip"), *kept("Jane", key="gift")],
        "payment_url": "https://shop.example.com/?key=wc_order_x",
        "_links": {"self": [{"href": "https://shop.example.com/"}]},
    }
    event = past(**changes).event
    assert (event.customer, event.browser, event.lines) == (Customer(), Browser(), ())
    said = msgspec.json.encode(event).decode()
    private = ("jane", "Jane", "Hamburg", "20095", "203.0", "fb.1", "Mozilla", "wc_order", '"77"')
    assert not [one for one in private if one in said]


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_every_constructed_order_is_judged_as_its_webhook_is(path):
    body, topic = path.read_bytes(), path.stem.partition("__")[0].replace("_", ".", 1)
    try:
        told = parse(topic, body)[0]
    except ConnectorError:
        told = None
    found = page(json.loads(body)).orders
    if told is None or told.order is None or told.order.status == "checkout-draft":
        assert found == ()
        return
    event = found[0].event
    assert msgspec.structs.replace(event.order, checkout_token=told.order.checkout_token) == told.order
    assert (event.placed_at, event.paid_at, event.updated_at) == (told.placed_at, told.paid_at, told.updated_at)
    assert (event.amounts.total, event.consent, event.region) == (told.amounts.total, told.consent, told.region)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.PAID),
        ({"status": "on-hold", "date_paid_gmt": None}, Standing.PLACED),
        ({"status": "failed", "date_paid_gmt": None}, Standing.UNPLACED),
        ({"status": "refunded"}, Standing.CANCELLED),
        ({"payment_method": "cod", "date_paid_gmt": None}, Standing.PLACED),
    ],
)
def test_each_status_has_its_standing(changes, standing):
    assert order(**changes).standing is standing


def test_an_order_by_hand_and_one_paid_in_test_mode_are_told_apart():
    assert order(created_via="admin").source is Source.DRAFT
    assert order(meta_data=kept("test", key="_wcpay_mode")).test
    assert not order().test


def test_source_and_payment_are_counted_by_the_stores_own_words():
    assert (past().source, past().payment) == ("checkout", "stripe")
    odd = past(created_via="", payment_method=None)
    assert (odd.source, odd.payment) == ("unknown", "unknown")
    assert len(past(created_via="x" * 5_000).source) == 100


def test_our_own_consent_answer_is_read_and_a_refusal_wins():
    granted, refused = '{"marketing": true}', '{"marketing": false}'
    assert past(meta_data=kept(granted)).event.consent.marketing is Stated.GRANTED
    assert past(meta_data=kept(granted, refused)).event.consent.marketing is Stated.REFUSED
    assert past().event.consent.marketing is Stated.UNSTATED


def test_a_draft_of_the_checkout_page_is_left_out():
    """Quirk: 10.0.2 lists them among the orders."""
    assert page(ORDER | {"status": "checkout-draft"}).orders == ()


@pytest.mark.parametrize(
    "changes",
    [{"id": None}, {"id": "x"}, {"total": None}, {"total": "much"}, {"currency": ""}, {"status": None}, {"status": []}],
)
def test_an_unreadable_order_is_left_out_and_costs_no_other(changes):
    read = page(ORDER | changes, None, 7, [], ORDER | {"id": 2}).orders
    assert [one.event.subject for one in read] == ["2"]


def test_an_order_listed_twice_is_told_once_in_its_place():
    assert [one.event.subject for one in page(*(ORDER | {"id": one} for one in (1, 2, 1))).orders] == ["1", "2"]


def test_the_cursor_leads_on_until_the_last_page():
    assert page(ORDER, total_pages=3).cursor == "2"
    assert history.query(SINCE, "2")["page"] == "2"
    assert page(ORDER, cursor="2", total_pages=3).cursor == "3"
    assert page(ORDER, cursor="3", total_pages=3).cursor is None


def test_where_pages_are_not_counted_an_empty_one_is_the_last():
    assert page(ORDER, total_pages=None).cursor == "2"
    assert page(cursor="2", total_pages=None).cursor is None
    assert page(cursor="2", total_pages=10**9).cursor is None


@pytest.mark.parametrize("body", [b"", b"null", b'{"code":"x","data":{"status":500}}', b"<html>", b"["])
def test_an_answer_that_is_no_list_is_no_answer(body):
    with pytest.raises(Unreachable):
        history.page(body, None, 1)
