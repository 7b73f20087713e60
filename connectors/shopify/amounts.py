"""The money of a Shopify body, in the currency the buyer paid in; amounts in major units, as Decimal.

An order states each amount twice: plain, in the shop's currency, and as a `*_set`, whose `presentment_money` is
what the buyer saw and paid. Checkouts have no sets. `total_price` is what was ordered; refunds and edits change
only `current_total_price`, which is not read.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.event import Amounts, Line
from connectors.money import Money
from connectors.shopify import ids
from connectors.shopify.shapes import (
    LONGEST_AMOUNT,
    Coin,
    LineItem,
    OrderBody,
    Presented,
    RefundBody,
    Sale,
    UsualLine,
    UsualSet,
)

MAX_LINES = 1_000
_LONGEST_CODE = 8

_ZERO = Decimal(0)


def of_sale(sale: Sale[Any]) -> Amounts:
    """The money of an order or a checkout.

    Raises MalformedPayload, naming the field, where the total or its currency is unreadable. Lesser parts that are
    unreadable count as absent: tax and shipping as nothing, the subtotal as what they leave of the total.
    """
    coin, plain = _buyers_side(sale.total_price_set), _plain_currency(sale)
    total = (
        _required(coin.amount, coin.currency_code, "total_price_set")
        if coin
        else _required(sale.total_price, plain, "total_price")
    )
    currency = total.currency
    tax = _told(currency, sale.total_tax_set, sale.total_tax, plain) or _ZERO
    shipping = _shipping(sale, currency, plain)
    subtotal = _told(currency, sale.subtotal_price_set, sale.subtotal_price, plain)
    if subtotal is None:
        subtotal = max(_ZERO, total.amount - shipping - (_ZERO if wild.flag(sale.taxes_included) else tax))
    return Amounts(total, subtotal, shipping, tax, _shop_total(sale, plain))


def of_refund(refund: RefundBody) -> Amounts | None:
    """What was paid back: the `refund` transactions with `success`; None where nothing was.

    All are expected in one currency. Should they differ, only those in the first one's currency count: a sum over
    two would be an amount nobody was paid. Raises MalformedPayload where one that counts is unreadable.
    """
    paid_back = [
        _required(one.amount, one.currency, "transactions")
        for one in refund.transactions or ()
        if one.kind == "refund" and one.status == "success"
    ]
    if not paid_back:
        return None
    currency = paid_back[0].currency
    total = sum((money.amount for money in paid_back if money.currency == currency), _ZERO)
    return Amounts(Money(total, currency), subtotal=total, shipping=_ZERO, tax=_ZERO) if total else None


def lines(sale: Sale[Any], currency: str) -> tuple[Line, ...]:
    """Its positions, at most 1,000, each with the price of one piece before discounts, in `currency`.

    Left out are those without a quantity above zero, and those whose price is unreadable or in another currency.
    """
    items = (sale.line_items or ())[:MAX_LINES]
    usual = _usual_lines(items, currency) if items and isinstance(items[0], UsualLine) else None
    if usual is not None:
        return usual
    plain = _plain_currency(sale)
    read = [_line(item, currency, plain) for item in items]
    return tuple(filter(None, read))


def _usual_lines(items: Sequence[UsualLine], currency: str) -> tuple[Line, ...] | None:
    """What `_line` makes of each, if all are in `currency` and no SKU has anything to take out; None otherwise. Orders
    have many lines, and asking a reader for each field of each costs as much as the rest of the order.
    """
    skus = "".join([item.sku for item in items])
    if not skus.isprintable() or " " in skus:
        return None
    if {item.price_set.presentment_money.currency_code for item in items} != {currency}:
        return None
    return tuple(
        [
            Line(item.quantity, price, str(item.product_id), str(item.variant_id), item.sku or None)
            for item in items
            if (price := _written(item.price_set.presentment_money.amount)) is not None
        ]
    )


def _plain_currency(sale: Sale[Any]) -> Any:
    """The currency of the plain amounts, unread: an order's are in the shop's, a checkout's in the buyer's.

    For checkouts that is unverified: no body has been seen in which the two differ.
    """
    shop, buyer = sale.currency, sale.presentment_currency
    first, second = (shop, buyer) if isinstance(sale, OrderBody) else (buyer, shop)
    return second if first is None else first


def _line(item: LineItem | UsualLine, currency: str, plain_currency: Any) -> Line | None:
    quantity = wild.whole(item.quantity)
    price = _told(currency, item.price_set, getattr(item, "price", None), plain_currency)
    if not quantity or price is None:
        return None
    return Line(quantity, price, ids.exact(item.product_id), ids.exact(item.variant_id), wild.text(item.sku))


def _shipping(sale: Sale[Any], currency: str, plain_currency: Any) -> Decimal:
    """Unverified: whether the set is before or after a shipping discount; the two never differ in the bodies seen."""
    told = _told(currency, sale.total_shipping_price_set, None, plain_currency)
    if told is not None:
        return told
    prices = [_told(currency, one.price_set, one.price, plain_currency) for one in sale.shipping_lines or ()]
    return sum((price for price in prices if price is not None), _ZERO)


def _shop_total(sale: Sale[Any], plain_currency: Any) -> Money | None:
    """The total in the shop's currency. A plain total that is there must be readable, though the set is what counts:
    a body that contradicts itself about its total is for people to look at.
    """
    if sale.total_price is not None and plain_currency is not None and plain_currency == sale.currency:
        return _required(sale.total_price, plain_currency, "total_price")
    coin = sale.total_price_set.shop_money if sale.total_price_set else None
    if coin is None:
        return None
    amount, currency = _amount(coin.amount), wild.currency(coin.currency_code)
    return None if amount is None or currency is None else Money(amount, currency)


def _told(currency: str, bag: Presented | UsualSet | None, plain: Any, plain_currency: Any) -> Decimal | None:
    """The amount of a bag, or else of the plain field, if it is readable and in `currency`, a code read before."""
    coin = bag.presentment_money if bag else None
    told, code = (plain, plain_currency) if coin is None else (coin.amount, coin.currency_code)
    if code != currency and wild.currency(code) != currency:
        return None
    return _written(told) if _is_short(told) else _amount(told)


# Remembered as amounts are: there are a few hundred.
_code = lru_cache(maxsize=1_024)(wild.currency)


def _is_short(told: Any) -> bool:
    return type(told) is str and len(told) <= LONGEST_AMOUNT  # what is remembered must not be as long as a body


@lru_cache(maxsize=16_384)
def _written(told: str) -> Decimal | None:
    """Remembered: prices recur from order to order, and an amount alone is nobody's."""
    return _amount(told)


def _amount(told: Any) -> Decimal | None:
    amount = wild.amount(told)
    return None if amount is None or amount < 0 else amount


def _buyers_side(bag: Presented | None) -> Coin | None:
    return bag.presentment_money if bag else None


def _required(amount: Any, currency: Any, field: str) -> Money:
    read = _written(amount) if _is_short(amount) else _amount(amount)
    if read is None:
        raise MalformedPayload(f"{field} is not an amount.")
    code = _code(currency) if type(currency) is str and len(currency) <= _LONGEST_CODE else wild.currency(currency)
    if code is None:
        raise MalformedPayload(f"The currency of {field} is not a currency.")
    return Money(read, code)
