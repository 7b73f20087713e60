"""Paid Shopify orders of 23 KB, each of another buyer, and the signed requests that tell of them."""

import hashlib
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from connectors import registry
from connectors.contract import Connector

PLATFORM, TOPIC = "shopify", "orders/paid"
SECRET = "a-secret-of-the-bench-only"  # noqa: S105
FIRST_ORDER = 7_000_000_000_000

LARGE, USUAL = 13, 3  # positions: what brings the body of our fixture to 23 KB; what recorded orders hold
_FIRST_NAMES = ("Mira", "Jonas", "Zoë", "Anne-Marie", "Łukasz", "Íñigo", "Chloé", "Bo")
_LAST_NAMES = ("Vogel", "O'Neill", "van den Berg", "Müller", "Nguyễn", "Sørensen", "Ibáñez", "Lee")
# Recorded bodies hold all of these: half as platforms write numbers, the rest as people do.
_PHONES = ("+1415{}{:06d}", "+1 (415) {}{:02d}-{:04d}", "+1415{}{:06d}", "415-{}{:02d}-{:04d}")
# Where nobody has to be asked first: elsewhere an order without a stated consent waits ten minutes.
_PLACE = {
    "city": "San Francisco",
    "country": "United States",
    "country_code": "US",
    "province": "California",
    "province_code": "CA",
}


def connector() -> Connector:
    """The platform all of this is about."""
    return registry.get(PLATFORM)


def event_id(number: int) -> str:
    """What Meta is told as the id of the order with this number."""
    return str(FIRST_ORDER + number)


def body(number: int, placed_at: datetime, positions: int = LARGE) -> bytes:
    """One order. Nothing that could be remembered from the last one is the same: person, phone, ids, click, tokens."""
    template = _template(positions)
    person = _person(number)
    return msgspec.json.encode(
        {
            **template,
            **_ids(number),
            **dict.fromkeys(("created_at", "processed_at", "updated_at"), placed_at.isoformat(timespec="seconds")),
            **dict.fromkeys(("email", "contact_email"), person["email"]),
            "billing_address": template["billing_address"] | _address(person),
            "shipping_address": template["shipping_address"] | _address(person),
            "customer": template["customer"] | person | {"default_address": _address(person)},
        }
    )


def _ids(number: int) -> dict[str, Any]:
    token = hashlib.blake2s(str(number).encode(), digest_size=16).hexdigest()
    return {
        "id": FIRST_ORDER + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{FIRST_ORDER + number}",
        "name": f"#{number}",
        "number": number,
        "order_number": number,
        "checkout_id": FIRST_ORDER - number,
        "token": token[::-1],
        "checkout_token": token,
        "cart_token": token[4:],
        "landing_site": f"/collections/throws?utm_source=meta&fbclid=IwAR{token}{token[::-1]}",
    }


def _person(number: int) -> dict[str, Any]:
    first, last = _FIRST_NAMES[number % 8], _LAST_NAMES[number // 8 % 8]
    email = f"Buyer.{number}@example.com"
    return {"id": 8_000_000_000_000 + number, "email": email, "first_name": first, "last_name": last, "phone": None}


def _address(person: dict[str, Any]) -> dict[str, Any]:
    number = int(person["id"])
    names = {key: person[key] for key in ("first_name", "last_name")}
    return {
        **names,
        **_PLACE,
        "name": " ".join(names.values()),
        "phone": _phone(number),
        "zip": f"{94_102 + number % 80}",
    }


def _phone(number: int) -> str:
    digits = number % 1_000_000
    spelled = _PHONES[number % 4]
    return spelled.format(7, digits) if number % 2 == 0 else spelled.format(7, digits // 10_000, digits % 10_000)


@cache
def _template(positions: int) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(registry.sample(PLATFORM, TOPIC, "card"))
    told["line_items"] = [_position(told["line_items"][n % 2], n) for n in range(positions)]
    return told


def _position(line: dict[str, Any], n: int) -> dict[str, Any]:
    ids = {key: line[key] + 10 * n for key in ("id", "product_id", "variant_id")}
    return {**line, **ids, "sku": f"{line['sku']}-{n}"}


def request(number: int, domain: str, placed_at: datetime) -> bytes:
    """The whole signed HTTP request, ready to be written to a socket."""
    told = body(number, placed_at)
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(told)),
        **connector().sign(TOPIC, told, SECRET, domain),
    }
    head = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    return f"POST {connector().webhook_path('')} HTTP/1.1\r\n{head}\r\n".encode() + told
