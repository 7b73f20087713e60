"""An order as paper: where each platform says what, and bodies in which one thing is odd."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from tests.rig.shop import Shop
from tests.web.bad_input.scene import PLATFORMS

Document = dict[str, Any]
Make = Callable[[str, Document], bytes]

ABSENT = object()
PRESENT = object()

# Where each platform says what; the first of several is told by, the others are taken out.
PLACES: Mapping[str, Mapping[str, Sequence[tuple[Any, ...]]]] = {
    "shopify": {
        "id": [("id",), ("admin_graphql_api_id",)],
        "total": [("total_price",), ("total_price_set",)],
        "currency": [("currency",), ("presentment_currency",), ("total_price_set",)],
        "placed": [("created_at",)],
        "email": [("email",), ("contact_email",), ("customer",)],
        "phone": [("billing_address", "phone"), ("phone",), ("customer",), ("shipping_address",)],
        "first name": [("billing_address", "first_name"), ("customer",), ("shipping_address",)],
        "ip": [("browser_ip",), ("client_details", "browser_ip")],
        "agent": [("client_details", "user_agent")],
        "landing": [("landing_site",), ("note_attributes",)],
        "page": [("order_status_url",)],
        "items": [("line_items",)],
        "quantity": [("line_items", 0, "quantity")],
        "sku": [("line_items", 0, "sku")],
        "title": [("line_items", 0, "title")],
        "note": [("note",)],
    },
    "woocommerce": {
        "id": [("id",)],
        "total": [("total",)],
        "currency": [("currency",)],
        "placed": [("date_created_gmt",)],
        "email": [("billing", "email")],
        "phone": [("billing", "phone")],
        "first name": [("billing", "first_name")],
        "ip": [("customer_ip_address",)],
        "agent": [("customer_user_agent",)],
        "items": [("line_items",)],
        "quantity": [("line_items", 0, "quantity")],
        "sku": [("line_items", 0, "sku")],
        "title": [("line_items", 0, "name")],
        "note": [("customer_note",)],
    },
}
_LANDING = "_wc_order_attribution_session_entry"


@dataclass(frozen=True)
class Body:
    """One odd body. `told`: what Meta is told of it, by dotted name; else `answer` with no event, or `skipped`."""

    row: str
    what: str
    make: Make
    told: Mapping[str, Any] | None = None
    skipped: str | None = None
    answer: str = "accepted"
    age: timedelta = timedelta(minutes=5)
    platforms: tuple[str, ...] = PLATFORMS


def encoded(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def put(what: str, value: Any) -> Make:
    """The order with another value (ABSENT: none) where the platform says `what`."""
    return lambda platform, document: encoded(changed(platform, document, what, value))


def changed(platform: str, document: Document, what: str, value: Any) -> Document:
    if platform == "woocommerce" and what == "landing":
        return with_meta(document, _LANDING, value)
    place, *others = PLACES[platform][what]
    for other in others:
        _put(document, other, ABSENT)
    if place[0] == "line_items" and len(place) > 1:
        document["line_items"] = document["line_items"][:1]
    _put(document, place, value)
    return document


def with_meta(document: Document, key: str, value: Any) -> Document:
    """A WooCommerce order whose meta data tell `key`, and nothing else of the browser."""
    kept = [one for one in document["meta_data"] if not one["key"].startswith("_")]
    return {**document, "meta_data": [*kept, {"id": 1, "key": key, "value": value}]}


def _put(document: Any, place: tuple[Any, ...], value: Any) -> None:
    *way, last = place
    for step in way:
        document = document[step]
    if value is ABSENT:
        document.pop(last, None)
    else:
        document[last] = value


def raw(make: Callable[[bytes], bytes]) -> Make:
    """Other bytes, made of those of the order."""
    return lambda _platform, document: make(encoded(document))


def text(before: str, after: bytes) -> Make:
    """The order with something in its bytes that json.dumps does not write: a mark in its first name, replaced."""

    def make(platform: str, document: Document) -> bytes:
        return encoded(changed(platform, document, "first name", before)).replace(encoded(before), after)

    return make


def hashed(normal: str) -> str:
    return sha256(normal.encode()).hexdigest()


def quarantined(row: str, what: str, make: Make, **more: Any) -> Body:
    return Body(row, what, make, answer="quarantined", **more)


def told(row: str, what: str, make: Make, expected: Mapping[str, Any], **more: Any) -> Body:
    return Body(row, what, make, told=expected, **more)


def recently(seconds: int) -> bool:
    """A time of the last two hours, and not of the future."""
    now = datetime.now(UTC).timestamp()
    return now - 7_200 <= seconds <= now + 1


def many(platform: str, document: Document, one: bytes, number: int) -> bytes:
    """The list of the shop's or the plugins' notes, which is read, full of something."""
    name = {"shopify": "note_attributes", "woocommerce": "meta_data"}[platform]
    return encoded({**document, name: "MARK"}).replace(b'"MARK"', b"[" + (one + b",") * number + one + b"]")


def sample(shop: Shop, topic: str, case: str, **changes: Any) -> bytes:
    """A constructed body that names this shop, with other values at the top."""
    return encoded({**json.loads(shop.sample(topic, case, order_id=None)), **changes})
