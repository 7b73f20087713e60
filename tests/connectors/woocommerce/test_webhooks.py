import json

import pytest

from connectors import signature
from connectors.contract import WebhookRequest
from connectors.errors import InvalidSignature, Unidentified
from connectors.woocommerce import webhooks

BODY = b'{"id":86}'
SECRET = "aSecretOfOneStore"


def request(headers=None, body=BODY, key="k"):
    return WebhookRequest(body, {name.lower(): value for name, value in (headers or {}).items()}, key)


def signed(secret, body=BODY):
    return request(webhooks.sign("order.updated", body, secret, "shop.example.com"), body)


def test_the_store_is_named_by_the_address_and_the_site_by_a_header():
    identity = webhooks.identify(
        request(
            {
                "X-WC-Webhook-Topic": "order.created",
                "X-WC-Webhook-Source": "https://Shop.Example.com:443/",
                "X-WC-Webhook-Delivery-ID": "0123456789abcdef0123456789abcdef",
            }
        )
    )
    assert (identity.key, identity.domain) == ("k", None)
    assert identity.topic == "order.created"
    assert identity.site == "shop.example.com"
    assert identity.delivery_id == "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("key", [None, ""])
def test_an_address_without_a_key_names_no_store(key):
    with pytest.raises(Unidentified):
        webhooks.identify(request(key=key))


def test_a_request_without_any_woocommerce_header_is_of_no_topic_and_no_site():
    identity = webhooks.identify(request())
    assert (identity.topic, identity.site, identity.delivery_id) == ("", None, None)


def test_a_delivery_id_of_ten_thousand_characters_is_cut():
    assert len(webhooks.identify(request({"X-WC-Webhook-Delivery-ID": "x" * 10_000})).delivery_id) == 200


@pytest.mark.parametrize("body", [b"webhook_id=1", b"webhook_id=4711"])
def test_the_form_posted_for_a_new_webhook_is_a_ping_signed_or_not(body):
    """W83. Quirk: it is a form, without any X-WC header, and comes again with every save until it is answered 200."""
    assert webhooks.is_ping(request({"Content-Type": "application/x-www-form-urlencoded"}, body))
    assert webhooks.is_ping(signed(SECRET, body))


@pytest.mark.parametrize(
    "body", [b"", b"webhook_id=", b"webhook_id=1\n", b"webhook_id=1&x=2", b" webhook_id=1", b"webhook_id=-1", BODY]
)
def test_nothing_else_is_a_ping(body):
    assert not webhooks.is_ping(request(body=body))


def test_a_body_without_a_signature_is_refused():
    """W84."""
    with pytest.raises(InvalidSignature):
        webhooks.verify(request({"X-WC-Webhook-Topic": "order.updated"}), [SECRET])


def test_a_body_signed_with_another_stores_secret_is_refused():
    """W85."""
    with pytest.raises(InvalidSignature):
        webhooks.verify(signed("the secret of another store"), [SECRET])


def test_a_body_written_anew_is_refused():
    """Quirk: PHP escapes slashes and everything beyond ASCII; only the raw bytes carry the signature."""
    body = rb'{"id":86,"status":"M\u00fcll \/ x"}'
    headers = webhooks.sign("order.updated", body, SECRET, "shop.example.com")
    webhooks.verify(request(headers, body), [SECRET])
    with pytest.raises(InvalidSignature):
        webhooks.verify(request(headers, json.dumps(json.loads(body)).encode()), [SECRET])


def test_either_secret_verifies_while_one_is_being_replaced():
    webhooks.verify(signed("new"), ["old", "new"])
    webhooks.verify(signed("old"), ["old", "new"])


@pytest.mark.parametrize("secrets", [[], [""]])
def test_a_store_without_a_secret_takes_nothing(secrets):
    with pytest.raises(InvalidSignature):
        webhooks.verify(signed(""), secrets)


@pytest.mark.parametrize(
    ("stored", "key"),
    [
        ("a&amp;b", "a&b"),
        ("&lt;&gt;&quot;", '<>"'),
        ("&#039;&#39;&#0000039;&#x27;&#X0027;", "'''''"),
        ("&#038;&#38;&#x26;", "&&&"),
        ("&#60;&#062;&#34;&#x22;", '<>""'),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;", "&amp;"),
        ("plain & simple", "plain & simple"),
    ],
)
def test_a_secret_with_entities_signs_decoded_once(stored, key):
    """Quirk: WooCommerce signs with wp_specialchars_decode(secret, ENT_QUOTES)."""
    header = {"X-WC-Webhook-Signature": signature.sign(BODY, key)}
    webhooks.verify(request(header), [stored])
    assert webhooks.sign("order.updated", BODY, stored, "shop.example.com")["X-WC-Webhook-Signature"] in header.values()


@pytest.mark.parametrize(
    ("stored", "decoded"),
    [
        ("&eacute;", "é"),
        ("&apos;", "'"),
        ("&amp", "&"),
        ("&AMP;", "&"),
        ("&#x3c;", "<"),
        ("&#65;", "A"),
        ("&amp;lt;", "<"),
    ],
)
def test_other_entities_stay_as_they_are(stored, decoded):
    with pytest.raises(InvalidSignature):
        webhooks.verify(request({"X-WC-Webhook-Signature": signature.sign(BODY, decoded)}), [stored])


def test_a_secret_with_entities_also_verifies_as_it_is():
    webhooks.verify(request({"X-WC-Webhook-Signature": signature.sign(BODY, "a&amp;b")}), ["a&amp;b"])


def test_a_simulated_delivery_looks_like_woocommerces():
    headers = webhooks.sign("order.restored", BODY, SECRET, "127.0.0.1:8090")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-WC-Webhook-Resource"] == "order"
    assert headers["X-WC-Webhook-Event"] == "restored"
    webhooks.verify(request(headers), [SECRET])
    identity = webhooks.identify(request(headers))
    assert (identity.topic, identity.site) == ("order.restored", "127.0.0.1:8090")
    assert len(identity.delivery_id) == 32


def test_a_simulated_checkout_looks_like_our_plugins():
    headers = webhooks.sign("checkout.created", BODY, SECRET, "shop.example.com")
    assert headers["X-WC-Webhook-Resource"] == "checkout"
    assert headers["X-WC-Webhook-Event"] == "created"
    assert headers["X-WC-Webhook-ID"] == "0"
    assert " Tandem/" in headers["User-Agent"]
    webhooks.verify(request(headers), [SECRET])
    identity = webhooks.identify(request(headers))
    assert (identity.topic, identity.site) == ("checkout.created", "shop.example.com")


def test_webhooks_of_the_stores_own_are_of_orders_only():
    """WooCommerce knows no checkout topic, and would keep an empty one for it."""
    assert tuple(topic for topic in webhooks.TOPICS if topic.startswith("order.")) == webhooks.SUBSCRIBED
