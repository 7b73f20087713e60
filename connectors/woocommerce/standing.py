"""How far a WooCommerce order has come, and through which door it came. Pure rules."""

from typing import Any

from connectors import wild
from connectors.event import Source, Standing

_STANDINGS = {
    "checkout-draft": Standing.UNPLACED,  # the block checkout page was opened, nothing is ordered
    "auto-draft": Standing.UNPLACED,
    "draft": Standing.UNPLACED,
    "failed": Standing.UNPLACED,
    "cancelled": Standing.CANCELLED,
    "refunded": Standing.CANCELLED,  # wholly; a refund of a part leaves the status alone
    "trash": Standing.CANCELLED,
    "completed": Standing.PAID,
}
_STANDINGS_WITHOUT_DATE_PAID = {"processing": Standing.PAID, "on-hold": Standing.PLACED}
_AWAITING_CASH = ("pending", "on-hold", "processing")

_SOURCES = {
    "checkout": Source.WEBSITE,
    "store-api": Source.WEBSITE,
    "admin": Source.DRAFT,
    "subscription": Source.SUBSCRIPTION,
    "pos-rest-api": Source.POS,  # WooCommerce's own app at the counter
}


def standing(status: str, *, paid: bool, cash_on_delivery: bool) -> Standing:
    """How far the order has come.

    `processing` counts as paid though no date says so: orders whose lines have no product get none. With cash on
    delivery it only means that the parcel leaves; the date comes with `completed`. `on-hold` waits for a bank
    transfer or a capture. `pending`, and a plugin's own status without a payment date, is a buyer sent off to pay
    elsewhere who has not come back: nothing is placed, and no thank-you page was shown.
    """
    if status in _STANDINGS:
        return _STANDINGS[status]
    if paid:
        return Standing.PAID
    if cash_on_delivery and status in _AWAITING_CASH:
        return Standing.PLACED
    return _STANDINGS_WITHOUT_DATE_PAID.get(status, Standing.UNPLACED)


def source(created_via: Any) -> Source:
    """The classic checkout and the block one are the website; rest-api, an empty word and all others are OTHER."""
    return _SOURCES.get(wild.text(created_via) or "", Source.OTHER)
