"""What a shop's answers mean, each path to an error by its name. On a real socket."""

import pytest

from connectors.access import Shop
from connectors.errors import AddressRefused, CredentialsRejected, Declined, Throttled, Unreachable
from connectors.outbound import Outbound
from connectors.shopify.connector import CONNECTOR
from tests.rig import wire
from tests.rig.graphql_shop import SHOP, TOKEN, app, opened

THE_SHOP = {"id": "gid://shopify/Shop/548380009", "currencyCode": "EUR", "shopAddress": {"countryCodeV2": "DE"}}
PERSON = "jane.doe@example.com"


def test_a_shop_says_its_number_country_and_currency(shop):
    shop.says({"shop": THE_SHOP})
    assert opened(shop.url).shop() == Shop(id="548380009", country="DE", currency="EUR")


def test_the_question_goes_to_this_shop_and_version_with_the_token_in_its_header_alone(shop):
    shop.says({"shop": THE_SHOP})
    opened(shop.url).shop()
    [asked] = shop.asked
    assert asked.path == "/one.myshopify.com/admin/api/2026-10/graphql.json"
    assert asked.headers["x-shopify-access-token"] == TOKEN
    assert asked.headers["content-type"] == "application/json"
    assert TOKEN not in asked.path + asked.document + str(asked.variables)


def test_a_shop_whose_address_is_not_for_us_has_no_country(shop):
    denied = {"message": "no", "path": ["shop", "shopAddress"], "extensions": {"code": "ACCESS_DENIED"}}
    shop.says({"shop": THE_SHOP | {"shopAddress": None}}, errors=[denied])
    assert opened(shop.url).shop().country is None


def test_a_shop_that_is_denied_whole_for_something_within_is_declined(shop):
    shop.says({"shop": None}, errors=[{"path": ["shop", "shopAddress"], "extensions": {"code": "ACCESS_DENIED"}}])
    with pytest.raises(Declined, match=r"shop\.shopAddress"):
        opened(shop.url).shop()


@pytest.mark.parametrize(
    "told", [None, {}, {"shop": None}, {"shop": []}, {"shop": {"id": None}}, {"shop": {"id": "x y"}}]
)
def test_an_answer_without_the_shop_is_no_answer(shop, told):
    shop.says(told)
    with pytest.raises(Unreachable):
        opened(shop.url).shop()


STATUSES = [
    (401, CredentialsRejected),
    (403, CredentialsRejected),
    (402, Declined),
    (423, Declined),
    (429, Throttled),
    (400, Unreachable),
    (404, Unreachable),
    (430, Unreachable),
    (500, Unreachable),
    (502, Unreachable),
    (503, Unreachable),
    (302, Unreachable),
    (204, Unreachable),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_each_status_has_its_error(shop, status, error):
    shop.sends(b'{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}', status)
    with pytest.raises(error) as raised:
        opened(shop.url).shop()
    assert TOKEN not in str(raised.value)


def test_the_status_counts_even_where_the_body_has_an_answer(shop):
    shop.sends(b'{"data":{"shop":{"id":"gid://shopify/Shop/1"}}}', 503)
    with pytest.raises(Unreachable):
        opened(shop.url).shop()


NO_JSON = [
    b"",
    b"<html><body>Something went wrong</body></html>",
    b'{"data":{"shop":{"id":"gid://shop',
    b'"text"',
    b"[]",
    b"null",
    b'{"data":[]}',
    b'{"data":{"shop":{"id":"gid://shopify/Shop/1"}},"data":{}}',
    b'{"data":{"shop":{"id":"\xff"}}}',
    b"[" * 5_000,
]


@pytest.mark.parametrize("body", NO_JSON)
def test_what_is_no_whole_json_object_is_no_answer(shop, body):
    shop.sends(body)
    with pytest.raises(Unreachable):
        opened(shop.url).shop()


def test_a_redirect_is_not_followed(shop):
    shop.sends(b"", 301, Location=f"{shop.url}/elsewhere")
    with pytest.raises(Unreachable, match="301"):
        opened(shop.url).shop()
    assert len(shop.asked) == 1


def test_a_host_that_falls_silent_or_breaks_off_is_unreachable():
    def breaks_off(line, connection):
        line.read(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"data":{')

    with wire.serving(breaks_off) as line, pytest.raises(Unreachable):
        opened(line.url).shop()


def test_an_address_that_is_refused_is_unreachable_as_well():
    class Refusing:
        def request(self, *_, **__):
            raise AddressRefused("This host is no public one.")

    with pytest.raises(Unreachable):
        opened("http://127.0.0.1:9", http=Refusing()).shop()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"path": ["shop"], "extensions": {"code": "ACCESS_DENIED"}}, "Shopify does not let this app use shop."),
        (
            {"path": ["shop", 0, "id"], "extensions": {"code": "SHOP_INACTIVE"}},
            "Shopify declined shop.id (SHOP_INACTIVE).",
        ),
        ({"path": ["shop", PERSON], "extensions": {"code": PERSON}}, "Shopify declined shop (no code)."),
        ({"path": PERSON, "extensions": PERSON}, "Shopify declined what was asked (no code)."),
        ({}, "Shopify declined what was asked (no code)."),
    ],
)
def test_of_an_error_only_the_fields_name_and_the_code_are_told_on(shop, error, sentence):
    shop.says({"shop": None}, errors=[{"message": f"{PERSON} may not see {TOKEN}"} | error])
    with pytest.raises(Declined) as raised:
        opened(shop.url).shop()
    assert str(raised.value) == sentence


@pytest.mark.parametrize("errors", [f"Not Found {PERSON}", [PERSON], {"message": PERSON}, [None], [[PERSON]]])
def test_errors_of_another_shape_decline_without_repeating_anything(shop, errors):
    shop.says(None, errors=errors)
    with pytest.raises(Declined) as raised:
        opened(shop.url).shop()
    assert PERSON not in str(raised.value)


def test_an_empty_list_of_errors_is_none(shop):
    shop.says({"shop": THE_SHOP}, errors=[])
    assert opened(shop.url).shop().id == "548380009"


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
def test_a_failure_on_shopifys_side_is_for_later(shop, code):
    shop.says(None, errors=[{"message": "Internal error", "extensions": {"code": code}}])
    with pytest.raises(Unreachable):
        opened(shop.url).shop()


def test_a_throttled_query_says_when_to_come_back(shop):
    bucket = {"maximumAvailable": 2000.0, "currentlyAvailable": 100, "restoreRate": 100.0}
    cost = {"requestedQueryCost": 852, "actualQueryCost": None, "throttleStatus": bucket}
    shop.says(errors=[{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], extensions={"cost": cost})
    with pytest.raises(Throttled) as raised:
        opened(shop.url).shop()
    assert raised.value.after == pytest.approx(7.52)


def test_throttled_without_a_code_is_throttled_too(shop):
    shop.says(errors=[{"message": "Throttled"}])
    with pytest.raises(Throttled):
        opened(shop.url).shop()


def test_a_429_says_when_to_come_back(shop):
    shop.sends(b"", 429, Retry_After="4.0")
    with pytest.raises(Throttled) as raised:
        opened(shop.url).shop()
    assert raised.value.after == 4.0


def test_the_token_is_in_no_repr(shop):
    found = opened(shop.url)
    assert TOKEN not in repr(found) + str(found) + repr(found.graph)


def test_the_token_is_in_no_traceback_of_an_error(shop):
    shop.sends(TOKEN.encode(), 401)
    with pytest.raises(CredentialsRejected) as raised:
        opened(shop.url).shop()
    assert TOKEN not in str(raised.getrepr(style="value"))


def test_the_connector_opens_it(shop):
    shop.says({"shop": THE_SHOP})
    assert CONNECTOR.store_api(app(shop.url), Outbound(stand_ins=[shop.url]), SHOP, TOKEN).shop().currency == "EUR"


HOSTILE = [
    "",
    "evil.example",
    "one.myshopify.com.evil.example",
    "one.myshopify.com@evil.example",
    "evil.example/one.myshopify.com",
    "evil.example#.myshopify.com",
    "one.myshopify.com\n",
    "one.myshopify.com:8080",
    "127.0.0.1:8080",
]


@pytest.mark.parametrize("domain", HOSTILE)
def test_t10_a_token_goes_to_no_host_that_is_not_a_shops_own_name(shop, domain):
    assert CONNECTOR.store_api(app(shop.url), Outbound(stand_ins=[shop.url]), domain, TOKEN) is None


def test_t10_the_address_is_built_from_what_was_matched(shop):
    shop.says({"shop": THE_SHOP})
    CONNECTOR.store_api(app(shop.url), Outbound(stand_ins=[shop.url]), "ONE.MyShopify.com", TOKEN).shop()
    assert shop.asked[0].path.startswith("/one.myshopify.com/")
