"""Past orders, as the Admin API tells them, into the store's own words. Pure.

The API and the webhooks spell one order in two ways. What the API says is put into the webhook's spelling, and read
by the rules that judge webhooks: there is one opinion of what an order is. Nothing of the buyer is asked for, and the
cart's attributes, which come whole, are read for our own consent answer only.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Page, PastOrder
from connectors.errors import MalformedPayload, Unreachable
from connectors.event import Event, Kind
from connectors.shopify import amounts, answers, ids, mapping, shopper
from connectors.shopify.answers import PageInfo
from connectors.shopify.shapes import Address, Attribute, Coin, LineItem, MoneyBag, OrderBody

_REACH = timedelta(days=60)  # what `read_orders` shows; older orders need a scope of their own
_UNNAMED = "unknown"
_MAX_WORD = 100


class Money(msgspec.Struct, rename="camel", gc=False):
    """One side of a set."""

    amount: Any = None
    currency_code: Any = None


class Bag(msgspec.Struct, rename="camel", gc=False):
    """A set of money: the same in two currencies."""

    presentment_money: Money | None = None
    shop_money: Money | None = None


class Place(msgspec.Struct, rename="camel", gc=False):
    """The two codes of an address."""

    country_code_v2: Any = None
    province_code: Any = None


class _CartAttribute(msgspec.Struct, gc=False):
    key: Any = None
    value: Any = None


class _App(msgspec.Struct, gc=False):
    name: Any = None


class Node(msgspec.Struct, rename="camel", gc=False):
    """One order, as `questions.ORDERS` asks for it."""

    id: Any = None
    number: Any = None
    created_at: Any = None
    updated_at: Any = None
    cancelled_at: Any = None
    confirmed: Any = None
    test: Any = None
    display_financial_status: Any = None
    source_name: Any = None
    cart_token: Any = None
    app: _App | None = None
    payment_gateway_names: Any = None
    total_price_set: Bag | None = None
    custom_attributes: list[_CartAttribute] | None = None
    billing_address: Place | None = None
    shipping_address: Place | None = None


class Orders(msgspec.Struct, rename="camel", gc=False):
    """A page of them."""

    nodes: list[Node] | None = None
    page_info: PageInfo | None = None


def search(since: datetime, now: datetime) -> str:
    """What finds the orders made from `since` on, but never those older than 60 days.

    That bound moves only at midnight, UTC: all pages of one reading should be of one search.
    """
    earliest = (now.astimezone(UTC) - _REACH).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return f"created_at:>='{max(since.astimezone(UTC), earliest):%Y-%m-%dT%H:%M:%SZ}'"


def page(orders: Orders, cursor: str | None) -> Page:
    """Its orders, each once; one that cannot be read (no id, no total) is left out. Raises Unreachable for half a page."""
    if orders.nodes is None:
        raise Unreachable("Shopify's answer has no list of orders.")
    read = {past.event.subject: past for past in map(_readable, orders.nodes) if past is not None}
    return Page(tuple(read.values()), answers.following(orders.page_info, cursor))


def _readable(node: Node) -> PastOrder | None:
    try:
        return _past_order(as_webhook(node), node.app)
    except MalformedPayload:
        return None


def _past_order(body: OrderBody[LineItem], app: _App | None) -> PastOrder:
    order = mapping.order_facts(body, ids.required("id", body.admin_graphql_api_id))
    event = Event(
        kind=Kind.ORDER,
        subject=order.id,
        placed_at=wild.instant(body.created_at),
        updated_at=wild.instant(body.updated_at),
        order_id=order.id,
        order=order,
        amounts=amounts.of_sale(body),
        consent=shopper.consent(shopper.attributes(body)),
        region=shopper.region(body),
    )
    return PastOrder(event, _source(body, app), _payment(body))


def as_webhook(node: Node) -> OrderBody[LineItem]:
    """The same in the webhook's spelling: words of an enum in lower case, and of the address its two codes.

    `number` is what the order's name is made of (1001): the webhook's `order_number`, whose own `number` counts from 1.
    """
    status = node.display_financial_status
    return OrderBody(
        admin_graphql_api_id=node.id,
        order_number=node.number,
        created_at=node.created_at,
        updated_at=node.updated_at,
        cancelled_at=node.cancelled_at,
        confirmed=node.confirmed,
        test=node.test,
        financial_status=status.lower() if isinstance(status, str) else status,
        source_name=node.source_name,
        cart_token=node.cart_token,
        payment_gateway_names=node.payment_gateway_names,
        total_price_set=bag(node.total_price_set or Bag()),
        note_attributes=_attributes(node.custom_attributes or ()),
        billing_address=_address(node.billing_address),
        shipping_address=_address(node.shipping_address),
    )


def bag(told: Bag) -> MoneyBag:
    """A set of money in the webhook's spelling."""
    return MoneyBag(presentment_money=_coin(told.presentment_money), shop_money=_coin(told.shop_money))


def _coin(money: Money | None) -> Coin | None:
    return Coin(amount=money.amount, currency_code=money.currency_code) if money else None


def _address(place: Place | None) -> Address | None:
    return Address(country_code=place.country_code_v2, province_code=place.province_code) if place else None


def _attributes(attributes: Sequence[_CartAttribute]) -> list[Attribute]:
    return [Attribute(name=one.key, value=one.value) for one in attributes]


def _source(body: OrderBody[LineItem], app: _App | None) -> str:
    """Shopify's word for it; where that is the number of an app, the app's name says more."""
    word = wild.text(body.source_name, _MAX_WORD) or ""
    named = wild.text(app.name, _MAX_WORD) if app else None
    return (named if not word or word.isdigit() else None) or word or _UNNAMED


def _payment(body: OrderBody[LineItem]) -> str:
    """The gateways in one word: a gift card and a card are told apart from either alone."""
    names = body.payment_gateway_names if isinstance(body.payment_gateway_names, list) else []
    return " + ".join(sorted({name for one in names if (name := wild.text(one, _MAX_WORD))})) or _UNNAMED
