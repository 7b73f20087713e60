"""The admin around the app, as its HTML has it; a browser goes through it elsewhere."""

import hashlib
import hmac
import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

PAGE = "/store/lumen-and-loom/apps/tandem-test-app"
SHOP = "lumen-and-loom.myshopify.com"


def act(client, wish):
    return client.request("POST", PAGE, fields={"act": wish}, encode_multipart=False)


def framed(page):
    return html.unescape(re.search(r'<iframe [^>]*src="([^"]+)"', page.text)[1])


@pytest.mark.parametrize("path", ["/", PAGE])
def test_every_page_says_that_it_is_a_stand_in(client, path):
    page = client.request("GET", path)
    assert page.status == 200
    assert "A stand-in for Shopify, on this machine only." in page.text


def test_an_app_that_is_not_installed_is_one_click_away(client, standin):
    assert "<iframe" not in client.request("GET", PAGE).text
    assert client.request("POST", f"{PAGE}/session").status == 404
    assert act(client, "install").headers["Location"] == PAGE
    assert standin.shop()["scopes"] == ["read_orders", "write_pixels", "read_customer_events"]
    assert "<iframe" in client.request("GET", PAGE).text


def test_the_frame_opens_the_app_with_a_signed_query_and_a_session_token(client, standin, jwt):
    standin.install()
    address = framed(client.request("GET", PAGE))
    assert address.startswith("http://127.0.0.1:8000/shopify/app?")
    told = dict(parse_qsl(urlsplit(address).query))
    assert told.keys() == {"embedded", "hmac", "host", "id_token", "locale", "session", "shop", "timestamp"}
    rest = "&".join(f"{key}={value}" for key, value in sorted(told.items()) if key != "hmac")
    assert told["hmac"] == hmac.new(standin.secret.encode(), rest.encode(), hashlib.sha256).hexdigest()
    claims = jwt.claims(told["id_token"])
    assert claims.keys() == {"iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"}
    assert (claims["iss"], claims["dest"]) == (f"https://{SHOP}/admin", f"https://{SHOP}")
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (standin.key, 60)


def test_each_session_token_is_another(client, standin, jwt):
    standin.install()
    tokens = [client.request("POST", f"{PAGE}/session").json["id_token"] for _ in range(2)]
    assert len({jwt.claims(token)["jti"] for token in tokens}) == 2


def test_a_click_buys_and_another_uninstalls(client, standin, listener):
    standin.app(declared=["orders/create", "app/uninstalled"])
    act(client, "install")
    act(client, "order")
    act(client, "uninstall")
    assert [one["topic"] for one in standin.webhooks()] == ["orders/create", "app/uninstalled"]
    assert "Install app?" in client.request("GET", PAGE).text


def test_an_app_that_is_not_embedded_is_opened_at_its_own_door(client, standin):
    standin.app(embedded=False)
    address = client.request("GET", PAGE).headers["Location"]
    assert address.startswith("http://127.0.0.1:8000/shopify/install?")
    assert dict(parse_qsl(urlsplit(address).query)).keys() == {"hmac", "host", "shop", "timestamp"}


def test_another_app_is_not_there(client):
    assert client.request("GET", "/store/lumen-and-loom/apps/another").status == 404


def test_app_bridge_and_the_pages_own_files_are_served(client):
    bridge = client.request("GET", "/app-bridge.js")
    assert (bridge.status, bridge.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    for name in ("admin.js", "standin.css"):
        assert client.request("GET", f"/_standin/static/{name}").status == 200
    assert client.request("GET", "/_standin/static/other.js").status == 404
    assert client.request("GET", "/_standin/static/..%2Fadmin.py").status == 404
