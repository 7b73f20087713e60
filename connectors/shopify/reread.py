"""One order, as the Admin API tells it, into the body its webhook would have: read by the webhooks' own rules. Pure.

What the API does not know of an order is left out, never made up: the browser's agent. Where Shopify keeps customers or
products from the app, their ids are missing, too.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Told
from connectors.errors import Unreachable
from connectors.shopify import answers, history, ids
from connectors.shopify.answers import PageInfo
from connectors.shopify.shapes import Account, Address, LineItem, OrderBody

TOPIC = "orders/updated"


class _Email(msgspec.Struct, rename="camel", gc=False):
    email_address: Any = None


class _Phone(msgspec.Struct, rename="camel", gc=False):
    phone_number: Any = None


class _Place(history.Place, rename="camel", gc=False):
    first_name: Any = None
    last_name: Any = None
    phone: Any = None
    city: Any = None
    zip: Any = None
    province: Any = None
    country: Any = None


class _Customer(msgspec.Struct, rename="camel", gc=False):
    id: Any = None
    first_name: Any = None
    last_name: Any = None
    default_email_address: _Email | None = None
    default_phone_number: _Phone | None = None
    default_address: _Place | None = None


class _Visit(msgspec.Struct, rename="camel", gc=False):
    landing_page: Any = None


class _Journey(msgspec.Struct, rename="camel", gc=False):
    ready: Any = None
    last_visit: _Visit | None = None


class _Named(msgspec.Struct, gc=False):
    id: Any = None


class Line(msgspec.Struct, rename="camel", gc=False):
    """One position."""

    sku: Any = None
    quantity: Any = None
    original_unit_price_set: history.Bag | None = None
    product: _Named | None = None
    variant: _Named | None = None


class _Lines(msgspec.Struct, rename="camel", gc=False):
    nodes: list[Line] | None = None
    page_info: PageInfo | None = None


class Node(history.Node, rename="camel", gc=False):
    """One order, as `questions.ORDER` asks for it."""

    checkout_token: Any = None
    currency_code: Any = None
    presentment_currency_code: Any = None
    taxes_included: Any = None
    subtotal_price_set: history.Bag | None = None
    total_tax_set: history.Bag | None = None
    total_shipping_price_set: history.Bag | None = None
    email: Any = None
    phone: Any = None
    client_ip: Any = None
    status_page_url: Any = None
    customer_journey_summary: _Journey | None = None
    billing_address: _Place | None = None
    shipping_address: _Place | None = None
    customer: _Customer | None = None
    line_items: _Lines | None = None


def page(node: Node, cursor: str | None) -> tuple[list[Line], str | None]:
    """The lines of an answer, and the cursor of those that follow. Raises Unreachable for half a list."""
    if node.line_items is None or node.line_items.nodes is None:
        raise Unreachable("Shopify's answer has no list of what was ordered.")
    return node.line_items.nodes, answers.following(node.line_items.page_info, cursor)


def told(order_id: str, node: Node, lines: Sequence[Line]) -> Told:
    """The order as its webhook tells it. Raises Unreachable where the answer is of another, or without a time."""
    changed_at = wild.instant(node.updated_at)
    if ids.exact(node.id) != order_id or changed_at is None:
        raise Unreachable("Shopify's answer is not the order that was asked for.")
    body = msgspec.json.encode(_body(node, lines))
    return Told(TOPIC, body, order_id, changed_at, placed_at=wild.instant(node.created_at))


def _body(node: Node, lines: Sequence[Line]) -> OrderBody[LineItem]:
    journey = node.customer_journey_summary
    visit = journey.last_visit if journey and journey.ready is True else None
    shop = node.total_price_set.shop_money if node.total_price_set else None
    return msgspec.structs.replace(
        history.as_webhook(node),
        id=_number(node.id),
        checkout_token=node.checkout_token,
        currency=node.currency_code,
        presentment_currency=node.presentment_currency_code,
        taxes_included=node.taxes_included,
        total_price=shop.amount if shop else None,
        subtotal_price_set=_set(node.subtotal_price_set),
        total_tax_set=_set(node.total_tax_set),
        total_shipping_price_set=_set(node.total_shipping_price_set),
        line_items=[_line(one) for one in lines],
        email=node.email,
        phone=node.phone,
        browser_ip=node.client_ip,
        landing_site=visit.landing_page if visit else None,
        order_status_url=node.status_page_url,
        billing_address=_address(node.billing_address),
        shipping_address=_address(node.shipping_address),
        customer=_account(node.customer),
    )


def _line(line: Line) -> LineItem:
    return LineItem(
        price_set=_set(line.original_unit_price_set),
        product_id=_number(line.product.id) if line.product else None,
        variant_id=_number(line.variant.id) if line.variant else None,
        sku=line.sku,
        quantity=line.quantity,
    )


def _account(customer: _Customer | None) -> Account | None:
    if customer is None:
        return None
    return Account(
        id=_number(customer.id),
        admin_graphql_api_id=customer.id,
        email=customer.default_email_address.email_address if customer.default_email_address else None,
        phone=customer.default_phone_number.phone_number if customer.default_phone_number else None,
        first_name=customer.first_name,
        last_name=customer.last_name,
        default_address=_address(customer.default_address),
    )


def _address(place: _Place | None) -> Address | None:
    if place is None:
        return None
    named = {name: getattr(place, name) for name in _ALIKE}
    return Address(**named, country_code=place.country_code_v2)


def _set(bag: history.Bag | None) -> Any:
    return history.bag(bag) if bag else None


def _number(gid: Any) -> int | str | None:
    """A webhook tells ids as numbers."""
    found = ids.exact(gid)
    return int(found) if found and found.isdecimal() else found


_ALIKE = ("first_name", "last_name", "phone", "city", "zip", "province", "province_code", "country")
