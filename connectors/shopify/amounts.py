"""The money of a Shopify body, in the currency the buyer paid in; amounts in major units, as Decimal.

An order states each amount twice: plain, in the shop's currency, and as a `*_set`, whose `presentment_money` is
what the buyer saw and paid. Checkouts have no sets. `total_price` is what was ordered; refunds and edits change
only `current_total_price`, which is not read.
"""

from decimal import Decimal
from typing import Any

import msgspec

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.event import Amounts, Line
from connectors.money import Money
from connectors.shopify import ids
from connectors.shopify.shapes import Coin, LineItem, MoneyBag, OrderBody, Priced, RefundBody, Sale, Transaction

MAX_LINES = 1_000

_ZERO = Decimal(0)


def of_sale(sale: Sale) -> Amounts:
    """The money of an order or a checkout.

    Raises MalformedPayload, naming the field, where the total or its currency is unreadable. Lesser parts that are
    unreadable count as absent: tax and shipping as nothing, the subtotal as what they leave of the total.
    """
    coin = _buyers_side(sale.total_price_set)
    total = (
        _required(coin.amount, coin.currency_code, "total_price_set")
        if coin
        else _required(sale.total_price, _plain_currency(sale), "total_price")
    )
    tax = _told(sale, total.currency, sale.total_tax_set, sale.total_tax) or _ZERO
    shipping = _shipping(sale, total.currency)
    subtotal = _told(sale, total.currency, sale.subtotal_price_set, sale.subtotal_price)
    if subtotal is None:
        subtotal = max(_ZERO, total.amount - shipping - (_ZERO if wild.flag(sale.taxes_included) else tax))
    return Amounts(total, subtotal, shipping, tax, _shop_total(sale))


def of_refund(refund: RefundBody) -> Amounts | None:
    """What was paid back: the `refund` transactions with `success`; None where nothing was.

    All are expected in one currency. Should they differ, only those in the first one's currency count: a sum over
    two would be an amount nobody was paid. Raises MalformedPayload where one that counts is unreadable.
    """
    paid_back = [
        _required(one.amount, one.currency, "transactions")
        for one in wild.parts(refund.transactions, Transaction)
        if one.kind == "refund" and one.status == "success"
    ]
    if not paid_back:
        return None
    currency = paid_back[0].currency
    total = sum((money.amount for money in paid_back if money.currency == currency), _ZERO)
    return Amounts(Money(total, currency), subtotal=total, shipping=_ZERO, tax=_ZERO) if total else None


def lines(sale: Sale, currency: str) -> tuple[Line, ...]:
    """Its positions, at most 1,000, each with the price of one piece before discounts, in `currency`.

    Left out are those without a quantity above zero, and those whose price is unreadable or in another currency.
    """
    items = wild.parts(sale.line_items, LineItem)[:MAX_LINES]
    return tuple(line for line in (_line(sale, currency, item) for item in items) if line is not None)


def _plain_currency(sale: Sale) -> Any:
    """The currency of the plain amounts, unread: an order's are in the shop's, a checkout's in the buyer's.

    For checkouts that is unverified: no body has been seen in which the two differ.
    """
    shop, buyer = sale.currency, sale.presentment_currency
    first, second = (shop, buyer) if isinstance(sale, OrderBody) else (buyer, shop)
    return second if first is None else first


def _line(sale: Sale, currency: str, item: LineItem) -> Line | None:
    quantity = wild.whole(item.quantity)
    price = _told(sale, currency, item.price_set, item.price)
    if not quantity or price is None:
        return None
    product, variant = ids.exact(item.product_id), ids.exact(item.variant_id)
    return Line(quantity, price, product_id=product, variant_id=variant, sku=wild.text(item.sku))


def _shipping(sale: Sale, currency: str) -> Decimal:
    """Unverified: whether the set is before or after a shipping discount; the two never differ in the bodies seen."""
    told = _told(sale, currency, sale.total_shipping_price_set, None)
    if told is not None:
        return told
    prices = [_told(sale, currency, one.price_set, one.price) for one in wild.parts(sale.shipping_lines, Priced)]
    return sum((price for price in prices if price is not None), _ZERO)


def _shop_total(sale: Sale) -> Money | None:
    """The total in the shop's currency. A plain total that is there must be readable, though the set is what counts:
    a body that contradicts itself about its total is for people to look at.
    """
    plain = _plain_currency(sale)
    if sale.total_price is not None and plain is not None and plain == sale.currency:
        return _required(sale.total_price, plain, "total_price")
    return _readable(_side(sale.total_price_set, "shop_money"))


def _told(sale: Sale, currency: str, bag: msgspec.Raw, plain: Any) -> Decimal | None:
    """The amount of a bag, or else of the plain field, if it is readable and in `currency`."""
    money = _readable(_buyers_side(bag) or Coin(plain, _plain_currency(sale)))
    return money.amount if money and money.currency == currency else None


def _buyers_side(bag: msgspec.Raw) -> Coin | None:
    return _side(bag, "presentment_money")


def _side(bag: msgspec.Raw, side: str) -> Coin | None:
    read = wild.part(bag, MoneyBag)
    return wild.part(getattr(read, side), Coin) if read else None


def _readable(coin: Coin | None) -> Money | None:
    if coin is None:
        return None
    amount, currency = wild.amount(coin.amount), wild.currency(coin.currency_code)
    return None if amount is None or amount < 0 or currency is None else Money(amount, currency)


def _required(amount: Any, currency: Any, field: str) -> Money:
    read = wild.amount(amount)
    if read is None or read < 0:
        raise MalformedPayload(f"{field} is not an amount.")
    code = wild.currency(currency)
    if code is None:
        raise MalformedPayload(f"The currency of {field} is not a currency.")
    return Money(read, code)
