"""What a person sees: a shop that sells by one click, and an admin with a button that connects Tandem."""

import json
import re

import pytest


@pytest.fixture
def admin(merchant):
    """Logged in."""
    merchant.open("/wp-login.php", {"log": "admin", "pwd": "password"})
    return merchant


def test_every_page_says_that_it_is_a_stand_in(admin):
    for path in ("/", "/wp-admin/", "/wp-login.php", "/nothing-here/"):
        assert "A stand-in for a WooCommerce store" in admin.open(path).text


def test_the_style_sheet_is_there(client):
    answer = client.request("GET", "/_standin/static/standin.css")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")


def test_the_front_page_leads_to_rest(client, store):
    answer = client.request("GET", "/")
    assert answer.headers["Link"] == f'<{store.url}/wp-json/>; rel="https://api.w.org/"'


@pytest.mark.parametrize(
    ("way", "status"), [("card", "processing"), ("bacs", "on-hold"), ("wallet", "pending"), ("?", "processing")]
)
def test_one_click_buys_and_thanks(merchant, store, way, status):
    page = merchant.open("/checkout/", {"way": way})
    number = int(re.search(r"Order number: <strong>(\d+)</strong>", page.text)[1])
    assert store.told(number)["status"] == status


def test_a_stranger_sees_no_order(merchant, store):
    (order_id,) = store.order()
    assert "Order number" not in merchant.open(f"/checkout/order-received/{order_id}/?key=guess").text


def test_the_button_connects_this_shop(admin, store):
    assert admin.link(admin.open("/wp-admin/"), "Connect Tandem") == (
        f"http://127.0.0.1:8000/woocommerce/connect?store={store.url}"
    )


def test_nobody_but_who_runs_the_shop_sees_its_admin(merchant, store):
    assert merchant.open("/wp-admin/").url.endswith("/wp-login.php")
    assert "incorrect" in merchant.open("/wp-login.php", {"log": "admin", "pwd": "guess"}).text
    merchant.open("/wp-login.php", {"log": "buyer", "pwd": "password"})
    assert merchant.open("/wp-admin/").status == 403
    merchant.open("/wp-admin/", {"act": "install"})
    assert store.shown()["plugin"]["installed"] is False


def test_orders_and_webhooks_are_shown_and_an_order_is_refunded_by_a_click(admin, client, store, listener):
    client.listen(listener.url, ("order.updated",))
    (order_id,) = store.order()
    page = admin.open("/wp-admin/")
    assert f"#{order_id}" in page.text
    assert "order.updated: active, 0 failures" in page.text
    admin.open("/wp-admin/", {"act": "refund", "order": str(order_id)})
    assert store.told(order_id)["status"] == "refunded"
    assert admin.open("/wp-admin/", {"act": "refund", "order": str(order_id)}).status == 400


def test_the_plugin_is_installed_and_removed_by_a_click(admin, store):
    admin.open("/wp-admin/", {"act": "install"})
    assert store.shown()["plugin"]["installed"] is True
    assert "Remove the Tandem plugin" in admin.open("/wp-admin/").text
    admin.open("/wp-admin/", {"act": "remove"})
    assert store.shown()["plugin"]["installed"] is False


def test_the_plugin_opens_tandem_by_an_address_it_asks_for(admin, client, store, listener):
    admin.open("/wp-admin/", {"act": "install"})
    told = {"version": 1, "public_url": listener.url, "webhook_url": f"{listener.url}/webhooks/woocommerce/k"}
    client.ask("PUT", "/wc-tandem/v1/connection", content={**told, "public_key": "a" * 32, "secret": "s" * 40})
    page = admin.open("/wp-admin/", {"act": "open"})
    assert (page.status, "Tandem answered 200" in page.text) == (502, True)  # our listener has no address to give
    (asked,) = listener.heard
    assert asked.path.endswith("/sign-in")
    assert set(json.loads(asked.body)) == {"nonce", "user"}
