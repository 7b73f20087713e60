"""Every document we send, and what we put into it, held against the schema Shopify publishes for that version."""

from datetime import UTC, datetime

import pytest

from connectors.shopify import history, questions, standing, subscriptions
from connectors.shopify.subscriptions import FOLLOWED, Deed, Step
from tests.rig.admin_schema import judging

DOCUMENTS = {name: told for name, told in vars(questions).items() if name[0] != "_" and isinstance(told, str)}
HERE = "https://tandem.example/webhooks/shopify"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
PIXEL = {"settings": '{"key": "pk_1"}'}
ORDERS = {"first": questions.PAGE, "after": None, "query": history.search(NOW, NOW)}
ORDER = {"id": "gid://shopify/Order/1", "first": questions.LINES, "after": None}

GIVEN = {
    "SHOP": {},
    "SUBSCRIPTIONS": {"first": questions.PAGE, "after": "c1"},
    "SUBSCRIBE": subscriptions.variables(Step(Deed.MAKE, "orders/paid"), HERE),
    "CORRECT": subscriptions.variables(Step(Deed.CORRECT, "orders/paid", "gid://shopify/WebhookSubscription/1"), HERE),
    "UNSUBSCRIBE": subscriptions.variables(
        Step(Deed.REMOVE, "orders/paid", "gid://shopify/WebhookSubscription/1"), HERE
    ),
    "PIXEL": {},
    "SWITCH_PIXEL_ON": {"webPixel": PIXEL},
    "SET_PIXEL": {"id": "gid://shopify/WebPixel/7", "webPixel": PIXEL},
    "ORDERS": ORDERS,
    "ORDERS_WITHOUT_ADDRESSES": ORDERS,
    "ORDER": ORDER,
    "ORDER_WITHOUT_PERSON": ORDER,
}


@pytest.fixture(scope="module")
def judge():
    with judging() as found:
        yield found


def test_each_document_has_its_variables_here():
    assert GIVEN.keys() == DOCUMENTS.keys()


@pytest.mark.parametrize("name", GIVEN)
def test_a_document_fits_the_schema_and_uses_nothing_deprecated(judge, name):
    assert judge.ask("wrong", document=DOCUMENTS[name]) == []
    assert judge.ask("deprecated", document=DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", GIVEN)
def test_what_we_put_into_a_document_is_accepted(judge, name):
    assert judge.ask("refused", document=DOCUMENTS[name], variables=GIVEN[name]) == []


def test_the_judge_finds_fault_where_there_is_one(judge):
    assert judge.ask("wrong", document="{ shop { motto } }")
    assert judge.ask("deprecated", document="{ webhookSubscriptions(first: 1) { nodes { callbackUrl } } }")
    wrong = {"topic": "orders/paid", "webhookSubscription": {"uri": HERE, "format": "JSON"}}
    assert judge.ask("refused", document=questions.SUBSCRIBE, variables=wrong)
    assert judge.ask("refused", document=questions.PIXEL, variables={"id": "x"}) == ["id is not declared"]


def test_each_topic_is_a_word_of_the_schema(judge):
    known = judge.ask("words", enumeration="WebhookSubscriptionTopic")
    assert {subscriptions.spelled(topic) for topic in FOLLOWED} <= set(known)
    assert "SHOP_REDACT" not in known


def test_each_financial_status_of_the_schema_has_a_standing_of_its_own(judge):
    known = judge.ask("words", enumeration="OrderDisplayFinancialStatus")
    assert {word.lower() for word in known} == set(standing._STANDINGS)


@pytest.mark.parametrize("name", ["ORDERS", "ORDERS_WITHOUT_ADDRESSES", "SUBSCRIPTIONS", "ORDER"])
def test_a_page_costs_less_than_one_query_may(judge, name):
    assert judge.ask("cost", document=DOCUMENTS[name], first=questions.PAGE) <= 1_000
