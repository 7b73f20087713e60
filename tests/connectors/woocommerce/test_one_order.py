"""One order asked for by its id: byte for byte what its webhook would be, and nothing else taken for it."""

import json

import pytest

from connectors.errors import CredentialsRejected, Unreachable
from connectors.outbound import Outbound
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.credentials import Credentials
from tests.rig.keyed_shop import DEVELOPMENT, KEY, SECRET, open_keyed_shop
from tests.rig.woostore import WooStore

ORDER = {"id": 71, "status": "processing", "date_modified_gmt": "2026-11-24T12:00:03"}


@pytest.fixture
def shop():
    with open_keyed_shop() as found:
        yield found


@pytest.fixture
def api(shop):
    return opened(shop.http(), shop.base, KEY, SECRET)


@pytest.fixture(scope="module")
def store():
    with WooStore.running() as found:
        yield found


def opened(client, typed, key, secret):
    handover = CONNECTOR.handover
    site = handover.met(DEVELOPMENT, client, handover.site(DEVELOPMENT, typed))
    keys = Credentials(key, secret, "read_write").packed()
    token = handover.proven(DEVELOPMENT, client, site, keys).token
    return CONNECTOR.store_api(DEVELOPMENT, client, site.domain, token)


def test_an_order_is_told_to_the_byte(shop, api):
    raw = (
        rb'{"id":71, "status":"processing","name":"M\u00fcll \/ x","date_modified_gmt":"2026-11-24T12:00:03","n":1.50}'
    )
    shop.says("GET", "wc/v3/orders/71", b"\xef\xbb\xbf" + raw)
    found = api.order("71")
    assert (found.topic, found.body, found.order_id) == ("order.updated", raw, "71")
    assert f"{found.changed_at:%H:%M:%S}" == "12:00:03"


@pytest.mark.parametrize("status", ["trash", "checkout-draft"])
def test_an_order_in_the_bin_and_a_draft_are_none(shop, api, status):
    shop.says("GET", "wc/v3/orders/71", ORDER | {"status": status})
    assert api.order("71") is None


def test_what_is_no_number_is_not_asked_for(shop, api):
    before = len(shop.asked)
    assert (api.order("71/notes"), api.order("٧"), len(shop.asked)) == (None, None, before)


@pytest.mark.parametrize("answer", [ORDER | {"id": 72}, [ORDER], [], b"<html>", {"id": None}])
def test_another_answer_is_not_taken_for_the_order_nor_for_one_that_is_gone(shop, api, answer):
    shop.says("GET", "wc/v3/orders/71", answer).says("GET", "wc/v3/orders/71", answer)
    with pytest.raises(Unreachable):
        api.order("71")


def test_revoked_keys_are_no_word_on_the_order(shop, api):
    shop.says("GET", "wc/v3/orders/71", {"code": "woocommerce_rest_cannot_view", "message": "Sorry."}, 401)
    with pytest.raises(CredentialsRejected):
        api.order("71")


def test_of_the_stand_in_each_order_is_what_its_feed_tells_until_it_is_binned(store):
    made = store.key()
    client = Outbound(loopback=True, seconds=20)
    api = opened(client, store.url, made["consumer_key"], made["consumer_secret"])
    [order_id] = store.order(silent=True)
    found = api.order(str(order_id))
    [event] = CONNECTOR.parse(found.topic, found.body)
    [fed] = api.changed(event.placed_at, None).told
    assert json.loads(found.body) == json.loads(fed.body)
    assert event.customer.email
    store.act(order_id, "trash")
    assert api.order(str(order_id)) is None
    assert api.order("999999") is None
