"""What was bought and for how much, in the one currency a WooCommerce order has. Money is text with the store's decimals."""

from decimal import Decimal
from itertools import islice
from typing import Any

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.event import Amounts, Line
from connectors.money import Money
from connectors.woocommerce.shapes import CheckoutBody, LineItem, OrderBody, Refund

MAX_LINES = 1_000

_ZERO = Decimal(0)


def total(told: OrderBody) -> Money:
    """What the order costs, tax and shipping included. Refunds do not change it, edits after payment do.

    Raises MalformedPayload where amount or currency cannot be read: an order without a value is worse than none.
    """
    return Money(_worth(told.total, "order's total"), _currency(told.currency, "order's currency"))


def of_order(told: OrderBody, total: Money, items: list[LineItem]) -> Amounts:
    """The order's money in parts. Items count as the shop shows them: with tax where its prices include tax.

    Fees are in the total only. `shop` is the total again, for the buyer always pays in the order's own currency.
    """
    with_tax = wild.flag(told.prices_include_tax)
    return Amounts(
        total=total,
        subtotal=sum((_cost(item, with_tax=with_tax) or _ZERO for item in items), _ZERO),
        shipping=_amount(told.shipping_total) + _amount(told.shipping_tax),
        tax=_amount(told.total_tax),
        shop=total,
    )


def without_lines(told: OrderBody, total: Money) -> Amounts:
    """The same of an order whose items are not known: what is neither shipping nor, where it is added, tax."""
    shipping, tax = _amount(told.shipping_total) + _amount(told.shipping_tax), _amount(told.total_tax)
    added = _ZERO if wild.flag(told.prices_include_tax) else tax - _amount(told.shipping_tax)
    return Amounts(total, subtotal=total.amount - shipping - added, shipping=shipping, tax=tax, shop=total)


def of_checkout(told: CheckoutBody, items: list[LineItem]) -> Amounts:
    """What the items in the cart come to; what shipping will cost is not known yet, so that is the total as well.

    Our plugin's own word, or without one the sum of the items. Raises MalformedPayload as `total` does.
    """
    with_tax = wild.flag(told.prices_include_tax)
    costs = [cost for item in items if (cost := _cost(item, with_tax=with_tax)) is not None]
    stated = str(sum(costs)) if told.subtotal is None and costs else told.subtotal
    worth = Money(_worth(stated, "checkout's subtotal"), _currency(told.currency, "checkout's currency"))
    return Amounts(worth, subtotal=worth.amount, shipping=_ZERO, tax=_ZERO, shop=worth)


def lines(told: OrderBody | CheckoutBody, items: list[LineItem]) -> tuple[Line, ...]:
    """The positions that have a price and a whole, positive quantity; the first 1,000 of them."""
    with_tax = wild.flag(told.prices_include_tax)
    read = (_line(item, with_tax=with_tax) for item in items)
    return tuple(islice((line for line in read if line is not None), MAX_LINES))


def of_refund(refund: Refund, currency: str) -> Amounts | None:
    """What was given back, as a positive amount; None where nothing was, or nothing readable.

    Written "-21.64", undivided: what share was shipping or tax is not told here, so all of it stands as goods.
    """
    amount = wild.amount(refund.total)
    if not amount:
        return None
    returned = Money(abs(amount), currency)
    return Amounts(returned, subtotal=returned.amount, shipping=_ZERO, tax=_ZERO, shop=returned)


def _currency(value: Any, what: str) -> str:
    currency = wild.currency(value)
    if currency is None:
        raise MalformedPayload(f"The {what} is unreadable.")
    return currency


def _worth(value: Any, what: str) -> Decimal:
    amount = wild.amount(value)
    if amount is None or amount < 0:
        raise MalformedPayload(f"The {what} is unreadable.")
    return amount


def _line(item: LineItem, *, with_tax: bool) -> Line | None:
    quantity, cost = wild.whole(item.quantity), _cost(item, with_tax=with_tax)
    if not quantity or cost is None or cost < 0:
        return None
    return Line(
        quantity=quantity,
        price=cost / quantity,
        product_id=wild.identifier(item.product_id),  # 0 where the product is gone, or never was
        variant_id=wild.identifier(item.variation_id),  # 0 for products without variations
        sku=wild.text(item.sku) or wild.identifier(item.sku),
    )


def _cost(item: LineItem, *, with_tax: bool) -> Decimal | None:
    """What all pieces of the line cost after discounts. Line totals never include tax, however prices were entered."""
    total = wild.amount(item.total)
    if total is None or not with_tax:
        return total
    return total + _amount(item.total_tax)


def _amount(value: Any) -> Decimal:
    """An amount, or nothing where there is none: a part that cannot be read never costs the order."""
    read = wild.amount(value)
    return _ZERO if read is None else read
