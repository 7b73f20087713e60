"""Orders as the Admin API tells them: the same bodies, in GraphQL's spelling; and the searches it understands."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.shopify.standin.answering import Listed
from connectors.shopify.standin.shops import Shop

REACH_SECONDS = 60 * 86_400  # what read_orders shows; older ones need read_all_orders
_TERM = re.compile(r"(created_at|updated_at|processed_at):\s*(>=|<=|>|<)\s*'?([^'\s]+)'?")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
}
_SORTED_BY = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "PROCESSED_AT": "processed_at"}
_APP_NAMES = {580_111: "Online Store", 1_354_745: "Draft Orders", 129_785: "Point of Sale"}


def found(shop: Shop, arguments: dict[str, Any], now: float) -> list[dict[str, Any]]:
    """The shop's orders that a search finds, sorted. Terms are about time and joined by AND; others are not read."""
    terms = _TERM.findall(str(arguments.get("query") or ""))
    key = _SORTED_BY.get(arguments.get("sortKey") or "PROCESSED_AT", "processed_at")
    bodies = [body for body in shop.orders if _is_shown(shop, body, now) and _fits(body, terms)]
    return [told(body) for body in sorted(bodies, key=lambda body: (_time(body[key]), body["id"]))]


def one(shop: Shop, gid: str, now: float) -> dict[str, Any] | None:
    """The order of that id, if it is young enough."""
    bodies = [body for body in shop.orders if body["admin_graphql_api_id"] == gid]
    return next((told(body) for body in bodies if _is_shown(shop, body, now)), None)


def _is_shown(shop: Shop, body: dict[str, Any], now: float) -> bool:
    return shop.may("read_all_orders") or _time(body["created_at"]) >= now - REACH_SECONDS


def _fits(body: dict[str, Any], terms: list[tuple[str, str, str]]) -> bool:
    return all(_COMPARE[sign](_time(body[field]), _time(moment)) for field, sign, moment in terms)


def _time(moment: str) -> float:
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return 0.0
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def told(body: dict[str, Any]) -> dict[str, Any]:
    """One Order. Money keeps its two decimals, though Shopify drops zeros at the end (which, is unverified)."""
    spelled = {_camel(key): value for key, value in body.items() if not key.endswith("_set")}
    return {
        **spelled,
        **{_camel(key): _bag(value) for key, value in body.items() if key.endswith("_set") and value},
        "id": body["admin_graphql_api_id"],
        "legacyResourceId": str(body["id"]),
        "number": body["order_number"],
        "createdAt": _utc(body["created_at"]),
        "updatedAt": _utc(body["updated_at"]),
        "processedAt": _utc(body["processed_at"]),
        "currencyCode": body["currency"],
        "presentmentCurrencyCode": body["presentment_currency"],
        "displayFinancialStatus": body["financial_status"].upper(),
        "displayFulfillmentStatus": "UNFULFILLED",
        "clientIp": body["browser_ip"],
        "statusPageUrl": body["order_status_url"],
        "fullyPaid": body["financial_status"] == "paid",
        "app": {"id": f"gid://shopify/App/{body['app_id']}", "name": _APP_NAMES.get(body["app_id"], "Another app")}
        if body["app_id"]
        else None,
        "customAttributes": [{"key": one["name"], "value": one["value"]} for one in body["note_attributes"]],
        "billingAddress": _address(body["billing_address"]),
        "shippingAddress": _address(body["shipping_address"]),
        "customer": _customer(body["customer"]),
        "customerJourneySummary": _journey(body),
        "lineItems": Listed("LineItem", [_line(line) for line in body["line_items"]]),
    }


def _utc(moment: str) -> str:
    """The API tells times in UTC, webhooks in the shop's zone."""
    return datetime.fromtimestamp(_time(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _bag(money: dict[str, Any]) -> dict[str, Any]:
    return {
        _camel(side): {"amount": coin["amount"], "currencyCode": coin["currency_code"]} for side, coin in money.items()
    }


def _address(address: dict[str, Any] | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {**{_camel(key): value for key, value in address.items()}, "countryCodeV2": address["country_code"]}


def _customer(customer: dict[str, Any] | None) -> dict[str, Any] | None:
    if customer is None:
        return None
    return {
        **{_camel(key): customer[key] for key in ("first_name", "last_name")},
        "id": customer["admin_graphql_api_id"],
        "legacyResourceId": str(customer["id"]),
        "displayName": f"{customer['first_name']} {customer['last_name']}",
        "defaultEmailAddress": {"emailAddress": customer["email"]} if customer["email"] else None,
        "defaultPhoneNumber": {"phoneNumber": customer["phone"]} if customer["phone"] else None,
        "defaultAddress": _address(customer["default_address"]),
    }


def _journey(body: dict[str, Any]) -> dict[str, Any] | None:
    """The one visit there was: the body's landing page, as a whole address."""
    if body["landing_site"] is None:
        return None
    home = body["order_status_url"].partition("//")[2].partition("/")[0]
    visit = {
        "id": f"gid://shopify/CustomerVisit/{body['id']}",
        "landingPage": f"https://{home}{body['landing_site']}",
        "occurredAt": _utc(body["created_at"]),
        "referrerUrl": body["referring_site"],
    }
    return {"ready": True, "firstVisit": visit, "lastVisit": visit}


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": line["admin_graphql_api_id"],
        "name": line["name"],
        "title": line["title"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "currentQuantity": line["current_quantity"],
        "originalUnitPriceSet": _bag(line["price_set"]),
        "product": _named("Product", line["product_id"], line["title"]),
        "variant": _named("ProductVariant", line["variant_id"], line["variant_title"]),
    }


def _named(kind: str, number: int | None, title: str) -> dict[str, Any] | None:
    if number is None:
        return None
    return {"id": f"gid://shopify/{kind}/{number}", "legacyResourceId": str(number), "title": title}


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)
