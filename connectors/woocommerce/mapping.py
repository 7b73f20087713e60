"""What a WooCommerce body tells, as canonical events. Pure.

Every payload of an order is the whole order as it was when the store's queue ran, whatever the topic, and lists all
its refunds. So every payload is mapped alike; what is new in it is for those to find who know what came before.
A checkout is told by our plugin, in the same shapes; `checkout` reads it.
"""

import re
from collections.abc import Mapping
from typing import Any

from connectors import wild
from connectors.errors import AccessLost, ConnectorError, MalformedPayload, NotUsed
from connectors.event import Event, Kind, Message, Order
from connectors.money import Money
from connectors.woocommerce import amounts, attribution, checkout, reading, shopper, standing
from connectors.woocommerce.hosts import origin_of, site_of
from connectors.woocommerce.reading import instant
from connectors.woocommerce.shapes import CheckoutBody, ErrorData, OrderBody, Refund
from connectors.woocommerce.webhooks import CHECKOUT, TOPICS

MAX_REFUNDS = 100
MAX_WORD = 60

_DELETED, _RESTORED = "order.deleted", "order.restored"
_ORDER_ID = re.compile(r"[1-9]\d*", re.ASCII)

_RECONNECT = (
    "WooCommerce may no longer show us this store's orders: the user who connected it is gone or lost the right to "
    "see them. Reconnect the store."
)
_ERRORS = {
    "woocommerce_rest_shop_order_invalid_id": "The order was deleted before WooCommerce could tell of it.",
    # Every delivery of a webhook made through wc/v1, on a store with HPOS.
    "woocommerce_rest_invalid_shop_order_id": "WooCommerce sent an error instead of the order, as webhooks made "
    "through its old API (wc/v1) do. Make the webhook again.",
}
_DISAGREE = "Topic and body disagree: order.deleted holds an id, every other topic of an order the whole order."
_OTHER_ERROR = "WooCommerce sent an error instead of the order."


def parse(topic: str, body: bytes) -> list[Message]:
    """The messages in a signed body: the order first, then its refunds, oldest first; or the checkout.

    The topic is not signed, so the body's shape must bear it out. Raises NotUsed for a topic we do not follow and
    for an order WooCommerce could not show, AccessLost where it may show us none, MalformedPayload for the rest.
    """
    if topic not in TOPICS:
        raise NotUsed("This topic tells nothing of an order.")
    if topic == CHECKOUT:
        return [checkout.begun(wild.decode(body, CheckoutBody))]
    return _of_order(topic, body)


def _of_order(topic: str, body: bytes) -> list[Message]:
    told = wild.decode(body, OrderBody)
    error = _error_in(told)
    if error:
        raise error
    order_id = order_id_of(told)
    deleted = topic == _DELETED
    if not (_is_bare(told) if deleted else _is_order(told)):
        raise MalformedPayload(_DISAGREE)
    if deleted:
        return [Event(Kind.ORDER_DELETED, subject=order_id, order_id=order_id)]
    return _messages(told, order_id, revives=topic == _RESTORED)


def _error_in(told: OrderBody) -> ConnectorError | None:
    """What WooCommerce's signed error object means to us, if the body is one.

    It takes the place of an order that the webhook's user may not see (403; 401 once that user is deleted) or that
    was deleted for good before the queue ran (404). WooCommerce counts it as delivered: nothing comes after it.
    """
    code, data = wild.text(told.code), wild.part(told.data, ErrorData)
    if told.id is not None or code is None or data is None:
        return None
    if wild.whole(data.status) in (401, 403):
        return AccessLost(_RECONNECT)
    return NotUsed(_ERRORS.get(code, _OTHER_ERROR))


def _is_order(told: OrderBody) -> bool:
    return wild.text(told.status) is not None and bytes(told.line_items) != b""


def _is_bare(told: OrderBody) -> bool:
    return told.status is None and bytes(told.line_items) == b""


def order_id_of(told: OrderBody) -> str:
    """The order's id, digits. Raises MalformedPayload."""
    found = wild.identifier(told.id)
    if found is None or not _ORDER_ID.fullmatch(found):
        raise MalformedPayload("The order's id is unreadable.")
    return found


def _messages(told: OrderBody, order_id: str, *, revives: bool) -> list[Message]:
    total = amounts.total(told)
    order = _order_event(told, order_id, total, revives=revives)
    newest_first = wild.parts(told.refunds, Refund)[:MAX_REFUNDS]
    refunds = [_refund_event(refund, order, total.currency) for refund in reversed(newest_first)]
    return [order, *(refund for refund in refunds if refund is not None)]


def _order_event(told: OrderBody, order_id: str, total: Money, *, revives: bool) -> Event:
    """The order. Of its dates only the GMT ones are read: the others are the store's local time, without saying so."""
    meta = attribution.read(told.meta_data)
    billing, shipping = shopper.addresses(told)
    items = reading.items(told.line_items)
    address, placed_at = reading.own_address(told.links), instant(told.date_created_gmt)
    return Event(
        Kind.ORDER,
        subject=order_id,
        placed_at=placed_at,
        paid_at=instant(told.date_paid_gmt),
        updated_at=instant(told.date_modified_gmt),
        revives=revives,
        order_id=order_id,
        order=order_facts(told, order_id, meta),
        amounts=amounts.of_order(told, total, items),
        lines=amounts.lines(told, items),
        customer=shopper.customer(told, billing, shipping),
        browser=attribution.browser(
            meta,
            ip=told.customer_ip_address,
            user_agent=told.customer_user_agent,
            page=origin_of(address),
            until=placed_at,
        ),
        consent=attribution.consent(meta),
        region=shopper.region(billing, shipping),
        site=site_of(address),
    )


def order_facts(told: OrderBody, order_id: str, meta: Mapping[str, Any]) -> Order:
    """What the order is, by the one set of rules: orders that the API lists are put before them as well."""
    status, paid = wild.text(told.status) or "", instant(told.date_paid_gmt) is not None
    cash_on_delivery = told.payment_method == "cod"
    return Order(
        id=order_id,
        number=wild.text(told.number) or wild.identifier(told.number),  # differs from the id with a numbering plugin
        status=status,
        standing=standing.standing(status, paid=paid, cash_on_delivery=cash_on_delivery),
        source=standing.source(told.created_via),
        cash_on_delivery=cash_on_delivery,
        test=attribution.is_test(meta),
        checkout_token=attribution.checkout_token(meta),
        payment=wild.text(told.payment_method, MAX_WORD),
    )


def _refund_event(refund: Refund, order: Event, currency: str) -> Event | None:
    """One entry of `refunds`, None where nothing was given back. When it was made is not told here."""
    refund_id, given_back = wild.identifier(refund.id), amounts.of_refund(refund, currency)
    if refund_id is None or given_back is None:
        return None
    return Event(
        Kind.REFUND,
        subject=refund_id,
        updated_at=order.updated_at,
        order_id=order.order_id,
        amounts=given_back,
        site=order.site,
    )
