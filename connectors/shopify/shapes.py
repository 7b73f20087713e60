"""The parts of Shopify's bodies we read, API 2026-10 (older bodies back to 2022-04 fit too).

Leaves are Any and nested parts are Raw on purpose: `connectors.wild` reads each by itself, so that one odd field
never costs an order, and what we do not read (most of a 23 KB order) is never built.
"""

from typing import Any

import msgspec

NOTHING = msgspec.Raw()


class Marks(msgspec.Struct):
    """The keys by which one body is told from another; an absent key is an empty Raw."""

    order_id: msgspec.Raw = NOTHING
    line_items: msgspec.Raw = NOTHING
    financial_status: msgspec.Raw = NOTHING
    abandoned_checkout_url: msgspec.Raw = NOTHING
    token: msgspec.Raw = NOTHING
    transactions: msgspec.Raw = NOTHING
    refund_line_items: msgspec.Raw = NOTHING
    myshopify_domain: msgspec.Raw = NOTHING
    shop_domain: msgspec.Raw = NOTHING
    customer: msgspec.Raw = NOTHING
    data_request: msgspec.Raw = NOTHING
    orders_requested: msgspec.Raw = NOTHING
    orders_to_redact: msgspec.Raw = NOTHING


class Coin(msgspec.Struct):
    """One side of a money bag: an amount in text, and its currency."""

    amount: Any = None
    currency_code: Any = None


class MoneyBag(msgspec.Struct):
    """A `*_set`: the same money in the shop's currency and in the one the buyer paid in."""

    shop_money: msgspec.Raw = NOTHING
    presentment_money: msgspec.Raw = NOTHING


class Priced(msgspec.Struct):
    """A shipping line, or what a line item shares with it. `price` alone is in the shop's currency."""

    price: Any = None
    price_set: msgspec.Raw = NOTHING


class LineItem(Priced):
    """One position. Ids are null on custom lines, `sku` may be ""."""

    product_id: Any = None
    variant_id: Any = None
    sku: Any = None
    quantity: Any = None


class Address(msgspec.Struct):
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


class Account(msgspec.Struct):
    """`customer`: null for guests and drafts, and redacted without Shopify's approval for protected data."""

    id: Any = None
    admin_graphql_api_id: Any = None
    email: Any = None
    phone: Any = None
    first_name: Any = None
    last_name: Any = None
    default_address: msgspec.Raw = NOTHING


class Client(msgspec.Struct):
    """`client_details`: the browser. On drafts and admin orders it is the merchant's own."""

    browser_ip: Any = None
    user_agent: Any = None


class Attribute(msgspec.Struct):
    """One of `note_attributes`: a cart attribute of the theme, of an app, or of our storefront embed."""

    name: Any = None
    value: Any = None


class OurAttributes(msgspec.Struct):
    """The cart attributes our storefront embed writes; the leading underscore keeps them off the checkout page."""

    fbp: Any = msgspec.field(name="_fbp", default=None)
    fbc: Any = msgspec.field(name="_fbc", default=None)
    fbclid: Any = msgspec.field(name="_fbclid", default=None)
    consent: Any = msgspec.field(name="_tandem_consent", default=None)


class Answers(msgspec.Struct):
    """What `_tandem_consent` holds; true allows, false refuses or opts out."""

    marketing: Any = None
    sale_of_data: Any = None


class Sale(msgspec.Struct):
    """What an order and a checkout have in common."""

    created_at: Any = None
    updated_at: Any = None
    cart_token: Any = None
    currency: Any = None
    presentment_currency: Any = None
    total_price: Any = None
    total_price_set: msgspec.Raw = NOTHING
    subtotal_price: Any = None
    subtotal_price_set: msgspec.Raw = NOTHING
    total_tax: Any = None
    total_tax_set: msgspec.Raw = NOTHING
    taxes_included: Any = None
    total_shipping_price_set: msgspec.Raw = NOTHING
    shipping_lines: msgspec.Raw = NOTHING
    line_items: msgspec.Raw = NOTHING
    email: Any = None
    contact_email: Any = None
    phone: Any = None
    customer: msgspec.Raw = NOTHING
    billing_address: msgspec.Raw = NOTHING
    shipping_address: msgspec.Raw = NOTHING
    browser_ip: Any = None
    client_details: msgspec.Raw = NOTHING
    landing_site: Any = None
    note_attributes: msgspec.Raw = NOTHING
    order_status_url: Any = None
    abandoned_checkout_url: Any = None


class OrderBody(Sale):
    """orders/*."""

    id: Any = None
    admin_graphql_api_id: Any = None
    order_number: Any = None
    financial_status: Any = None
    cancelled_at: Any = None
    confirmed: Any = None
    source_name: Any = None
    payment_gateway_names: Any = None
    test: Any = None
    checkout_token: Any = None


class CheckoutBody(Sale):
    """checkouts/*: no `*_set`, no browser, and `shipping_address` may be [] or absent."""

    token: Any = None


class RefundBody(msgspec.Struct):
    """refunds/create: nothing about the buyer, in none of the bodies seen."""

    id: Any = None
    admin_graphql_api_id: Any = None
    order_id: Any = None
    created_at: Any = None
    processed_at: Any = None
    transactions: msgspec.Raw = NOTHING


class Transaction(msgspec.Struct):
    """One movement of money of a refund."""

    kind: Any = None
    status: Any = None
    amount: Any = None
    currency: Any = None


class ShopBody(msgspec.Struct):
    """app/uninstalled: the shop itself. `myshopify_domain` is null in Shopify's own test notification."""

    myshopify_domain: Any = None


class PrivacyBody(msgspec.Struct):
    """The three compliance topics."""

    shop_domain: Any = None
    customer: msgspec.Raw = NOTHING
    orders_requested: Any = None
    orders_to_redact: Any = None
