"""Webhooks: made, changed and deleted over REST; pinged; signed; disabled; and what the queue makes of a day."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from tests.connectors.woocommerce.standin.conftest import SECRET, TOPICS

# From the recording: the secret that was sent over REST, and the key that its signatures verify with.
SPELLINGS = [
    ("a&b<c>\"d'e&amp;f&lt;g&quot;h", 'a&b<c>"d\'e&f<g"h'),
    ("  padded secret  ", "  padded secret  "),
    ("back\\slash\\\\and'quote", "back\\slash\\\\and'quote"),
    ("pct%41%zz <tag>text</tag>", "pct%41%zz <tag>text</tag>"),
    ("zeros &#00038; in &#X27; hex &#x0026;", "zeros & in ' hex &"),
    ("&amp;lt; once", "&lt; once"),
]


def signature(body, key):
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def test_one_is_made_pinged_and_listed_without_its_secret(client, store, listener):
    answer = client.ask(
        "POST", "/wc/v3/webhooks", content={"topic": "order.updated", "delivery_url": listener.url, "secret": SECRET}
    )
    assert answer.status == 201
    assert (answer.json["status"], answer.json["resource"], answer.json["event"]) == ("active", "order", "updated")
    (ping,) = listener.heard
    assert ping.body == f"webhook_id={answer.json['id']}".encode()
    listed = client.ask("GET", "/wc/v3/webhooks")
    assert [one["id"] for one in listed.json] == [answer.json["id"]]
    assert SECRET not in listed.text
    assert (listed.headers["X-WP-Total"], listed.headers["X-WP-TotalPages"]) == ("1", "1")


def test_its_keys_and_the_pings_lines_are_the_recorded_ones(client, listener, recorded):
    client.webhook(f"{listener.url}/hook")
    real = recorded("rest/webhooks.json")["body"][0]
    assert list(client.ask("GET", "/wc/v3/webhooks").json[0]) == list(real)
    ping = recorded("001-ping-ping-order.created.json")
    assert [name for name, _ in listener.heard[0].lines] == [name for name, _ in ping["headers"]]
    assert dict(listener.heard[0].lines)["User-Agent"] == dict(map(tuple, ping["headers"]))["User-Agent"]


def test_ten_are_on_a_page(client, listener):
    for _ in range(11):
        client.webhook(listener.url)
    first, second = (client.ask("GET", "/wc/v3/webhooks", f"page={page}") for page in (1, 2))
    assert (len(first.json), len(second.json)) == (10, 1)
    assert 'rel="next"' in first.headers["Link"]
    assert 'rel="prev"' in second.headers["Link"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"topic": "order.paid"}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"topic": ""}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"delivery_url": "ftp://127.0.0.1/"}, "woocommerce_rest_shop_webhook_invalid_delivery_url"),
        ({"status": "asleep"}, "rest_invalid_param"),
        ({"topic": None}, "rest_missing_callback_param"),
    ],
)
def test_what_may_not_be_is_refused(client, listener, content, code):
    told = {"topic": "order.updated", "delivery_url": listener.url, **content}
    answer = client.ask(
        "POST", "/wc/v3/webhooks", content={key: value for key, value in told.items() if value is not None}
    )
    assert (answer.status, answer.json["code"]) == (400, code)
    assert listener.heard == []


def test_a_topic_in_capitals_is_taken_and_never_fires(client, store, listener):
    client.webhook(listener.url, "Order.Created")
    assert client.ask("GET", "/wc/v3/webhooks").json[0]["topic"] == ""
    store.order()
    assert store.sent("delivery") == []


def test_made_twice_it_is_told_twice(client, store, listener):
    for _ in range(2):
        client.webhook(listener.url)
    store.order()
    assert len(store.sent("delivery")) == 2


def test_a_ping_that_did_not_get_200_is_sent_again_with_every_delivery(client, store, listener):
    listener.answers = [201]
    webhook_id = client.webhook(listener.url)
    assert store.webhooks()[0]["pending"] is True
    listener.answers = [200, 500]  # the delivery, and the ping behind it
    store.order()
    store.sent()
    assert [one["kind"] for one in store.sent()] == ["ping", "delivery", "ping"]
    client.ask("PUT", f"/wc/v3/webhooks/{webhook_id}", content={"name": "Tandem"})
    assert store.webhooks()[0]["pending"] is False
    client.ask("PUT", f"/wc/v3/webhooks/{webhook_id}", content={"name": "Tandem again"})
    assert len(listener.pings()) == 3


def test_another_address_is_pinged_and_the_same_is_not(client, listener):
    webhook_id = client.webhook(f"{listener.url}/one")
    client.ask("PUT", f"/wc/v3/webhooks/{webhook_id}", content={"delivery_url": f"{listener.url}/one"})
    client.ask("PUT", f"/wc/v3/webhooks/{webhook_id}", content={"delivery_url": f"{listener.url}/two"})
    assert [one.path for one in listener.pings()] == ["/one", "/two"]


def test_whatever_becomes_of_the_ping_it_is_there(client, store):
    client.webhook("http://127.0.0.1:1/nobody")
    assert [(one["failures"], one["pending"]) for one in store.webhooks()] == [(0, True)]


def test_it_is_deleted_with_force_alone(client, listener):
    webhook_id = client.webhook(listener.url)
    route = f"/wc/v3/webhooks/{webhook_id}"
    answer = client.ask("DELETE", route)
    assert (answer.status, answer.json["code"]) == (501, "woocommerce_rest_trash_not_supported")
    assert client.ask("DELETE", route, "force=true").status == 200
    assert client.ask("DELETE", route, "force=true").status == 404
    assert (client.ask("GET", route).status, client.ask("PUT", route, content={}).status) == (400, 400)


@pytest.mark.parametrize(("secret", "key"), SPELLINGS)
def test_the_secret_signs_with_its_entities_decoded(client, store, listener, secret, key):
    client.webhook(listener.url, secret=secret)
    store.order()
    store.sent()
    (told,) = listener.deliveries()
    assert told.headers["x-wc-webhook-signature"] == signature(told.body, key)


def test_a_delivery_has_the_recorded_lines_in_their_order(client, store, listener, recorded):
    client.webhook(f"{listener.url}/hook", secret=SECRET)
    store.order()
    store.sent()
    (told,) = listener.deliveries()
    real = recorded("006-order.updated-noise-classic-card.json")
    assert [name for name, _ in told.lines] == [name for name, _ in real["headers"]]
    same = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type", "X-WC-Webhook-Topic", "Connection")
    ours, theirs = dict(told.lines), dict(map(tuple, real["headers"]))
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert ours["X-WC-Webhook-Source"] == f"{store.url}/"
    assert len(ours["X-WC-Webhook-Delivery-ID"]) == len(theirs["X-WC-Webhook-Delivery-ID"])


def test_the_body_is_ascii_with_every_slash_escaped(client, store, listener):
    client.webhook(listener.url)
    store.order(country="DE", meta={"note": "Größe 🐘 </b>"})
    store.sent()
    (told,) = listener.deliveries()
    assert told.body.isascii()
    assert rb"Gr\u00f6\u00dfe \ud83d\udc18 <\/b>" in told.body
    assert b"http:\\/\\/127.0.0.1" in told.body


def test_what_one_webhook_sends_in_a_second_shares_its_delivery_id(client, store, listener):
    client.listen(listener.url, ("order.created", "order.updated"))
    for _ in range(5):
        store.order(count=2)
        store.sent()
        by_webhook = {}
        for one in store.sent("delivery"):
            by_webhook.setdefault((one["webhook_id"], int(one["at"])), set()).add(one["delivery_id"])
        assert all(len(ids) == 1 for ids in by_webhook.values())
        if any(
            len([one for one in store.sent("delivery") if (one["webhook_id"], int(one["at"])) == key]) > 1
            for key in by_webhook
        ):
            return
    pytest.fail("never twice in one second")


def test_what_waits_for_the_same_webhook_and_order_is_told_once_and_as_it_is_then(client, store, listener, recorded):
    """The recorded burst: a checkout, its completion and a partial refund before the queue ran."""
    client.listen(listener.url)
    store.stick()
    (order_id,) = store.order()
    store.act(order_id, "complete")
    store.act(order_id, "refund", amount="5.00")
    assert store.sent("delivery") == []
    assert store.run() == 2
    assert listener.told() == [("order.created", "completed"), ("order.updated", "completed")]
    real = [recorded(name) for name in recorded("index.json")["ordered_sequences"]["slow-cron-coalesced"]]
    bodies = [json.loads(one["body"]) for one in real]
    assert listener.told() == [
        (dict(map(tuple, one["headers"]))["X-WC-Webhook-Topic"], body["status"])
        for one, body in zip(real, bodies, strict=True)
        if "status" in body
    ]
    assert [len(json.loads(one.body)["refunds"]) for one in listener.deliveries()] == [1, 1]


def test_a_stuck_queue_delivers_nothing_until_it_runs_again(client, store, listener):
    client.listen(listener.url)
    store.stick()
    store.order()
    time.sleep(0.2)
    assert listener.deliveries() == []
    store.stick(stuck=False)
    assert len(store.sent("delivery")) == 2


def test_the_seventh_failure_in_a_row_disables_and_nothing_is_tried_again(client, store, listener):
    (webhook_id,) = client.listen(listener.url, ("order.updated",))
    listener.answers = [500] * 7
    (order_id,) = store.order()
    counted = []
    for _ in range(7):
        store.sent()
        counted.append((store.webhooks()[0]["failures"], store.webhooks()[0]["status"]))
        store.act(order_id, "edit")
    assert counted == [(number, "active") for number in range(1, 7)] + [(6, "disabled")]
    assert len(store.sent("delivery")) == 7

    client.ask("PUT", f"/wc/v3/webhooks/{webhook_id}", content={"status": "active"})
    listener.answers = [500]
    store.act(order_id, "edit")
    store.sent()
    assert store.webhooks()[0]["status"] == "disabled"


@pytest.mark.parametrize(
    ("status", "failures"), [(200, 0), (204, 0), (301, 0), (302, 0), (303, 3), (404, 3), (429, 3), (503, 3)]
)
def test_200_to_302_is_a_success_and_forgets_the_failures(client, store, listener, status, failures):
    client.listen(listener.url, ("order.updated",))
    (order_id,) = store.order(silent=True)
    listener.answers = [500, 500, status]
    for _ in range(3):
        store.act(order_id, "edit")
        store.sent()
    assert store.webhooks()[0]["failures"] == failures
    assert len(listener.deliveries()) == 3


def test_no_answer_in_time_is_a_failure(client, store):
    with_nobody = "http://127.0.0.1:1/"
    client.webhook(with_nobody)
    store.order()
    (sent,) = store.sent("delivery")
    assert sent["status"] is None
    assert store.webhooks()[0]["failures"] == 1


def test_what_was_queued_before_it_was_disabled_still_goes(client, store, listener):
    client.listen(listener.url, ("order.updated",))
    store.stick()
    store.order()
    store.disable()
    store.run()
    assert len(listener.deliveries()) == 1
    store.order()
    assert store.run() == 0


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"role": "customer"}, "woocommerce_rest_cannot_view", 403),
        ({"gone": True}, "woocommerce_rest_cannot_view", 401),
    ],
)
def test_whose_owner_may_no_longer_look_delivers_a_signed_error(client, store, listener, change, code, status):
    client.listen(listener.url, ("order.updated",))
    store.user(**change)
    store.order()
    store.sent()
    (told,) = listener.deliveries()
    assert json.loads(told.body) == {
        "code": code,
        "message": "Sorry, you cannot view this resource.",
        "data": {"status": status},
    }
    assert told.headers["x-wc-webhook-signature"] == signature(told.body, SECRET)


def test_an_order_deleted_before_the_queue_ran_is_the_recorded_error(client, store, listener, recorded):
    client.listen(listener.url, ("order.created",))
    store.stick()
    (order_id,) = store.order()
    store.act(order_id, "delete")
    store.run()
    assert listener.deliveries()[0].body == recorded("132-order.created-gone-before-delivery.json")["body"]


def test_a_key_that_is_gone_does_not_stop_its_webhooks(client, store, listener):
    client.listen(listener.url, TOPICS)
    store.revoke()
    store.order()
    assert len(store.sent("delivery")) == 2


def test_dropped_in_the_admin_they_are_silent(client, store, listener):
    client.listen(listener.url)
    store.drop("order.created")
    store.order()
    store.sent()
    assert [topic for topic, _ in listener.told()] == ["order.updated"]
