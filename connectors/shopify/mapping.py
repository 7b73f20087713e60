"""A Shopify body into the store's own words. Pure: topic and bytes in, messages out.

The topic comes in a header, which Shopify does not sign; the body is what is signed. So each body must also look
like its topic before it is believed: a signed customers/redact sent again as shop/redact must not erase a shop.
"""

from collections.abc import Callable
from typing import Any

from connectors import wild
from connectors.errors import MalformedPayload, NotUsed
from connectors.event import Event, Kind, Message, Order, PrivacyKind, PrivacyRequest, StoreUninstalled
from connectors.shopify import amounts, ids, shopper, standing
from connectors.shopify.shapes import Account, CheckoutBody, Marks, OrderBody, PrivacyBody, RefundBody, ShopBody

Reader = Callable[[bytes], Message]

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
    if not _fits(topic, wild.decode(body, Marks)):
        raise MalformedPayload(f"The body does not fit the topic {topic}.")
    return [reader(body)]


def _order(body: bytes) -> Event:
    order = wild.decode(body, OrderBody)
    order_id = ids.required("id", order.id, order.admin_graphql_api_id)
    money = amounts.of_sale(order)
    return Event(
        kind=Kind.ORDER,
        subject=order_id,
        placed_at=wild.instant(order.created_at),
        updated_at=wild.instant(order.updated_at),
        order_id=order_id,
        order=_order_facts(order, order_id),
        amounts=money,
        lines=amounts.lines(order, money.total.currency),
        customer=shopper.customer(order),
        browser=shopper.browser(order),
        consent=shopper.consent(order),
        region=shopper.region(order),
    )


def _order_facts(order: OrderBody, order_id: str) -> Order:
    return Order(
        id=order_id,
        number=ids.exact(order.order_number),
        status=standing.status(order),
        standing=standing.standing(order),
        source=standing.source(order),
        cash_on_delivery=standing.cash_on_delivery(order),
        test=wild.flag(order.test),
        checkout_token=wild.text(order.checkout_token),
        cart_token=wild.text(order.cart_token),
    )


def _checkout(body: bytes) -> Event:
    checkout = wild.decode(body, CheckoutBody)
    token = wild.text(checkout.token)
    if token is None or len(token) > MAX_TOKEN:  # cut short it would be another checkout's
        raise MalformedPayload("token is missing or too long.")
    money = amounts.of_sale(checkout)
    return Event(
        kind=Kind.CHECKOUT_STARTED,
        subject=token,
        placed_at=wild.instant(checkout.created_at),
        updated_at=wild.instant(checkout.updated_at),
        amounts=money,
        lines=amounts.lines(checkout, money.total.currency),
        customer=shopper.customer(checkout),
        browser=shopper.browser(checkout),
        consent=shopper.consent(checkout),
        region=shopper.region(checkout),
    )


def _refund(body: bytes) -> Event:
    """`processed_at` is null in Shopify's own test notification, and `transactions` empty: goods came back, no money
    went. Then there is nothing to tell.
    """
    refund = wild.decode(body, RefundBody)
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


def _uninstalled(body: bytes) -> StoreUninstalled:
    return StoreUninstalled(site=_site(wild.decode(body, ShopBody).myshopify_domain))


def _data_request(body: bytes) -> PrivacyRequest:
    told = wild.decode(body, PrivacyBody)
    return _about_a_person(PrivacyKind.CUSTOMER_DATA, told, told.orders_requested)


def _customer_redaction(body: bytes) -> PrivacyRequest:
    told = wild.decode(body, PrivacyBody)
    return _about_a_person(PrivacyKind.CUSTOMER_ERASURE, told, told.orders_to_redact)


def _shop_redaction(body: bytes) -> PrivacyRequest:
    return PrivacyRequest(PrivacyKind.STORE_ERASURE, site=_site(wild.decode(body, PrivacyBody).shop_domain))


def _about_a_person(kind: PrivacyKind, told: PrivacyBody, orders: Any) -> PrivacyRequest:
    person = wild.part(told.customer, Account) or Account()
    order_ids = map(ids.exact, orders if isinstance(orders, list) else [])
    return PrivacyRequest(
        kind,
        site=_site(told.shop_domain),
        customer_id=ids.exact(person.id),
        email=wild.text(person.email),
        phone=wild.text(person.phone),
        order_ids=tuple(order_id for order_id in order_ids if order_id),
    )


def _site(domain: Any) -> str | None:
    return (wild.text(domain, 255) or "").lower() or None


_READERS: dict[str, Reader] = {
    **dict.fromkeys(("orders/create", "orders/paid", "orders/updated", "orders/cancelled"), _order),
    **dict.fromkeys(("checkouts/create", "checkouts/update"), _checkout),
    "refunds/create": _refund,
    "app/uninstalled": _uninstalled,
    "customers/data_request": _data_request,
    "customers/redact": _customer_redaction,
    "shop/redact": _shop_redaction,
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


def _fits(topic: str, marks: Marks) -> bool:
    one_of, none_of = _LOOKS.get(topic) or _LOOKS[topic.partition("/")[0]]
    present = {key for key in (*one_of, *none_of) if bytes(getattr(marks, key))}
    return bool(present.intersection(one_of)) and not present.intersection(none_of)
