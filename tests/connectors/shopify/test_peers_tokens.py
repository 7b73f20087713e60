"""The token requests: what our client sends a shop, beside what Shopify's libraries send it; and what each reads."""

import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.access import Grant, Returned, Visitor
from connectors.errors import CredentialsRejected
from connectors.shopify.oauth import OAUTH
from connectors.shopify.sessions import EMBEDDING
from tests.rig.peers import Foreigner, Loopback, Younger
from tests.rig.token_shop import CODE, PAIR, SHOP, STATE, claims, open_token_shop, token, told

HEADERS = ("content-type", "accept")
REFRESH = "shprt_held-0123456789abcdef"


@pytest.fixture(scope="module")
def node():
    with Foreigner.running() as found:
        yield found


@pytest.fixture
def shop():
    with open_token_shop() as found:
        yield found


@pytest.fixture
def session_token():
    now = int(time.time())
    return token(iat=now - 5, nbf=now - 5, exp=now + 55)


def sent(shop):
    """What was asked last: method, path, the headers that matter, and the JSON."""
    asked = shop.asked[-1]
    return asked.method, asked.path, {name: asked.headers[name] for name in HEADERS}, asked.told


def now():
    return datetime.now(UTC)


def by_shopifyapp(shop, ask):
    with httpx.Client(transport=Loopback(shop.url)) as client:
        return ask(Younger().library, client)


def test_a_session_token_is_exchanged_as_both_libraries_do_it(node, shop, session_token):
    EMBEDDING.exchange(shop.app, shop.http, Visitor(SHOP, "42"), session_token, now())
    ours = sent(shop)
    node.ask("exchange", base=shop.url, shop=SHOP, token=session_token)
    assert sent(shop) == ours
    id_token = {"exchangeable": True, "token": session_token, "claims": claims()}
    by_shopifyapp(shop, lambda app, client: app.exchange_using_token_exchange("offline", id_token, http_client=client))
    method, path, headers, body = sent(shop)
    # shopifyapp writes 1 as a number, Node "1" as a text; Shopify takes either.
    assert (method, path, headers, body | {"expiring": str(body["expiring"])}) == ours


def test_a_refresh_token_is_used_as_both_libraries_do_it(node, shop):
    OAUTH.renew(shop.app, shop.http, SHOP, Grant("shpat_held", refresh_token=REFRESH), now())
    ours = sent(shop)
    node.ask("refresh", base=shop.url, shop=SHOP, token=REFRESH)
    assert sent(shop) == ours
    held = {
        "shop": SHOP.removesuffix(".myshopify.com"),
        "token": "shpat_held",
        "expires": "2020-01-01T00:00:00Z",
        "scope": "read_orders",
        "access_mode": "offline",
        "refresh_token": REFRESH,
        "refresh_token_expires": "2099-01-01T00:00:00Z",
        "user": None,
    }
    result = by_shopifyapp(shop, lambda app, client: app.refresh_token_exchanged_access_token(held, http_client=client))
    assert result.ok
    assert sent(shop) == ours


def test_a_code_is_redeemed_as_node_does_it(node, shop):
    """shopifyapp has no such grant; ShopifyAPI sends a form, without `expiring`, by a client that knows no time limit."""
    OAUTH.redeem(shop.app, shop.http, Returned(SHOP, STATE, CODE), now())
    ours = sent(shop)
    begun = node.ask("begin", shop=SHOP)
    [state] = parse_qs(urlsplit(begun["address"]).query)["state"]
    query = told(shop=SHOP, code=CODE, state=state, timestamp=int(time.time()))
    node.ask("callback", base=shop.url, query=query, cookie=begun["cookie"])
    assert sent(shop) == ours


def test_the_pair_is_read_as_node_reads_it(node, shop):
    grant = OAUTH.renew(shop.app, shop.http, SHOP, Grant("shpat_held", refresh_token=REFRESH), now())
    theirs = node.ask("refresh", base=shop.url, shop=SHOP, token=REFRESH)
    assert (
        (theirs["token"], theirs["refresh"])
        == (grant.token, grant.refresh_token)
        == (
            PAIR["access_token"],
            PAIR["refresh_token"],
        )
    )
    for mine, other in ((grant.expires_at, theirs["expires"]), (grant.refresh_expires_at, theirs["refreshExpires"])):
        assert abs((datetime.fromisoformat(other) - mine).total_seconds()) < 60


def test_an_uninstalled_apps_refresh_token_is_over_for_shopifyapp_and_for_us(shop):
    shop.says({"error": "invalid_grant"}, 400)
    with pytest.raises(CredentialsRejected):
        OAUTH.renew(shop.app, shop.http, SHOP, Grant("shpat_held", refresh_token=REFRESH), now())


def test_difference_node_takes_a_renewal_without_an_end_for_a_token_that_stays_and_we_do_not(node, shop):
    """Shopify/shopify-app-js#3400: such a token is never renewed again."""
    shop.says({"access_token": "shpat_next", "scope": "read_orders", "refresh_token": "shprt_next"})
    assert node.ask("refresh", base=shop.url, shop=SHOP, token=REFRESH).get("expires") is None
    shop.says({"access_token": "shpat_next", "scope": "read_orders", "refresh_token": "shprt_next"})
    assert OAUTH.renew(shop.app, shop.http, SHOP, Grant("shpat", refresh_token=REFRESH), now()).expires_at is not None
