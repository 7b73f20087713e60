"""Shopify's ids as text, exact even where a JavaScript parser has been at them."""

import re
from typing import Any

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.shopify.shapes import EXACT

_TEXT_ID = re.compile(r"\d+(-[\w-]+)?", re.ASCII)


def exact(value: Any, gid: Any = None) -> str | None:
    """The id in `value`, a JSON number or text that begins with digits; None for anything else, 0 and below included.

    Shopify's ids go beyond 2**53 (its test order is 820982911946154508), where a JavaScript parser on the way
    rounds the number but not the text of `admin_graphql_api_id`. So where the number is the rounded copy of the
    digits in `gid`, those win: they are also what the storefront Pixel tells as its event id. A number that is
    no such copy stands: then the two differ because someone changed one of them, and `id` is the documented key.
    """
    if type(value) is int and 0 < value <= EXACT:
        return str(value)
    given = wild.identifier(value)
    if given is None or not _TEXT_ID.fullmatch(given):
        return None
    whole = wild.identifier(gid) or ""
    return whole if isinstance(value, int) and _is_rounded(value, whole) else given


def required(field: str, value: Any, gid: Any = None) -> str:
    """The same, raising MalformedPayload where there is none."""
    found = exact(value, gid)
    if found is None:
        raise MalformedPayload(f"{field} is missing or is not an id.")
    return found


def _is_rounded(number: int, digits: str) -> bool:
    return number > EXACT and digits.isascii() and digits.isdigit() and float(digits) == float(number)
