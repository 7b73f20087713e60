"""Connecting a store and looking after it, against the stand-in, which has its own opinion of what WooCommerce does."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.access import App, Endpoint, Storefront
from connectors.contract import WebhookRequest
from connectors.errors import AddressRefused, CredentialsRejected, Declined, Throttled, Unreachable
from connectors.handover import Ways
from connectors.outbound import Outbound
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.credentials import Credentials
from connectors.woocommerce.subscriptions import FOLLOWED
from tests.rig.plans import PLAN
from tests.rig.wire import http, once, serving
from tests.rig.woostore import WooStore

HANDOVER = CONNECTOR.handover
APP = App("", (), "http://127.0.0.1:8000", keyless=True, loopback=True)
PATH = "/webhooks/woocommerce/a-key_nobody-guesses"
OURS, NEWER = "0123456789abcdefghijABCDEFGHIJ0123456789", "9876543210jihgfedcbaJIHGFEDCBA9876543210"
SINCE = datetime.now(UTC) - timedelta(days=2)


@pytest.fixture(scope="module")
def process():
    with WooStore.running("--folder", "/store") as found:
        yield found


@pytest.fixture
def store(process):
    process.reset()
    return process


@pytest.fixture
def listener():
    """Where webhooks and pings go."""
    with serving(once(http(b"{}"))) as wire:
        yield wire


def client():
    return Outbound(loopback=True, seconds=10)


def keys_of(store, permissions="read_write", **more):
    made = store.key(permissions, **more)
    return Credentials(made["consumer_key"], made["consumer_secret"], permissions).packed()


def connected(store, **more):
    """The store's API, by the very way that a merchant's keys take."""
    site = HANDOVER.met(APP, client(), HANDOVER.site(APP, store.url))
    grant = HANDOVER.proven(APP, client(), site, keys_of(store, **more))
    return CONNECTOR.store_api(APP, client(), site.domain, grant.token)


def endpoint(listener, secret=OURS, **more):
    return Endpoint(listener.url + PATH, secret, **more)


def test_a_shop_in_a_folder_is_met_proven_and_named(store):
    site = HANDOVER.met(APP, client(), HANDOVER.site(APP, f"{store.url}/wp-admin/"))
    assert site.base == store.url
    assert connected(store).shop().id == f"{site.domain}/store"
    assert connected(store).shop().timezone == "America/New_York"
    store.site(country="US:CA", currency="JPY")
    assert (connected(store).shop().country, connected(store).shop().currency) == ("US", "JPY")


def test_the_shops_own_page_takes_what_we_ask(store):
    """It shows the login form first; every parameter that it misses or dislikes would be a 401."""
    site = HANDOVER.site(APP, store.url)
    answer = client().request("GET", HANDOVER.approval_address(APP, site, Ways("a-state", "a-door")))
    assert answer.status == 302
    assert "/wc-auth/v1/login" in answer.headers["location"]


def test_plain_permalinks_are_told_with_the_mend(store):
    store.site(pretty=False)
    with pytest.raises(Declined, match="Settings, Permalinks"):
        HANDOVER.met(APP, client(), HANDOVER.site(APP, store.url))


def test_keys_of_another_shop_are_rejected(store):
    site = HANDOVER.site(APP, store.url)
    with pytest.raises(CredentialsRejected):
        HANDOVER.proven(APP, client(), site, Credentials("ck_" + "0" * 40, "cs_" + "0" * 40, "read_write").packed())


def test_keys_that_only_claim_to_write_are_found_out_when_they_write(store, listener):
    site, made = HANDOVER.site(APP, store.url), store.key("read")
    keys = Credentials(made["consumer_key"], made["consumer_secret"], "read_write").packed()
    grant = HANDOVER.proven(APP, client(), site, keys)
    with pytest.raises(CredentialsRejected, match="write permissions"):
        CONNECTOR.store_api(APP, client(), site.domain, grant.token).mend_subscriptions(endpoint(listener))


def test_a_proof_that_is_sent_elsewhere_is_refused(store):
    store.fail("redirect", route="data/currencies/current", location="https://evil.example/")
    with pytest.raises(AddressRefused):
        HANDOVER.proven(APP, client(), HANDOVER.site(APP, store.url), keys_of(store))


def test_webhooks_are_made_once_and_come_back_when_woocommerce_switches_them_off(store, listener):
    api = connected(store)
    assert api.mend_subscriptions(endpoint(listener)) == FOLLOWED
    assert api.mend_subscriptions(endpoint(listener)) == ()
    store.disable("order.updated")
    store.drop("order.deleted")
    assert set(api.mend_subscriptions(endpoint(listener))) == {"order.updated", "order.deleted"}
    assert sorted(one["topic"] for one in store.webhooks()) == sorted(FOLLOWED)
    assert {one["status"] for one in store.webhooks()} == {"active"}


def test_deliveries_are_signed_with_our_secret_also_after_it_was_renewed(store, listener):
    api = connected(store)
    api.mend_subscriptions(endpoint(listener))
    before = store.webhooks()
    assert api.mend_subscriptions(endpoint(listener, NEWER, renew=True)) == ()
    assert [one["id"] for one in store.webhooks()] == [one["id"] for one in before]
    store.order()
    store.run()
    store.sent("delivery")
    [number] = [at for at, head in enumerate(listener.heads) if "order.created" in head]
    lines = (line.partition(": ") for line in listener.heads[number].split("\r\n")[1:])
    request = WebhookRequest(listener.bodies[number], {name.lower(): text for name, _, text in lines}, "a-key")
    CONNECTOR.verify(request, [NEWER])


def test_webhooks_of_a_user_who_left_are_made_anew_for_the_one_who_connects_again(store, listener):
    connected(store).mend_subscriptions(endpoint(listener))
    former = {one["id"] for one in store.webhooks()}
    assert connected(store).mend_subscriptions(endpoint(listener)) == ()
    assert len(store.webhooks()) == len(FOLLOWED)
    assert not former & {one["id"] for one in store.webhooks()}


def test_the_plugin_is_told_where_it_belongs_and_forgets_it_when_we_leave(store, listener):
    api, public_key = connected(store), "0123456789abcdef0123456789abcdef"
    storefront = Storefront(public_key, listener.url, endpoint(listener), PLAN)
    store.plugin(installed=False)
    with pytest.raises(Declined, match="plugin is not active"):
        api.mend_pixel(storefront)
    store.plugin()
    assert (api.mend_pixel(storefront), api.mend_pixel(storefront)) == (True, False)
    assert store.connection()["public_key"] == public_key
    api.mend_subscriptions(endpoint(listener))
    api.leave(endpoint(listener))
    assert (store.connection(), store.webhooks()) == (None, [])


def test_past_and_changed_orders_are_read(store):
    ids = {str(order_id) for order_id in store.order(count=3)}
    api = connected(store)
    assert {one.event.order_id for one in api.orders(SINCE, None).orders} == ids
    assert {one.order_id for one in api.changed(SINCE, None).told} == ids


def test_revoked_keys_are_told_as_such(store):
    api = connected(store)
    store.revoke()
    with pytest.raises(CredentialsRejected):
        api.shop()


TROUBLE = [
    ({"kind": "html"}, Unreachable),
    ({"kind": "status", "status": 500}, Unreachable),
    ({"kind": "reset"}, Unreachable),
    ({"kind": "throttled", "seconds": 7}, Throttled),
    ({"kind": "redirect", "location": "https://evil.example/"}, Unreachable),
    ({"kind": "huge"}, Unreachable),
]


@pytest.mark.parametrize(("fault", "error"), TROUBLE)
def test_trouble_is_told_as_what_it_is(store, fault, error):
    api = connected(store)
    store.fail(**fault, times=9)
    with pytest.raises(error):
        api.shop()


@pytest.mark.parametrize("kind", ["notice", "bom"])
def test_what_stands_before_the_json_is_read_over(store, listener, kind):
    store.fail(kind, times=99)
    assert connected(store).mend_subscriptions(endpoint(listener)) == FOLLOWED


def test_a_webhook_whose_making_was_answered_by_nobody_is_not_made_twice(store, listener):
    api = connected(store)
    store.fail("lost", route="webhooks", method="POST")
    with pytest.raises(Unreachable):
        api.mend_subscriptions(endpoint(listener))
    assert api.mend_subscriptions(endpoint(listener)) == FOLLOWED[1:]
    assert sorted(one["topic"] for one in store.webhooks()) == sorted(FOLLOWED)
