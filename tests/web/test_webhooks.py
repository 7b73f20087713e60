"""The webhook endpoint's answers, row by row: CONTRACT's HTTP table, with Redis away all the time."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from connectors import registry
from integration import config, db
from integration.app import create_app
from integration.crypto import Sealer
from integration.web.webhooks import MAX_BODY
from tests.rig.shop import Bench, Shop

SHOPIFY = "/webhooks/shopify"


@pytest.fixture
def bench(engine: db.Engine, sandbox, settings: config.Settings) -> Bench:
    return Bench(engine, sandbox, Sealer(settings.encryption_keys))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> config.Settings:
    nobody = f"unix://{tmp_path}/nobody.sock"
    return config.load({"DATABASE_URL": database_url, "REDIS_URL": nobody}, data_dir=tmp_path / "data")


@pytest.fixture
def make(settings: config.Settings) -> Iterator[Callable[..., Flask]]:
    """Applications, with some settings changed; their connections are closed afterwards."""
    made = []

    def application(**changes: object) -> Flask:
        made.append(create_app(replace(settings, **changes)))
        return made[-1]

    yield application
    for app in made:
        app.extensions["engine"].dispose()


@pytest.fixture
def client(make: Callable[..., Flask]) -> FlaskClient:
    return make().test_client()


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


def signed(shop: Shop, body: bytes, topic: str = "orders/paid", secret: str | None = None) -> dict[str, str]:
    return registry.get(shop.platform).sign(topic, body, secret or shop.secret, shop.row.domain)


def test_a_signed_order_is_accepted_though_redis_is_away(client: FlaskClient, shop: Shop, bench: Bench) -> None:
    body = shop.sample("orders/paid", "card")
    answer = client.post(SHOPIFY, data=body, headers=signed(shop, body))

    assert (answer.status_code, answer.json) == (200, {"status": "accepted"})
    assert len(bench.rows()) == 1
    again = client.post(SHOPIFY, data=body, headers=signed(shop, body))
    assert (again.status_code, again.json) == (200, {"status": "duplicate"})


def test_the_newer_header_spelling_without_x_is_taken(client: FlaskClient, shop: Shop) -> None:
    body = shop.sample("orders/paid", "card")
    headers = {name.removeprefix("X-"): text for name, text in signed(shop, body).items()}

    assert client.post(SHOPIFY, data=body, headers=headers).json == {"status": "accepted"}


@pytest.mark.parametrize(
    "change",
    [
        {"X-Shopify-Hmac-Sha256": None},
        {"X-Shopify-Hmac-Sha256": ""},
        {"X-Shopify-Hmac-Sha256": "A" * 43 + "="},
        {"X-Shopify-Hmac-Sha256": "0" * 64},
        {"X-Shopify-Hmac-Sha256": "\u00e9"},
        {"X-Shopify-Hmac-Sha256": "x" * 8_000},
        {"X-Shopify-Shop-Domain": None},
        {"X-Shopify-Shop-Domain": "a.myshopify.com,b.myshopify.com"},
        {"X-Shopify-Shop-Domain": "other.myshopify.com"},
        {"X-Shopify-Shop-Domain": "tea.myshopify.com.evil.com"},
    ],
    ids=lambda change: " ".join(f"{name}={str(text)[:20]}" for name, text in change.items()),
)
def test_everything_not_signed_for_this_store_gets_one_constant_401(
    client: FlaskClient, shop: Shop, bench: Bench, change: dict[str, str | None]
) -> None:
    body = shop.sample("orders/paid", "card")
    headers = {name: text for name, text in {**signed(shop, body), **change}.items() if text is not None}

    answer = client.post(SHOPIFY, data=body, headers=headers)

    assert (answer.status_code, answer.json) == (401, {"error": "unauthorized"})
    assert bench.rows() == []


def test_one_byte_more_than_was_signed_is_401(client: FlaskClient, shop: Shop) -> None:
    body = shop.sample("orders/paid", "card")

    assert client.post(SHOPIFY, data=body + b" ", headers=signed(shop, body)).status_code == 401


def test_upper_case_shop_domains_are_the_same_shop(client: FlaskClient, shop: Shop) -> None:
    body = shop.sample("orders/paid", "card")
    headers = {**signed(shop, body), "X-Shopify-Shop-Domain": "TEA.MyShopify.com"}

    assert client.post(SHOPIFY, data=body, headers=headers).json == {"status": "accepted"}


def test_an_unknown_topic_of_a_signed_body_is_ignored(client: FlaskClient, shop: Shop) -> None:
    for topic in ("products/update", "../..", ""):
        answer = client.post(SHOPIFY, data=b"{}", headers=signed(shop, b"{}", topic))
        assert (answer.status_code, answer.json["status"]) == (200, "ignored"), topic


def test_signed_nonsense_is_answered_200_quarantined(client: FlaskClient, shop: Shop) -> None:
    answer = client.post(SHOPIFY, data=b"{", headers=signed(shop, b"{"))

    assert (answer.status_code, answer.json["status"]) == (200, "quarantined")
    assert answer.json["reason"]


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"])
def test_only_post_is_allowed(client: FlaskClient, method: str) -> None:
    assert client.open(SHOPIFY, method=method).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/webhooks/shopify/", "//webhooks/shopify", "/webhooks//shopify", "/webhooks/%2e%2e/shopify", "/webhooks/nowhere"],
)
def test_other_paths_are_unknown_and_never_redirected(client: FlaskClient, path: str) -> None:
    """WooCommerce counts 301 and 302 as success, and the delivery would be lost."""
    assert client.post(path, data=b"{}").status_code == 404


@pytest.mark.parametrize("key", ["nobody", "%00", "0" * 40, "0" * 5_000, "%F0%9F%91%8B"])
def test_an_unknown_woocommerce_key_is_404(client: FlaskClient, key: str) -> None:
    assert client.post(f"/webhooks/woocommerce/{key}", data=b"webhook_id=1").status_code == 404


def test_a_chunked_body_over_two_mebibytes_is_413_and_not_taken_cut_short(client: FlaskClient, shop: Shop) -> None:
    body = b" " * (MAX_BODY + 1_000)
    answer = client.post(
        SHOPIFY,
        input_stream=io.BytesIO(body),
        headers={**signed(shop, body), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"webhook_id=1", b"webhook_id=3141"])
def test_woocommerces_ping_is_answered_200(client: FlaskClient, bench: Bench, body: bytes) -> None:
    shop = bench.shop("woocommerce")
    path = f"/webhooks/woocommerce/{shop.row.webhook_key}"

    unsigned = client.post(path, data=body, content_type="application/x-www-form-urlencoded")
    with_signature = client.post(path, data=body, headers=signed(shop, body, "order.created"))

    assert {unsigned.status_code, with_signature.status_code} == {200}
    assert unsigned.json["status"] == "ignored"


def test_a_body_over_two_mebibytes_is_413_and_one_of_just_two_is_judged(client: FlaskClient, shop: Shop) -> None:
    large, largest = b" " * (MAX_BODY + 1), b" " * MAX_BODY

    assert client.post(SHOPIFY, data=large, headers=signed(shop, large)).status_code == 413
    assert client.post(SHOPIFY, data=largest, headers=signed(shop, largest)).json["status"] == "quarantined"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_an_encoded_body_is_415(client: FlaskClient, shop: Shop, encoding: str) -> None:
    answer = client.post(SHOPIFY, data=b"x", headers={**signed(shop, b"x"), "Content-Encoding": encoding})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_the_content_type_does_not_matter(client: FlaskClient, shop: Shop, content_type: str | None) -> None:
    """The bytes were signed; no form parser may touch them first."""
    body = shop.sample("orders/paid", "card")
    headers = {name: text for name, text in signed(shop, body).items() if name != "Content-Type"}

    answer = client.post(SHOPIFY, data=body, headers=headers, content_type=content_type)

    assert answer.json == {"status": "accepted"}


def test_while_the_database_is_away_the_platform_is_asked_to_try_again(
    make: Callable[..., Flask], tmp_path: Path
) -> None:
    gone = f"postgresql+psycopg://tandem@/nobody?host={tmp_path}"
    client = make(database_url=gone).test_client()

    answer = client.post(SHOPIFY, data=b"{}", headers={"X-Shopify-Shop-Domain": "tea.myshopify.com"})

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_ready_says_that_the_broker_is_away(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.text) == (503, "The broker at REDIS_URL does not answer (ConnectionError).\n")


def test_metrics_count_deliveries_and_webhooks(client: FlaskClient, shop: Shop) -> None:
    body = shop.sample("orders/paid", "card")
    for _ in range(2):
        client.post(SHOPIFY, data=body, headers=signed(shop, body))

    text = client.get("/metrics").text

    assert 'tandem_deliveries{event_name="Purchase",state="pending"} 1.0' in text
    assert 'tandem_webhooks{outcome="accepted"} 1.0' in text
    assert 'tandem_webhooks{outcome="duplicate"} 1.0' in text


def test_the_overview_exists_in_development_only(make: Callable[..., Flask]) -> None:
    assert make().test_client().get("/dev").status_code == 200
    assert make(app_env="production").test_client().get("/dev").status_code == 404


def test_ten_copies_at_once_are_one_event(make: Callable[..., Flask], shop: Shop, bench: Bench) -> None:
    app = make()
    body = shop.sample("orders/paid", "card")
    headers = signed(shop, body)
    answers: list[str] = []

    def post() -> None:
        answers.append(app.test_client().post(SHOPIFY, data=body, headers=headers).json["status"])

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["accepted", *["duplicate"] * 9]
    assert len(bench.rows()) == 1


@pytest.fixture
def address(make: Callable[..., Flask]) -> Iterator[tuple[str, int]]:
    server = make_server("127.0.0.1", 0, make(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address
    server.shutdown()
    thread.join()
    server.server_close()


def test_different_topics_of_one_order_at_once_are_one_purchase(
    make: Callable[..., Flask], shop: Shop, bench: Bench
) -> None:
    app = make()
    body = shop.sample("orders/paid", "card")

    def post(topic: str) -> None:
        answer = app.test_client().post(SHOPIFY, data=body, headers=signed(shop, body, topic))
        assert answer.status_code == 200

    threads = [
        threading.Thread(target=post, args=(topic,)) for topic in ("orders/create", "orders/paid", "orders/updated") * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [row["event_id"] for row in bench.rows()] == ["5001"]


def test_a_header_in_other_case_is_the_same_header(address: tuple[str, int], shop: Shop) -> None:
    body = shop.sample("orders/paid", "card")
    lines = [f"{name.upper()}: {text}" for name, text in signed(shop, body).items()]
    head = "\r\n".join(["POST /webhooks/shopify HTTP/1.0", *lines, f"CONTENT-LENGTH: {len(body)}", "", ""])
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b" 200 " in answer.splitlines()[0]
    assert b'"accepted"' in answer
