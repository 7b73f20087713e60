import json
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import AccessLost, ConnectorError, MalformedPayload, NotUsed
from connectors.event import Event, Kind, Standing
from connectors.money import Money
from connectors.woocommerce.mapping import parse
from connectors.woocommerce.shapes import Address, LineItem, Meta, OrderBody, Refund
from connectors.woocommerce.webhooks import TOPICS

OWN = {"self": [{"href": "https://Shop.Example.com:443/wp-json/wc/v3/orders/2041"}]}


def error_object(status, code="woocommerce_rest_cannot_view"):
    return json.dumps({"code": code, "message": "Sorry.", "data": {"status": status}}).encode()


@pytest.mark.parametrize(
    "topic",
    [
        *("action.woocommerce_payment_complete", "coupon.created", "product.updated", "customer.created"),
        *("", "Order.Created", "order.paid", "order.created "),
    ],
)
def test_a_topic_we_do_not_follow_is_not_used_whatever_its_body(topic):
    """W87."""
    for body in (b'{"id":5}', b"webhook_id=1", b""):
        with pytest.raises(NotUsed):
            parse(topic, body)


def test_a_deletion_tells_an_id_and_no_more():
    """W88."""
    assert parse("order.deleted", b'{"id":86}') == [Event(Kind.ORDER_DELETED, subject="86", order_id="86")]


def test_a_restored_order_is_revived(told):
    assert told(topic="order.restored")[0].revives is True
    assert told(topic="order.updated")[0].revives is False


@pytest.mark.parametrize("topic", ["order.created", "order.updated"])
def test_an_order_is_told_alike_by_every_topic(told, topic):
    """Quirk: order.created carries the order as it is when the queue runs, and is not sent again after a failure."""
    assert told(topic=topic) == told(topic="order.updated")


def test_topic_and_body_must_agree(told):
    """The topic is not signed: an order sent again as order.deleted must delete nothing."""
    with pytest.raises(MalformedPayload):
        told(topic="order.deleted")
    with pytest.raises(MalformedPayload):
        told(topic="order.deleted", status=None)
    with pytest.raises(MalformedPayload):
        parse("order.deleted", b'{"id":86,"status":"processing"}')
    for topic in ("order.created", "order.updated", "order.restored"):
        with pytest.raises(MalformedPayload):
            parse(topic, b'{"id":86}')


@pytest.mark.parametrize("status", [None, "", 5, [], {"a": 1}])
def test_a_body_without_a_status_is_no_order(told, status):
    with pytest.raises(MalformedPayload):
        told(status=status)


@pytest.mark.parametrize("status", [401, 403, "403"])
def test_a_signed_error_says_that_access_is_lost(status):
    """W89. Quirk: the webhook's user lost its role (403) or was deleted (401); WooCommerce counts it as delivered."""
    with pytest.raises(AccessLost, match=r"Reconnect the store\.$"):
        parse("order.updated", error_object(status))


def test_an_order_deleted_for_good_before_its_delivery_is_not_used():
    """Quirk: the payload is built at delivery."""
    with pytest.raises(NotUsed, match=r"^The order was deleted before WooCommerce could tell of it\.$"):
        parse("order.created", error_object(404, "woocommerce_rest_shop_order_invalid_id"))


def test_a_webhook_made_through_the_old_api_can_only_send_errors():
    """Quirk: wc/v1 under HPOS."""
    with pytest.raises(NotUsed, match="wc/v1"):
        parse("order.updated", error_object(404, "woocommerce_rest_invalid_shop_order_id"))


@pytest.mark.parametrize("status", [404, 500, None, "x"])
def test_any_other_error_object_is_not_used(status):
    with pytest.raises(NotUsed, match=r"^WooCommerce sent an error instead of the order\.$"):
        parse("order.updated", error_object(status, "some_plugins_error"))


def test_an_order_to_which_a_plugin_added_a_code_is_still_an_order(told):
    assert told(code="SUMMER", data={"status": 403})[0].subject == "2041"


@pytest.mark.parametrize("body", [b'{"code":"x"}', b'{"code":5,"data":{"status":403}}', b'{"code":"x","data":[]}'])
def test_what_only_resembles_an_error_object_is_malformed(body):
    with pytest.raises(MalformedPayload):
        parse("order.updated", body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="W37 empty"),
        pytest.param(b"webhook_id=1", id="W36 a form"),
        *(pytest.param(body, id=f"W38 {body.decode()}") for body in (b"null", b"[]", b'"x"', b"1", b"true")),
        pytest.param(b'{"id":1,"status":"pro', id="W39 truncated"),
        pytest.param(b'{"id":1,"status":"\xff"}', id="W40 not UTF-8"),
        pytest.param('{"id":1}'.encode("utf-16"), id="W42 UTF-16"),
        pytest.param(b'{"id":NaN}', id="W43 NaN"),
        pytest.param(b'{"id":1e999}', id="W43 beyond numbers"),
        pytest.param(b'{"id":' + b"9" * 5_000 + b"}", id="W44 5,000 digits"),
        pytest.param(b'{"id":' + b"[" * 100_000, id="W45 deep"),
        pytest.param(b"[" * 100_000, id="W45 deeper"),
        pytest.param(
            b"<br />\n<b>Notice</b>: Undefined variable\n" + b'{"id":86}', id="W90 a PHP notice before the JSON"
        ),
    ],
)
@pytest.mark.parametrize("topic", TOPICS)
def test_a_body_of_nonsense_is_malformed(topic, body):
    with pytest.raises(MalformedPayload):
        parse(topic, body)


@pytest.mark.parametrize("place", ["status", "note_nobody_reads", "billing", "line_items"])
def test_a_byte_that_is_no_text_makes_the_body_malformed_wherever_it_is(card, place):
    """W40."""
    odd = {"status": "~", "note_nobody_reads": "~", "billing": {"city": "~"}, "line_items": [{"sku": "~"}]}[place]
    body = json.dumps(card | {place: odd}).encode().replace(b"~", b"\xff")
    with pytest.raises(MalformedPayload):
        parse("order.updated", body)


def test_a_byte_order_mark_is_no_nonsense():
    """W41."""
    assert parse("order.deleted", b'\xef\xbb\xbf{"id":86}')[0].subject == "86"


@pytest.mark.parametrize("order_id", [None, 0, -5, "abc", 1.5, True, False, "", "0", [], {}, "1;2", "٣"])
def test_an_order_without_an_id_is_malformed(told, order_id):
    """W50."""
    with pytest.raises(MalformedPayload, match=r"^The order's id is unreadable\.$"):
        told(id=order_id)
    with pytest.raises(MalformedPayload):
        parse("order.deleted", json.dumps({"id": order_id}).encode())


def test_an_id_is_the_same_as_a_number_as_text_and_beyond_64_bits(told):
    """W51, W52."""
    assert told(id=2041)[0].subject == told(id="2041")[0].subject == "2041"
    assert told(id=2**63 + 1)[0].subject == "9223372036854775809"


def test_the_number_of_an_order_may_not_be_its_id(told):
    """Quirk: with an order-number plugin; the thank-you page knows the id, so the id is what counts."""
    event = told(id=194, number="EX-2026-00194")[0]
    assert (event.subject, event.order.id, event.order.number) == ("194", "194", "EX-2026-00194")
    assert told(number=194)[0].order.number == "194"


def test_only_the_gmt_dates_are_read(told):
    """Quirk: date_* is the store's local time without a zone, date_*_gmt is UTC without one."""
    event = told(
        date_created="2026-11-16T14:04:11",
        date_created_gmt="2026-11-16T19:04:11",
        date_paid_gmt="2026-11-16T19:04:14",
        date_modified_gmt="2026-11-18T15:20:00",
    )[0]
    assert event.placed_at == datetime(2026, 11, 16, 19, 4, 11, tzinfo=UTC)
    assert event.paid_at == datetime(2026, 11, 16, 19, 4, 14, tzinfo=UTC)
    assert event.updated_at == datetime(2026, 11, 18, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "yesterday", "0000-00-00T00:00:00", "0001-01-01T00:00:00", 5, [], True])
def test_an_unreadable_date_costs_nothing(told, value):
    """W57."""
    event = told(date_created_gmt=value, date_paid_gmt=value, date_modified_gmt=value)[0]
    assert (event.placed_at, event.paid_at, event.updated_at) == (None, None, None)


def test_cash_on_delivery_is_told(told):
    event = told(payment_method="cod", date_paid_gmt=None)[0]
    assert (event.order.cash_on_delivery, event.order.standing) == (True, Standing.PLACED)
    assert told(payment_method="cards")[0].order.cash_on_delivery is False


def test_the_site_is_the_signed_one_and_the_page_is_no_more_than_its_origin(told):
    """Quirk: a cloned shop signs as validly as the live one; and payment_url holds the order key."""
    event = told(_links=OWN)[0]
    assert event.site == "shop.example.com"
    assert event.browser.page == "https://shop.example.com/"


@pytest.mark.parametrize(
    "links", [None, [], {}, {"self": []}, {"self": {}}, {"self": [{}]}, {"self": [{"href": 5}]}, "x"]
)
def test_an_order_without_links_has_no_site_and_no_page(told, links):
    event = told(_links=links)[0]
    assert (event.site, event.browser.page) == (None, None)


def test_refunds_follow_the_order_oldest_first(told):
    """Quirk: WooCommerce lists the newest first, each without a date."""
    refunds = [{"id": 9, "reason": "b", "total": "-2.00"}, {"id": 7, "reason": "a", "total": "-1.50"}]
    order, first, second = told(refunds=refunds)
    assert order.kind is Kind.ORDER
    assert (first.kind, first.subject, second.subject) == (Kind.REFUND, "7", "9")
    assert first.amounts.total == Money(Decimal("1.50"), "USD")
    assert (first.order_id, first.placed_at, first.updated_at) == (order.subject, None, order.updated_at)
    assert first.site == order.site


def test_a_refund_leaves_the_orders_total_alone(told):
    """Quirk."""
    assert told(refunds=[{"id": 7, "total": "-1.50"}])[0].amounts == told(refunds=[])[0].amounts


def test_a_refund_that_gives_nothing_back_or_cannot_be_read_is_left_out(told):
    """W78."""
    odd = [
        *({"id": 1, "total": "0.00"}, {"id": 2, "total": "-0"}, {"id": 3, "total": None}, {"id": 4, "total": "x"}),
        *({"id": 0, "total": "-1"}, {"total": "-1"}, None, "x", []),
    ]
    assert len(told(refunds=odd)) == 1
    assert len(told(refunds=[*odd, {"id": 5, "total": "-1"}])) == 2


@pytest.mark.parametrize("refunds", [None, {}, "x", 5])
def test_refunds_of_another_shape_are_none(told, refunds):
    assert len(told(refunds=refunds)) == 1


def test_an_order_refunded_beyond_reason_tells_its_hundred_newest_refunds(told):
    events = told(refunds=[{"id": number, "total": "-0.01"} for number in range(1_500, 0, -1)])
    assert [event.subject for event in events[1:]] == [str(number) for number in range(1_401, 1_501)]


def test_a_refund_carries_nobody(told):
    refund = told(refunds=[{"id": 7, "reason": "Ada Fernwood asked", "total": "-1.50"}])[1]
    assert refund.customer == Event(Kind.REFUND, "7").customer
    assert "Ada" not in repr(refund)


def test_no_error_repeats_what_the_body_says(told):
    for field in ("id", "total", "currency", "status"):
        with pytest.raises(MalformedPayload) as caught:
            told(**{field: ["fernwood@example.com"]})
        assert "fernwood" not in str(caught.value)
        assert "fernwood" not in str(caught.value.__cause__)


def _fields(shape):
    return [field.encode_name for field in msgspec.structs.fields(shape)]


_numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
_words = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*("processing", "0", "-1.5", "99.90", "EUR", "cod", "2026-11-16T19:04:11", "https://a.example/")]),
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, _words)
_values = st.recursive(_leaves, lambda inner: st.one_of(st.lists(inner), st.dictionaries(_words, inner)), max_leaves=5)


def _objects(shape):
    return st.dictionaries(st.sampled_from(_fields(shape)), _values, max_size=6)


_nested = {
    "billing": _objects(Address),
    "shipping": _objects(Address),
    "line_items": st.lists(st.one_of(_objects(LineItem), _values), max_size=3),
    "refunds": st.lists(st.one_of(_objects(Refund), _values), max_size=3),
    "meta_data": st.lists(st.one_of(_objects(Meta), _values), max_size=3),
}
_NEEDED = ("id", "status", "currency", "total", "line_items")
_bodies = st.fixed_dictionaries(
    {"id": st.integers(1, 10**6), "status": _words, "currency": st.just("EUR"), "total": st.just("10.00")}
    | {"line_items": _nested["line_items"]},
    optional={
        name: st.one_of(_nested.get(name, _values), _values) for name in _fields(OrderBody) if name not in _NEEDED
    },
)
_hostile = st.dictionaries(st.sampled_from(_fields(OrderBody)), _values)


@settings(deadline=None)
@given(topic=st.sampled_from(TOPICS), body=st.one_of(_bodies, _hostile))
def test_no_json_object_raises_anything_but_our_own_errors(topic, body):
    try:
        messages = parse(topic, json.dumps(body).encode())
    except ConnectorError:
        return
    assert all(isinstance(message, Event) for message in messages)


@settings(deadline=None)
@given(body=_bodies)
def test_odd_values_in_lesser_fields_never_cost_the_order(body):
    body |= {"id": 7, "status": "processing", "currency": "EUR", "total": "10.00"}
    order = parse("order.updated", json.dumps(body).encode())[0]
    assert order.amounts.total == Money(Decimal("10.00"), "EUR")
