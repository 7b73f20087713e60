"""Parts that orders and checkouts have in common, read."""

from datetime import datetime
from typing import Any

import msgspec

from connectors import wild
from connectors.woocommerce.shapes import LineItem, Link, Links

# Far beyond any order, so that a body of two megabytes full of `{}` costs a store no more than a moment.
MAX_ITEMS = 20_000


def instant(value: Any) -> datetime | None:
    """A `..._gmt` date: UTC without saying so."""
    return wild.instant(value, naive_is_utc=True)


def items(line_items: msgspec.Raw) -> list[LineItem]:
    """What is bought, position by position."""
    return wild.parts(line_items, LineItem)[:MAX_ITEMS]


def own_address(links: msgspec.Raw) -> Any:
    """The address in the store's API: its host is the signed word on which site this is.

    An order's `payment_url` has the host too, but also the order key, with which anyone may see the order: it is never
    read.
    """
    told = wild.part(links, Links)
    own = wild.parts(told.own, Link) if told else []
    return own[0].href if own else None
