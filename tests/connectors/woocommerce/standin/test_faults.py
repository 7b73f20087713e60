"""Failure on demand, on any route of the shop."""

import json
import time

import pytest
import urllib3

ORDERS = "/wc/v3/orders"


def test_a_status_is_answered_so_often_and_then_no_more(client, store):
    store.fail("status", status=503, route="wc/v3/orders", times=2)
    assert [client.ask("GET", ORDERS).status for _ in range(3)] == [503, 503, 200]


def test_a_fault_is_for_its_route_and_its_method(client, store, listener):
    store.fail("status", route="wc/v3/webhooks", method="POST", times=None)
    assert client.ask("GET", "/wc/v3/webhooks").status == 200
    told = {"topic": "order.updated", "delivery_url": listener.url}
    assert client.ask("POST", "/wc/v3/webhooks", content=told).status == 500
    store.mend()
    assert client.ask("POST", "/wc/v3/webhooks", content=told).status == 201


def test_a_firewall_answers_with_a_page(client, store):
    store.fail("html")
    answer = client.ask("GET", ORDERS)
    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/html; charset=UTF-8")
    assert "blocked" in answer.text


def test_a_redirect_leads_where_it_was_told(client, store):
    store.fail("redirect", status=302, location="http://127.0.0.1:1/elsewhere")
    answer = client.request("GET", "/wp-json/")
    assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1:1/elsewhere")


def test_too_many_requests_say_when_to_come_back(client, store):
    store.fail("throttled", seconds=7)
    answer = client.ask("GET", ORDERS)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(("kind", "before"), [("notice", "<br />\n<b>Warning</b>"), ("bom", "\ufeff")])
def test_something_stands_before_the_json(client, store, kind, before):
    store.fail(kind)
    answer = client.request("GET", "/wp-json/")
    assert answer.status == 200
    assert answer.text.startswith(before)
    assert json.loads(answer.text[answer.text.index('{"name"') :])["home"] == store.url


@pytest.mark.parametrize("kind", ["hang", "reset"])
def test_nothing_is_answered(client, store, kind):
    store.fail(kind, seconds=0.2)
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.ask("GET", ORDERS)
    assert store.requests("orders")[-1]["status"] is None


def test_an_answer_drips(client, store):
    store.fail("drip", seconds=0.5)
    began = time.monotonic()
    assert client.request("GET", "/wp-json/").json["home"] == store.url
    assert time.monotonic() - began > 0.4


def test_an_answer_is_slow(client, store):
    store.fail("slow", seconds=0.3)
    began = time.monotonic()
    assert client.request("GET", "/wp-json/").status == 200
    assert time.monotonic() - began > 0.3


def test_an_answer_is_huge(client, store):
    store.fail("huge")
    assert len(client.request("GET", "/wp-json/").text) > 30_000_000


def test_an_answer_gets_lost_though_it_was_done(client, store, listener):
    store.fail("lost", route="webhooks", method="POST")
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.webhook(listener.url)
    assert len(store.webhooks()) == 1


def test_the_front_page_can_fail_too(client, store):
    store.fail("html", status=503, route="^/$")
    assert client.request("GET", "/").status == 503
    assert client.request("GET", "/").status == 200
