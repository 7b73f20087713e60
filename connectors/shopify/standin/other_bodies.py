"""The bodies of the other topics: the shop itself when the app is uninstalled, and the three compliance topics."""

from typing import Any

from connectors.shopify.standin.shops import Shop

_CUSTOMER = {"id": 8_200_000_000_001, "email": "buyer-1@example.com", "phone": None}


def body(topic: str, shop: Shop) -> dict[str, Any]:
    """The body of a topic, as far as the stand-in can make one up; else the least that says which shop it is about."""
    maker = _MAKERS.get(topic)
    return maker(shop) if maker else _named(shop)


def _shop(shop: Shop) -> dict[str, Any]:
    return {
        "id": shop.id,
        "name": shop.handle,
        "email": "owner@example.com",
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "country": shop.country,
        "country_code": shop.country,
        "currency": shop.currency,
        "shop_owner": "Stand-in Owner",
        "plan_name": "basic",
    }


def _named(shop: Shop) -> dict[str, Any]:
    return {"shop_id": shop.id, "shop_domain": shop.domain}


def _data_request(shop: Shop) -> dict[str, Any]:
    orders = [one["id"] for one in shop.orders]
    return {**_named(shop), "orders_requested": orders, "customer": _CUSTOMER, "data_request": {"id": 9_001}}


def _customer_redaction(shop: Shop) -> dict[str, Any]:
    return {**_named(shop), "customer": _CUSTOMER, "orders_to_redact": [one["id"] for one in shop.orders]}


_MAKERS = {
    "app/uninstalled": _shop,
    "customers/data_request": _data_request,
    "customers/redact": _customer_redaction,
    "shop/redact": _named,
}
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
