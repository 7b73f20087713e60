"""Real deliveries through the real endpoint: recorded WooCommerce webhooks, published Shopify bodies.

They are re-signed with the test store's secret and moved to now; what they are stays as it was recorded.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.rehearsal import moved
from integration.pipeline.scribe import AWAITS_UPDATES
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually

SITE = "127.0.0.1:8090"  # the recorded store's own address
WEBSITE = {"checkout", "store-api"}
REASONS = {
    "admin": "made by hand, not on the website",
    "subscription": "a subscription's renewal",
    "rest-api": "made by another app, not on the website",
    "": "made by another app, not on the website",
}


@pytest.fixture
def service(database_url: str, sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    environment = {"DATABASE_URL": database_url, "META_GRAPH_URL": sandbox.url}
    with Service(tmp_path / "data", environment).running() as running:
        yield running


def recordings(corpus: Path) -> list[tuple[dict[str, Any], dict[str, str], bytes]]:
    """Each recorded delivery in the order it came: its index entry, its headers, its body."""
    found = []
    for entry in json.loads((corpus / "woocommerce" / "index.json").read_text())["deliveries"]:
        kept = json.loads((corpus / "woocommerce" / entry["file"]).read_text())
        found.append((entry, dict(kept["headers"]), base64.b64decode(kept["body_base64"])))
    return found


def to_now(body: bytes, delta: timedelta) -> bytes:
    return json.dumps(moved(json.loads(body), delta)).encode()


def test_every_recorded_woocommerce_delivery_ends_as_it_must(service: Service, sandbox: Sandbox, corpus: Path) -> None:
    store = service.add_store(
        "woocommerce", SITE, "--dataset", "100000000000001", "--token", "good-token", "--since", "2026-01-01T00:00:00Z"
    )
    service.run("store", "set", store["store_id"], "consent_mode=assumed")
    deliveries = recordings(corpus)
    last = max(entry["received_at"] for entry, _, _ in deliveries)
    delta = datetime.now(UTC) - timedelta(minutes=1) - datetime.fromtimestamp(last, UTC)

    orders: dict[str, list[dict[str, Any]]] = {}
    answers: Counter[tuple[str, str]] = Counter()
    for entry, headers, body in deliveries:
        if entry["kind"] == "ping":
            response = service.pool.request("POST", store["webhook_url"], body=body, headers=headers)
            assert (response.status, response.json()["status"]) == (200, "ignored"), entry["file"]
            continue
        told = to_now(body, delta)
        kept = {name: headers[name] for name in ("X-WC-Webhook-Source", "X-WC-Webhook-Delivery-ID")}
        status, answer = service.post(store, entry["topic"], told, **kept)
        assert status == 200, entry["file"]
        answers[entry["kind"], answer["status"]] += 1
        if entry["kind"] == "order":
            orders.setdefault(str(entry["order_id"]), []).append(json.loads(told))

    assert {status for kind, status in answers if kind in ("action", "product", "customer", "error-object")} == {
        "ignored"
    }
    assert not any(status == "quarantined" for _, status in answers)
    rows = service.settled()
    purchases = {row["event_id"]: row for row in rows if row["event_name"] == "Purchase"}
    assert set(purchases) == {order for order, payloads in orders.items() if expected(payloads)}
    for order, row in purchases.items():
        assert (row["status"], row["reason"]) == expected(orders[order]), order
        if row["status"] == "delivered":
            assert row["value"] == float(first_counting(orders[order])["total"]), order
            assert row["currency"] == orders[order][0]["currency"]
    told_ids = [event["event_id"] for event in sandbox.told()]
    assert sorted(told_ids) == sorted(order for order, row in purchases.items() if row["status"] == "delivered")
    check_refunds(rows, purchases, orders, sandbox)


def counts(payload: dict[str, Any]) -> bool:
    """The rule of the design, written down once more: paid, or cash on delivery placed."""
    status, paid = payload["status"], payload["date_paid_gmt"]
    if status in ("processing", "completed"):
        return True
    return bool(paid) and status not in ("refunded", "cancelled", "failed", "checkout-draft")


def first_counting(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    return next(payload for payload in payloads if counts(payload))


def expected(payloads: list[dict[str, Any]]) -> tuple[str, str | None] | None:
    """The fate of an order's Purchase; None where it makes no row."""
    if any(counts(payload) for payload in payloads):
        via = payloads[0]["created_via"]
        ended = payloads[-1]["status"] in ("refunded", "cancelled")
        if via in WEBSITE:
            return ("delivered", None)
        return ("skipped", "cancelled" if ended else REASONS[via])
    return ("skipped", "cancelled") if payloads[-1]["status"] in ("cancelled", "refunded") else None


def check_refunds(rows: list, purchases: dict, orders: dict, sandbox: Sandbox) -> None:
    refunds = {row["event_id"]: row for row in rows if row["event_name"] == "Refund"}
    stated = {
        f"refund_{one['id']}": (order, one)
        for order, bodies in orders.items()
        for body in bodies
        for one in body["refunds"]
    }
    assert set(refunds) == set(stated)
    for event_id, (order, one) in stated.items():
        row = refunds[event_id]
        assert (row["order_id"], row["value"]) == (order, abs(float(one["total"])))
        told = purchases[order]["status"] == "delivered"
        assert row["status"] == ("delivered" if told else "skipped"), event_id
        assert row["reason"] == (None if told else "purchase not told"), event_id
    told_ids = sorted(event["event_id"] for event in sandbox.told("Refund"))
    assert told_ids == sorted(event_id for event_id, row in refunds.items() if row["status"] == "delivered")


# file -> what the webhook is answered, and the (event_name, event_id, status, reason) it leaves
SHOPIFY = {
    "app-uninstalled__shopify_test_notification_2022_04": ("ignored", None),
    "carts-create__shopify_test_notification_2022_04": ("ignored", None),
    "carts-update__empty_cart_with_attributes": ("ignored", None),
    "checkouts-create__shopify_test_notification_2022_04": (
        "accepted",
        ("InitiateCheckout", "123123123", "pending", AWAITS_UPDATES),
    ),
    "checkouts-create__usd_with_cart_attributes": ("accepted", None),
    "checkouts-update__usd_abandoned_with_discount_note_attrs": (
        "accepted",
        ("InitiateCheckout", "2a1ace52255252df566af0faaedfbfa7", "pending", AWAITS_UPDATES),
    ),
    "customers-redact__docs_example": ("ignored", None),
    "draft_orders-create__usd_custom_line": ("ignored", None),
    "order_transactions-create__shopify_test_notification_2022_04": ("ignored", None),
    "orders-cancelled__usd_api_app_order_line_and_order_discounts": (
        "accepted",
        ("Purchase", "5324790137142", "skipped", "cancelled"),
    ),
    "orders-create__eur_tax_transactions_guest": (
        "accepted",
        ("Purchase", "1073459976", "skipped", "made by another app, not on the website"),
    ),
    "orders-create__eur_test_notification_2025_rounded_id": (
        "accepted",
        ("Purchase", "820982911946154508", "skipped", "cancelled"),
    ),
    "orders-create__hkd_draft_fixed_code_plus_auto_discount": (
        "accepted",
        ("Purchase", "6200360403244", "skipped", "made by hand, not on the website"),
    ),
    "orders-create__hkd_draft_guest_no_email_two_discounts": (
        "accepted",
        ("Purchase", "6198424240428", "skipped", "made by hand, not on the website"),
    ),
    "orders-create__hkd_draft_guest_pct_code_shipping": (
        "accepted",
        ("Purchase", "6200407294252", "skipped", "made by hand, not on the website"),
    ),
    "orders-create__jpy_zero_decimal_draft_0": (
        "accepted",
        ("Purchase", "4216043012249-fake", "skipped", "made by hand, not on the website"),
    ),
    "orders-create__jpy_zero_decimal_draft_2": (
        "accepted",
        ("Purchase", "4216041013401", "skipped", "made by hand, not on the website"),
    ),
    "orders-create__shopify_test_notification_2022_04": (
        "accepted",
        ("Purchase", "820982911946154508", "skipped", "cancelled"),
    ),
    "orders-create__usd_pending_cod_like": ("accepted", None),
    "orders-paid__usd_web_test_true_plus_address_discount": (
        "accepted",
        ("Purchase", "5665811235126", "skipped", "test order"),
    ),
    "orders-updated__usd_web_note_attributes_cart_tokens": ("accepted", None),
    "orders-updated__usd_web_partially_refunded_note_attrs": (
        "accepted",
        ("Purchase", "450789469", "delivered", None),
    ),
    "refunds-create__shopify_test_notification_2022_04": ("ignored", None),
    "refunds-create__usd_full_with_shipping_adjustment_0": (
        "accepted",
        ("Refund", "refund_945108681014", "waiting", "waiting for its Purchase"),
    ),
    "refunds-create__usd_one_line_partial": (
        "accepted",
        ("Refund", "refund_929361472", "waiting", "waiting for its Purchase"),
    ),
    "shop-redact__docs_example": ("ignored", None),
}


# Told to a second store: they are about an order that another body tells otherwise.
APART = {
    "orders-create__shopify_test_notification_2022_04",
    "refunds-create__usd_full_with_shipping_adjustment_0",
    "refunds-create__usd_one_line_partial",
}


def test_every_published_shopify_body_ends_as_it_must(service: Service, sandbox: Sandbox, corpus: Path) -> None:
    files = sorted(
        path for path in (corpus / "shopify").glob("*.json") if not path.name.startswith(("index", "pixel-"))
    )
    assert {path.stem for path in files} == set(SHOPIFY)
    one, other = (shopify_store(service, number) for number in (1, 2))
    connector = registry.get("shopify")
    for path in files:
        store = other if path.stem in APART else one
        topic = path.name.split("__")[0].replace("-", "/", 1)
        body = path.read_bytes()
        if topic.startswith(("orders/", "checkouts/", "refunds/")):
            placed_at = datetime.now(UTC) - timedelta(minutes=5)
            body = connector.restage(body, order_id=None, placed_at=placed_at, domain=store["domain"])
        status, answer = service.post(store, topic, body)
        assert (status, answer["status"]) == (200, SHOPIFY[path.stem][0]), (path.stem, answer)

    # Checkouts wait for two minutes on purpose, and stay pending meanwhile.
    expected_rows = sorted(event for _, event in SHOPIFY.values() if event)
    eventually(lambda: left(service) == expected_rows)
    assert left(service) == expected_rows
    assert [event["event_id"] for event in sandbox.told()] == ["450789469"]


def left(service: Service) -> list[tuple]:
    return sorted((row["event_name"], row["event_id"], row["status"], row["reason"]) for row in service.events())


def shopify_store(service: Service, number: int) -> dict[str, str]:
    store = service.add_store(
        *("shopify", f"shop-{number}.myshopify.com", "--dataset", f"10000{number}", "--token", "good-token"),
        *("--since", "2026-01-01T00:00:00Z"),
    )
    service.run("store", "set", store["store_id"], "consent_mode=assumed")
    return store
