"""Both ways in, asked of the stand-in for Shopify, which shares no code with the connector."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import urllib3

from connectors.access import App
from connectors.errors import CredentialsRejected, Declined, RequestRefused, SessionRefused, Throttled, Unreachable
from connectors.outbound import Outbound
from connectors.shopify.oauth import OAUTH
from connectors.shopify.sessions import EMBEDDING
from connectors.shopify.tokens import SCOPES
from tests.rig.standin import SHOP, StandIn

URL = "https://tandem.example"
OTHER = "second-shop.myshopify.com"


@pytest.fixture(scope="module")
def running():
    with StandIn.running(app_url=URL) as found:
        yield found


@pytest.fixture
def shopify(running):
    running.reset()
    running.app(query_form="raw")
    return running


@pytest.fixture
def app(shopify):
    return App(shopify.key, (shopify.secret, "another-secret-0123456789"), URL, {"SHOPIFY_ADMIN_URL": shopify.url})


@pytest.fixture
def http(shopify):
    return Outbound(stand_ins=[shopify.url])


def now():
    return datetime.now(UTC)


def consented(app, shop=SHOP, state="st4te"):
    """The query a merchant comes back with."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    address = OAUTH.consent_address(app, shop, state)
    answer = urllib3.request("POST", address, body="decision=install", headers=form, redirect=False)
    assert answer.status in (302, 303), answer.data
    return urlsplit(answer.headers["Location"]).query


def redeemed(app, http, shop=SHOP):
    return OAUTH.redeem(app, http, OAUTH.returned(app, consented(app, shop), now()), now())


@pytest.mark.parametrize("form", ["raw", "form"])
@pytest.mark.parametrize("shop", [SHOP, OTHER])
def test_a_merchant_consents_and_the_code_becomes_a_grant_whichever_form_shopify_signs(shopify, app, http, form, shop):
    shopify.app(query_form=form)
    grant = redeemed(app, http, shop)
    assert (grant.scopes, grant.expires_at > now() + timedelta(minutes=55)) == (tuple(SCOPES), True)


def test_t9_a_code_is_good_once(app, http):
    returned = OAUTH.returned(app, consented(app), now())
    OAUTH.redeem(app, http, returned, now())
    with pytest.raises(CredentialsRejected):
        OAUTH.redeem(app, http, returned, now())


def test_t12_a_callback_is_not_replayed_after_five_minutes(app):
    query = consented(app)
    with pytest.raises(RequestRefused):
        OAUTH.returned(app, query, now() + timedelta(minutes=6))


def test_each_renewal_gives_a_new_pair(app, http):
    first = redeemed(app, http)
    second = OAUTH.renew(app, http, SHOP, first, now())
    third = OAUTH.renew(app, http, SHOP, second, now())
    assert len({first.token, second.token, third.token}) == 3
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3


def test_after_an_uninstall_nothing_is_renewed(shopify, app, http):
    grant = redeemed(app, http)
    shopify.uninstall(silent=True)
    with pytest.raises(CredentialsRejected):
        OAUTH.renew(app, http, SHOP, grant, now())


def test_a_refresh_token_of_ninety_days_ago_is_over(shopify, app, http):
    grant = redeemed(app, http)
    shopify.ahead(91 * 86_400)
    with pytest.raises(CredentialsRejected):
        OAUTH.renew(app, http, SHOP, grant, now())


def test_a_session_token_names_the_visitor_and_is_exchanged_for_a_grant(shopify, app, http):
    told = shopify.session()
    visitor = EMBEDDING.visitor(app, told, now())
    assert visitor.domain == SHOP
    assert EMBEDDING.exchange(app, http, visitor, told, now()).scopes == tuple(SCOPES)


def test_t21_another_shops_session_token_is_not_exchanged(shopify, app, http):
    shopify.install(SHOP)
    visitor = EMBEDDING.visitor(app, shopify.session(SHOP), now())
    with pytest.raises(SessionRefused):
        EMBEDDING.exchange(app, http, visitor, shopify.session(OTHER), now())


def test_a_session_token_of_a_shop_that_has_not_installed_the_app_is_not_exchanged(shopify, app, http):
    told = shopify.session(install=False)
    with pytest.raises(SessionRefused):
        EMBEDDING.exchange(app, http, EMBEDDING.visitor(app, told, now()), told, now())


@pytest.mark.parametrize("kind", ["500", "html", "hang", "reset"])
def test_a_shop_that_fails_is_asked_again_later_with_the_same_pair(shopify, app, kind):
    http = Outbound(stand_ins=[shopify.url], seconds=0.5)
    grant = redeemed(app, http)
    shopify.fail(kind=kind, operation="token", seconds=1)
    with pytest.raises(Unreachable):
        OAUTH.renew(app, http, SHOP, grant, now())
    assert OAUTH.renew(app, http, SHOP, grant, now()).token != grant.token


def test_a_shop_that_asks_for_patience_says_how_much(shopify, app, http):
    grant = redeemed(app, http)
    shopify.fail(kind="429", operation="token", seconds=7)
    with pytest.raises(Throttled) as throttled:
        OAUTH.renew(app, http, SHOP, grant, now())
    assert throttled.value.after == 7


def test_a_wrong_secret_is_the_operators_to_mend(shopify, http):
    app = App(shopify.key, ("not-the-secret-0123456789", shopify.secret), URL, {"SHOPIFY_ADMIN_URL": shopify.url})
    with pytest.raises(Declined):
        redeemed(app, http)
