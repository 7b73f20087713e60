"""How WooCommerce, and our plugin as it does, addresses and signs webhooks. Nothing here looks inside an order.

Recorded on WooCommerce 10.0.2. Only the body is signed: every header, topic and delivery id included, is hearsay.
"""

import hashlib
import re
from collections.abc import Sequence

from connectors import signature, wild
from connectors.contract import Identity, WebhookRequest
from connectors.errors import Unidentified
from connectors.woocommerce.hosts import site_of

SUBSCRIBED = ("order.created", "order.updated", "order.deleted", "order.restored")  # webhooks of the store's own
CHECKOUT = "checkout.created"  # WooCommerce has no such topic: our plugin tells it
TOPICS = (*SUBSCRIBED, CHECKOUT)

_SOURCE = "X-WC-Webhook-Source"
_TOPIC = "X-WC-Webhook-Topic"
_RESOURCE = "X-WC-Webhook-Resource"
_EVENT = "X-WC-Webhook-Event"
_SIGNATURE = "X-WC-Webhook-Signature"
_WEBHOOK_ID = "X-WC-Webhook-ID"
_DELIVERY_ID = "X-WC-Webhook-Delivery-ID"

_USER_AGENT = "WooCommerce/10.0.2 Hookshot (WordPress/7.1)"
_OF_OUR_PLUGIN = {"User-Agent": "WooCommerce/10.0.2 Tandem/1.0.0", _WEBHOOK_ID: "0"}
_MAX_HEADER = 200
_PING = re.compile(rb"webhook_id=\d{1,20}")

# What WordPress's wp_specialchars_decode(…, ENT_QUOTES) knows: five signs, by name or number, zeros before a number
# allowed, names in lower case only. It knows no &apos;, and of the hexadecimal forms only those of ' " and &.
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "38": "&", "60": "<", "62": ">", "34": '"', "39": "'"}
_HEXADECIMAL_SIGNS = {"26": "&", "22": '"', "27": "'"}
_ENTITY = re.compile(r"&(?:(?P<name>amp|lt|gt|quot)|#0*(?P<number>34|38|39|60|62)|#[xX]0*(?P<hex>22|26|27));")


def identify(request: WebhookRequest) -> Identity:
    """The store by the key in the address, and the topic, site and delivery id the headers claim.

    The delivery id is a hash of the webhook's id and the second: several orders share one. Raises Unidentified
    where the address holds no key.
    """
    if not request.key:
        raise Unidentified("The address names no store.")
    return Identity(
        topic=_header(request, _TOPIC) or "",
        key=request.key,
        site=site_of(_header(request, _SOURCE)),
        delivery_id=_header(request, _DELIVERY_ID),
    )


def is_ping(request: WebhookRequest) -> bool:
    """Whether this is the form `webhook_id=12` that WooCommerce posts, unsigned, when a webhook is saved.

    Unless it is answered with exactly 200 it is sent again with every later save of that webhook.
    """
    return _PING.fullmatch(request.body) is not None


def verify(request: WebhookRequest, secrets: Sequence[str]) -> None:
    """Raise InvalidSignature unless the raw body was signed with one of `secrets`.

    WooCommerce decodes HTML entities in a secret before it signs, so `a&amp;b` signs as `a&b`: both are tried.
    """
    spellings = [spelling for secret in secrets for spelling in dict.fromkeys((secret, _signing_key(secret)))]
    signature.verify(request.body, request.headers.get(_SIGNATURE.lower()), spellings)


def sign(topic: str, body: bytes, secret: str, domain: str) -> dict[str, str]:
    """The headers WooCommerce, or our plugin, would post `body` with, from the site `domain` (host and perhaps port).

    The delivery id is made from the body, since a pure function has no clock to make it from.
    """
    resource, _, event = topic.partition(".")
    return {
        "User-Agent": _USER_AGENT,
        "Content-Type": "application/json",
        _SOURCE: f"http://{domain}/",
        _TOPIC: topic,
        _RESOURCE: resource,
        _EVENT: event,
        _SIGNATURE: signature.sign(body, _signing_key(secret)),
        _WEBHOOK_ID: "1",
        _DELIVERY_ID: hashlib.sha256(body).hexdigest()[:32],
        **(_OF_OUR_PLUGIN if topic == CHECKOUT else {}),
    }


def _header(request: WebhookRequest, name: str) -> str | None:
    return wild.text(request.headers.get(name.lower()), _MAX_HEADER)


def _signing_key(secret: str) -> str:
    """The secret as WordPress decodes it, in one pass: `&amp;lt;` becomes `&lt;` and stays so.

    html.unescape would not do: it also decodes &apos;, &eacute; and entities without a semicolon.
    """
    return _ENTITY.sub(_sign_of, secret)


def _sign_of(entity: re.Match[str]) -> str:
    return _HEXADECIMAL_SIGNS[entity["hex"]] if entity["hex"] else _SIGNS[entity["name"] or entity["number"]]
