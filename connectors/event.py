"""The canonical model: what happened in a store, told in the store's terms.

An `Event` is raw and lives in memory only. It knows of no destination: no hash, no event name, no dataset.
The parts are msgspec's Structs: seventy fields of frozen dataclasses would cost as much as reading the whole order.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from connectors.money import Money


class Kind(StrEnum):
    """What happened."""

    ORDER = "order"
    ORDER_DELETED = "order_deleted"
    CHECKOUT_STARTED = "checkout_started"
    REFUND = "refund"


class Standing(StrEnum):
    """How far an order has come, in words both platforms share. Who counts what is decided elsewhere."""

    UNPLACED = "unplaced"  # a draft of the checkout page, a failed payment, an abandoned wallet
    PLACED = "placed"  # the buyer has ordered, the money is still to come
    PAID = "paid"  # paid, or promised by a card: authorised, partly paid, partly refunded
    CANCELLED = "cancelled"  # cancelled, voided or wholly refunded


class Source(StrEnum):
    """Through which door an order came."""

    WEBSITE = "website"
    POS = "pos"
    DRAFT = "draft"
    SUBSCRIPTION = "subscription"
    OTHER = "other"


class Stated(StrEnum):
    """What a visitor said to one purpose. A default is not a statement."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNSTATED = "unstated"


class Consent(msgspec.Struct, frozen=True):
    """What the shopper stated, as the platform or our storefront script passed it on."""

    marketing: Stated = Stated.UNSTATED
    sale_of_data: Stated = Stated.UNSTATED


class Customer(msgspec.Struct, frozen=True):
    """The person, as given: not trimmed, not lowered, not hashed. Every field may be missing."""

    id: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None


class Browser(msgspec.Struct, frozen=True):
    """The shopper's browser, as far as the platform or our storefront script passed it on.

    fbp, fbc and fbclid are carried unread: what they mean is not a platform's business.
    """

    ip: str | None = None
    user_agent: str | None = None
    page: str | None = None  # an address of the storefront, never one that holds an order key or a token
    fbp: str | None = None
    fbc: str | None = None
    fbclid: str | None = None
    landed_at: datetime | None = None  # when fbclid was first seen


class Line(msgspec.Struct, frozen=True, gc=False):
    """One position of an order. `price` is what one piece cost, in the buyer's currency, major units."""

    quantity: int
    price: Decimal
    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None


class Amounts(msgspec.Struct, frozen=True):
    """The money of an order or checkout, in the currency the buyer paid in, major units.

    `subtotal` is the items after discounts as the shop shows them, `shipping` and `tax` are contained in `total`.
    """

    total: Money
    subtotal: Decimal
    shipping: Decimal
    tax: Decimal
    shop: Money | None = None  # the same total in the shop's own currency, for reconciliation


class Order(msgspec.Struct, frozen=True):
    """What an order is, without who made it."""

    id: str
    number: str | None
    status: str  # the platform's own word, for people to read
    standing: Standing
    source: Source
    cash_on_delivery: bool = False
    test: bool = False
    checkout_token: str | None = None
    cart_token: str | None = None
    payment: str | None = None  # the platform's own words for how it was paid


class Event(msgspec.Struct, frozen=True):
    """Something that happened in a store.

    `subject` is the platform's own id of the order, refund, checkout or customer the event is about.
    `order_id` is the order a refund belongs to, or the order itself. `site` is the host this payload says it is of.
    `shop_id` is the platform's own id of the shop, where the payload tells it, and `shop_domain` a shop's permanent domain
    in an address of the payload: less than `site`, for a shop may have had another one.
    """

    kind: Kind
    subject: str
    placed_at: datetime | None = None  # when the deed was done: order placed, checkout begun, refund made
    paid_at: datetime | None = None  # when the money came, where the platform tells
    updated_at: datetime | None = None  # the platform's own version of this payload
    revives: bool = False  # the platform says that a deleted order is back
    order_id: str | None = None
    order: Order | None = None
    cart_token: str | None = None  # of a checkout; an order has its own
    amounts: Amounts | None = None
    lines: tuple[Line, ...] = ()
    customer: Customer = Customer()
    browser: Browser = Browser()
    consent: Consent = Consent()
    region: tuple[str | None, str | None] = (None, None)  # country, state: billing, else shipping, else the account's
    site: str | None = None
    shop_id: str | None = None
    shop_domain: str | None = None


class PrivacyKind(StrEnum):
    """What a platform may demand for a person or a store."""

    CUSTOMER_DATA = "customer_data"
    CUSTOMER_ERASURE = "customer_erasure"
    STORE_ERASURE = "store_erasure"


class PrivacyRequest(msgspec.Struct, frozen=True):
    """The platform passes on a person's (or a store's) demand. `site` must be the store it came for, and `shop_id`, the
    platform's own id of it, if both are known.
    """

    kind: PrivacyKind
    site: str | None
    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    order_ids: tuple[str, ...] = ()
    shop_id: str | None = None


class StoreUninstalled(msgspec.Struct, frozen=True):
    """The merchant removed our app. `site` is the store the body names, `shop_id` the platform's own id of it.

    `triggered_at`: when it was removed, by the word of a header that nobody signed.
    """

    site: str | None
    shop_id: str | None = None
    triggered_at: datetime | None = None


Message = Event | PrivacyRequest | StoreUninstalled
