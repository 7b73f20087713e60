"""The consent page: who may ask, and what goes back."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest


def returned(answer):
    assert answer.status == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def signature(fields, secret, *, form=False):
    rest = sorted((key, value) for key, value in fields.items() if key != "hmac")
    told = urlencode(rest) if form else "&".join(f"{key}={value}" for key, value in rest)
    return hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()


def test_the_page_says_what_it_is_and_what_is_asked(client):
    page = client.consent(scope="read_orders,write_pixels")
    assert page.status == 200
    assert "A stand-in for Shopify" in page.text
    assert "Install app" in page.text
    assert "<li>read_orders</li><li>write_pixels</li>" in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://evil.example/shopify/callback"},
        {"redirect_uri": "http://127.0.0.1:8001/shopify/callback"},
        {"redirect_uri": "http://127.0.0.1:8000@evil.example/"},
        {"redirect_uri": ""},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_sends_nobody_to_where_the_app_does_not_live(client, method, wrong):
    answer = client.consent(method, **wrong)
    assert answer.status == 400
    assert "Location" not in answer.headers


def test_the_way_back_is_signed(client, standin):
    told = returned(client.consent("POST", state="st/ate ="))
    assert told.keys() == {"code", "hmac", "host", "shop", "state", "timestamp"}
    assert told["hmac"] == signature(told, standin.secret)
    assert (told["shop"], told["state"]) == ("lumen-and-loom.myshopify.com", "st/ate =")


def test_the_way_back_can_be_signed_as_nodes_library_would(client, standin):
    standin.app(query_form="form")
    told = returned(client.consent("POST", state="st/ate ="))
    assert told["hmac"] == signature(told, standin.secret, form=True) != signature(told, standin.secret)


def test_it_signs_with_the_newest_secret(client, standin):
    standin.app(secrets=["the-newest-secret-of-all", "the-one-before-that"])
    told = returned(client.consent("POST"))
    assert told["hmac"] == signature(told, "the-newest-secret-of-all")


def test_the_host_comes_with_padding_for_some_shops_and_without_for_others(client):
    hosts = [returned(client.consent("POST", shop=f"shop-{n:02}.myshopify.com"))["host"] for n in range(12)]
    assert {len(host) % 4 for host in hosts} > {0}
    told = [base64.b64decode(host + "=" * (-len(host) % 4)).decode() for host in hosts]
    assert told == [f"admin.shopify.com/store/shop-{n:02}" for n in range(12)]


def test_who_cancels_is_sent_nowhere(client, standin):
    answer = client.consent("POST", decision="cancel")
    assert answer.status == 200
    assert "Not installed" in answer.text
    assert standin.shop()["installed"] is False


def test_without_scopes_in_the_address_the_apps_own_are_asked(client):
    page = client.consent(scope="")
    assert "<li>read_customer_events</li>" in page.text


@pytest.mark.parametrize(
    "domain", ["evil.example", "a.myshopify.com.evil.example", "-a.myshopify.com", "A.myshopify.com"]
)
def test_what_is_no_shop_is_not_found(client, domain):
    assert client.consent(shop=domain).status == 404
