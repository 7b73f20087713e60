"""Shopify's signatures, made from its documents alone: queries, webhooks, session tokens. Pure."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

RAW, FORM = "raw", "form"
SESSION_SECONDS = 60
_LEEWAY_SECONDS = 10  # the same in all of Shopify's libraries


def signed_query(fields: Mapping[str, str], secret: str, form: str = RAW) -> str:
    """An urlencoded query with its `hmac`: hex over the other parameters, sorted by key, joined by &.

    Shopify's libraries disagree on how a value with other than plain characters goes into the sum: as it is (RAW,
    Python's), or urlencoded (FORM, Node's). Which one Shopify itself uses is unverified.
    """
    ordered = sorted(fields.items())
    told = urlencode(ordered) if form == FORM else "&".join(f"{name}={value}" for name, value in ordered)
    return urlencode([*ordered, ("hmac", _sum(secret, told.encode()).hex())])


def body_signature(body: bytes, secret: str) -> str:
    """X-Shopify-Hmac-Sha256: base64 over the raw body."""
    return base64.b64encode(_sum(secret, body)).decode()


def session_token(claims: Mapping[str, Any], secret: str) -> str:
    """A JWT, HS256."""
    told = ".".join(_packed(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{told}.{_packed(_sum(secret, told.encode()))}"


def read_session_token(text: str, secrets: Sequence[str]) -> dict[str, Any] | None:
    """The claims, if one of our secrets signed them, with HS256 and nothing else; None for anything odd."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    head, claims = _unpacked(parts[0]), _unpacked(parts[1])
    if not isinstance(head, dict) or head.get("alg") != "HS256" or not isinstance(claims, dict):
        return None
    told = f"{parts[0]}.{parts[1]}".encode()
    good = any(hmac.compare_digest(_packed(_sum(secret, told)).encode(), parts[2].encode()) for secret in secrets)
    return claims if good else None


def current(claims: Mapping[str, Any], now: float) -> bool:
    """Whether a session token's time has come and not gone; one without an end is none."""
    ends, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(ends, int | float) or not isinstance(begins, int | float):
        return False
    return begins - _LEEWAY_SECONDS <= now < ends + _LEEWAY_SECONDS


def _sum(secret: str, told: bytes) -> bytes:
    return hmac.new(secret.encode(), told, hashlib.sha256).digest()


def _packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _unpacked(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
