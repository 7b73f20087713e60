"""Walk 1 on both databases: what a webhook leaves behind, and what it is answered."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connectors.contract import WebhookRequest
from connectors.errors import InvalidSignature
from integration.db import metadata, reading
from integration.db.alerts import alerts
from integration.db.tasks import tasks
from integration.db.webhooks import QUARANTINE_BODIES, quarantine, webhooks
from integration.errors import NotFound
from tests.rig.shop import Bench


def count(bench: Bench, table: sa.Table) -> int:
    with reading(bench.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def everything(bench: Bench) -> dict[str, int]:
    return {
        table.name: count(bench, table) for table in metadata.sorted_tables if table.name not in {"stores", "datasets"}
    }


def test_a_paid_order_is_one_pending_purchase_with_the_order_id_as_event_id(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")

    reply = shop.tell("orders/paid", shop.sample("orders/paid", "card"))

    assert reply.status == "accepted"
    (row,) = bench.rows()
    assert (row["event_name"], row["event_id"], row["order_id"]) == ("Purchase", "5001", "5001")
    assert row["status"] == "pending"


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_wrong_signature_leaves_nothing(bench: Bench, platform: str) -> None:
    shop = bench.shop(platform)
    topic, case = ("orders/paid", "card") if platform == "shopify" else ("order.created", "card")

    with pytest.raises(InvalidSignature):
        shop.tell(topic, shop.sample(topic, case), secret="somebody else's secret")

    assert not any(everything(bench).values())


def test_a_truncated_body_does_not_verify(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    request = shop.request("order.created", shop.sample("order.created", "card"))

    with pytest.raises(InvalidSignature):
        bench.receive("woocommerce", WebhookRequest(request.body[:-1], request.headers, request.key))

    assert not any(everything(bench).values())


def test_a_missing_signature_is_a_bad_one(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    request = shop.request("order.created", shop.sample("order.created", "card"))
    headers = {name: text for name, text in request.headers.items() if "signature" not in name}

    with pytest.raises(InvalidSignature):
        bench.receive("woocommerce", WebhookRequest(request.body, headers, request.key))


def test_another_stores_secret_does_not_open_this_store(bench: Bench) -> None:
    mine = bench.shop("woocommerce")
    other = bench.shop("woocommerce", "other.example.com", dataset=None)

    with pytest.raises(InvalidSignature):
        mine.tell("order.created", mine.sample("order.created", "card"), secret=other.secret)


def test_a_store_with_a_secret_of_its_own_is_not_opened_by_the_apps(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    shop = bench.shop("shopify", secret="the secret of one custom app")

    with pytest.raises(InvalidSignature):
        shop.tell("orders/paid", shop.sample("orders/paid", "card"), secret="the secret of the whole app")


def test_both_app_secrets_open_during_a_rotation(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the newer secret", "the older secret")}
    shop = bench.shop("shopify")

    first = shop.tell("orders/paid", shop.sample("orders/paid", "card"), secret="the older secret")
    second = shop.tell("orders/paid", shop.sample("orders/paid", "shop_pay"), secret="the newer secret")

    assert (first.status, second.status) == ("accepted", "accepted")


def test_a_shop_we_do_not_serve_is_ignored_if_the_app_signed_and_refused_if_not(bench: Bench) -> None:
    shop = bench.shop("shopify", secret="the secret of one custom app")
    body = shop.sample("orders/paid", "card")
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    request = shop.request("orders/paid", body, secret="the secret of the whole app")
    stranger = {**request.headers, "x-shopify-shop-domain": "stranger.myshopify.com"}

    assert bench.receive("shopify", WebhookRequest(body, stranger)).status == "ignored"
    with pytest.raises(InvalidSignature):
        bench.receive("shopify", WebhookRequest(body + b" ", stranger))
    for domain in ("a.com,b.com", "tea.myshopify.com/../", ""):
        nameless = {**stranger, "x-shopify-shop-domain": domain}
        assert bench.receive("shopify", WebhookRequest(body, nameless)).status == "ignored"
        with pytest.raises(InvalidSignature):
            bench.receive("shopify", WebhookRequest(body + b" ", nameless))


def test_an_unknown_woocommerce_address_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.receive("woocommerce", WebhookRequest(b"webhook_id=1", {}, "nobody"))


def test_woocommerces_unsigned_ping_is_answered_and_leaves_nothing(bench: Bench) -> None:
    shop = bench.shop("woocommerce")

    reply = bench.receive("woocommerce", WebhookRequest(b"webhook_id=17", {}, shop.row.webhook_key))

    assert (reply.status, reply.reason) == ("ignored", "a ping")
    assert not any(everything(bench).values())


def test_the_same_body_twice_is_one_receipt_and_counted_as_a_copy(bench: Bench) -> None:
    shop = bench.shop("shopify")
    body = shop.sample("orders/paid", "card")

    replies = [shop.tell("orders/paid", body).status for _ in range(3)]

    assert replies == ["accepted", "duplicate", "duplicate"]
    assert len(bench.rows()) == 1
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(webhooks.c.copies)).scalars().all() == [3]


def test_two_orders_with_one_woocommerce_delivery_id_are_both_kept(bench: Bench) -> None:
    """WooCommerce makes that id of the webhook and the second: orders of one second share it."""
    shop = bench.shop("woocommerce")
    for order_id in ("71", "72"):
        request = shop.request("order.created", shop.sample("order.created", "card", order_id=order_id))
        headers = {**request.headers, "x-wc-webhook-delivery-id": "52e9f7924252001204d8b955c5e5473a"}
        bench.receive("woocommerce", WebhookRequest(request.body, headers, request.key))

    assert sorted(row["event_id"] for row in bench.rows()) == ["71", "72"]


def test_a_staging_copy_signs_as_validly_and_is_ignored_with_an_alert(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    body = json.loads(shop.sample("order.created", "card"))
    body["_links"]["self"][0]["href"] = "https://staging.example.com/wp-json/wc/v3/orders/5001"

    reply = shop.tell("order.created", json.dumps(body).encode())

    assert (reply.status, reply.reason) == ("ignored", "other site")
    assert bench.rows() == []
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(alerts.c.kind)).scalars().all() == ["other_site"]


def test_a_deletion_from_a_staging_copy_is_known_by_its_source_header(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    request = shop.request("order.deleted", b'{"id":5001}')
    headers = {**request.headers, "x-wc-webhook-source": "https://staging.example.com/"}

    assert bench.receive("woocommerce", WebhookRequest(request.body, headers, request.key)).reason == "other site"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"1", b'{"id": 1', b"\xff\xfe{", b'{"id": NaN}', b"[" * 100_000, b'{"id": null}'],
    ids=["empty", "null", "list", "text", "number", "truncated", "not UTF-8", "NaN", "deep", "no id"],
)
@pytest.mark.parametrize(("platform", "topic"), [("shopify", "orders/paid"), ("woocommerce", "order.updated")])
def test_signed_nonsense_is_quarantined_once_and_sealed(bench: Bench, platform: str, topic: str, body: bytes) -> None:
    shop = bench.shop(platform)

    replies = [shop.tell(topic, body) for _ in range(2)]

    assert {reply.status for reply in replies} == {"quarantined"}
    assert all(reply.reason for reply in replies)
    with reading(bench.engine) as connection:
        (kept,) = connection.execute(sa.select(quarantine)).all()
    opened = bench.sealer.unseal(kept.body, store=shop.id, column="quarantine.body")
    assert opened == body
    assert len(body) < 4 or body.decode(errors="replace") not in kept.body


def test_the_quarantine_of_a_store_is_bounded_and_its_receipts_are_not(bench: Bench) -> None:
    shop = bench.shop("shopify")
    for number in range(QUARANTINE_BODIES + 5):
        assert shop.tell("orders/paid", b"nonsense %d" % number).status == "quarantined"

    assert count(bench, quarantine) == QUARANTINE_BODIES
    assert count(bench, webhooks) == QUARANTINE_BODIES + 5


def test_topics_nobody_follows_are_ignored(bench: Bench) -> None:
    shop = bench.shop("woocommerce")

    assert (
        shop.tell("action.woocommerce_order_refunded", b'{"action":"woocommerce_order_refunded","arg":5}').status
        == "ignored"
    )
    assert shop.tell("product.updated", b'{"id":5}').status == "ignored"
    assert not any(everything(bench).values())


def test_a_signed_error_object_says_that_access_is_lost_and_alerts(bench: Bench) -> None:
    shop = bench.shop("woocommerce")

    reply = shop.tell("order.updated", shop.sample("order.updated", "error_object_cannot_view", order_id=None))

    assert reply.status == "ignored"
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(alerts.c.kind)).scalars().all() == ["access_lost"]


def test_an_order_body_under_the_topic_app_uninstalled_is_refused(bench: Bench) -> None:
    """Shopify signs the body and not the topic: a captured order must not end a store."""
    shop = bench.shop("shopify")

    reply = shop.tell("app/uninstalled", shop.sample("orders/paid", "card"))

    assert reply.status == "quarantined"
    assert count(bench, tasks) == 0


def test_another_shops_uninstall_does_not_end_this_store(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    shop = bench.shop("shopify")
    body = json.loads(shop.sample("app/uninstalled", "shop"))
    body["myshopify_domain"] = "other.myshopify.com"

    assert shop.tell("app/uninstalled", json.dumps(body).encode()).reason == "other site"
    assert count(bench, tasks) == 0


def test_an_uninstall_is_written_down_for_later(bench: Bench) -> None:
    shop = bench.shop("shopify")

    assert shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop")).status == "accepted"
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(tasks.c.kind, tasks.c.store_id)).all() == [("store_uninstalled", shop.id)]


def test_a_privacy_request_is_recorded_even_for_a_shop_we_do_not_serve_and_sealed(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    shop = bench.shop("shopify")
    body = shop.sample("customers/redact", "example")
    request = shop.request("customers/redact", body)
    stranger = {**request.headers, "x-shopify-shop-domain": "gone.myshopify.com"}

    assert bench.receive("shopify", WebhookRequest(body, stranger)).status == "accepted"
    with reading(bench.engine) as connection:
        (task,) = connection.execute(sa.select(tasks)).all()
    assert (task.kind, task.store_id) == ("privacy_request", None)
    assert "@" not in task.payload


def test_an_order_placed_before_the_store_was_connected_is_not_ours(bench: Bench) -> None:
    shop = bench.shop("shopify", since=datetime.now(UTC) - timedelta(hours=1))

    shop.tell("orders/paid", shop.sample("orders/paid", "card", age=timedelta(hours=2)))

    assert bench.states() == [("skipped", "placed before the store was connected")]


def test_an_order_first_seen_after_seven_days_is_skipped(bench: Bench) -> None:
    shop = bench.shop("woocommerce")

    shop.tell("order.created", shop.sample("order.created", "card", age=timedelta(days=8)))

    assert bench.states() == [("skipped", "older than 7 days")]


def test_a_store_without_a_dataset_holds_its_events_for_the_first_one(bench: Bench) -> None:
    shop = bench.shop("shopify", dataset=None, consent_mode="assumed")
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    assert bench.states() == [("held", "no dataset yet")]
    assert bench.rows()[0]["dataset_id"] is None

    shop.attach("100000000000007")

    assert bench.states() == [("pending", None)]
    bench.deliver()
    assert [event["event_id"] for event in bench.sandbox.told()] == ["5001"]


def test_a_further_dataset_gets_only_what_comes_after_it(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    shop.attach("100000000000002")
    shop.tell("orders/paid", shop.sample("orders/paid", "shop_pay", order_id="5002"))

    told = sorted((row["event_id"], row["dataset_id"]) for row in bench.rows())

    assert told == [("5001", "100000000000001"), ("5002", "100000000000001"), ("5002", "100000000000002")]


def test_nothing_personal_is_stored_outside_sealed_columns(bench: Bench) -> None:
    """Names, e-mail, phone and address exist as hashes only, and the hashes are sealed too."""
    shop = bench.shop("woocommerce", consent_mode="assumed")
    body = json.loads(shop.sample("order.created", "card"))
    body["billing"].update(email="canary@example.com", phone="+14085550199", first_name="Canarina", city="Canaryville")
    shop.tell("order.created", json.dumps(body).encode())

    with reading(bench.engine) as connection:
        dump = " ".join(str(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table)))
    assert "5001" in dump
    for trace in ("canary", "Canar", "4085550199", b"canary@example.com".hex()):
        assert trace not in dump
    import hashlib

    assert hashlib.sha256(b"canary@example.com").hexdigest() not in dump
    bench.deliver()
    (told,) = bench.sandbox.told()
    assert told["user_data"]["em"] == hashlib.sha256(b"canary@example.com").hexdigest()
