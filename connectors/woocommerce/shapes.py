"""What WooCommerce's JSON looks like (wc/v3, recorded on 10.0.2), as far as we read it.

Leaves are Any and nested parts stay raw until asked for: what does not have its shape is then absent to the readers
of `connectors.wild`, and never costs the order. `reason` of a refund is free text and is not even named here.
"""

from typing import Any

import msgspec

_ABSENT = msgspec.Raw()


class OrderBody(msgspec.Struct, frozen=True):
    """An order, a bare `{"id"}`, or WooCommerce's error object: told apart by what is there."""

    id: Any = None
    number: Any = None
    status: Any = None
    created_via: Any = None
    payment_method: Any = None
    currency: Any = None
    total: Any = None
    total_tax: Any = None
    shipping_total: Any = None
    shipping_tax: Any = None
    prices_include_tax: Any = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    date_paid_gmt: Any = None
    customer_id: Any = None
    customer_ip_address: Any = None
    customer_user_agent: Any = None
    billing: msgspec.Raw = _ABSENT
    shipping: msgspec.Raw = _ABSENT
    line_items: msgspec.Raw = _ABSENT
    refunds: msgspec.Raw = _ABSENT
    meta_data: msgspec.Raw = _ABSENT
    links: msgspec.Raw = msgspec.field(name="_links", default=_ABSENT)
    code: Any = None
    data: msgspec.Raw = _ABSENT


class CheckoutBody(msgspec.Struct, frozen=True):
    """What our plugin tells of a checkout that was begun. `id` and `status` are an order's, and never here."""

    checkout_token: Any = None
    created_at_gmt: Any = None
    currency: Any = None
    subtotal: Any = None
    prices_include_tax: Any = None
    customer_id: Any = None
    billing: msgspec.Raw = _ABSENT
    shipping: msgspec.Raw = _ABSENT
    line_items: msgspec.Raw = _ABSENT
    meta_data: msgspec.Raw = _ABSENT
    links: msgspec.Raw = msgspec.field(name="_links", default=_ABSENT)
    id: Any = None
    status: Any = None


class Address(msgspec.Struct, frozen=True):
    """`billing` or `shipping`; only billing has an e-mail address."""

    first_name: Any = None
    last_name: Any = None
    city: Any = None
    state: Any = None
    postcode: Any = None
    country: Any = None
    email: Any = None
    phone: Any = None


class LineItem(msgspec.Struct, frozen=True):
    """A position. Its `price` is left unread: a float with noise in it (3.3299999999999996)."""

    product_id: Any = None
    variation_id: Any = None
    sku: Any = None
    quantity: Any = None
    total: Any = None
    total_tax: Any = None


class Refund(msgspec.Struct, frozen=True):
    """An entry of `refunds`: no date, no lines, no tax."""

    id: Any = None
    total: Any = None


class Meta(msgspec.Struct, frozen=True):
    """An entry of `meta_data`. Keys may be empty, values may be anything."""

    key: Any = None
    value: Any = None


class Links(msgspec.Struct, frozen=True):
    """`_links`, the API's own addresses."""

    own: msgspec.Raw = msgspec.field(name="self", default=_ABSENT)


class Link(msgspec.Struct, frozen=True):
    """One address of `_links`."""

    href: Any = None


class ErrorData(msgspec.Struct, frozen=True):
    """`data` of the error object: the HTTP status WooCommerce would have answered with."""

    status: Any = None
