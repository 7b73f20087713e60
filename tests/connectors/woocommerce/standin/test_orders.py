"""Orders: what each way to come about fires, held against the recorded sequences; their bodies; and how they are listed."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

ACTIONS = (
    "checkout_order_processed",
    "payment_complete",
    "thankyou",
    "order_status_completed",
    "refund_created",
    "order_refunded",
    "store_api_checkout_order_processed",
)
EVERYTHING = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    *(f"action.woocommerce_{name}" for name in ACTIONS),
)


def shown(topic, body):
    """A delivery, as far as a sequence is compared: topic, status, whether it is paid, how many refunds, its other keys."""
    if "line_items" not in body:
        return (topic, sorted(body))
    return (topic, body["status"], body["date_paid"] is not None, len(body["refunds"]))


def sequence(listener):
    return [shown(one.headers["x-wc-webhook-topic"], json.loads(one.body)) for one in listener.deliveries()]


# The recorded case, the scenario that stands for it, and what is done to the order afterwards.
LIVES = [
    ("noise-classic-card", "card", ["thank", "complete"]),
    ("noise-block-wallet", "block_wallet", ["pay", "thank", "complete"]),
    ("classic-eur-incl-bacs", "bacs", ["thank", "hold_paid", "complete"]),
    ("classic-inr-cod-b", "cod", ["thank", "complete"]),
    ("classic-failed-then-paid", "failed", ["retry", "thank"]),
    ("classic-abandoned-wallet-cancelled", "wallet", ["cancel"]),
    ("classic-authorise-then-capture", "authorised", ["thank", "pay"]),
    ("classic-free-total-zero", "free", ["thank"]),
    ("rest-minimal", "rest", ["pay"]),
    ("rest-fees-meta", "rest_paid", []),
    ("admin-created", "admin", []),
    ("refund-full", "card_by_rest", ["refund"]),
    ("refund-partial-line", "card_by_rest", ["refund_line", "refund_some"]),
    ("trash-restore-delete", "card_by_rest", ["trash", "restore", "delete"]),
    ("cpt-block", "block", []),
    ("plugin-renewal", "renewal", []),
]
# What is done under another name here than there.
WORDS = {
    "hold_paid": ("process", {}),
    "refund_line": ("refund", {"lines": True, "reason": "damaged"}),
    "refund_some": ("refund", {"amount": "5.00", "reason": "Goodwill"}),
}


@pytest.mark.parametrize(("case", "scenario", "acts"), LIVES)
def test_a_life_is_told_as_it_was_recorded(client, store, listener, recorded, case, scenario, acts):
    client.listen(listener.url, EVERYTHING)
    (order_id,) = store.order(scenario)
    store.sent()
    for name in acts:
        word, how = WORDS.get(name, (name, {}))
        store.act(order_id, word, **how)
        store.sent()
    real = [recorded(one["file"]) for one in recorded("index.json")["deliveries"] if one["case"] == case]
    told = [(dict(map(tuple, one["headers"]))["X-WC-Webhook-Topic"], json.loads(one["body"])) for one in real]
    assert sequence(listener) == [shown(topic, body) for topic, body in told if topic in EVERYTHING]


def test_a_body_has_the_recorded_keys_in_their_order(store, recorded):
    real = json.loads(recorded("004-order.created-noise-classic-card.json")["body"])
    (order_id,) = store.order()
    ours = store.told(order_id)
    assert list(ours) == list(real)
    for part in ("billing", "shipping", "_links"):
        assert list(ours[part]) == list(real[part])
    for part in ("line_items", "tax_lines", "shipping_lines"):
        assert list(ours[part][0]) == list(real[part][0])
    assert list(ours["line_items"][1]["meta_data"][0]) == list(real["line_items"][1]["meta_data"][0])
    kinds = {key: type(value) for key, value in real.items()}
    assert {key: type(value) for key, value in ours.items()} == kinds


def test_its_amounts_add_up_and_a_whole_price_has_no_point(client, store, listener):
    client.listen(listener.url, ("order.created",))
    store.order()
    store.sent()
    raw = listener.deliveries()[0].body
    told = json.loads(raw, parse_float=Decimal)
    lines = sum(Decimal(line["total"]) + Decimal(line["total_tax"]) for line in told["line_items"])
    assert Decimal(told["total"]) == lines + Decimal(told["shipping_total"]) + Decimal(told["shipping_tax"])
    assert b'"price":48,' in raw
    assert b'"price":22.4,' in raw


@pytest.mark.parametrize(("currency", "pattern"), [("JPY", r"\d+"), ("KWD", r"\d+\.\d{3}"), ("EUR", r"\d+\.\d{2}")])
def test_money_has_the_decimals_of_the_shop(store, currency, pattern):
    store.site(currency=currency)
    (order_id,) = store.order()
    told = store.told(order_id)
    assert told["currency"] == currency
    assert all(re.fullmatch(pattern, told[key]) for key in ("total", "cart_tax", "shipping_total", "discount_total"))


def test_times_are_the_shops_and_gmt_stands_beside_them(store):
    store.site(timezone="Europe/Berlin")
    (order_id,) = store.order(at="2026-07-01T10:00:00+00:00")
    told = store.told(order_id)
    assert (told["date_created"], told["date_created_gmt"]) == ("2026-07-01T12:00:00", "2026-07-01T10:00:00")
    assert (told["date_paid"], told["date_paid_gmt"]) == ("2026-07-01T12:00:00", "2026-07-01T10:00:00")
    assert told["date_completed_gmt"] is None


def test_meta_is_sorted_by_key_unless_orders_are_posts(store):
    (order_id,) = store.order(meta={"_zebra": "1", "_aardvark": {"nested": [1]}})
    keys = [one["key"] for one in store.told(order_id)["meta_data"]]
    assert keys == sorted(keys)
    assert keys[0] == "_aardvark"
    store.site(hpos=False)
    keys = [one["key"] for one in store.told(order_id)["meta_data"]]
    assert keys != sorted(keys)
    assert keys[-2:] == ["_zebra", "_aardvark"]


def test_attribution_is_noted_with_the_recorded_keys(store, recorded):
    real = json.loads(recorded("004-order.created-noise-classic-card.json")["body"])
    names = {one["key"] for one in real["meta_data"] if one["key"].startswith("_wc_order_attribution")}
    (order_id,) = store.order()
    told = {one["key"]: one["value"] for one in store.told(order_id)["meta_data"]}
    assert {key for key in told if key.startswith("_wc")} == names - {"_wc_order_attribution_utm_content"}
    assert f"{store.url}/?" in told["_wc_order_attribution_session_entry"]
    assert "fbclid=" in told["_wc_order_attribution_session_entry"]
    (without,) = store.order(meta={"_wc_order_attribution_session_entry": None})
    assert "fbclid" not in json.dumps(store.told(without)["meta_data"])


def test_a_draft_is_told_with_what_was_typed_and_a_guess_at_the_payment(client, store, listener):
    client.listen(listener.url)
    (order_id,) = store.order("draft")
    store.sent()
    store.act(order_id, "redraft", billing={"email": "typed@example.com"})
    store.sent()
    first, second = [json.loads(one.body) for one in listener.deliveries()]
    assert (first["status"], first["payment_method"]) == ("checkout-draft", "bacs")
    assert second["billing"]["email"] == "typed@example.com"
    store.act(order_id, "place")
    store.sent()
    assert listener.told()[2:] == [("order.updated", "processing"), ("order.created", "processing")]


def test_a_refund_of_a_line_is_told_briefly_there_and_wholly_by_its_own_route(client, store, recorded):
    (order_id,) = store.order()
    refund_id = store.act(order_id, "refund", lines=True, reason="One bowl broke")["refund_id"]
    told = store.told(order_id)
    assert told["status"] == "processing"
    assert told["refunds"] == [{"id": refund_id, "reason": "One bowl broke", "total": "-24.25"}]
    (whole,) = client.ask("GET", f"/wc/v3/orders/{order_id}/refunds").json
    real = recorded("rest/order_refunds_partial.json")["body"][1]
    assert list(whole) == list(real)
    assert list(whole["line_items"][0]) == list(real["line_items"][0])
    line = whole["line_items"][0]
    assert (whole["amount"], line["quantity"], line["total"], line["price"]) == ("24.25", -1, "-22.40", 22.4)
    (everywhere,) = client.ask("GET", "/wc/v3/refunds").json
    assert list(everywhere) == list(recorded("rest/all_refunds.json")["body"][0])
    assert everywhere["parent_id"] == order_id


def test_refunds_are_newest_first_and_the_last_of_the_money_changes_the_status(client, store):
    (order_id,) = store.order()
    some = store.act(order_id, "refund", amount="5.00")["refund_id"]
    rest = store.act(order_id, "refund")["refund_id"]
    told = store.told(order_id)
    assert (told["status"], told["total"]) == ("refunded", "108.58")
    assert [one["id"] for one in told["refunds"]] == [rest, some]
    assert [one["id"] for one in client.ask("GET", f"/wc/v3/orders/{order_id}/refunds").json] == [rest, some]


def test_a_refund_taken_back_is_told_to_nobody(client, store, listener):
    client.listen(listener.url)
    (order_id,) = store.order()
    refund_id = store.act(order_id, "refund", amount="5.00")["refund_id"]
    count = len(store.sent("delivery"))
    store.act(order_id, "unrefund", refund_id=refund_id)
    assert len(store.sent("delivery")) == count
    assert store.told(order_id)["refunds"] == []


def test_more_than_there_is_cannot_be_given_back(store):
    (order_id,) = store.order()
    answer = store.pool.request("POST", f"{store.root}/_standin/orders/{order_id}/refund", json={"amount": "500"})
    assert answer.status == 400


def test_a_silent_order_is_found_by_asking_alone(client, store, listener):
    client.listen(listener.url)
    (order_id,) = store.order(silent=True, ago=3600)
    assert store.sent("delivery") == []
    assert [one["id"] for one in client.ask("GET", "/wc/v3/orders").json] == [order_id]


def test_what_is_in_the_trash_is_listed_apart(client, store):
    first, second = store.order(count=2)
    store.act(first, "trash")
    assert [one["id"] for one in client.ask("GET", "/wc/v3/orders").json] == [second]
    (trashed,) = client.ask("GET", "/wc/v3/orders", "status=trash").json
    assert (trashed["id"], trashed["status"]) == (first, "trash")
    assert client.ask("GET", f"/wc/v3/orders/{first}").json["status"] == "trash"
    store.act(first, "restore")
    assert client.ask("GET", f"/wc/v3/orders/{first}").json["status"] == "processing"


def test_drafts_are_listed_with_the_others(client, store):
    store.order("draft")
    store.order("card")
    listed = client.ask("GET", "/wc/v3/orders", "_fields=status").json
    assert listed == [{"status": "processing"}, {"status": "checkout-draft"}]
    assert len(client.ask("GET", "/wc/v3/orders", "status=processing,pending").json) == 1


def test_pages_of_orders(client, store):
    ids = store.order(count=5, silent=True)
    first = client.ask("GET", "/wc/v3/orders", "per_page=2&_fields=id&orderby=id&order=asc")
    assert [one["id"] for one in first.json] == ids[:2]
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("5", "3")
    assert "page=2" in first.headers["Link"]
    last = client.ask("GET", "/wc/v3/orders", "per_page=2&page=3&orderby=id&order=asc")
    assert [one["id"] for one in last.json] == ids[4:]
    assert client.ask("GET", "/wc/v3/orders", "per_page=2&page=9").json == []


@pytest.mark.parametrize(
    "query", ["per_page=0", "per_page=101", "page=0", "status=paid", "orderby=total", "after=soon"]
)
def test_a_parameter_that_may_not_be_is_refused(client, query):
    answer = client.ask("GET", "/wc/v3/orders", query)
    assert (answer.status, answer.json["code"]) == (400, "rest_invalid_param")


@pytest.mark.parametrize("name", ["after", "modified_after"])
@pytest.mark.parametrize(
    ("spelled", "found"),
    [
        (lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"), 1),
        (lambda moment: moment.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%dT%H:%M:%S"), 1),
        # UTC without its Z is taken for the shop's own time, five hours ahead of it: the trap.
        (lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S"), 0),
        (lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S") + "&dates_are_gmt=true", 1),
    ],
)
def test_a_time_without_offset_is_the_shops(client, store, name, spelled, found):
    now = datetime.now(UTC)
    store.order(silent=True, ago=600)
    store.order(silent=True, ago=60)
    query = f"{name}={spelled(now - timedelta(minutes=5))}"
    assert len(client.ask("GET", "/wc/v3/orders", query).json) == found


def test_what_changed_last_can_be_listed_first(client, store):
    first, second = store.order(count=2, silent=True, ago=600)
    store.act(first, "complete", silent=True)
    query = "modified_after=2026-01-01T00:00:00&dates_are_gmt=true&orderby=modified&order=asc&_fields=id"
    assert [one["id"] for one in client.ask("GET", "/wc/v3/orders", query).json] == [second, first]
    assert client.ask("GET", "/wc/v3/orders", "modified_before=2026-01-01T00:00:00Z").json == []


def test_the_shops_own_clock_dates_its_orders(store):
    store.ahead(86_400)
    (order_id,) = store.order()
    made = datetime.fromisoformat(store.told(order_id)["date_created_gmt"]).replace(tzinfo=UTC)
    assert made - datetime.now(UTC) > timedelta(hours=23)


def test_it_takes_the_words_that_the_recorded_index_lists_and_no_others(client, store, recorded):
    store.order()
    routes = recorded("rest/index.json")["body"]["routes"]
    arguments = routes["/wc/v3/orders"]["endpoints"][0]["args"]
    for name, words in {
        "status": arguments["status"]["items"]["enum"],
        "orderby": arguments["orderby"]["enum"],
        "order": arguments["order"]["enum"],
    }.items():
        assert [client.ask("GET", "/wc/v3/orders", f"{name}={word}").status for word in words] == [200] * len(words)
    refused = client.ask("GET", "/wc/v3/orders", "status=paid").json["data"]["params"]["status"]
    assert set(re.findall(r"[a-z-]+", refused)) >= set(arguments["status"]["items"]["enum"])
    assert len(client.ask("GET", "/wc/v3/orders").json) <= arguments["per_page"]["default"]


def test_meta_can_be_chosen_by_key(client, store):
    (order_id,) = store.order(meta={"_one": "1", "_two": "2"})

    def keys(query):
        return [one["key"] for one in client.ask("GET", f"/wc/v3/orders/{order_id}", query).json["meta_data"]]

    assert keys("include_meta=_one,_two,_three") == ["_one", "_two"]
    assert keys("include_meta=_one&exclude_meta=_one") == ["_one"]
    assert "_one" not in keys("exclude_meta=_one")
    assert "_two" in keys("exclude_meta=_one")


def test_what_is_paid_once_stays_paid_since_then(store):
    (order_id,) = store.order(ago=3600)
    paid = store.told(order_id)["date_paid_gmt"]
    store.act(order_id, "complete")
    told = store.told(order_id)
    assert told["date_paid_gmt"] == paid
    assert told["date_completed_gmt"] > paid


def test_cash_on_delivery_is_paid_when_it_is_completed(store):
    (order_id,) = store.order("cod")
    store.act(order_id, "hold")
    store.act(order_id, "process")
    assert store.told(order_id)["date_paid"] is None
    store.act(order_id, "complete")
    assert store.told(order_id)["date_paid"] is not None
