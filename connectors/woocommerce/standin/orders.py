"""An order as WooCommerce keeps it, and the amounts that follow from its lines. Pure."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO = Decimal(0)
PAID = ("processing", "completed")
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")


@dataclass(slots=True)
class Meta:
    """One line of meta data."""

    id: int
    key: str
    value: Any


@dataclass(slots=True)
class Line:
    """A line item; `total` is without tax, for the whole quantity."""

    id: int
    name: str
    product_id: int
    variation_id: int
    sku: str | None
    quantity: int
    total: Decimal
    tax: Decimal
    parent_name: str | None = None
    choice: tuple[str, str] | None = None


@dataclass(slots=True)
class Refund:
    """Money given back, newest first in what is told of it. `lines`: of which line how many, and what for."""

    id: int
    created: float
    amount: Decimal
    reason: str
    paid_back: bool = False
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    """Times are unix seconds. `decimals` and `tax_rate` (in percent) are the shop's when it was made.

    `trashed`: the status it had before it went to the trash.
    """

    id: int
    status: str
    currency: str
    symbol: str
    decimals: int
    created: float
    modified: float
    billing: dict[str, str]
    shipping: dict[str, str]
    payment_method: str
    payment_title: str
    via: str
    key: str
    tax_rate: Decimal
    tax_name: str
    shipping_total: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    ip: str = ""
    agent: str = ""
    customer_id: int = 0
    number: str = ""
    transaction_id: str = ""
    cart_hash: str = ""
    prices_include_tax: bool = False
    virtual: bool = False
    paid: float | None = None
    completed: float | None = None
    lines: list[Line] = field(default_factory=list)
    meta: list[Meta] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    trashed: str | None = None

    @property
    def cart_tax(self) -> Decimal:
        """The tax on its lines."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What is to be paid, tax and shipping included; refunds do not change it."""
        lines = sum((line.total for line in self.lines), ZERO)
        return lines + self.cart_tax + self.shipping_total + self.shipping_tax

    @property
    def left(self) -> Decimal:
        """What was not given back yet."""
        return self.total - sum((one.amount for one in self.refunds), ZERO)

    def money(self, amount: Decimal) -> str:
        """An amount with the shop's decimals."""
        return f"{self.rounded(amount):f}"

    def rounded(self, amount: Decimal) -> Decimal:
        """To the shop's decimals, a half up, as WooCommerce does."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)

    def taxed(self, amount: Decimal) -> Decimal:
        """The tax on an amount without tax."""
        return self.rounded(amount * self.tax_rate / 100)
