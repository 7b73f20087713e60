"""The Admin API: Shopify's shapes of a no, and what an app's subscriptions, pixel and orders look like there."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import urllib3

CREATE = """mutation Make($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id topic uri } userErrors { field message } } }"""
LIST = "query($first: Int!, $after: String) { webhookSubscriptions(first: $first, after: $after) { nodes { id topic uri } pageInfo { hasNextPage endCursor } } }"
ORDERS = """query($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes { id createdAt sourceName displayFinancialStatus paymentGatewayNames test
            shippingAddress { countryCodeV2 } totalPriceSet { shopMoney { amount currencyCode } } }
    pageInfo { hasNextPage endCursor } } }"""
PIXEL = "mutation($webPixel: WebPixelInput!) { webPixelCreate(webPixel: $webPixel) { webPixel { id settings } userErrors { code field message } } }"
ADDRESS = "http://127.0.0.1:8000/webhooks/shopify"


@pytest.fixture
def ask(client):
    """A question with a good token; the whole answer's JSON."""
    token = client.installed()["access_token"]
    return lambda document, **variables: client.ask(token, document, **variables).json


def subscribe(ask, topic="ORDERS_CREATE", **more):
    told = ask(CREATE, topic=topic, webhookSubscription={"uri": ADDRESS, **more})
    return told["data"]["webhookSubscriptionCreate"]


def complaints(told):
    return [error["message"] for error in told["userErrors"]]


def codes(told):
    return [error["extensions"]["code"] for error in told["errors"]]


def test_only_what_was_asked_is_answered(ask, standin):
    standin.create(id=4711, country="CH", currency="CHF")
    told = ask("{ shop { number: id currencyCode shopAddress { countryCodeV2 __typename } } }")
    address = {"countryCodeV2": "CH", "__typename": "ShopAddress"}
    assert told["data"] == {
        "shop": {"number": "gid://shopify/Shop/4711", "currencyCode": "CHF", "shopAddress": address}
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ shops { id } }", "undefinedField"),
        ("{ shop { id secretName } }", "undefinedField"),
        ("{ orders(first: 1) { nodes { landingPage } } }", "undefinedField"),
        ("mutation { shop { id } }", "undefinedField"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop { id { more } } }", "selectionMismatch"),
        ("{ shop(name: 1) { id } }", "argumentNotAccepted"),
        ("mutation { webPixelCreate { userErrors { message } } }", "missingRequiredArguments"),
        ("{ orders { nodes { id } } }", "BAD_REQUEST"),
        ("{ orders(first: 251) { nodes { id } } }", "BAD_REQUEST"),
        ("query($first: Int!) { orders(first: $first) { nodes { id } } }", "INVALID_VARIABLE"),
        ("{ orders(first: $first) { nodes { id } } }", "variableNotDefined"),
    ],
)
def test_a_question_outside_the_schema_is_refused_whole(ask, query, code):
    told = ask(query)
    assert codes(told) == [code]
    assert "data" not in told


@pytest.mark.parametrize("query", ["", "{", "{ shop { id }", "query Q { } ", "what is this?", "{ shop { id } } extra"])
def test_what_is_no_graphql_is_an_error(ask, query):
    assert ask(query)["errors"]


def test_an_unknown_field_names_its_type(ask):
    [error] = ask("{ shop { secretName } }")["errors"]
    assert error["message"] == "Field 'secretName' doesn't exist on type 'Shop'"
    assert error["extensions"] == {"code": "undefinedField", "typeName": "Shop", "fieldName": "secretName"}


def test_a_question_that_costs_too_much_is_refused(ask):
    told = ask(
        "{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { sku product { id } variant { id } } } } } }"
    )
    assert codes(told) == ["MAX_COST_EXCEEDED"]


def test_without_the_scope_the_field_is_denied(standin, client):
    standin.app(scopes=["write_pixels"])
    token = client.installed()["access_token"]
    told = client.ask(token, "{ orders(first: 1) { nodes { id } } }").json
    assert codes(told) == ["ACCESS_DENIED"]
    assert (
        told["errors"][0]["message"] == "Access denied for orders field. Required access: `read_orders` access scope."
    )
    assert told["data"] == {"orders": None}


def test_to_write_is_to_read(ask):
    assert codes(ask("{ webPixel { id } }")) == [
        "RESOURCE_NOT_FOUND"
    ]  # not denied, although only write_pixels was given


def test_throttling_is_a_200_with_an_error_and_the_state_of_the_bucket(client, standin):
    token = client.installed()["access_token"]
    standin.fail(kind="throttled", operation="shop")
    answer = client.ask(token, "{ shop { id } }")
    assert answer.status == 200
    assert answer.json["errors"][0]["message"] == "Throttled"
    assert codes(answer.json) == ["THROTTLED"]
    assert "data" not in answer.json
    cost = answer.json["extensions"]["cost"]
    assert cost["actualQueryCost"] is None
    assert cost["throttleStatus"]["currentlyAvailable"] < cost["requestedQueryCost"]
    assert cost["throttleStatus"]["restoreRate"] > 0
    assert client.ask(token, "{ shop { id } }").json["data"]


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("html", 502)])
def test_other_failures_strike_as_often_as_they_were_told_to(client, standin, kind, status):
    token = client.installed()["access_token"]
    standin.fail(kind=kind, times=2, seconds=3)
    answers = [client.ask(token, "{ shop { id } }") for _ in range(3)]
    assert [answer.status for answer in answers] == [status, status, 200]
    assert (answers[0].headers.get("Retry-After") == "3.0") is (kind == "429")


@pytest.mark.parametrize("kind", ["reset", "hang"])
def test_a_connection_may_break_or_stay_mute(client, standin, kind):
    token = client.installed()["access_token"]
    standin.fail(kind=kind, operation="shop", seconds=0.05)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        client.ask(token, "{ shop { id } }")
    assert standin.requests("shop")[0]["status"] is None


def test_a_fault_strikes_its_operation_and_its_shop_only(client, standin):
    standin.fail(kind="500", operation="token", shop="another.myshopify.com", times=None)
    token = client.installed()["access_token"]
    assert client.ask(token, "{ shop { id } }").status == 200
    assert client.exchange(standin.session("another.myshopify.com"), "another.myshopify.com").status == 500
    standin.mend()
    assert client.exchange(standin.session("another.myshopify.com"), "another.myshopify.com").status == 200


def test_a_mutation_may_be_declined_and_then_nothing_was_done(ask, standin):
    standin.fail(kind="user_error", operation="webhookSubscriptionCreate")
    assert complaints(subscribe(ask))
    assert standin.shop()["subscriptions"] == []
    assert complaints(subscribe(ask)) == []


def test_a_subscription_is_made_listed_moved_and_removed(ask, standin):
    made = subscribe(ask)["webhookSubscription"]
    assert made["topic"] == "ORDERS_CREATE"
    assert standin.shop()["subscriptions"] == [made]
    update = """mutation($id: ID!, $webhookSubscription: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $webhookSubscription) { userErrors { message } } }"""
    assert ask(update, id=made["id"], webhookSubscription={"uri": f"{ADDRESS}/2"})["data"]
    assert ask(LIST, first=5)["data"]["webhookSubscriptions"]["nodes"] == [{**made, "uri": f"{ADDRESS}/2"}]
    remove = "mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } } }"
    assert ask(remove, id=made["id"])["data"]["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == made["id"]
    assert complaints(ask(remove, id=made["id"])["data"]["webhookSubscriptionDelete"])
    assert standin.shop()["subscriptions"] == []


def test_one_address_takes_a_topic_once(ask):
    assert complaints(subscribe(ask)) == []
    assert complaints(subscribe(ask)) == ["Address for this topic has already been taken"]
    assert complaints(subscribe(ask, "ORDERS_PAID")) == []
    assert complaints(subscribe(ask, uri=f"{ADDRESS}/other")) == []


@pytest.mark.parametrize(
    "topic", ["CUSTOMERS_REDACT", "SHOP_REDACT", "CUSTOMERS_DATA_REQUEST", "orders/create", "NO_SUCH"]
)
def test_compliance_topics_and_unknown_ones_cannot_be_subscribed_to(ask, topic):
    assert codes(ask(CREATE, topic=topic, webhookSubscription={"uri": ADDRESS})) == ["INVALID_VARIABLE"]


def test_an_input_field_that_does_not_exist_is_refused(ask):
    assert codes(ask(CREATE, topic="ORDERS_PAID", webhookSubscription={"url": ADDRESS})) == ["INVALID_VARIABLE"]


@pytest.mark.parametrize("uri", ["", "http://shop.example.com/hook", "ftp://127.0.0.1/", "/webhooks"])
def test_an_address_that_is_neither_https_nor_here_is_refused(ask, uri):
    assert complaints(subscribe(ask, uri=uri)) == ["Address is invalid"]


def test_a_topic_needs_its_scope_and_protected_data_an_approval(standin, client):
    standin.app(protected_data=False)
    token = client.installed()["access_token"]

    def refused(topic):
        told = client.ask(token, CREATE, topic=topic, webhookSubscription={"uri": ADDRESS}).json
        return complaints(told["data"]["webhookSubscriptionCreate"])

    assert "protected customer data" in refused("ORDERS_CREATE")[0]
    assert "specified topic" in refused("PRODUCTS_CREATE")[0]
    assert refused("APP_UNINSTALLED") == []


def test_subscriptions_are_dropped_one_topic_or_all(ask, standin):
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "APP_UNINSTALLED"):
        subscribe(ask, topic)
    standin.drop(topic="orders/paid")
    assert [one["topic"] for one in standin.shop()["subscriptions"]] == ["ORDERS_CREATE", "APP_UNINSTALLED"]
    standin.drop()
    assert ask(LIST, first=9)["data"]["webhookSubscriptions"]["nodes"] == []


def test_a_long_list_comes_in_pages(ask):
    topics = ["APP_UNINSTALLED", "ORDERS_CREATE", "ORDERS_PAID"]
    for topic in topics:
        subscribe(ask, topic)
    first = ask(LIST, first=2)["data"]["webhookSubscriptions"]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = ask(LIST, first=2, after=first["pageInfo"]["endCursor"])["data"]["webhookSubscriptions"]
    assert [one["topic"] for one in first["nodes"] + rest["nodes"]] == topics
    assert rest["pageInfo"]["hasNextPage"] is False


def test_a_missing_pixel_is_an_error_beside_a_null(ask):
    told = ask("{ webPixel { id settings } }")
    assert told["data"] == {"webPixel": None}
    assert told["errors"][0]["message"] == "No web pixel was found for this app."


def test_a_pixel_is_switched_on_once(ask, standin):
    made = ask(PIXEL, webPixel={"settings": json.dumps({"key": "1"})})["data"]["webPixelCreate"]["webPixel"]
    assert json.loads(made["settings"]) == {"key": "1"}
    assert standin.shop()["pixel"] == made
    again = ask(PIXEL, webPixel={"settings": "{}"})["data"]["webPixelCreate"]
    assert (again["webPixel"], again["userErrors"][0]["code"]) == (None, "TAKEN")


def test_a_pixel_needs_an_extension_and_readable_settings(ask, standin):
    refused = ask(PIXEL, webPixel={"settings": "not json"})["data"]["webPixelCreate"]
    assert refused["userErrors"][0]["code"] == "INVALID_CONFIGURATION_JSON"
    standin.app(extension=False)
    refused = ask(PIXEL, webPixel={"settings": "{}"})["data"]["webPixelCreate"]
    assert refused["userErrors"][0]["code"] == "NO_EXTENSION"
    assert standin.shop()["pixel"] is None


def test_past_orders_say_where_they_came_from_and_how_they_were_paid(ask, standin):
    wanted = {"source_name": "pos", "gateway": "cash", "financial_status": "pending", "country": "FR", "test": True}
    [order_id] = standin.order(**wanted, silent=True)
    [node] = ask(ORDERS, first=5)["data"]["orders"]["nodes"]
    assert node["id"] == f"gid://shopify/Order/{order_id}"
    assert (node["sourceName"], node["paymentGatewayNames"], node["test"]) == ("pos", ["cash"], True)
    assert (node["displayFinancialStatus"], node["shippingAddress"]) == ("PENDING", {"countryCodeV2": "FR"})
    assert node["totalPriceSet"] == {"shopMoney": {"amount": "102.10", "currencyCode": "EUR"}}


def ago(days):
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def found(ask, **arguments):
    return [node["createdAt"] for node in ask(ORDERS, first=5, **arguments)["data"]["orders"]["nodes"]]


@pytest.mark.parametrize("quoted", ["'{}'", "{}"])
def test_a_search_by_time_finds_what_was_placed_since_oldest_first(ask, standin, quoted):
    moments = [ago(days) for days in (1, 20, 10)]
    for moment in moments:
        standin.order(created_at=moment, silent=True)
    assert found(ask, query=f"created_at:>={quoted.format(moments[2])}") == [moments[2], moments[0]]
    assert found(ask, query=f"created_at:>{quoted.format(moments[2])}") == [moments[0]]
    assert found(ask) == [moments[1], moments[2], moments[0]]


def test_orders_older_than_sixty_days_are_not_shown(ask, standin):
    shown = ago(59)
    for moment in (shown, ago(61)):
        standin.order(created_at=moment, silent=True)
    assert found(ask) == [shown]


def test_its_clock_counts_for_the_sixty_days_too(ask, standin):
    standin.order(created_at=ago(60 - 1 / 100), silent=True)
    assert len(found(ask)) == 1
    standin.ahead(1_800)
    assert found(ask) == []
