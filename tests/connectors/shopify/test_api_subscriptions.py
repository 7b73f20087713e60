"""One subscription a topic, at our address, whole, and nobody else's touched."""

import pytest

from connectors.access import Endpoint
from connectors.errors import CredentialsRejected, Declined, Throttled, Unreachable
from connectors.shopify import addresses, mapping, subscriptions
from connectors.shopify.subscriptions import FOLLOWED, Deed, Listed, Step, plan
from tests.rig.graphql_shop import opened

ADDRESS = "https://tandem.example/webhooks/shopify"
ENDPOINT = Endpoint(ADDRESS)
FORMER = "https://tandem.former.example/webhooks/shopify"
DONE = {"userErrors": []}
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}


def node(topic, number=1, **changes):
    return {
        "id": f"gid://shopify/WebhookSubscription/{number}",
        "topic": subscriptions.spelled(topic),
        "uri": ADDRESS,
        "format": "JSON",
        "filter": None,
        "includeFields": [],
    } | changes


def listed(topic, number=1, **changes):
    told = node(topic, number, **changes)
    return Listed(told["id"], told["topic"], told["uri"], told["format"], told["filter"], told["includeFields"])


def page(nodes, cursor=None):
    return {"webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": bool(cursor), "endCursor": cursor}}}


def all_but(*left_out):
    return [node(topic, number) for number, topic in enumerate(FOLLOWED, 1) if topic not in left_out]


def test_all_topics_are_followed_but_those_that_only_the_toml_can_declare():
    assert set(FOLLOWED) == set(mapping.TOPICS) - COMPLIANCE
    assert "app/uninstalled" in FOLLOWED


def test_a_topic_is_spelled_as_the_schemas_enum_has_it():
    assert [subscriptions.spelled(topic) for topic in ("orders/create", "app/uninstalled")] == [
        "ORDERS_CREATE",
        "APP_UNINSTALLED",
    ]


def test_a_shop_with_nothing_gets_every_topic_once_in_json_and_whole(shop):
    shop.says(page([]))
    for _ in FOLLOWED:
        shop.says({"webhookSubscriptionCreate": DONE})
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == FOLLOWED
    made = shop.asked[1:]
    assert [one.variables["topic"] for one in made] == [subscriptions.spelled(topic) for topic in FOLLOWED]
    assert all(one.variables["webhookSubscription"] == {"uri": ADDRESS, "format": "JSON"} for one in made)


def test_a_shop_that_has_all_is_only_looked_at(shop):
    shop.says(page(all_but()))
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ()
    assert shop.roots == ["webhookSubscriptions"]


def test_what_shopify_dropped_is_restored_and_named(shop):
    shop.says(page(all_but("orders/paid"))).says({"webhookSubscriptionCreate": DONE})
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ("orders/paid",)


def test_a_list_of_several_pages_is_read_to_its_end(shop):
    nodes = all_but()
    shop.says(page(nodes[:3], "c1")).says(page(nodes[3:6], "c2")).says(page(nodes[6:]))
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ()
    assert [one.variables["after"] for one in shop.asked] == [None, "c1", "c2"]


CUT = [
    {"webhookSubscriptions": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}},
    {"webhookSubscriptions": {"nodes": [], "pageInfo": {}}},
    {"webhookSubscriptions": {"nodes": []}},
    {"webhookSubscriptions": {"nodes": None, "pageInfo": {"hasNextPage": False}}},
    {"webhookSubscriptions": {"pageInfo": {"hasNextPage": False}}},
]


@pytest.mark.parametrize("told", CUT)
def test_half_a_list_makes_no_doubles(shop, told):
    shop.says(told)
    with pytest.raises(Unreachable):
        opened(shop.url).mend_subscriptions(ENDPOINT)
    assert shop.roots == ["webhookSubscriptions"]


def test_a_list_that_goes_round_in_circles_ends(shop):
    for _ in range(100):
        shop.says(page([], "c1")).says(page([], "c2"))
    with pytest.raises(Unreachable):
        opened(shop.url).mend_subscriptions(ENDPOINT)
    assert len(shop.asked) < 100


def test_a_former_address_of_ours_and_another_format_are_corrected(shop):
    shop.says(
        page(
            [
                *all_but("orders/paid", "refunds/create"),
                node("orders/paid", 90, uri=FORMER),
                node("refunds/create", 91, format="XML"),
            ]
        )
    )
    shop.says({"webhookSubscriptionUpdate": DONE}).says({"webhookSubscriptionUpdate": DONE})
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ()
    assert [(one.variables["id"][-2:], one.variables["webhookSubscription"]) for one in shop.asked[1:]] == [
        ("90", {"uri": ADDRESS, "format": "JSON"}),
        ("91", {"uri": ADDRESS, "format": "JSON"}),
    ]


def test_a_double_is_taken_away_and_the_right_one_stays():
    found = [listed(topic, number) for number, topic in enumerate(FOLLOWED, 1)]
    former = listed("orders/paid", 90, uri=FORMER)
    assert plan([former, *found], ADDRESS) == [Step(Deed.REMOVE, "orders/paid", former.id)]


@pytest.mark.parametrize("cut", [{"includeFields": ["id"]}, {"filter": "total_price:>=100"}])
def test_one_that_cuts_the_bodies_is_made_anew(shop, cut):
    shop.says(page([*all_but("orders/paid"), node("orders/paid", 90, **cut)]))
    shop.says({"webhookSubscriptionDelete": DONE}).says({"webhookSubscriptionCreate": DONE})
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ()
    assert shop.roots[1:] == ["webhookSubscriptionDelete", "webhookSubscriptionCreate"]


@pytest.mark.parametrize(
    "uri",
    [
        "pubsub://project:topic",
        "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/x",
        "https://warehouse.example/hooks",
        "https://[::1",
        None,
        7,
    ],
)
def test_what_an_operator_sends_elsewhere_is_left_alone(uri):
    found = [listed(topic, number) for number, topic in enumerate(FOLLOWED, 1)]
    assert plan([listed("orders/paid", 90, uri=uri), *found], ADDRESS) == []
    assert plan([listed("orders/paid", 90, uri=uri), *found[:1]], ADDRESS)[0].deed is Deed.MAKE


def test_a_topic_of_another_feature_is_left_alone():
    found = [listed(topic, number) for number, topic in enumerate(FOLLOWED, 1)]
    assert plan([*found, listed("products/update", 90)], ADDRESS) == []


def test_an_address_already_taken_is_success_and_no_news(shop):
    shop.says(page(all_but("orders/paid")))
    taken = {
        "field": ["webhookSubscription", "callbackUrl"],
        "message": "Address for this topic has already been taken",
    }
    shop.says({"webhookSubscriptionCreate": {"userErrors": [taken]}})
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ()


def test_a_declined_topic_keeps_none_of_the_others_from_being_made(shop):
    refusal = "This app is not approved to subscribe to webhook topics containing protected customer data."
    shop.says(page(all_but("orders/paid", "orders/create", "app/uninstalled")))
    shop.says({"webhookSubscriptionCreate": {"userErrors": [{"message": refusal}]}})
    shop.says(
        {"webhookSubscriptionCreate": None},
        errors=[{"path": ["webhookSubscriptionCreate"], "extensions": {"code": "ACCESS_DENIED"}}],
    )
    shop.says({"webhookSubscriptionCreate": DONE})
    with pytest.raises(Declined, match=f"declined 2 of the webhooks we need. orders/create: {refusal}"):
        opened(shop.url).mend_subscriptions(ENDPOINT)
    assert [one.variables["topic"] for one in shop.asked[1:]] == ["ORDERS_CREATE", "ORDERS_PAID", "APP_UNINSTALLED"]


PERSONAL = [
    ("The address https://x.example/webhooks?key=s3cret is not allowed", "The address … is not allowed"),
    ("jane@example.com may not", "… may not"),
    ('The value "Jane Doe" is invalid', "The value … is invalid"),
    ("Order 4507894690 and shpat_0123456789abcdef0123456789abcdef", "Order … and …"),
    ("x" * 31 + " " + "word " * 100, None),
    ("\x00\x1b[31m", "[31m"),
    (None, "no reason given"),
    (7, "no reason given"),
    ("", "no reason given"),
]


@pytest.mark.parametrize(("message", "told"), PERSONAL)
def test_a_refusal_is_told_on_short_and_without_what_may_be_somebodys(shop, message, told):
    shop.says(page(all_but("orders/paid"))).says({"webhookSubscriptionCreate": {"userErrors": [{"message": message}]}})
    with pytest.raises(Declined) as raised:
        opened(shop.url).mend_subscriptions(ENDPOINT)
    assert len(str(raised.value)) < 300
    if told is not None:
        assert str(raised.value) == f"Shopify declined 1 of the webhooks we need. orders/paid: {told}"


@pytest.mark.parametrize(("status", "error"), [(401, CredentialsRejected), (429, Throttled), (502, Unreachable)])
def test_a_mending_that_was_interrupted_goes_on_the_next_time(shop, status, error):
    shop.says(page(all_but("orders/paid", "orders/create"))).says({"webhookSubscriptionCreate": DONE}).sends(
        b"", status
    )
    with pytest.raises(error):
        opened(shop.url).mend_subscriptions(ENDPOINT)
    shop.says(page(all_but("orders/paid"))).says({"webhookSubscriptionCreate": DONE})
    assert opened(shop.url).mend_subscriptions(ENDPOINT) == ("orders/paid",)


def test_where_they_are_declared_nothing_is_asked(shop):
    assert opened(shop.url, subscriptions=addresses.DECLARED).mend_subscriptions(ENDPOINT) == ()
    assert shop.asked == []
