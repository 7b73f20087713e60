"""The webhooks it sends: signed, headed and worded as Shopify's, to whom they were subscribed."""

import base64
import hashlib
import hmac
import json
import re

import pytest

MAKE = """mutation($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) { userErrors { message } } }"""
SHOP = "lumen-and-loom.myshopify.com"


@pytest.fixture
def subscribed(client, listener):
    """Our app, installed and subscribed to some topics; returns its token."""

    def subscribe(*topics, shop=SHOP):
        token = client.installed(shop)["access_token"]
        for topic in topics:
            wanted = {"uri": f"{listener.url}/webhooks/shopify"}
            assert client.ask(token, MAKE, shop, topic=topic, webhookSubscription=wanted).status == 200
        return token

    return subscribe


def body_of(heard):
    return json.loads(heard.body)


def signature(heard, secret):
    return base64.b64encode(hmac.new(secret.encode(), heard.body, hashlib.sha256).digest()).decode()


def test_an_order_is_told_created_and_paid_and_the_answers_are_kept(standin, listener, subscribed):
    subscribed("ORDERS_CREATE", "ORDERS_PAID")
    listener.answers = [200, 202]
    [order_id] = standin.order()
    assert [(one["topic"], one["shop"], one["status"]) for one in standin.webhooks()] == [
        ("orders/create", SHOP, 200),
        ("orders/paid", SHOP, 202),
    ]
    assert [str(body_of(heard)["id"]) for heard in listener.heard] == [order_id, order_id]
    assert [heard.path for heard in listener.heard] == ["/webhooks/shopify"] * 2


def test_the_headers_are_shopifys_and_the_signature_is_over_the_raw_body(standin, listener, subscribed):
    subscribed("ORDERS_CREATE", "ORDERS_PAID")
    standin.order()
    standin.webhooks()
    first, second = listener.heard
    assert first.headers["x-shopify-hmac-sha256"] == signature(first, standin.secret)
    assert first.headers["x-shopify-topic"] == "orders/create"
    assert first.headers["x-shopify-shop-domain"] == SHOP
    assert first.headers["x-shopify-api-version"] == "2026-10"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", first.headers["x-shopify-triggered-at"])
    assert first.headers["x-shopify-webhook-id"] != second.headers["x-shopify-webhook-id"]
    assert first.headers["x-shopify-event-id"] == second.headers["x-shopify-event-id"]


def test_it_signs_with_the_newest_secret(standin, listener, subscribed):
    subscribed("ORDERS_CREATE")
    standin.app(secrets=["the-newest-secret-of-all", "the-one-before-that"])
    standin.order()
    standin.webhooks()
    assert listener.heard[0].headers["x-shopify-hmac-sha256"] == signature(
        listener.heard[0], "the-newest-secret-of-all"
    )


def test_the_body_is_an_order_of_the_shop(standin, listener, subscribed):
    standin.create(id=70055100011, country="GB", currency="GBP")
    subscribed("ORDERS_CREATE")
    standin.order()
    standin.webhooks()
    told = body_of(listener.heard[0])
    assert re.fullmatch(
        rf"https://{re.escape(SHOP)}/70055100011/orders/[0-9a-f]{{32}}/authenticate\?key=[0-9a-f]{{32}}",
        told["order_status_url"],
    )
    assert (told["currency"], told["total_price_set"]["shop_money"]["currency_code"]) == ("GBP", "GBP")
    assert told["line_items"][0]["price_set"]["presentment_money"]["currency_code"] == "GBP"
    assert told["shipping_address"]["country_code"] == "GB"
    assert told["email"].endswith("@example.com")
    assert told["admin_graphql_api_id"] == f"gid://shopify/Order/{told['id']}"


def test_now_and_then_an_order_id_is_too_long_for_a_javascript_parser(standin):
    ids = [int(order_id) for order_id in standin.order(count=9, silent=True)]
    assert len(set(ids)) == 9
    assert sum(order_id > 2**53 for order_id in ids) == 3


def test_an_order_that_is_not_paid_is_only_told_created(standin, listener, subscribed):
    subscribed("ORDERS_CREATE", "ORDERS_PAID")
    standin.order(financial_status="pending", gateway="Cash on Delivery (COD)")
    standin.webhooks()
    assert listener.topics() == ["orders/create"]
    assert body_of(listener.heard[0])["payment_gateway_names"] == ["Cash on Delivery (COD)"]


def test_an_order_from_elsewhere_has_no_cart(standin, listener, subscribed):
    subscribed("ORDERS_CREATE")
    standin.order(source_name="shopify_draft_order")
    standin.webhooks()
    told = body_of(listener.heard[0])
    assert (told["cart_token"], told["source_name"], told["app_id"]) == (None, "shopify_draft_order", 1354745)


@pytest.mark.parametrize("how", ["silent", "unsubscribed", "dropped"])
def test_nobody_is_told_who_is_not_to_be(standin, listener, subscribed, how):
    subscribed(*(() if how == "unsubscribed" else ("ORDERS_CREATE",)))
    if how == "dropped":
        standin.drop(topic="orders/create")
    standin.order(silent=how == "silent")
    assert standin.webhooks() == []
    assert listener.heard == []


def test_a_topic_that_the_app_declared_needs_no_subscription(standin, listener):
    standin.app(declared=["orders/create"])
    standin.install()
    standin.order()
    assert [one["address"] for one in standin.webhooks()] == [f"{listener.url}/webhooks/shopify"]


def test_a_503_is_tried_once_more_under_the_same_id(standin, listener, subscribed):
    subscribed("ORDERS_CREATE")
    listener.answers = [503, 503]
    standin.order()
    assert [one["status"] for one in standin.webhooks()] == [503, 503]
    assert len({heard.headers["x-shopify-webhook-id"] for heard in listener.heard}) == 1


@pytest.mark.parametrize("status", [200, 401, 500])
def test_another_answer_is_not_argued_with(standin, listener, subscribed, status):
    subscribed("ORDERS_CREATE")
    listener.answers = [status]
    standin.order()
    assert [one["status"] for one in standin.webhooks()] == [status]


def test_where_nobody_answers_the_journal_says_so(client, standin):
    token = client.installed()["access_token"]
    wanted = {"uri": "http://127.0.0.1:9/webhooks"}
    client.ask(token, MAKE, topic="ORDERS_CREATE", webhookSubscription=wanted)
    standin.order()
    assert [(one["status"], one["answer"]) for one in standin.webhooks()] == [
        (None, "no answer: ConnectionRefusedError")
    ]


def test_it_sends_to_this_machine_only(client, standin):
    token = client.installed()["access_token"]
    client.ask(token, MAKE, topic="ORDERS_CREATE", webhookSubscription={"uri": "https://shop.example.com/hook"})
    standin.order()
    assert [one["answer"] for one in standin.webhooks()] == ["not sent: the stand-in sends to loopback only"]


def test_uninstalling_kills_the_tokens_before_the_app_is_told(client, standin, listener, subscribed):
    token = subscribed("APP_UNINSTALLED", "ORDERS_CREATE")
    standin.uninstall()
    assert [one["topic"] for one in standin.webhooks()] == ["app/uninstalled"]
    assert body_of(listener.heard[0])["myshopify_domain"] == SHOP
    assert client.ask(token, "{ shop { id } }").status == 401
    left = standin.shop()
    assert (left["installed"], left["tokens"], left["subscriptions"], left["pixel"]) == (False, 0, [], None)
    standin.order()
    assert listener.topics() == ["app/uninstalled"]


def test_a_silent_uninstall_tells_nobody(standin, listener, subscribed):
    subscribed("APP_UNINSTALLED")
    standin.uninstall(silent=True)
    assert standin.webhooks() == []
    assert standin.shop()["installed"] is False


def test_a_shop_may_install_again_and_the_old_tokens_stay_dead(client, standin, subscribed):
    former = subscribed("APP_UNINSTALLED")
    standin.uninstall()
    fresh = client.installed()["access_token"]
    assert client.ask(fresh, "{ shop { id } }").status == 200
    assert client.ask(former, "{ shop { id } }").status == 401


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_compliance_topics_go_to_the_declared_address_of_any_shop(standin, listener, topic):
    assert standin.webhook(topic) == [f"{listener.url}/webhooks/shopify"]
    standin.webhooks()
    assert body_of(listener.heard[0])["shop_domain"] == SHOP
    assert listener.topics() == [topic]


def test_a_stale_word_of_an_uninstall_can_be_sent(standin, listener, subscribed):
    subscribed("ORDERS_CREATE")
    standin.webhook("app/uninstalled", body={"id": 1, "myshopify_domain": SHOP})
    standin.webhooks()
    assert body_of(listener.heard[0]) == {"id": 1, "myshopify_domain": SHOP}
    assert standin.shop()["installed"] is True


def test_an_order_is_the_same_in_the_webhook_and_in_the_api(client, standin, listener, subscribed):
    token = subscribed("ORDERS_CREATE")
    standin.order(count=3)
    standin.webhooks()
    told = client.ask(token, "{ orders(first: 5) { nodes { id number cartToken } } }").json["data"]["orders"]["nodes"]
    bodies = [body_of(heard) for heard in listener.heard]
    heard = [(body["admin_graphql_api_id"], body["order_number"], body["cart_token"]) for body in bodies]
    assert sorted(heard) == sorted((node["id"], node["number"], node["cartToken"]) for node in told)
