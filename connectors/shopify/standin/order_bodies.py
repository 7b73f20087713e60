"""Orders as webhooks tell them: the constructed card order of ../fixtures, with another number, buyer, time and way to pay."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from connectors.shopify.standin.shops import Shop

_TEMPLATE = Path(__file__).parents[1] / "fixtures" / "orders_paid__card.json"
_FIRST_ID = 6_400_000_000_000
_FIRST_BIG_ID = 820_982_911_946_200_000  # beyond 2**53, as Shopify's own test order
_BIG_EACH = 3  # one order of so many has an id that a JavaScript parser rounds
_APPS = {"web": 580_111, "shopify_draft_order": 1_354_745, "pos": 129_785}

# By country: first name, last name, city, postcode, country. Nobody of these exists.
_BUYERS = {
    "DE": ("Mira", "Vogel", "Berlin", "10969", "Germany"),
    "FR": ("Léa", "Fournier", "Lyon", "69002", "France"),
    "GB": ("Ada", "Whitfield", "Leeds", "LS1 4AP", "United Kingdom"),
    "US": ("Noah", "Barlow", "Portland", "97205", "United States"),
    "CH": ("Urs", "Ammann", "Basel", "4051", "Switzerland"),
    "JP": ("Haru", "Sakai", "Kyoto", "600-8216", "Japan"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order is to be like. `created_at` in RFC 3339."""

    created_at: str
    source_name: str = "web"
    gateway: str = "shopify_payments"
    financial_status: str = "paid"
    country: str = "DE"
    test: bool = False


def order(shop: Shop, number: int, wanted: Wanted) -> dict[str, Any]:
    """A body of orders/create; `number` is another for each order of the stand-in."""
    body = _in_currency(json.loads(_template()), shop.currency)
    order_id = (_FIRST_BIG_ID if number % _BIG_EACH == 0 else _FIRST_ID) + number
    token = secrets.token_hex(16)
    return {
        **body,
        **_numbers(order_id, number),
        **_buyer(number, wanted.country),
        **_origin(wanted.source_name),
        "token": token,
        "order_status_url": f"https://{shop.domain}/{shop.id}/orders/{token}/authenticate?key={secrets.token_hex(16)}",
        "created_at": wanted.created_at,
        "updated_at": wanted.created_at,
        "processed_at": wanted.created_at,
        "currency": shop.currency,
        "presentment_currency": shop.currency,
        "financial_status": wanted.financial_status,
        "payment_gateway_names": [wanted.gateway],
        "test": wanted.test,
    }


@cache
def _template() -> str:
    return _TEMPLATE.read_text(encoding="utf-8")


def _in_currency(told: Any, currency: str) -> Any:
    """Every money set in the shop's currency; the amounts stay, whatever they are worth there."""
    if isinstance(told, dict):
        return {key: currency if key == "currency_code" else _in_currency(each, currency) for key, each in told.items()}
    return [_in_currency(each, currency) for each in told] if isinstance(told, list) else told


def _numbers(order_id: int, number: int) -> dict[str, Any]:
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{1000 + number}",
        "number": number,
        "order_number": 1000 + number,
        "confirmation_number": f"ST{number:07d}",
        "checkout_id": 38_000_000_000_000 + number,
        "checkout_token": secrets.token_hex(16),
        "cart_token": f"hWN{secrets.token_hex(10)}",
    }


def _buyer(number: int, country: str) -> dict[str, Any]:
    first, last, city, postcode, land = _BUYERS.get(country, ("Kim", "Example", "Springfield", "00000", country))
    email = f"buyer-{number}@example.com"
    address = {
        **dict.fromkeys(("address2", "company", "latitude", "longitude", "province", "province_code", "phone")),
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "address1": f"{number} Example Street",
        "city": city,
        "zip": postcode,
        "country": land,
        "country_code": country,
    }
    customer = {
        "id": 8_200_000_000_000 + number,
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": None,
        "admin_graphql_api_id": f"gid://shopify/Customer/{8_200_000_000_000 + number}",
        "state": "disabled",
        "default_address": {**address, "id": 8_300_000_000_000 + number, "default": True},
    }
    return {
        "email": email,
        "contact_email": email,
        "phone": None,
        "customer": customer,
        "billing_address": address,
        "shipping_address": address,
    }


def _origin(source_name: str) -> Mapping[str, Any]:
    """Orders from elsewhere than the checkout have no cart, and none of the drafts seen has a landing page."""
    if source_name == "web":
        return {"source_name": source_name, "app_id": _APPS["web"]}
    app_id = int(source_name) if source_name.isdecimal() else _APPS.get(source_name)
    return {
        "source_name": source_name,
        "app_id": app_id,
        "cart_token": None,
        "landing_site": None,
        "referring_site": None,
    }
