"""The parts of Shopify's bodies we read, API 2026-10 (older bodies back to 2022-04 fit too).

Leaves are Any on purpose: `connectors.wild` reads each by itself. A part that has not its shape counts as absent
(`reading.read` sees to that), so one odd field never costs an order. What we do not read, most of a 23 KB order, is
never built. Keys whose mere presence tells one body from another are UNSET where they are absent. No part can hold
itself, so the garbage collector need not know of them (`gc=False`).
"""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from connectors import wild

# Up to here every whole number is a double, and no parser on the way has rounded it.
EXACT = 2**53
MOST_PIECES = 1_000_000
LONGEST_AMOUNT = 30


class Coin(msgspec.Struct, gc=False):
    """One side of a money bag: an amount in text, and its currency."""

    amount: Any = None
    currency_code: Any = None


class Presented(msgspec.Struct, gc=False):
    """A `*_set` of which only the side counts in which the buyer paid."""

    presentment_money: Coin | None = None


class MoneyBag(Presented, gc=False):
    """A `*_set`: the same money in the shop's currency and in the one the buyer paid in."""

    shop_money: Coin | None = None


class Priced(msgspec.Struct, gc=False):
    """A shipping line, or what a line item shares with it. `price` alone is in the shop's currency."""

    price: Any = None
    price_set: Presented | None = None


class LineItem(Priced, gc=False):
    """One position. Ids are null on custom lines, `sku` may be ""."""

    product_id: Any = None
    variant_id: Any = None
    sku: Any = None
    quantity: Any = None


class UsualCoin(msgspec.Struct, gc=False):
    """As Shopify writes it."""

    amount: Annotated[str, Meta(max_length=LONGEST_AMOUNT)]
    currency_code: str


class UsualSet(msgspec.Struct, gc=False):
    """As Shopify writes it."""

    presentment_money: UsualCoin


class UsualLine(msgspec.Struct, gc=False):
    """One position with everything as Shopify writes it: what is checked here need not be asked of each leaf's reader,
    and an order has many lines.
    """

    price_set: UsualSet
    product_id: Annotated[int, Meta(ge=1, le=EXACT)]
    variant_id: Annotated[int, Meta(ge=1, le=EXACT)]
    sku: Annotated[str, Meta(max_length=wild.MAX_TEXT)]
    quantity: Annotated[int, Meta(ge=1, le=MOST_PIECES)]


L = TypeVar("L", UsualLine, LineItem)


class Address(msgspec.Struct, gc=False):
    """A billing, shipping or default address; every field may be null or ""."""

    first_name: Any = None
    last_name: Any = None
    phone: Any = None
    city: Any = None
    zip: Any = None
    province: Any = None
    province_code: Any = None
    country: Any = None
    country_code: Any = None


class Account(msgspec.Struct, gc=False):
    """`customer`: null for guests and drafts, and redacted without Shopify's approval for protected data."""

    id: Any = None
    admin_graphql_api_id: Any = None
    email: Any = None
    phone: Any = None
    first_name: Any = None
    last_name: Any = None
    default_address: Address | None = None


class Client(msgspec.Struct, gc=False):
    """`client_details`: the browser. On drafts and admin orders it is the merchant's own."""

    browser_ip: Any = None
    user_agent: Any = None


class Attribute(msgspec.Struct, gc=False):
    """One of `note_attributes`: a cart attribute of the theme, of an app, or of our storefront embed."""

    name: Any = None
    value: Any = None


class OurAttributes(msgspec.Struct, gc=False):
    """The cart attributes our storefront embed writes; the leading underscore keeps them off the checkout page."""

    fbp: Any = msgspec.field(name="_fbp", default=None)
    fbc: Any = msgspec.field(name="_fbc", default=None)
    fbclid: Any = msgspec.field(name="_fbclid", default=None)
    fbclid_seen: Any = msgspec.field(name="_tandem_fbclid_seen", default=None)
    consent: Any = msgspec.field(name="_tandem_consent", default=None)


class Answers(msgspec.Struct, gc=False):
    """What `_tandem_consent` holds; true allows, false refuses or opts out."""

    marketing: Any = None
    sale_of_data: Any = None


class Sale(msgspec.Struct, Generic[L], gc=False):
    """What an order and a checkout have in common."""

    created_at: Any = None
    updated_at: Any = None
    cart_token: Any = None
    currency: Any = None
    presentment_currency: Any = None
    total_price: Any = None
    total_price_set: MoneyBag | None = None
    subtotal_price: Any = None
    subtotal_price_set: Presented | None = None
    total_tax: Any = None
    total_tax_set: Presented | None = None
    taxes_included: Any = None
    total_shipping_price_set: Presented | None = None
    shipping_lines: list[Priced] | None = None
    line_items: list[L] | UnsetType | None = UNSET
    email: Any = None
    contact_email: Any = None
    phone: Any = None
    customer: Account | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    browser_ip: Any = None
    client_details: Client | None = None
    landing_site: Any = None
    # Webhooks list them as {name, value}; some tools that pass bodies on make one object of them.
    note_attributes: list[Attribute] | OurAttributes | None = None
    order_status_url: Any = None
    abandoned_checkout_url: Any = UNSET
    # Of these only the presence counts.
    order_id: Any = UNSET
    refund_line_items: Any = UNSET


class OrderBody(Sale[L], Generic[L], gc=False):
    """orders/*."""

    id: Any = None
    admin_graphql_api_id: Any = None
    order_number: Any = None
    financial_status: Any = UNSET
    cancelled_at: Any = None
    confirmed: Any = None
    source_name: Any = None
    payment_gateway_names: Any = None
    test: Any = None
    checkout_token: Any = None


class CheckoutBody(Sale[L], Generic[L], gc=False):
    """checkouts/*: no `*_set`, no browser, and `shipping_address` may be [] or absent."""

    token: Any = UNSET
    financial_status: Any = UNSET


class Transaction(msgspec.Struct, gc=False):
    """One movement of money of a refund."""

    kind: Any = None
    status: Any = None
    amount: Any = None
    currency: Any = None


class RefundBody(msgspec.Struct, gc=False):
    """refunds/create: nothing about the buyer, in none of the bodies seen."""

    id: Any = None
    admin_graphql_api_id: Any = None
    order_id: Any = None
    created_at: Any = None
    processed_at: Any = None
    transactions: list[Transaction] | UnsetType | None = UNSET
    # Of these only the presence counts.
    refund_line_items: Any = UNSET
    line_items: Any = UNSET
    financial_status: Any = UNSET


class ShopBody(msgspec.Struct, gc=False):
    """app/uninstalled: the shop itself. `myshopify_domain` is null in Shopify's own test notification."""

    id: Any = None
    myshopify_domain: Any = UNSET
    shop_domain: Any = UNSET
    line_items: Any = UNSET


class PrivacyBody(msgspec.Struct, gc=False):
    """The three compliance topics."""

    shop_id: Any = None
    shop_domain: Any = UNSET
    customer: Account | UnsetType | None = UNSET
    data_request: Any = UNSET
    orders_requested: Any = UNSET
    orders_to_redact: Any = UNSET
