"""A webhook's signature: two of Shopify's libraries verify it, and ours."""

import base64
import hashlib
import hmac

import pytest

from connectors.contract import WebhookRequest
from connectors.errors import InvalidSignature
from connectors.shopify import webhooks
from tests.rig.peers import Foreigner, Younger
from tests.rig.token_shop import OLD_SECRET, SECRET, SHOP

BODIES = {
    "an order": b'{"id": 820982911946154508, "email": "jon@example.com"}',
    "odd spacing and order": b'{ "b" : 1 ,\n"a":[ ] }\n',
    "escaped slashes": rb'{"url":"https:\/\/lumen-and-loom.myshopify.com\/orders\/1"}',
    "other scripts": '{"name": "\u82b1\u3068\u7e54\u308a \U0001f9f5"}'.encode(),
    "escaped scripts": rb'{"name": "\u82b1"}',
    "no JSON": b"not json at all",
    "a line break alone": b"\n",
}


@pytest.fixture(scope="module")
def node():
    with Foreigner.running() as found:
        yield found


def signature(body, secret=SECRET):
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(body, spelling="X-Shopify-", **changed):
    usual = {
        "Topic": "orders/create",
        "Hmac-Sha256": signature(body),
        "Shop-Domain": SHOP,
        "API-Version": "2026-10",
        "Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    }
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return {f"{spelling}{name}": value for name, value in (usual | named).items()}


def ours(body, told, secrets=(SECRET,)):
    request = WebhookRequest(body, {name.lower(): value for name, value in told.items()})
    try:
        webhooks.verify(request, secrets)
    except InvalidSignature:
        return False
    return True


def theirs(node, body, told):
    [said] = node.each("webhooks", webhooks=[{"body": body.decode(), "headers": told}])
    return [said, Younger().webhook(body, told)]


@pytest.mark.parametrize("spelling", ["X-Shopify-", "x-shopify-", "Shopify-"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_both_take_we_take_in_either_spelling(node, body, spelling):
    """The newer Events product drops the X-."""
    told = headers(body, spelling)
    assert theirs(node, body, told) == [True, True]
    assert ours(body, told)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_we_sign_both_take(node, body):
    told = webhooks.sign("orders/create", body, SECRET, SHOP)
    assert theirs(node, body, told) == [True, True]


SPOILT = {
    "another body's": lambda body: signature(body + b" "),
    "another app's": lambda body: signature(body, "shpss_another-apps-secret-0123456789"),
    "signed with nothing": lambda body: signature(body, ""),
    "cut": lambda body: signature(body)[:-4],
    "hex": lambda body: hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    "empty": lambda _: "",
    "in small letters": lambda body: signature(body).lower(),
    "without padding": lambda body: signature(body).rstrip("="),
    "SHA-1": lambda body: base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha1).digest()).decode(),
    "twice, as a proxy joins headers": lambda body: f"{signature(body)}, {signature(body)}",
    "no ASCII": lambda _: "\u00e9" * 44,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_t3_what_both_refuse_we_refuse(node, spoil):
    body = BODIES["an order"]
    told = headers(body, Hmac_Sha256=spoil(body))
    assert theirs(node, body, told) == [False, False]
    assert not ours(body, told)


def test_the_older_secret_is_taken_while_one_is_rotated():
    body = BODIES["an order"]
    told = headers(body, Hmac_Sha256=signature(body, OLD_SECRET))
    assert Younger(old_secret=OLD_SECRET).webhook(body, told)
    assert ours(body, told, (SECRET, OLD_SECRET))


def test_difference_with_both_spellings_node_believes_the_newer_one_and_we_and_shopifyapp_the_classic_one(node):
    """Who adds a header must not choose which signature counts; any order of the two would do, so long as it is fixed."""
    body = BODIES["an order"]
    told = headers(body, "Shopify-") | headers(body, Hmac_Sha256="nonsense")
    assert theirs(node, body, told) == [True, False]
    assert not ours(body, told)
