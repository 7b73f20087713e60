"""Which shop a body is of, as far as the body tells: its signature does not (one secret signs for all shops). Pure.

An order and a checkout tell it by the address of their page, https://<host>/<the shop's id>/orders/... or
.../checkouts/... (seen in every such body of 2022 to 2025 we could read). The id is the shop's for good. The host is as
often the shop's own domain as its permanent one, which may be an older one of the same shop: weak evidence.
"""

import re
from typing import Any, NamedTuple

from connectors.shopify import addresses
from connectors.shopify.shapes import Sale
from connectors.wild import text

_PAGE = re.compile(
    r"(https?://)([a-z0-9.-]{1,253})(:\d{1,5})?/(\d{1,20})(?=/(orders|checkouts)/)", re.IGNORECASE | re.ASCII
)


class Whose(NamedTuple):
    """The shop's id, and a permanent domain of some shop that stands before it."""

    shop_id: str | None = None
    shop_domain: str | None = None


_NOBODYS = Whose()


def of_sale(sale: Sale[Any]) -> Whose:
    """Of an order or a checkout; of nobody where its address is missing or another one than Shopify's."""
    found = _PAGE.match(text(sale.order_status_url) or text(sale.abandoned_checkout_url) or "")
    return _NOBODYS if found is None else Whose(found[4], addresses.shop(found[2]))


def without(address: str, domain: str) -> str:
    """The address of a page without its shop's id, and at `domain` where it stands under a permanent domain."""
    found = _PAGE.match(address)
    if found is None:
        return address
    host = domain if addresses.shop(found[2]) else f"{found[2]}{found[3] or ''}"
    return f"{found[1]}{host}{address[found.end() :]}"
