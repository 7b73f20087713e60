"""Which shop a body is of, as far as the body tells: its signature does not (one secret signs for all shops). Pure.

An order and a checkout tell it by the address of their page, https://<host>/<the shop's id>/orders/... or
.../checkouts/... (seen in every such body of 2022 to 2025 we could read). The id is the shop's for good. The host is as
often the shop's own domain as its permanent one, which may be an older one of the same shop: weak evidence.
"""

import re
from typing import Any, NamedTuple

from connectors.shopify import addresses
from connectors.shopify.shapes import Sale

# Every order is asked this, so it is asked of the text as it came: whatever is not written like this tells nothing.
_PAGE = re.compile(r"https?://([A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?/([0-9]{1,20})/(?:orders|checkouts)/")
_PERMANENT = "myshopify.com"


class Whose(NamedTuple):
    """The shop's id, and a permanent domain of some shop that stands before it."""

    shop_id: str | None = None
    shop_domain: str | None = None


_NOBODYS = Whose()


def of_sale(sale: Sale[Any]) -> Whose:
    """Of an order or a checkout; of nobody where its address is missing or another one than Shopify's."""
    address = sale.order_status_url or sale.abandoned_checkout_url
    found = _PAGE.match(address) if isinstance(address, str) else None
    if found is None:
        return _NOBODYS
    host, shop_id = found.groups()
    return Whose(shop_id, addresses.shop(host) if host.lower().endswith(_PERMANENT) else None)


def without(address: str, domain: str) -> str:
    """The address of a page without its shop's id, and at `domain` where it stands under a permanent domain."""
    found = _PAGE.match(address)
    if found is None:
        return address
    host = domain if addresses.shop(found[1]) else address[found.start(1) : found.start(2) - 1]
    return f"{address[: found.start(1)]}{host}{address[found.end(2) :]}"
