import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import ConnectorError, MalformedPayload
from connectors.woocommerce.mapping import parse
from connectors.woocommerce.restaging import restage

FOLDER = Path(__file__).parents[3] / "connectors/woocommerce/fixtures"
FIXTURES = sorted(path for path in FOLDER.glob("*__*.json") if not path.name.endswith(".event.json"))
LATER = datetime(2027, 2, 3, 4, 5, 6, tzinfo=UTC)


def fixture(name):
    return (FOLDER / f"{name}.json").read_bytes()


CHECKOUT = fixture("checkout_created__guest")


def told_again(name, order_id="900001", placed_at=LATER, domain="127.0.0.1:8090"):
    return restage(fixture(name), order_id=order_id, placed_at=placed_at, domain=domain)


def test_every_time_moves_by_as_much_as_the_order():
    before, after = json.loads(fixture("order_updated__completed")), json.loads(told_again("order_updated__completed"))
    delta = LATER - datetime(2026, 11, 16, 19, 4, 11, tzinfo=UTC)
    for field in (
        "date_created",
        "date_created_gmt",
        "date_paid",
        "date_paid_gmt",
        "date_modified_gmt",
        "date_completed",
    ):
        assert datetime.fromisoformat(after[field]) - datetime.fromisoformat(before[field]) == delta
    assert after["date_created_gmt"] == "2027-02-03T04:05:06"


def test_the_session_an_order_began_with_moves_too():
    before, after = (
        parse("order.created", body)[0]
        for body in (fixture("order_created__pending_wallet"), told_again("order_created__pending_wallet"))
    )
    assert after.placed_at - after.browser.landed_at == before.placed_at - before.browser.landed_at


def test_parts_of_a_second_are_left_away():
    body = told_again("order_created__card", placed_at=LATER + timedelta(microseconds=999_999))
    assert parse("order.created", body)[0].placed_at == LATER


def test_the_order_is_another_and_still_itself():
    before, after = (
        parse("order.created", body)[0] for body in (fixture("order_created__card"), told_again("order_created__card"))
    )
    assert (after.subject, after.order.id, after.order.number) == ("900001", "900001", "900001")
    assert (after.amounts, after.lines, after.customer) == (before.amounts, before.lines, before.customer)
    assert b"2041" not in told_again("order_created__card").replace(b"ch_constructed_2041", b"")


def test_without_an_order_id_the_ids_stay():
    before, after = (
        json.loads(fixture("order_updated__refunded")),
        json.loads(told_again("order_updated__refunded", None)),
    )
    for field in ("id", "number", "order_key", "refunds"):
        assert after[field] == before[field]


def test_one_refund_keeps_one_id_however_often_its_order_is_told_again():
    """Quirk: the partial refund is listed again in the payload of the full one, second."""
    (partial,) = json.loads(told_again("order_updated__partial_refund"))["refunds"]
    rest, same = json.loads(told_again("order_updated__refunded"))["refunds"]
    assert partial["id"] == same["id"] != rest["id"]


def test_two_orders_share_no_ids():
    parts = ("line_items", "refunds", "tax_lines", "shipping_lines")
    one, two = (json.loads(told_again("order_updated__refunded", order_id)) for order_id in ("900001", "900002"))
    for name in parts:
        assert one[name]
        assert not {part["id"] for part in one[name]} & {part["id"] for part in two[name]}
    assert one["order_key"] != two["order_key"]


def test_it_is_of_the_given_site():
    body = told_again("order_created__card", domain="store.example.org")
    after = json.loads(body)
    assert after["_links"]["self"][0]["href"] == "http://store.example.org/wp-json/wc/v3/orders/900001"
    assert after["_links"]["self"][0]["targetHints"] == {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
    assert after["_links"]["collection"][0]["href"] == "http://store.example.org/wp-json/wc/v3/orders"
    assert after["payment_url"] == (
        f"http://store.example.org/checkout/order-pay/900001/?pay_for_order=true&key={after['order_key']}"
    )
    event = parse("order.created", body)[0]
    assert (event.site, event.browser.page) == ("store.example.org", "http://store.example.org/")


def test_a_bare_deletion_stays_bare():
    assert told_again("order_deleted__id_only") == b'{"id":900001}'
    assert told_again("order_deleted__id_only", None) == b'{"id":2041}'


def test_a_checkout_told_again_is_another_one_begun_then():
    before, after = (parse("checkout.created", body)[0] for body in (CHECKOUT, told_again("checkout_created__guest")))
    assert after.placed_at == LATER
    assert after.subject != before.subject
    assert parse("checkout.created", told_again("checkout_created__guest", None))[0].subject == before.subject
    assert (after.amounts, after.customer, after.site) == (before.amounts, before.customer, "127.0.0.1:8090")


def test_an_order_and_its_checkout_still_belong_together_when_both_are_told_again():
    checkout = parse("checkout.created", told_again("checkout_created__guest"))[0]
    order, other = (
        parse("order.created", told_again("order_created__frozen_by_our_plugin", order_id))[0]
        for order_id in ("900001", "900002")
    )
    assert order.order.checkout_token == checkout.subject != other.order.checkout_token


@pytest.mark.parametrize(
    ("topic", "name"),
    [("checkout.created", "checkout_created__guest"), ("order.created", "order_created__frozen_by_our_plugin")],
)
def test_the_click_moves_with_what_it_led_to(topic, name):
    """Quirk: its time is in milliseconds, in digits."""
    before, after = (
        parse(topic, body)[0]
        for body in (fixture(name), told_again(name, placed_at=LATER + timedelta(microseconds=700_000)))
    )
    assert after.placed_at - after.browser.landed_at == before.placed_at - before.browser.landed_at


@pytest.mark.parametrize("meta_data", [None, {}, "x", [None, 5, {"key": "_tandem_fbclid_seen"}, {"value": 1}]])
def test_odd_meta_data_is_left_as_it_is(meta_data):
    body = json.dumps({"id": 5, "date_created_gmt": "2026-11-24T14:02:07", "meta_data": meta_data}).encode()
    assert json.loads(restage(body, order_id="6", placed_at=LATER, domain="a.example"))["meta_data"] == meta_data


@pytest.mark.parametrize("value", [None, 5, "", "soon", [], {"a": 1}])
def test_odd_values_of_our_own_keys_are_left_as_they_are(value):
    entries = [{"key": key, "value": value} for key in ("_tandem_fbclid_seen", "_tandem_checkout_token")]
    body = json.dumps({"id": 5, "date_created_gmt": "2026-11-24T14:02:07", "meta_data": entries}).encode()
    after = json.loads(restage(body, order_id=None, placed_at=LATER, domain="a.example"))
    assert after["meta_data"] == entries


def test_it_is_written_as_php_writes_it():
    """Quirk: pure ASCII, slashes escaped; JSON to JSON it is the same."""
    body = told_again("order_created__jpy")
    assert body.isascii()
    assert b"http:\\/\\/127.0.0.1:8090\\/" in body
    assert b"://" not in body
    assert json.loads(body)["billing"]["city"] == "新宿区"


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_fixture_can_be_told_again(path):
    topic = path.stem.partition("__")[0].replace("_", ".", 1)
    kinds = []
    for body in (path.read_bytes(), restage(path.read_bytes(), order_id="12", placed_at=LATER, domain="a.example")):
        try:
            kinds.append([(message.kind, message.order and message.order.standing) for message in parse(topic, body)])
        except ConnectorError as error:
            kinds.append(str(error))
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"webhook_id=1", b"\xff", b"[" * 100_000])
def test_what_is_no_object_cannot_be_told_again(body):
    with pytest.raises(MalformedPayload):
        restage(body, order_id="1", placed_at=LATER, domain="a.example")


def test_odd_parts_are_left_as_they_are():
    body = json.dumps(
        {"id": 5, "refunds": [None, {"id": "x"}, {"id": True}, {}], "line_items": {}, "_links": "http://["}
    )
    after = json.loads(restage(body.encode(), order_id="6", placed_at=LATER, domain="a.example"))
    assert after == {"id": 6, "refunds": [None, {"id": "x"}, {"id": True}, {}], "line_items": {}, "_links": "http://["}
