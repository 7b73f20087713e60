"""REST's door: what is told to everyone, whose key it takes and how, and what it says to the others."""

import base64
import time

import pytest
from woocommerce import API

from tests.connectors.woocommerce.standin.conftest import Client
from tests.rig import wire
from tests.rig.woostore import WooStore

ORDERS = "/wp-json/wc/v3/orders"
CANNOT_LIST = ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")


def basic(key):
    return {
        "Authorization": "Basic "
        + base64.b64encode(f"{key['consumer_key']}:{key['consumer_secret']}".encode()).decode()
    }


def error_of(answer):
    return answer.status, answer.json["code"], answer.json["message"]


def test_everyone_is_told_what_shop_it_is(client, store):
    told = client.request("GET", "/wp-json/").json
    assert (told["name"], told["home"], told["url"]) == ("The Stand-in Shop", store.url, store.url)
    assert (told["timezone_string"], "wc/v3" in told["namespaces"]) == ("America/New_York", True)
    assert client.request("GET", "/", "rest_route=/").json == told
    assert client.request("GET", "/", "rest_route=/&_fields=name").json == {"name": "The Stand-in Shop"}


def test_shops_with_plain_permalinks_answer_by_the_query_alone(client, store):
    store.site(pretty=False)
    assert client.request("GET", "/wp-json/").status == 404
    assert client.request("GET", "/", "rest_route=/").json["home"] == store.url


def test_nobody_lists_nothing(client):
    assert error_of(client.request("GET", ORDERS)) == (401, *CANNOT_LIST)


@pytest.mark.parametrize("digest", ["HMAC-SHA1", "HMAC-SHA256"])
def test_over_http_a_signature_opens(client, digest):
    answer = client.ask("GET", "/wc/v3/orders", "per_page=5&_fields=id,status", digest=digest)
    assert (answer.status, answer.json) == (200, [])


def test_over_http_basic_and_keys_in_the_query_do_not(client):
    key = client.key
    assert error_of(client.request("GET", ORDERS, headers=basic(key))) == (401, *CANNOT_LIST)
    query = f"consumer_key={key['consumer_key']}&consumer_secret={key['consumer_secret']}"
    assert error_of(client.request("GET", ORDERS, query)) == (401, *CANNOT_LIST)


@pytest.mark.parametrize(
    ("oauth", "code", "message"),
    [
        ({"oauth_signature": "bm9wZQ=="}, "error", "Invalid signature - provided signature does not match."),
        ({"digest": "PLAINTEXT"}, "error", "Invalid signature - signature method is invalid."),
        ({"oauth_consumer_key": "ck_" + "0" * 40}, "error", "Consumer key is invalid."),
        ({"oauth_timestamp": str(int(time.time()) - 1000)}, "error", "Invalid timestamp."),
        ({"oauth_nonce": None}, "missing_parameter", "Missing OAuth parameter oauth_nonce"),
    ],
)
def test_what_is_wrong_with_a_signature_is_said(client, oauth, code, message):
    answer = client.ask("GET", "/wc/v3/orders", **oauth)
    assert error_of(answer) == (401, f"woocommerce_rest_authentication_{code}", message)


def test_a_nonce_is_good_once(client):
    query = client.signed("GET", ORDERS)
    assert client.request("GET", ORDERS, query).status == 200
    message = "Invalid nonce - nonce has already been used."
    assert error_of(client.request("GET", ORDERS, query)) == (401, "woocommerce_rest_authentication_error", message)


def test_what_was_signed_for_another_query_opens_nothing(client):
    query = client.signed("GET", ORDERS, "per_page=1").replace("per_page=1", "per_page=2")
    assert client.request("GET", ORDERS, query).status == 401


def test_the_library_on_pypi_gets_in(client, store):
    store.order()
    library = API(store.url, client.key["consumer_key"], client.key["consumer_secret"], version="wc/v3")
    assert [order["id"] for order in library.get("orders", params={"per_page": 2, "status": "any"}).json()] == [1041]


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    identity = wire.certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    with WooStore.running("--certificate", str(identity)) as found:
        yield found


def test_over_https_basic_and_the_query_open_and_links_are_https(secure):
    secure.reset()
    client = Client(secure, secure.key())
    (order_id,) = secure.order()
    answer = client.request("GET", f"{ORDERS}/{order_id}", headers=basic(client.key))
    assert answer.json["_links"]["self"][0]["href"] == f"{secure.url}{ORDERS}/{order_id}"
    query = f"consumer_key={client.key['consumer_key']}&consumer_secret={client.key['consumer_secret']}"
    assert client.request("GET", ORDERS, query).status == 200


def test_behind_a_proxy_that_ends_tls_basic_opens_too(client):
    headers = {**basic(client.key), "X-Forwarded-Proto": "https"}
    assert client.request("GET", ORDERS, headers=headers).status == 200


def test_a_wrong_secret_over_https_is_told_as_recorded(client, recorded):
    headers = {**basic({**client.key, "consumer_secret": "cs_" + "0" * 40}), "X-Forwarded-Proto": "https"}
    answer = client.request("GET", ORDERS, headers=headers)
    real = recorded("rest/bad_key.json")
    assert (answer.status, answer.json) == (real["status"], real["body"])


def test_a_key_that_is_gone_is_nobodys(client, store):
    store.revoke()
    answer = client.ask("GET", "/wc/v3/orders")
    assert error_of(answer) == (401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")


def test_a_read_only_key_reads_and_does_not_write(client_of, listener):
    client = client_of(permissions="read")
    assert client.ask("GET", "/wc/v3/webhooks").status == 200
    answer = client.ask("POST", "/wc/v3/webhooks", content={"topic": "order.updated", "delivery_url": listener.url})
    message = "The API key provided does not have write permissions."
    assert error_of(answer) == (401, "woocommerce_rest_authentication_error", message)
    assert client_of(permissions="write").ask("GET", "/wc/v3/orders").status == 401


def test_a_key_of_somebody_who_only_buys_opens_nothing(client_of):
    assert error_of(client_of(user="buyer").ask("GET", "/wc/v3/orders")) == (403, *CANNOT_LIST)


@pytest.mark.parametrize(
    ("method", "route"), [("GET", "/wc/v3/nothing"), ("DELETE", "/wc/v3/orders"), ("GET", "/wp/v9")]
)
def test_what_is_not_there_has_no_route(client, method, route):
    message = "No route was found matching the URL and request method."
    assert error_of(client.ask(method, route)) == (404, "rest_no_route", message)


@pytest.mark.parametrize(
    "name", ["data_currencies_current", "settings_general_currency", "order_404", "orders_per_page_101"]
)
def test_small_answers_have_the_recorded_keys(client, recorded, name):
    """Values are compared where the stand-in's shop is the recorded one: errors, the currency, and what it costs."""
    real = recorded(f"rest/{name}.json")
    route, _, query = real["url"].partition("/wp-json")[2].partition("?")
    answer = client.ask("GET", route, query)
    assert answer.status == real["status"]
    assert set(answer.json) == set(real["body"]) - {"options", "tip"}
    plain = {key: value for key, value in real["body"].items() if key in ("code", "message", "data", "symbol", "value")}
    assert {key: answer.json[key] for key in plain} == plain


def test_what_the_shop_is_set_to(client, store):
    store.site(country="DE:DE-BE", currency="EUR")
    told = {one["id"]: one["value"] for one in client.ask("GET", "/wc/v3/settings/general").json}
    assert told["woocommerce_default_country"] == "DE:DE-BE"
    assert client.ask("GET", "/wc/v3/data/currencies/current").json["code"] == "EUR"
    status = client.ask("GET", "/wc/v3/system_status", "_fields=settings,environment").json
    assert (status["settings"]["currency"], status["environment"]["version"]) == ("EUR", "10.0.2")
    assert "active_plugins" not in status


def test_wordpress_in_a_folder_is_found_there_and_nowhere_else():
    with WooStore.running("--folder", "/shop") as store:
        assert store.url.endswith("/shop")
        client = Client(store, store.key())
        assert client.request("GET", "/wp-json/").json["home"] == store.url
        assert client.ask("GET", "/wc/v3/orders").status == 200
        (order_id,) = store.order()
        assert store.told(order_id)["_links"]["self"][0]["href"].startswith(f"{store.url}/wp-json/")
        assert store.pool.request("GET", f"{store.root}/wp-json/").status == 404


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("status,id", {"id": 1041, "status": "processing"}),
        ("id, billing.country", {"id": 1041, "billing": {"country": "US"}}),
        ("id,line_items.sku", {"id": 1041, "line_items": []}),
        # Taken whole already: the dotted name ends the reading.
        ("refunds,refunds.id,id", {"refunds": []}),
        ("nothing", {}),
    ],
)
def test_fields_are_chosen_as_wordpress_does(client, store, fields, expected):
    store.order()
    assert client.ask("GET", "/wc/v3/orders", f"_fields={fields}").json == [expected]


def test_no_fields_asked_for_are_all(client, store):
    store.order()
    assert "line_items" in client.ask("GET", "/wc/v3/orders", "_fields=").json[0]
