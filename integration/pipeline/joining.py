"""By what a browser's words find the order they are about: the checkout's token, the cart's, or the order's id. Pure.

Tokens open a shopper's cart or checkout to whoever has them, so the tables of signals and sightings hold hashes of them.
A token is long and random: its hash alone can be found by nobody who has not the token.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from connectors.event import Event, Kind


class By(StrEnum):
    """What a key was made of."""

    CHECKOUT = "checkout"
    CART = "cart"
    ORDER = "order"


# The ledger's columns of an event whose person was erased: no browser's words are to be joined with it.
NO_BROWSER: Mapping[str, str | None] = MappingProxyType({"checkout_key": None, "cart_key": None})


def key(by: By, value: str) -> str:
    """64 hexadecimal digits; the same for the same token or id, and no other."""
    return hashlib.sha256(f"{by}\x00{value}".encode()).hexdigest()


def columns(event: Event) -> dict[str, str | None]:
    """The ledger's two columns for an event. An order is also found by its id, which the ledger has as it is."""
    order = event.order
    checkout = event.subject if event.kind is Kind.CHECKOUT_STARTED else order.checkout_token if order else None
    cart = order.cart_token if order else event.cart_token
    return {
        "checkout_key": key(By.CHECKOUT, checkout) if checkout else None,
        "cart_key": key(By.CART, cart) if cart else None,
    }


def keys(checkout_key: str | None, cart_key: str | None, order_id: str | None) -> list[str]:
    """All keys by which a ledger row may be found."""
    by_order = key(By.ORDER, order_id) if order_id else None
    return [one for one in (checkout_key, cart_key, by_order) if one]
