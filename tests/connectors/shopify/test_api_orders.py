"""Past orders over the wire: page by page, without what Shopify keeps from us, and never half a page for a whole one."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import CredentialsRejected, Declined, Throttled, Unreachable
from tests.rig.graphql_shop import LAST_PAGE, ORDER, opened

RECENTLY = datetime.now(UTC) - timedelta(days=30)
ADDRESSES = ("billingAddress", "shippingAddress")
BUYER = ("email", "phone", "customer", "firstName", "lastName", "address1", "zip", "city", "clientIp", "note ", "name}")


def page(*nodes, info=LAST_PAGE):
    return {"orders": {"nodes": list(nodes), "pageInfo": info}}


def denied(*path):
    told = "This app is not approved to access the MailingAddress object."
    return {"message": told, "path": list(path), "extensions": {"code": "ACCESS_DENIED"}}


def test_a_page_is_asked_for_oldest_first_from_that_time_on(shop):
    shop.says(page(ORDER))
    opened(shop.url).orders(RECENTLY, None)
    [asked] = shop.asked
    assert asked.variables == {"first": 100, "after": None, "query": f"created_at:>='{RECENTLY:%Y-%m-%dT%H:%M:%SZ}'"}
    assert "sortKey: CREATED_AT" in asked.document
    assert "reverse" not in asked.document


def test_nothing_of_the_buyer_is_asked_for(shop):
    shop.says(page(ORDER))
    opened(shop.url).orders(RECENTLY, None)
    assert not [one for one in BUYER if one in shop.asked[0].document]


def test_pages_follow_one_another_by_their_cursors(shop):
    second = ORDER | {"id": "gid://shopify/Order/2"}
    shop.says(page(ORDER, info={"hasNextPage": True, "endCursor": "c1"})).says(page(second))
    api = opened(shop.url)
    first = api.orders(RECENTLY, None)
    last = api.orders(RECENTLY, first.cursor)
    assert [one.event.subject for one in (*first.orders, *last.orders)] == ["5678901234567", "2"]
    assert (shop.asked[1].variables["after"], last.cursor) == ("c1", None)


def test_orders_older_than_sixty_days_are_never_asked_for(shop):
    shop.says(page())
    opened(shop.url).orders(datetime(2020, 1, 1, tzinfo=UTC), None)
    asked = datetime.strptime(shop.asked[0].variables["query"], "created_at:>='%Y-%m-%dT%H:%M:%S%z'")
    assert timedelta(days=58) < datetime.now(UTC) - asked < timedelta(days=60)


def test_a_page_cut_in_the_middle_is_no_page(shop):
    whole = json.dumps({"data": page(ORDER, ORDER)}).encode()
    shop.sends(whole[: len(whole) // 2])
    with pytest.raises(Unreachable):
        opened(shop.url).orders(RECENTLY, None)


@pytest.mark.parametrize(
    "told", [{"orders": {}}, {"orders": {"nodes": None, "pageInfo": LAST_PAGE}}, {"orders": []}, {}]
)
def test_a_page_without_its_list_is_no_empty_page(shop, told):
    shop.says(told)
    with pytest.raises(Unreachable):
        opened(shop.url).orders(RECENTLY, None)


def test_redacted_addresses_cost_the_region_and_nothing_else(shop):
    redacted = ORDER | dict.fromkeys(ADDRESSES)
    shop.says(page(redacted), errors=[denied("orders", "nodes", 0, one) for one in ADDRESSES])
    [past] = opened(shop.url).orders(RECENTLY, None).orders
    assert past.event.region == (None, None)
    assert past.event.amounts.total.currency == "EUR"
    assert len(shop.asked) == 1


def test_protected_data_is_denied_without_a_code_on_shopifys_own_page(shop):
    without_code = {"message": "This app is not approved to use the billingAddress field. See https://partners.example"}
    shop.says(
        page(ORDER | dict.fromkeys(ADDRESSES)),
        errors=[denied("orders", "nodes", 0, "billingAddress") | without_code | {"extensions": None}],
    )
    [past] = opened(shop.url).orders(RECENTLY, None).orders
    assert past.event.region == (None, None)


@pytest.mark.parametrize("field", ["totalPriceSet", "displayFinancialStatus", "sourceName", "paymentGatewayNames"])
def test_without_what_decides_there_is_no_page_rather_than_a_wrong_one(shop, field):
    shop.says(page(ORDER | {field: None}), errors=[denied("orders", "nodes", 0, field)])
    with pytest.raises(Declined, match=f"orders.nodes.{field}"):
        opened(shop.url).orders(RECENTLY, None)


def test_where_addresses_are_denied_the_page_is_asked_for_without_them(shop):
    shop.says({"orders": None}, errors=[denied("orders", "nodes", 0, "billingAddress")])
    shop.says(page({key: told for key, told in ORDER.items() if key not in ADDRESSES}))
    [past] = opened(shop.url).orders(RECENTLY, None).orders
    assert past.event.region == (None, None)
    first, second = shop.asked
    assert "Address" in first.document
    assert "Address" not in second.document
    assert first.variables == second.variables


def test_a_shop_that_is_closed_is_not_asked_twice(shop):
    shop.says({"orders": None}, errors=[{"path": ["orders"], "extensions": {"code": "SHOP_INACTIVE"}}])
    with pytest.raises(Declined, match="SHOP_INACTIVE"):
        opened(shop.url).orders(RECENTLY, None)
    assert len(shop.asked) == 1


def test_an_app_that_may_see_no_orders_is_told_so_by_the_fields_name_alone(shop):
    told = {"message": "This app is not approved to access the Order object. See https://partners.example/1/apps/2"}
    for _ in range(2):
        shop.says({"orders": None}, errors=[denied("orders") | told])
    with pytest.raises(Declined, match=r"^Shopify does not let this app use orders\.$"):
        opened(shop.url).orders(RECENTLY, None)


def test_an_error_within_a_page_that_is_no_denial_is_not_overlooked(shop):
    shop.says(page(ORDER), errors=[denied("orders", "nodes", 0, "app") | {"extensions": {"code": "SOMETHING"}}])
    with pytest.raises(Declined, match=r"orders\.nodes\.app \(SOMETHING\)"):
        opened(shop.url).orders(RECENTLY, None)
    assert len(shop.asked) == 1


@pytest.mark.parametrize(("status", "error"), [(401, CredentialsRejected), (429, Throttled), (500, Unreachable)])
def test_what_is_no_denial_is_not_asked_twice(shop, status, error):
    shop.sends(b"", status)
    with pytest.raises(error):
        opened(shop.url).orders(RECENTLY, None)
    assert len(shop.asked) == 1
