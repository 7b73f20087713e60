"""The Admin API asked of the stand-in: another hand's reading of how Shopify answers, in its own process."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import urllib3

from connectors.access import App, Endpoint, Storefront
from connectors.errors import CredentialsRejected, Declined, Throttled, Unreachable
from connectors.event import Source, Standing
from connectors.outbound import Outbound
from connectors.shopify import addresses, api
from connectors.shopify.subscriptions import FOLLOWED
from tests.rig.plans import PLAN
from tests.rig.standin import SHOP, StandIn

ADDRESS = "http://127.0.0.1:8000/webhooks/shopify"
ENDPOINT = Endpoint(ADDRESS)
STOREFRONT = Storefront("pk_1", "http://127.0.0.1:8000", ENDPOINT, PLAN)
TOKEN_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}


@pytest.fixture(scope="module")
def process() -> Iterator[StandIn]:
    with StandIn.running() as found:
        yield found


@pytest.fixture
def standin(process):
    process.reset()
    process.create(id=548380009, country="DE", currency="EUR")
    process.app(extension=True, protected_data=True, scopes=["read_orders", "write_pixels", "read_customer_events"])
    yield process
    process.mend()


@pytest.fixture
def store(standin):
    """The shop's API, with all scopes."""
    return connected(standin)


def connected(standin):
    """The shop's API, with a token got as an embedded app gets it."""
    told = {"client_id": standin.key, "client_secret": standin.secret, "subject_token": standin.session()}
    url = f"{standin.url}/{SHOP}/admin/oauth/access_token"
    answer = urllib3.request("POST", url, json=TOKEN_EXCHANGE | told)
    app = App(standin.key, (standin.secret,), "http://127.0.0.1:8000", {addresses.ADMIN_URL: standin.url})
    return api.of_shop(app, Outbound(stand_ins=[standin.url]), SHOP, answer.json()["access_token"])


def lately(days=30):
    return datetime.now(UTC) - timedelta(days=days)


def all_orders(store, since):
    cursor, found = None, []
    while True:
        page = store.orders(since, cursor)
        found += page.orders
        cursor = page.cursor
        if cursor is None:
            return found


def test_the_shop_says_who_it_is(store):
    shop = store.shop()
    assert (shop.id, shop.country, shop.currency, shop.timezone) == ("548380009", "DE", "EUR", "Europe/Berlin")


def test_all_topics_are_subscribed_once_and_what_is_dropped_comes_back(standin, store):
    assert store.mend_subscriptions(ENDPOINT) == FOLLOWED
    assert store.mend_subscriptions(ENDPOINT) == ()
    standin.drop(topic="orders/paid")
    assert store.mend_subscriptions(ENDPOINT) == ("orders/paid",)
    held = Counter((one["topic"], one["uri"]) for one in standin.shop()["subscriptions"])
    assert len(held) == len(FOLLOWED)
    assert set(held.values()) == {1}


def test_a_former_address_is_corrected_and_nothing_doubled(standin, store):
    store.mend_subscriptions(Endpoint("http://127.0.0.1:9000/webhooks/shopify"))
    assert store.mend_subscriptions(ENDPOINT) == ()
    assert [one["uri"] for one in standin.shop()["subscriptions"]] == [ADDRESS] * len(FOLLOWED)


def test_without_approval_for_protected_data_only_the_uninstall_is_told_to_us(standin, store):
    standin.app(protected_data=False)
    with pytest.raises(Declined, match="not approved to subscribe"):
        store.mend_subscriptions(ENDPOINT)
    assert [one["topic"] for one in standin.shop()["subscriptions"]] == ["APP_UNINSTALLED"]


def test_the_pixel_is_switched_on_then_set_then_left_alone(standin, store):
    assert store.mend_pixel(STOREFRONT) is True
    assert store.mend_pixel(STOREFRONT) is False
    assert store.mend_pixel(replace(STOREFRONT, public_key="pk_2")) is True
    assert json.loads(standin.shop()["pixel"]["settings"])["publicKey"] == "pk_2"


def test_an_extension_nobody_deployed_is_said_plainly(standin, store):
    standin.app(extension=False)
    with pytest.raises(Declined, match="not deployed with this app yet"):
        store.mend_pixel(STOREFRONT)


def test_past_orders_are_read_page_by_page_oldest_first(standin, store):
    placed = []
    for days in (20, 2, 10):
        made_at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        placed.append((days, standin.order(count=50, silent=True, created_at=made_at)))
    read = [one.event.subject for one in all_orders(store, lately())]
    assert len(read) == 150
    by_age = sorted(placed, reverse=True)
    assert [set(read[0:50]), set(read[50:100]), set(read[100:])] == [set(ids) for _, ids in by_age]
    assert len(standin.requests("orders")) == 2


def test_orders_come_as_their_webhooks_would_and_older_ones_not_at_all(standin, store):
    long_ago = (datetime.now(UTC) - timedelta(days=45)).isoformat()
    standin.order(silent=True, created_at=long_ago)
    standin.order(silent=True, source_name="pos")
    standin.order(silent=True, financial_status="pending", gateway="Cash on Delivery (COD)", country="FR")
    standin.order(silent=True, test=True)
    found = {(one.source, one.payment): one.event for one in all_orders(store, lately())}
    cod = next(event for (_, payment), event in found.items() if payment == "Cash on Delivery (COD)")
    assert (cod.order.standing, cod.order.cash_on_delivery, cod.region[0]) == (Standing.PLACED, True, "FR")
    assert next(event for (source, _), event in found.items() if source == "pos").order.source is Source.POS
    assert any(event.order.test for event in found.values())
    assert len(all_orders(store, lately())) == 3


@pytest.mark.parametrize(
    ("kind", "error"),
    [("throttled", Throttled), ("429", Throttled), ("500", Unreachable), ("html", Unreachable), ("reset", Unreachable)],
)
def test_each_failure_has_its_error_and_passes(standin, store, kind, error):
    standin.fail(kind=kind, times=1)
    with pytest.raises(error):
        store.shop()
    assert store.shop().id == "548380009"


def test_a_throttled_answer_says_a_time_in_which_the_bucket_fills(standin, store):
    standin.fail(kind="throttled", operation="orders")
    with pytest.raises(Throttled) as raised:
        store.orders(lately(), None)
    assert 1 <= raised.value.after <= 60


def test_a_user_error_is_declined(standin, store):
    standin.fail(kind="user_error", operation="webPixelCreate")
    with pytest.raises(Declined, match="Not today"):
        store.mend_pixel(STOREFRONT)


def test_a_scope_that_was_not_granted_is_declined_by_the_fields_name(standin):
    standin.app(scopes=["write_pixels"])
    with pytest.raises(Declined, match=r"^Shopify does not let this app use orders\.$"):
        connected(standin).orders(lately(), None)


@pytest.mark.parametrize("end", ["revoke", "uninstall", "expire"])
def test_a_token_that_died_is_rejected(standin, store, end):
    if end == "expire":
        standin.ahead(3_700)
    else:
        getattr(standin, end)()
    with pytest.raises(CredentialsRejected):
        store.shop()
