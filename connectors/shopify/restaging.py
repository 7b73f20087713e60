"""A recorded body told again: another time, another shop, another order. For simulated deliveries only."""

import hashlib
import json
from datetime import datetime
from typing import Any

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.rehearsal import moved
from connectors.shopify import whose

_TOKENS = ("token", "checkout_token", "cart_token")
_DOMAINS = ("myshopify_domain", "shop_domain")
_PAGES = ("order_status_url", "abandoned_checkout_url")


def restage(body: bytes, *, order_id: str | None, placed_at: datetime, domain: str) -> bytes:
    """`body` with its deed at `placed_at`, every other time moved by as much, and its shop named `domain`. The id of the
    shop it was recorded in is left out: the other shop's is not known here.

    Where `order_id` (digits) is given, an order becomes that order, a refund becomes another refund of it, and a
    checkout the one that led to it: new ids and tokens follow from the old ones and `order_id`, so two bodies that
    belong together still do when both are told again with the same one. Raises MalformedPayload for what is no
    JSON object.
    """
    told = _redated(_decoded(body), placed_at)
    _move(told, domain)
    if order_id is not None:
        _renumber(told, order_id)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedPayload("The body is not readable JSON.") from error
    if not isinstance(told, dict):
        raise MalformedPayload("The body is not a JSON object.")
    return told


def _move(told: dict[str, Any], domain: str) -> None:
    told.pop("shop_id", None)
    if "myshopify_domain" in told:
        told.pop("id", None)
    told.update({key: domain for key in _DOMAINS if key in told})
    told.update({key: whose.without(told[key], domain) for key in _PAGES if isinstance(told.get(key), str)})


def _redated(told: dict[str, Any], placed_at: datetime) -> dict[str, Any]:
    before = (wild.instant(told.get("processed_at")) if "order_id" in told else None) or wild.instant(
        told.get("created_at")
    )
    redated: dict[str, Any] = told if before is None else moved(told, placed_at - before)
    return redated


def _renumber(told: dict[str, Any], order_id: str) -> None:
    if "order_id" in told:
        _renumber_refund(told, order_id)
    elif "abandoned_checkout_url" in told:
        _renumber_checkout(told, order_id)
    elif "line_items" in told:
        _renumber_order(told, order_id)


def _renumber_order(told: dict[str, Any], order_id: str) -> None:
    number = 1_000 + int(order_id) % 1_000_000
    told |= {"id": int(order_id), "admin_graphql_api_id": f"gid://shopify/Order/{order_id}"}
    told |= {"number": number - 1_000, "order_number": number, "name": f"#{number}"}
    told |= _other_tokens(told, order_id)
    if told.get("checkout_id"):
        told["checkout_id"] = _other_number(told["checkout_id"], order_id)


def _renumber_checkout(told: dict[str, Any], order_id: str) -> None:
    checkout_id = _other_number(told.get("id"), order_id)
    told |= {"id": checkout_id, "name": f"#{checkout_id}"} | _other_tokens(told, order_id)


def _renumber_refund(told: dict[str, Any], order_id: str) -> None:
    refund_id = _other_number(told.get("id"), order_id)
    told |= {"id": refund_id, "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}", "order_id": int(order_id)}


def _other_tokens(told: dict[str, Any], order_id: str) -> dict[str, str]:
    return {key: _digest(told[key], order_id).hex() for key in _TOKENS if told.get(key)}


def _other_number(before: Any, order_id: str) -> int:
    """Thirteen digits, as Shopify's ids have today."""
    return 10**12 + int.from_bytes(_digest(before, order_id)) % (9 * 10**12)


def _digest(before: Any, order_id: str) -> bytes:
    return hashlib.blake2s(f"{before}:{order_id}".encode(), digest_size=16).digest()
