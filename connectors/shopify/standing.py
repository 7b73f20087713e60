"""How far a Shopify order has come, through which door it came, and whether it is cash on delivery. Pure rules."""

import re
from typing import Any

from connectors import wild
from connectors.event import Source, Standing
from connectors.shopify.shapes import OrderBody

_STANDINGS = {
    "pending": Standing.PLACED,
    "authorized": Standing.PAID,
    "partially_paid": Standing.PAID,
    "paid": Standing.PAID,
    "partially_refunded": Standing.PAID,
    "refunded": Standing.CANCELLED,
    "voided": Standing.CANCELLED,
    # An authorisation that ran out: the money never came. Unverified, no such body has been seen.
    "expired": Standing.UNPLACED,
}
_SOURCES = {
    "web": Source.WEBSITE,
    "pos": Source.POS,
    "shopify_draft_order": Source.DRAFT,
}
_SUBSCRIPTION = "subscription_contract"  # renewals also come as subscription_contract_checkout_one
_CASH_ON_DELIVERY = re.compile(r"cash on delivery|\bcod\b", re.IGNORECASE)


def status(order: OrderBody[Any]) -> str:
    """Shopify's financial_status, for people to read; "unknown" where it tells none."""
    return wild.text(order.financial_status, 40) or "unknown"


def standing(order: OrderBody[Any], status: str) -> Standing:
    """A cancellation counts before everything, then `confirmed: false`, then the financial status.

    An absent or unknown status is UNPLACED: what we do not understand is never told as a purchase.
    """
    by_status = _STANDINGS.get(status.lower(), Standing.UNPLACED)
    if order.cancelled_at or by_status is Standing.CANCELLED:
        return Standing.CANCELLED
    return Standing.UNPLACED if order.confirmed is False else by_status


def source(order: OrderBody[Any], cart_token: str | None) -> Source:
    """`web` or a cart token is the website: every web checkout seen has one, no draft or API order seen does.

    A numeric source_name is the id of the app that made the order; it and everything unknown is OTHER.
    `checkout_token` proves nothing here, since drafts have one too.
    """
    if cart_token:
        return Source.WEBSITE
    name = (wild.text(order.source_name, 100) or "").lower()
    if name.startswith(_SUBSCRIPTION):
        return Source.SUBSCRIPTION
    return _SOURCES.get(name, Source.OTHER)


def cash_on_delivery(order: OrderBody[Any], status: str) -> bool:
    """Whether a pending order names a gateway like "Cash on Delivery (COD)".

    The wording is the API's own example of a gateway's name. Unverified: no real body with it has been seen, and a
    merchant may rename it, whereupon the order is read as any other pending one.
    """
    return status.lower() == "pending" and any(map(_is_cash_on_delivery, _listed(order.payment_gateway_names)))


def _is_cash_on_delivery(gateway: Any) -> bool:
    return bool(_CASH_ON_DELIVERY.search(wild.text(gateway, 100) or ""))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def payment(order: OrderBody[Any]) -> str | None:
    """The gateways in one word, for people to read: a gift card and a card are told apart from either alone."""
    names = {wild.text(gateway, 60) for gateway in _listed(order.payment_gateway_names)}
    return " + ".join(sorted(filter(None, names)))[:100] or None
