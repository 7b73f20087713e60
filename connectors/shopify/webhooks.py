"""Shopify's headers: who a request claims to be from, whether it is signed, and how we sign one ourselves. Pure."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from connectors import signature, wild
from connectors.contract import Identity, WebhookRequest
from connectors.errors import Unidentified
from connectors.shopify import addresses
from connectors.shopify.addresses import API_VERSION

PATH = "/webhooks/shopify"

_HMAC = "hmac-sha256"
_DOMAIN = "shop-domain"
_TOPIC = "topic"
_DELIVERY = "webhook-id"
_TRIGGERED = "triggered-at"

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=[^:]{{1,253}}(:|$)){_LABEL}(\.{_LABEL})*(:\d{{1,5}})?")
_DELIVERY_IDS = uuid.UUID("0d3f7c52-6f0e-4f0b-9f41-3c8f7a1be6d4")


def identify(request: WebhookRequest) -> Identity:
    """The shop and topic the headers claim. Raises Unidentified unless the shop is one host, with or without a port.

    Neither header is signed. The domain is lower-cased; whether it may be a store outside development is
    `is_domain`'s to say, so that a loopback host can stand in for a shop. A missing topic is "" and for `parse`.
    """
    domain = (_header(request, _DOMAIN) or "").strip()
    if not domain.isascii() or not _HOST.fullmatch(domain.lower()):
        raise Unidentified("The request does not name one shop.")
    return Identity(
        topic=(wild.text(_header(request, _TOPIC), 100) or "").lower(),
        domain=domain.lower(),
        delivery_id=wild.text(_header(request, _DELIVERY), 100),
        triggered_at=wild.instant(_header(request, _TRIGGERED)),
    )


def verify(request: WebhookRequest, secrets: Sequence[str]) -> None:
    """Raises InvalidSignature unless the raw body was signed with one of the app's secrets (two while one rotates).

    Webhooks a merchant makes by hand in the shop's admin are signed with another key, and so are refused here.
    """
    signature.verify(request.body, _header(request, _HMAC), secrets)


def is_domain(domain: str) -> bool:
    """Whether this is a shop's permanent address: one label under myshopify.com, in any case."""
    return addresses.shop(domain) is not None


def sign(topic: str, body: bytes, secret: str, domain: str) -> dict[str, str]:
    """The headers Shopify would send. The ids follow from the body, as a retry repeats its delivery's id."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature.sign(body, secret),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": _derived_id(topic, body),
        "X-Shopify-Event-Id": _derived_id("", body),
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }


def _derived_id(topic: str, body: bytes) -> str:
    return str(uuid.uuid5(_DELIVERY_IDS, f"{topic}:{signature.sign(body, 'id')}"))


def _header(request: WebhookRequest, name: str) -> str | None:
    """X-Shopify-*, or the spelling without X- of the newer Events product. Where both came, only the first counts:
    the choice must not be left to whoever adds a header.
    """
    classic = request.headers.get(f"x-shopify-{name}")
    return classic if classic is not None else request.headers.get(f"shopify-{name}")
