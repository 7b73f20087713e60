"""What the stand-in knows of the Admin API, held against the schema Shopify publishes: it takes and refuses the same."""

import pytest

from connectors.shopify.standin.schema import ARGUMENTS, INPUTS, TYPES, type_of
from connectors.shopify.standin.subscriptions import TOPICS
from tests.rig.admin_schema import judging

GOOD = [
    "{ shop { id myshopifyDomain currencyCode shopAddress { countryCodeV2 } } }",
    "query Q($first: Int!) { orders(first: $first, reverse: true, sortKey: CREATED_AT) { edges { cursor node { id } } } }",
    "{ a: shop { id } b: shop { __typename } }",
    '{ webhookSubscriptions(first: 1, topics: [ORDERS_PAID], uri: "https://a.example") { nodes { id } } }',
    "{ shop { ... on Shop { id } } }",
]
BAD = [
    "{ shops { id } }",
    "{ shop { secretName } }",
    "{ shop }",
    "{ shop { id { more } } }",
    "{ shop(name: 1) { id } }",
    "{ orders(first: 1) { nodes { landingPage } } }",
    "{ orders(first: $first) { nodes { id } } }",
    "mutation { shop { id } }",
    "mutation { webPixelCreate { userErrors { message } } }",
    'mutation { webPixelCreate(webPixel: { settings: "{}", more: 1 }) { userErrors { message } } }',
    "mutation { webhookSubscriptionCreate(topic: SHOP_REDACT, webhookSubscription: {}) { userErrors { message } } }",
]


@pytest.fixture(scope="module")
def judge():
    with judging() as found:
        yield found


def selection(kind, owners=()):
    """Everything the stand-in knows of a type, but for what leads back to where we came from."""
    words = []
    for field in TYPES[kind]:
        below = type_of(kind, field)
        if below in owners:
            continue
        paging = "(first: 1)" if below and below.endswith("Connection") else ""
        words.append(f"{field}{paging} {{ {selection(below, (*owners, kind))} }}" if below else field)
    return " ".join(words)


def arguments(root):
    """An argument of every name, and of a sort that fits."""
    told = {"id": '"gid://shopify/WebPixel/1"', "topic": "ORDERS_PAID", "webPixel": '{ settings: "{}" }'}
    told |= {"webhookSubscription": '{ uri: "https://a.example" }'}
    if type_of("QueryRoot", root) and type_of("QueryRoot", root).endswith("Connection"):
        told["first"] = "1"
    needed, allowed = ARGUMENTS[root]
    words = [f"{name}: {told[name]}" for name in sorted(needed | allowed) if name in told]
    return f"({', '.join(words)})" if words else ""


@pytest.mark.parametrize("root", sorted(ARGUMENTS))
def test_every_field_the_stand_in_knows_is_shopifys(judge, root):
    kind, owner = ("query", "QueryRoot") if root in TYPES["QueryRoot"] else ("mutation", "Mutation")
    document = f"{kind} {{ {root}{arguments(root)} {{ {selection(type_of(owner, root))} }} }}"
    assert judge.ask("wrong", document=document) == []


def test_every_input_field_the_stand_in_knows_is_shopifys(judge):
    for name, fields in INPUTS.items():
        root = {"webhookSubscription": "webhookSubscriptionUpdate", "webPixel": "webPixelUpdate"}[name]
        for field in fields - {"metafields"}:
            kind = "[String!]" if field in ("includeFields", "metafieldNamespaces") else "String"
            kind = {"callbackUrl": "URL", "format": "WebhookSubscriptionFormat", "settings": "JSON!"}.get(field, kind)
            told = f'{root}(id: "1", {name}: {{ {field}: $value }}) {{ userErrors {{ message }} }}'
            assert judge.ask("wrong", document=f"mutation($value: {kind}) {{ {told} }}") == []


def test_every_topic_the_stand_in_knows_is_shopifys_and_compliance_is_none(judge):
    published = set(judge.ask("words", enumeration="WebhookSubscriptionTopic"))
    assert TOPICS.keys() <= published
    assert not {"CUSTOMERS_DATA_REQUEST", "CUSTOMERS_REDACT", "SHOP_REDACT"} & published


@pytest.mark.parametrize("document", GOOD)
def test_what_the_schema_takes_the_stand_in_takes(judge, client, document):
    assert judge.ask("wrong", document=document) == []
    told = client.ask(client.installed()["access_token"], document, first=1).json
    assert "errors" not in told
    assert told["data"]


@pytest.mark.parametrize("document", BAD)
def test_what_the_schema_refuses_the_stand_in_refuses(judge, client, document):
    assert judge.ask("wrong", document=document)
    told = client.ask(client.installed()["access_token"], document).json
    assert told["errors"]
    assert "data" not in told
