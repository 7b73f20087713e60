"""Our plugin in this shop: connected over REST, silent on a copy, and what it sends and freezes."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from tests.connectors.woocommerce.standin.conftest import SECRET

ROUTE = "/wc-tandem/v1/connection"


def told(listener, **changes):
    connection = {
        "version": 1,
        "public_url": listener.url,
        "public_key": "0123456789abcdef" * 2,
        "webhook_url": f"{listener.url}/webhooks/woocommerce/hook",
        "secret": SECRET,
    }
    return {**connection, **changes}


@pytest.fixture
def connected(client, store, listener):
    store.plugin()
    assert client.ask("PUT", ROUTE, content=told(listener)).status == 200
    return store


def signed(one):
    made = hmac.new(SECRET.encode(), one, hashlib.sha256).digest()
    return base64.b64encode(made).decode()


def test_without_the_plugin_there_is_no_route(client, listener):
    for method in ("GET", "PUT", "DELETE"):
        answer = client.ask(method, ROUTE, content=told(listener) if method == "PUT" else None)
        assert (answer.status, answer.json["code"]) == (404, "rest_no_route")


def test_it_remembers_what_it_is_told_and_never_tells_the_secret(client, store, listener):
    store.plugin()
    assert client.ask("GET", ROUTE).json == {"plugin": "1.0.0", "home": store.url, "public_key": None}
    assert client.ask("PUT", ROUTE, content=told(listener)).json["changed"] is True
    assert client.ask("PUT", ROUTE, content=told(listener)).json["changed"] is False
    answer = client.ask("GET", ROUTE)
    assert answer.json["public_key"] == "0123456789abcdef" * 2
    assert SECRET not in answer.text
    assert store.connection()["webhook_url"] == f"{listener.url}/webhooks/woocommerce/hook"
    assert client.ask("DELETE", ROUTE).json == {"changed": True}
    assert client.ask("DELETE", ROUTE).json == {"changed": False}
    assert "wc-tandem/v1" in client.request("GET", "/wp-json/").json["namespaces"]


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"secret": "short"},
        {"secret": "ä" * 40},
        {"public_key": "x" * 32},
        {"webhook_url": "http://tandem.example/hook"},
        {"public_url": "javascript:alert(1)"},
        {"webhook_url": "https://elsewhere.example/webhooks/woocommerce/hook"},
        {"public_url": None},
    ],
)
def test_what_may_not_be_is_refused(client, store, listener, changes):
    store.plugin()
    answer = client.ask("PUT", ROUTE, content=told(listener, **changes))
    assert (answer.status, answer.json["code"]) == (400, "tandem_invalid_connection")
    assert store.connection() is None


def test_a_key_that_only_reads_or_is_nobodys_cannot_connect(client, client_of, store, listener):
    store.plugin()
    assert client_of(permissions="read").ask("PUT", ROUTE, content=told(listener)).status == 401
    assert client_of(user="buyer").ask("PUT", ROUTE, content=told(listener)).status == 403
    assert client.request("GET", f"/wp-json{ROUTE}").status == 401


def test_a_checkout_is_told_before_its_order_which_carries_the_same_token(client, connected, listener):
    client.listen(listener.url)
    (order_id,) = connected.order()
    sent = [(one["kind"], one["topic"]) for one in connected.sent() if one["kind"] != "ping"]
    assert sent == [("checkout", "checkout.created"), ("delivery", "order.created"), ("delivery", "order.updated")]
    first, second, _ = listener.deliveries()
    assert first.path == "/webhooks/woocommerce/hook"
    assert first.headers["x-wc-webhook-signature"] == signed(first.body)
    assert (first.headers["x-wc-webhook-resource"], first.headers["x-wc-webhook-id"]) == ("checkout", "0")
    checkout, order = json.loads(first.body), json.loads(second.body)
    meta = {one["key"]: one["value"] for one in order["meta_data"]}
    assert meta["_tandem_checkout_token"] == checkout["checkout_token"]
    assert checkout["subtotal"] == "92.80"
    assert {one["key"] for one in checkout["meta_data"]} == {key for key in meta if "tandem" in key or "_fb" in key} - {
        "_tandem_checkout_token"
    }
    assert checkout["billing"]["email"] == order["billing"]["email"]
    assert meta["_fbc"].endswith(meta["_tandem_fbclid"])
    assert json.loads(meta["_tandem_consent"])["marketing"] is True
    assert order_id == order["id"]


def test_a_refusal_is_kept_alone_and_no_checkout_is_told(connected):
    (order_id,) = connected.order(consent={"marketing": False})
    ours = {
        one["key"] for one in connected.told(order_id)["meta_data"] if "tandem" in one["key"] or "_fb" in one["key"]
    }
    assert ours == {"_tandem_consent", "_tandem_version"}
    assert connected.sent("checkout") == []
    (order_id,) = connected.order(consent=None)
    assert "_tandem_consent" not in {one["key"] for one in connected.told(order_id)["meta_data"]}
    assert len(connected.sent("checkout")) == 1


def test_what_is_in_the_meta_already_stays(connected):
    (order_id,) = connected.order(meta={"_fbp": "fb.1.1.1"})
    meta = [one["value"] for one in connected.told(order_id)["meta_data"] if one["key"] == "_fbp"]
    assert meta == ["fb.1.1.1"]


@pytest.mark.parametrize("scenario", ["admin", "rest", "renewal"])
def test_what_was_no_checkout_carries_nothing_of_it(connected, scenario):
    (order_id,) = connected.order(scenario)
    assert not any("tandem" in one["key"] for one in connected.told(order_id)["meta_data"])
    assert connected.sent("checkout") == []


def test_it_calls_with_a_signature_over_time_name_and_body(connected, listener):
    answer = connected.call("state")
    assert answer["status"] == 200
    (heard,) = listener.heard
    assert heard.path == f"/woocommerce/plugin/{'0123456789abcdef' * 2}/state"
    timestamp = heard.headers["x-tandem-timestamp"]
    assert abs(int(timestamp) - time.time()) < 5
    assert heard.headers["x-tandem-signature"] == signed(f"{timestamp}.state.".encode() + heard.body)
    assert json.loads(heard.body)["home"] == connected.url


def test_a_clock_that_is_off_and_a_body_of_ones_own(connected, listener):
    connected.call("orders", body={"order_ids": ["1"]}, ahead=-400)
    (heard,) = listener.heard
    assert int(heard.headers["x-tandem-timestamp"]) < time.time() - 390
    assert json.loads(heard.body) == {"order_ids": ["1"]}


def test_a_copy_of_the_shop_is_silent(client, connected, listener):
    connected.site(home="http://staging.example.test")
    connected.order()
    assert connected.sent("checkout") == []
    answer = connected.pool.request("POST", f"{connected.root}/_standin/plugin/call", json={"call": "state"})
    assert answer.status == 400
    assert connected.shown()["plugin"]["speaks"] is False


def test_its_webhooks_go_on_from_a_copy_and_name_it(client, connected, listener):
    client.listen(listener.url, ("order.updated",))
    connected.site(home="http://staging.example.test")
    connected.order()
    connected.sent()
    (one,) = listener.deliveries()
    assert one.headers["x-wc-webhook-source"] == "http://staging.example.test/"
    assert json.loads(one.body)["_links"]["self"][0]["href"].startswith("http://staging.example.test/wp-json/")


def test_deleted_it_forgets(connected):
    connected.plugin(installed=False)
    connected.plugin()
    assert connected.connection() is None


def test_a_checkout_can_be_told_again_with_other_words(connected, listener):
    (order_id,) = connected.order()
    token = connected.checkout(order_id, fields={"subtotal": "1.00"})
    connected.sent()
    bodies = [json.loads(one.body) for one in listener.deliveries()]
    assert [one["checkout_token"] for one in bodies] == [token, token]
    assert bodies[1]["subtotal"] == "1.00"
