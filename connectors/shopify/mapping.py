"""A Shopify body into the store's own words. Pure: topic and bytes in, messages out.

The topic comes in a header, which Shopify does not sign; the body is what is signed. So each body must also look
like its topic before it is believed: a signed customers/redact sent again as shop/redact must not erase a shop.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from connectors import wild
from connectors.errors import MalformedPayload, NotUsed
from connectors.event import Event, Kind, Message, Order, PrivacyKind, PrivacyRequest, StoreUninstalled
from connectors.shopify import amounts, ids, shopper, standing, whose
from connectors.shopify.reading import read
from connectors.shopify.shapes import (
    Account,
    CheckoutBody,
    LineItem,
    OrderBody,
    PrivacyBody,
    RefundBody,
    Sale,
    ShopBody,
    UsualLine,
)

MAX_TOKEN = 255


def parse(topic: str, body: bytes) -> list[Message]:
    """What the body tells, as one message.

    Raises NotUsed for a missing or unknown topic and for a refund that paid nothing back, MalformedPayload for a
    body that is unreadable or does not fit its topic.
    """
    topic = topic.strip().lower()
    reader = _READERS.get(topic)
    if reader is None:
        raise NotUsed("This topic is not followed.")
    shapes, tell = reader
    told = read(body, *shapes)
    if not _fits(topic, told):
        raise MalformedPayload(f"The body does not fit the topic {topic}.")
    return [tell(told)]


def _order(order: OrderBody[Any]) -> Event:
    order_id = ids.required("id", order.id, order.admin_graphql_api_id)
    return _sale(order, Kind.ORDER, order_id, order_facts(order, order_id))


def _sale(sale: Sale[Any], kind: Kind, subject: str, order: Order | None) -> Event:
    money, ours, made_at = amounts.of_sale(sale), shopper.attributes(sale), wild.instant(sale.created_at)
    shop_id, shop_domain = whose.of_sale(sale)
    return Event(
        kind=kind,
        subject=subject,
        placed_at=made_at,
        updated_at=made_at if sale.updated_at == sale.created_at else wild.instant(sale.updated_at),
        order_id=order.id if order else None,
        order=order,
        cart_token=wild.text(sale.cart_token),
        amounts=money,
        lines=amounts.lines(sale, money.total.currency),
        customer=shopper.customer(sale),
        browser=shopper.browser(sale, ours, made_at),
        consent=shopper.consent(ours),
        region=shopper.region(sale),
        shop_id=shop_id,
        shop_domain=shop_domain,
    )


def order_facts(order: OrderBody[Any], order_id: str) -> Order:
    """What the order is, by the one set of rules: orders that the API tells of are put before them as well."""
    status, cart_token = standing.status(order), wild.text(order.cart_token)
    return Order(
        id=order_id,
        number=ids.exact(order.order_number),
        status=status,
        standing=standing.standing(order, status),
        source=standing.source(order, cart_token),
        cash_on_delivery=standing.cash_on_delivery(order, status),
        test=wild.flag(order.test),
        checkout_token=wild.text(order.checkout_token),
        cart_token=cart_token,
        payment=standing.payment(order),
    )


def _checkout(checkout: CheckoutBody[Any]) -> Event:
    token = wild.text(checkout.token)
    if token is None or len(token) > MAX_TOKEN:  # cut short it would be another checkout's
        raise MalformedPayload("token is missing or too long.")
    return _sale(checkout, Kind.CHECKOUT_STARTED, token, None)


def _refund(refund: RefundBody) -> Event:
    """`processed_at` is null in Shopify's own test notification, and `transactions` empty: goods came back, no money
    went. Then there is nothing to tell.
    """
    refund_id = ids.required("id", refund.id, refund.admin_graphql_api_id)
    order_id = ids.required("order_id", refund.order_id)
    paid_back = amounts.of_refund(refund)
    if paid_back is None:
        raise NotUsed("The refund paid nothing back.")
    return Event(
        kind=Kind.REFUND,
        subject=refund_id,
        order_id=order_id,
        placed_at=wild.instant(refund.processed_at) or wild.instant(refund.created_at),
        amounts=paid_back,
    )


def _uninstalled(shop: ShopBody) -> StoreUninstalled:
    return StoreUninstalled(site=_site(shop.myshopify_domain), shop_id=ids.exact(shop.id))


def _data_request(told: PrivacyBody) -> PrivacyRequest:
    return _about_a_person(PrivacyKind.CUSTOMER_DATA, told, told.orders_requested)


def _customer_redaction(told: PrivacyBody) -> PrivacyRequest:
    return _about_a_person(PrivacyKind.CUSTOMER_ERASURE, told, told.orders_to_redact)


def _shop_redaction(told: PrivacyBody) -> PrivacyRequest:
    return PrivacyRequest(PrivacyKind.STORE_ERASURE, site=_site(told.shop_domain), shop_id=ids.exact(told.shop_id))


def _about_a_person(kind: PrivacyKind, told: PrivacyBody, orders: Any) -> PrivacyRequest:
    person = told.customer or Account()
    order_ids = map(ids.exact, orders if isinstance(orders, list) else [])
    return PrivacyRequest(
        kind,
        site=_site(told.shop_domain),
        customer_id=ids.exact(person.id),
        email=wild.text(person.email),
        phone=wild.text(person.phone),
        order_ids=tuple(order_id for order_id in order_ids if order_id),
        shop_id=ids.exact(told.shop_id),
    )


def _site(domain: Any) -> str | None:
    return (wild.text(domain, 255) or "").lower() or None


_ORDERS = (OrderBody[UsualLine], OrderBody[LineItem])
_CHECKOUTS = (CheckoutBody[LineItem],)  # whose lines have no sets
# The shapes of a topic's body, the usual one first, and what tells of it.
_READERS: dict[str, tuple[tuple[Any, ...], Callable[[Any], Message]]] = {
    **dict.fromkeys(("orders/create", "orders/paid", "orders/updated", "orders/cancelled"), (_ORDERS, _order)),
    **dict.fromkeys(("checkouts/create", "checkouts/update"), (_CHECKOUTS, _checkout)),
    "refunds/create": ((RefundBody,), _refund),
    "app/uninstalled": ((ShopBody,), _uninstalled),
    "customers/data_request": ((PrivacyBody,), _data_request),
    "customers/redact": ((PrivacyBody,), _customer_redaction),
    "shop/redact": ((PrivacyBody,), _shop_redaction),
}
TOPICS = tuple(_READERS)

# By the first word of the topic, else by all of it: keys of which one must be there, and keys that must not.
_LOOKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # A draft order and every part of an order (a transaction, a fulfillment) carry order_id.
    "orders": (("line_items", "financial_status"), ("order_id", "abandoned_checkout_url", "refund_line_items")),
    "checkouts": (("token", "line_items"), ("order_id", "financial_status", "refund_line_items")),
    "refunds": (("transactions", "refund_line_items"), ("line_items", "financial_status")),
    "app": (("myshopify_domain",), ("shop_domain", "line_items")),
    "customers/data_request": (("data_request", "orders_requested"), ("orders_to_redact",)),
    "customers/redact": (("orders_to_redact",), ("data_request", "orders_requested")),
    "shop": (("shop_domain",), ("customer", "data_request", "orders_requested", "orders_to_redact")),
}


def _fits(topic: str, told: msgspec.Struct) -> bool:
    one_of, none_of = _LOOKS.get(topic) or _LOOKS[topic.partition("/")[0]]
    return _has_any(told, one_of) and not _has_any(told, none_of)


def _has_any(told: msgspec.Struct, keys: tuple[str, ...]) -> bool:
    return any(getattr(told, key) is not msgspec.UNSET for key in keys)
