"""WooCommerce as a whole: against recorded deliveries, and against our constructed fixtures and their golden events."""

import base64
import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connectors.contract import WebhookRequest
from connectors.errors import AccessLost, ConnectorError, InvalidSignature, NotUsed
from connectors.event import Event, Kind
from connectors.money import Money
from connectors.woocommerce import feed
from connectors.woocommerce.connector import CONNECTOR
from tests.rig.golden import parts

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "../shared/corpus/woocommerce"
FOLDER = ROOT / "connectors/woocommerce/fixtures"
FIXTURES = sorted(path for path in FOLDER.glob("*__*.json") if not path.name.endswith(".event.json"))

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded deliveries (../shared/corpus) are not here")


def topic_of(fixture):
    return fixture.stem.partition("__")[0].replace("_", ".", 1)


def outcome(topic, body):
    """What the golden files hold: a list of messages, or the one error that stands in for them."""
    try:
        return [{"message": type(message).__name__} | plain(parts(message)) for message in CONNECTOR.parse(topic, body)]
    except ConnectorError as error:
        return [{"message": type(error).__name__, "says": str(error)}]


def plain(value):
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def deliveries(*kinds):
    index = json.loads((RECORDED / "index.json").read_text())["deliveries"] if RECORDED.is_dir() else []
    return [pytest.param(entry, id=entry["file"].removesuffix(".json")) for entry in index if entry["kind"] in kinds]


def request_of(entry):
    record = json.loads((RECORDED / entry["file"]).read_text())
    headers = {name.lower(): value for name, value in record["headers"]}
    return WebhookRequest(base64.b64decode(record["body_base64"]), headers, key="k"), record["secret"]


def test_it_is_woocommerce():
    assert (CONNECTOR.name, CONNECTOR.label, CONNECTOR.secret_variable) == ("woocommerce", "WooCommerce", None)
    assert CONNECTOR.topics == ("order.created", "order.updated", "order.deleted", "order.restored", "checkout.created")
    assert CONNECTOR.webhook_path("aKey-1") == "/webhooks/woocommerce/aKey-1"


def test_two_stores_may_have_the_same_order_id():
    """Quirk: order ids are small counters of each shop."""
    assert CONNECTOR.order_ids_are_global is False


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_tells_what_its_golden_file_says(fixture):
    golden = json.loads(fixture.with_suffix(".event.json").read_text())
    assert outcome(topic_of(fixture), fixture.read_bytes()) == golden


def test_every_golden_file_has_its_fixture():
    golden = {path.name.removesuffix(".event.json") for path in FOLDER.glob("*.event.json")}
    assert golden == {path.stem for path in FIXTURES}
    assert len(golden) > 20


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_no_event_carries_an_order_key_or_the_reason_of_a_refund(fixture):
    body = json.loads(fixture.read_bytes())
    told = fixture.with_suffix(".event.json").read_text()
    assert "wc_order_" not in told
    assert "order-pay" not in told
    assert all(refund["reason"] not in told for refund in body.get("refunds", []))


@recorded
def test_every_recorded_signature_verifies_with_its_own_secret_and_no_flipped_byte_does():
    counted = 0
    for entry in (
        param.values[0] for param in deliveries("order", "action", "product", "customer", "error-object", "deleted")
    ):
        request, secret = request_of(entry)
        CONNECTOR.verify(request, [secret])
        flipped = bytearray(request.body)
        flipped[len(flipped) // 2] ^= 1
        with pytest.raises(InvalidSignature):
            CONNECTOR.verify(WebhookRequest(bytes(flipped), request.headers, "k"), [secret])
        with pytest.raises(InvalidSignature):
            CONNECTOR.verify(request, ["another store's secret"])
        counted += 1
    assert counted == 248


@recorded
def test_a_recorded_secret_with_entities_verifies_as_the_merchant_stored_it():
    """Quirk: WordPress decodes the secret before it signs. The index tells the stored spelling, the record the key."""
    (entry,) = (param.values[0] for param in deliveries("product") if "secret-entities" in param.values[0]["file"])
    request, key = request_of(entry)
    stored = key.replace('&f<g"h', "&amp;f&lt;g&quot;h")
    assert stored != key
    CONNECTOR.verify(request, [stored])


@recorded
def test_recorded_pings_are_pings_and_nothing_else_is():
    told = {param.values[0]["file"]: CONNECTOR.is_ping(request_of(param.values[0])[0]) for param in deliveries("ping")}
    assert len(told) == 10
    assert all(told.values())
    assert not any(
        CONNECTOR.is_ping(request_of(param.values[0])[0]) for param in deliveries("order", "action", "deleted")
    )


@recorded
@pytest.mark.parametrize("entry", deliveries("order"))
def test_a_recorded_order_tells_what_was_recorded_of_it(entry):
    request, _ = request_of(entry)
    identity = CONNECTOR.identify(request)
    assert identity.topic == entry["topic"]
    assert identity.delivery_id == entry["delivery_id"]
    event, *refunds = CONNECTOR.parse(identity.topic, request.body)
    assert (event.kind, event.subject, event.order.number) == (Kind.ORDER, str(entry["order_id"]), entry["number"])
    assert event.order.status == entry["status"]
    assert event.amounts.total == Money(Decimal(entry["total"]), entry["currency"])
    assert str(event.amounts.total.amount) == entry["total"]
    assert [refund.kind for refund in refunds] == [Kind.REFUND] * entry["refunds"]
    assert (event.paid_at is None) == (entry["date_paid_gmt"] is None)
    assert (event.browser.fbp is not None, event.browser.fbc is not None) == (entry["has_fbp"], entry["has_fbc"])
    assert event.site == identity.site == "127.0.0.1:8090"
    assert event.revives == (entry["topic"] == "order.restored")


@recorded
def test_two_recorded_orders_of_one_second_share_a_delivery_id_and_are_two_orders():
    """W86. Quirk: the delivery id is a hash of webhook and second."""
    subjects = defaultdict(set)
    for entry in (param.values[0] for param in deliveries("order")):
        request, _ = request_of(entry)
        identity = CONNECTOR.identify(request)
        subjects[identity.delivery_id].add(CONNECTOR.parse(identity.topic, request.body)[0].subject)
    assert sum(len(orders) > 1 for orders in subjects.values()) >= 6


@recorded
@pytest.mark.parametrize("entry", deliveries("action", "product", "customer"))
def test_a_recorded_delivery_of_another_topic_is_not_used(entry):
    """W87."""
    request, _ = request_of(entry)
    with pytest.raises(NotUsed):
        CONNECTOR.parse(CONNECTOR.identify(request).topic, request.body)


@recorded
@pytest.mark.parametrize("entry", deliveries("deleted"))
def test_a_recorded_deletion_tells_an_id_and_no_more(entry):
    """W88."""
    request, _ = request_of(entry)
    order_id = str(entry["order_id"])
    assert CONNECTOR.parse("order.deleted", request.body) == [Event(Kind.ORDER_DELETED, order_id, order_id=order_id)]


@recorded
@pytest.mark.parametrize("entry", deliveries("error-object"))
def test_a_recorded_error_object_is_lost_access_or_a_lost_order(entry):
    """W89."""
    request, _ = request_of(entry)
    expected = AccessLost if entry["code"] == "woocommerce_rest_cannot_view" else NotUsed
    with pytest.raises(expected):
        CONNECTOR.parse(entry["topic"], request.body)


@recorded
def test_a_recorded_order_told_again_at_its_own_time_and_site_is_the_same_to_the_byte():
    """So a simulated delivery is written as WooCommerce writes."""
    for entry in (param.values[0] for param in deliveries("order")):
        body = request_of(entry)[0].body
        placed_at = CONNECTOR.parse(entry["topic"], body)[0].placed_at
        assert CONNECTOR.restage(body, order_id=None, placed_at=placed_at, domain="127.0.0.1:8090") == body


def in_the_feed(*bodies):
    """What the feed tells of the list of these orders."""
    answer = b"[" + b",".join(bodies) + b"]"
    return feed.changes(answer, datetime(2026, 1, 1, tzinfo=UTC), None, 1).told


@recorded
@pytest.mark.parametrize("entry", deliveries("order"))
def test_a_recorded_order_read_again_from_the_feed_is_the_same_to_the_byte_and_to_the_event(entry):
    """So an order recovered after an outage is told as its webhook would have told it."""
    body = request_of(entry)[0].body
    found = in_the_feed(body)
    assert [one.body for one in found] == ([] if entry["status"] == "checkout-draft" else [body])
    for one in found:
        event, *_ = told = CONNECTOR.parse(one.topic, one.body)
        assert (one.topic, one.order_id) == ("order.updated", str(entry["order_id"]))
        assert (one.changed_at, one.placed_at) == (event.updated_at, event.placed_at)
        assert told == CONNECTOR.parse("order.updated", body)


def unsited(event):
    """An event, whatever site it is of: the API was asked at another port than the one the webhooks tell."""
    browser = msgspec.structs.replace(event.browser, page=None)
    return msgspec.structs.replace(event, site=None, browser=browser)


@recorded
@pytest.mark.parametrize(("name", "order_id"), [("orders_list", 206), ("order_partially_refunded", 156)])
def test_an_order_recorded_from_the_api_tells_what_a_webhook_told_of_it(name, order_id):
    answer = json.loads((RECORDED / "rest" / f"{name}.json").read_text())["body"]
    listed = [json.dumps(one).encode() for one in (answer if isinstance(answer, list) else [answer])]
    [one] = [one for one in in_the_feed(*listed) if one.order_id == str(order_id)]
    by_webhook = [
        list(map(unsited, CONNECTOR.parse("order.updated", request_of(param.values[0])[0].body)))
        for param in deliveries("order")
        if param.values[0]["order_id"] == order_id
    ]
    assert list(map(unsited, CONNECTOR.parse(one.topic, one.body))) in by_webhook


@recorded
def test_a_draft_recorded_from_the_api_is_not_told():
    answer = json.loads((RECORDED / "rest" / "orders_checkout_draft.json").read_text())["body"]
    assert in_the_feed(*(json.dumps(one).encode() for one in answer)) == []
