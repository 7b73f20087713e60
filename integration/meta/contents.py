"""What was bought, as Meta's catalogue names it: contents, content_ids, num_items. Pure.

Money as Meta reads it stands here too, for each piece has a price.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from connectors.money import round_to_currency
from integration.meta.naming import unnamed


class FactLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One position: ids, quantity, price of one piece in major units."""

    variant_id: str | None
    product_id: str | None
    sku: str | None
    quantity: int
    price: Decimal


def contents(lines: Sequence[FactLine], currency: str, template: str, never_named: tuple[str, ...]) -> dict[str, Any]:
    """The members of custom_data that name items; none at all where no line is left that has a name and may be named."""
    asked = _asked(template)
    usual = template == "{variant_id}"
    if never_named:
        lines = [one for one in lines if not _is_unnamed(one, _content_id(one, template, asked), never_named)]
    named = [
        {"id": name, "quantity": line.quantity, "item_price": told(line.price, currency)}
        for line in lines
        if (name := (line.variant_id or line.product_id) if usual else _content_id(line, template, asked))
    ]
    if not named:
        return {}
    return {
        "content_type": "product",
        "content_ids": list(dict.fromkeys([one["id"] for one in named])),
        "contents": named,
        "num_items": sum([line.quantity for line in lines]),
    }


def called(line: FactLine, template: str) -> str | None:
    """What a template calls an item; None where it has none of the ids the template asks for."""
    return _content_id(line, template, _asked(template))


def _asked(template: str) -> list[str]:
    return [name for name in ("variant_id", "product_id", "sku") if f"{{{name}}}" in template]


def _is_unnamed(line: FactLine, content_id: str | None, never_named: tuple[str, ...]) -> bool:
    return unnamed(never_named).has((line.variant_id, line.product_id, line.sku, content_id))


def _content_id(line: FactLine, template: str, asked: Sequence[str]) -> str | None:
    """The catalogue's id of a line; None where it has none of the ids the template asks for."""
    words = {"variant_id": line.variant_id or line.product_id, "product_id": line.product_id, "sku": line.sku}
    return template.format_map(words) if all(words[name] for name in asked) else None


@lru_cache(maxsize=16_384)
def told(amount: Decimal, currency: str) -> int | float:
    """An amount as a JSON number with the currency's decimals, whole where they are zero or none. Remembered, for
    prices recur from order to order.
    """
    return number(round_to_currency(amount, currency))


def number(amount: Decimal) -> int | float:
    """A rounded amount as a JSON number."""
    found = float(amount)
    if not found.is_integer():
        return found
    whole = int(amount)
    return whole if whole == amount else found
