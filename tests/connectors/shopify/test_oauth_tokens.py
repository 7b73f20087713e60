import traceback
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.access import Grant, Returned, Visitor
from connectors.errors import (
    AddressRefused,
    ConnectorError,
    CredentialsRejected,
    Declined,
    SessionRefused,
    Throttled,
    Unreachable,
)
from connectors.shopify.oauth import OAUTH
from connectors.shopify.sessions import EMBEDDING
from connectors.shopify.tokens import SCOPES, sure_of_scopes
from tests.rig.token_shop import CODE, KEY, NOW, PAIR, SECRET, SHOP, STATE, open_token_shop, token

HOUR, QUARTER = timedelta(hours=1), timedelta(days=90)
HELD = Grant("shpat_held", tuple(SCOPES), NOW, "shprt_held", NOW + QUARTER / 2)
SECRETS = (SECRET, CODE, "shprt_held", "shpat_held", PAIR["access_token"], PAIR["refresh_token"], "canary")


@pytest.fixture
def shop():
    with open_token_shop() as found:
        yield found


def redeemed(shop):
    return OAUTH.redeem(shop.app, shop.http, Returned(SHOP, STATE, CODE), NOW)


def renewed(shop, held=HELD):
    return OAUTH.renew(shop.app, shop.http, SHOP, held, NOW)


def exchanged(shop):
    return EMBEDDING.exchange(shop.app, shop.http, Visitor(SHOP, "42"), token(), NOW)


WAYS = pytest.mark.parametrize("ask", [redeemed, renewed, exchanged])


@WAYS
def test_a_grant_expires_and_can_be_renewed(shop, ask):
    """Public apps made since 2026-04-01 get no other."""
    grant = ask(shop)
    assert grant == Grant(PAIR["access_token"], tuple(SCOPES), NOW + HOUR, PAIR["refresh_token"], NOW + QUARTER)
    assert not any(secret in repr(grant) for secret in SECRETS)


@WAYS
def test_one_request_is_made_to_the_shops_own_endpoint_with_the_newest_secret(shop, ask):
    ask(shop)
    [asked] = shop.asked
    assert (asked.method, asked.path) == ("POST", f"/{SHOP}/admin/oauth/access_token")
    assert (asked.headers["content-type"], asked.headers["accept"]) == ("application/json", "application/json")
    assert (asked.told["client_id"], asked.told["client_secret"]) == (KEY, SECRET)


def test_an_expiring_token_is_asked_for(shop):
    """ShopifyAPI never asks for one, and drops the refresh token."""
    redeemed(shop)
    exchanged(shop)
    assert [asked.told["expiring"] for asked in shop.asked] == ["1", "1"]
    assert shop.asked[0].told["code"] == CODE


@WAYS
@pytest.mark.parametrize("status", [500, 502, 503, 504, 404, 302, 204, 418])
def test_what_is_no_answer_of_the_endpoint_is_tried_again_later(shop, ask, status):
    shop.says(b"<html>", status, Location="https://evil.com/canary")
    with pytest.raises(Unreachable):
        ask(shop)
    assert len(shop.asked) == 1


@WAYS
@pytest.mark.parametrize(
    ("told", "seconds"),
    [({"Retry_After": "7"}, 7), ({}, 2), ({"Retry_After": "canary"}, 2), ({"Retry_After": "-1"}, 2)],
)
def test_too_many_requests_tells_when_to_come_back(shop, ask, told, seconds):
    shop.says(b"", 429, **told)
    with pytest.raises(Throttled) as throttled:
        ask(shop)
    assert throttled.value.after == seconds


@WAYS
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
def test_an_app_that_shopify_does_not_take_is_the_operators_to_mend_and_disconnects_no_shop(shop, ask, error, status):
    """A wrong SHOPIFY_API_SECRET is wrong for all shops at once."""
    shop.says({"error": error}, status)
    with pytest.raises(Declined, match="key and secret"):
        ask(shop)


@WAYS
@pytest.mark.parametrize("status", [401, 403])
def test_a_shop_that_does_not_let_us_in_and_says_no_more_has_to_be_connected_again(shop, ask, status):
    shop.says(b"", status)
    with pytest.raises(CredentialsRejected):
        ask(shop)


@WAYS
@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"null",
        b"[]",
        b"<html>canary",
        b"{",
        b"\xff",
        b"[" * 5_000,
        {},
        {"access_token": None},
        PAIR | {"access_token": ""},
        PAIR | {"access_token": 7},
        PAIR | {"access_token": "with space canary"},
        PAIR | {"access_token": "broken\r\nX-Header: canary"},
        PAIR | {"access_token": "\u0442\u043e\u043a\u0435\u043d"},
        PAIR | {"access_token": "x" * 2_001},
        PAIR | {"refresh_token": ""},
        PAIR | {"refresh_token": 7},
        PAIR | {"expires_in": 0},
        PAIR | {"expires_in": -1},
        PAIR | {"expires_in": "3600"},
        PAIR | {"expires_in": 10**30},
        PAIR | {"expires_in": True},
        PAIR | {"refresh_token_expires_in": 10**12},
        PAIR | {"scope": ["read_orders"]},
        PAIR | {"scope": None},
        b'{"access_token": "one", "access_token": "canary", "scope": "read_orders"}',
        PAIR | {"associated_user": {"id": 1, "email": "canary@example.com"}, "associated_user_scope": "read_orders"},
    ],
)
def test_an_answer_that_makes_no_sense_is_no_grant_and_is_not_repeated(shop, ask, nonsense):
    """A token of one employee's (`associated_user`) is no shop's either: it would end with their work."""
    shop.says(nonsense)
    with pytest.raises(Unreachable) as raised:
        ask(shop)
    assert not any(secret in "".join(traceback.format_exception(raised.value)) for secret in SECRETS)


@WAYS
def test_a_host_that_hangs_up_is_unreachable(shop, ask):
    gone = replace(shop, url="http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        ask(gone)


@pytest.mark.parametrize(("ask", "error"), [(redeemed, CredentialsRejected), (exchanged, SessionRefused)])
@pytest.mark.parametrize("body", [{"error": "invalid_request"}, {"error": "invalid_subject_token"}, b"canary", b""])
def test_a_code_or_session_token_that_shopify_declines_is_over(shop, ask, error, body):
    shop.says(body, 400)
    with pytest.raises(error):
        ask(shop)


def test_a_refresh_token_that_is_over_means_to_connect_again(shop):
    shop.says({"error": "invalid_grant", "error_description": "canary"}, 400)
    with pytest.raises(CredentialsRejected):
        renewed(shop)


@pytest.mark.parametrize(
    "body", [{"error": "invalid_request"}, {"error": None}, {"error": ["invalid_grant"]}, {}, b"", b"[]", b"<html>"]
)
def test_a_refusal_that_does_not_say_so_disconnects_nobody(shop, body):
    """It may be a mistake of ours, and would be made for all shops at once."""
    shop.says(body, 400)
    with pytest.raises(Unreachable):
        renewed(shop)


def test_any_refusal_of_a_refresh_token_that_has_ended_by_our_own_calendar_means_to_connect_again(shop):
    shop.says({"error": "invalid_request"}, 400)
    with pytest.raises(CredentialsRejected):
        renewed(shop, replace(HELD, refresh_expires_at=NOW))


def test_a_grant_without_a_refresh_token_is_not_renewed(shop):
    with pytest.raises(CredentialsRejected):
        renewed(shop, replace(HELD, refresh_token=None))
    assert shop.asked == []


def test_a_renewal_that_leaves_out_when_it_expires_still_does(shop):
    """Shopify/shopify-app-js#3400: Shopify's own library takes such a token for one that stays, and never renews it."""
    shop.says({"access_token": "shpat_next", "scope": "read_orders", "refresh_token": "shprt_next"})
    assert renewed(shop) == Grant("shpat_next", ("read_orders",), NOW + HOUR, "shprt_next", None)


def test_what_a_renewal_leaves_out_stays_as_it_was(shop):
    """RFC 6749, 6: without a new refresh token, the old one goes on."""
    shop.says({"access_token": "shpat_next", "expires_in": 600})
    expected = replace(HELD, token="shpat_next", expires_at=NOW + timedelta(minutes=10))
    assert renewed(shop) == expected


def test_a_token_that_stays_is_taken_for_what_it_is(shop):
    """Shopify still gives such to older apps (Shopify/shopify-app-js#3413)."""
    shop.says({"access_token": "shpat_stays", "scope": ",".join(SCOPES)})
    assert redeemed(shop) == Grant("shpat_stays", tuple(SCOPES))


@pytest.mark.parametrize("ask", [redeemed, exchanged])
@pytest.mark.parametrize(
    "scope", ["", "read_orders", "read_orders,write_pixels", "write_orders,read_pixels,read_customer_events"]
)
def test_a_shop_that_granted_too_little_is_told_what_is_missing(shop, ask, scope):
    shop.says(PAIR | {"scope": scope})
    with pytest.raises(CredentialsRejected) as rejected:
        ask(shop)
    granted = scope.replace("write_orders", "read_orders").split(",")
    assert [name for name in SCOPES if name in str(rejected.value)] == [name for name in SCOPES if name not in granted]


@pytest.mark.parametrize(
    "scope",
    [
        " write_orders, write_pixels ,read_customer_events,",
        "write_orders,write_pixels,read_customer_events,read_products",
    ],
)
def test_writing_implies_reading_and_more_than_was_asked_for_does_no_harm(shop, scope):
    shop.says(PAIR | {"scope": scope})
    assert redeemed(shop).token == PAIR["access_token"]


def test_scopes_that_are_none_are_nonsense():
    """ShopifyAPI's ApiAccess raises an error of its own, which names them."""
    with pytest.raises(Unreachable):
        sure_of_scopes(Grant("shpat", ("canary",)))


def test_a_renewal_with_fewer_scopes_is_kept_for_it_is_better_than_none(shop):
    shop.says(PAIR | {"scope": "read_orders"})
    assert renewed(shop).scopes == ("read_orders",)


@pytest.mark.parametrize(
    "domain", ["evil.com", "shop.myshopify.com.evil.com", "shop.myshopify.com/..", "", "127.0.0.1:80"]
)
def test_t10_no_token_is_asked_for_at_what_is_no_shop(shop, domain):
    asks = (
        lambda: OAUTH.redeem(shop.app, shop.http, Returned(domain, STATE, CODE), NOW),
        lambda: OAUTH.renew(shop.app, shop.http, domain, HELD, NOW),
        lambda: EMBEDDING.exchange(shop.app, shop.http, Visitor(domain, "42"), token(), NOW),
    )
    for ask in asks:
        with pytest.raises(AddressRefused):
            ask()
    assert shop.asked == []


@WAYS
@pytest.mark.parametrize(
    "answer",
    [(400, {"error": "invalid_grant"}), (401, b"canary"), (403, b""), (429, b"canary"), (500, b"canary"), (302, b"")],
)
def test_no_error_holds_a_token_a_code_or_the_secret(shop, ask, answer):
    shop.says(answer[1], answer[0])
    with pytest.raises(ConnectorError) as raised:
        ask(shop)
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert not any(secret in told for secret in SECRETS)
