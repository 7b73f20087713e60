"""One order read again by the API is the order its webhook told of, as far as Shopify lets us see it."""

from datetime import UTC, datetime

import msgspec
import pytest
import urllib3

from connectors.access import App
from connectors.errors import Declined, Unreachable
from connectors.event import Stated
from connectors.outbound import Outbound
from connectors.shopify import addresses, api
from connectors.shopify.connector import CONNECTOR
from tests.rig.graphql_shop import LAST_PAGE, opened
from tests.rig.graphql_shop import ORDER as PAST
from tests.rig.standin import SHOP, StandIn
from tests.rig.wire import http, once, serving

SCOPES = ["read_orders", "write_pixels", "read_customer_events"]
TOKEN_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}
ID = "5678901234567"
LINE = {
    "sku": "A-1",
    "quantity": 2,
    "originalUnitPriceSet": {"presentmentMoney": {"amount": "49.5", "currencyCode": "EUR"}},
    "product": {"id": "gid://shopify/Product/11"},
    "variant": {"id": "gid://shopify/ProductVariant/22"},
}
ORDER = PAST | {
    "email": "jane@example.com",
    "lineItems": {"nodes": [LINE], "pageInfo": LAST_PAGE},
    "customerJourneySummary": {"ready": True, "lastVisit": {"landingPage": "https://one.example/a?fbclid=Xy"}},
}


def event(told):
    [found] = CONNECTOR.parse(told.topic, told.body)
    return found


def told(shop, **changes):
    shop.says({"order": ORDER | changes})
    return opened(shop.url).order(ID)


def denied(*path):
    return {"message": "no", "path": list(path), "extensions": {"code": "ACCESS_DENIED"}}


@pytest.fixture(scope="module")
def process():
    with StandIn.running() as found:
        yield found


@pytest.fixture
def listener():
    with serving(once(http(b"{}"))) as wire:
        yield wire


@pytest.fixture
def bought(process, listener):
    """A new order: the event its webhook told, and the event the API tells, asked with these scopes as well."""

    def buy(*more, **wanted):
        process.reset()
        process.app(url=listener.url, declared=["orders/create"], scopes=[*SCOPES, *more])
        who = {"client_id": process.key, "client_secret": process.secret, "subject_token": process.session()}
        answer = urllib3.request("POST", f"{process.url}/{SHOP}/admin/oauth/access_token", json=TOKEN_EXCHANGE | who)
        app = App(process.key, (process.secret,), listener.url, {addresses.ADMIN_URL: process.url})
        store = api.of_shop(app, Outbound(stand_ins=[process.url]), SHOP, answer.json()["access_token"])
        [order_id] = process.order(**wanted)
        process.webhooks("orders/create")
        [webhook] = CONNECTOR.parse("orders/create", listener.bodies[-1])
        return webhook, event(store.order(order_id))

    return buy


@pytest.mark.parametrize("wanted", [{}, {"gateway": "Bank Deposit", "financial_status": "pending", "country": "US"}])
def test_an_order_is_told_as_its_webhook_tells_it_but_for_the_browsers_agent(bought, wanted):
    """Three orders: the id of each third is beyond 2**53."""
    for _ in range(3):
        webhook, reread = bought("read_customers", "read_products", **wanted)
        assert webhook.browser.user_agent
        assert webhook.lines
        assert webhook.customer.email
        browser = msgspec.structs.replace(webhook.browser, user_agent=None)
        assert asdict_of(reread) == asdict_of(msgspec.structs.replace(webhook, browser=browser))


def asdict_of(one):
    """Field by field, so that a difference is named."""
    return {name: getattr(one, name) for name in one.__struct_fields__}


def test_without_scopes_for_customers_and_products_only_their_ids_are_missing(bought):
    webhook, reread = bought()
    assert reread.customer == msgspec.structs.replace(webhook.customer, id=None)
    bare = tuple(msgspec.structs.replace(one, product_id=None, variant_id=None) for one in webhook.lines)
    assert reread.lines == bare
    assert (reread.amounts, reread.order, reread.region) == (webhook.amounts, webhook.order, webhook.region)


def test_it_is_told_by_its_topic_with_its_id_and_times(shop):
    found = told(shop)
    assert (found.topic, found.order_id) == ("orders/updated", ID)
    assert found.placed_at == datetime(2026, 11, 3, 9, 15, tzinfo=UTC)
    assert found.changed_at == datetime(2026, 11, 3, 9, 16, 30, tzinfo=UTC)
    assert shop.asked[0].variables == {"id": f"gid://shopify/Order/{ID}", "first": 100, "after": None}


def test_the_landing_page_is_read_for_its_click_once_its_visit_is_known(shop):
    assert event(told(shop)).browser.fbclid == "Xy"
    early = {"ready": False, "lastVisit": ORDER["customerJourneySummary"]["lastVisit"]}
    assert event(told(shop, customerJourneySummary=early)).browser.fbclid is None


def test_a_refusal_in_the_cart_is_told_and_without_the_carts_attributes_there_is_no_order(shop):
    refused = [{"key": "_tandem_consent", "value": '{"marketing": false}'}]
    assert event(told(shop, customAttributes=refused)).consent.marketing is Stated.REFUSED
    shop.says({"order": ORDER | {"customAttributes": None}}, errors=[denied("order", "customAttributes")])
    with pytest.raises(Declined, match=r"order\.customAttributes"):
        opened(shop.url).order(ID)


def test_an_order_that_is_gone_is_none(shop):
    shop.says({"order": None})
    assert opened(shop.url).order(ID) is None
    assert opened(shop.url).order("no-number") is None
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    ("data", "errors", "problem"),
    [
        ({}, None, Unreachable),
        ({"order": None}, [{"path": ["order"], "extensions": {"code": "SHOP_INACTIVE"}}], Declined),
        ({"order": ORDER | {"id": "gid://shopify/Order/1"}}, None, Unreachable),
        ({"order": ORDER | {"updatedAt": None}}, None, Unreachable),
        ({"order": ORDER | {"lineItems": None}}, None, Unreachable),
    ],
)
def test_an_answer_that_is_none_of_that_order_is_not_taken_for_one_that_is_gone(shop, data, errors, problem):
    shop.says(data, errors=errors)
    with pytest.raises(problem):
        opened(shop.url).order(ID)


def test_where_all_of_it_is_denied_it_is_asked_for_without_who_bought_it(shop):
    bare = {key: value for key, value in ORDER.items() if key != "email"}
    shop.says({"order": None}, errors=[denied("order", "customer")]).says({"order": bare})
    found = event(opened(shop.url).order(ID))
    assert (found.customer.email, found.amounts.total.currency) == (None, "EUR")
    first, second = shop.asked
    assert "customer {" in first.document
    assert not [one for one in ("email", "customer", "Address", "product") if one in second.document]


def test_an_order_with_more_lines_than_an_answer_holds_is_read_whole(shop):
    for number, onward in ((1, {"hasNextPage": True, "endCursor": "c1"}), (2, LAST_PAGE)):
        line = LINE | {"sku": f"A-{number}"}
        shop.says({"order": ORDER | {"lineItems": {"nodes": [line], "pageInfo": onward}}})
    assert [one.sku for one in event(opened(shop.url).order(ID)).lines] == ["A-1", "A-2"]
    assert shop.asked[1].variables["after"] == "c1"
