"""One order's life as each platform tells it: what is posted at each station, at the platform's own times.

All bodies of a life are made of one constructed card order, so that they differ only in what happened.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors import registry

# When each station comes, by the platform's own clock, after the order was placed.
CREATED, PAID, UPDATED, REFUNDED, CANCELLED, REOPENED = (
    timedelta(minutes=minutes) for minutes in (0, 2, 10, 20, 30, 40)
)
FIRST_TOTAL, EDITED_TOTAL, REFUND_TOTAL = "100.00", "120.00", "26.55"


@dataclass(frozen=True)
class Station:
    """One webhook of a life."""

    topic: str
    body: bytes

    def of(self, order_id: str, other: str) -> "Station":
        """The same of another order, whose id is as long."""
        return Station(self.topic, self.body.replace(order_id.encode(), other.encode()))


Life = Mapping[str, Station]


@dataclass(frozen=True)
class Teller:
    """Makes the bodies of one order, placed at `placed_at` (whole seconds), on the site `domain`."""

    order_id: str
    placed_at: datetime
    domain: str

    def base(self, platform: str, topic: str, case: str) -> dict[str, Any]:
        """A constructed body as this order's."""
        body = registry.sample(platform, topic, case)
        connector = registry.get(platform)
        return json.loads(connector.restage(body, order_id=self.order_id, placed_at=self.placed_at, domain=self.domain))

    @property
    def refund_id(self) -> int:
        return int(self.order_id) * 10 + 7


def _station(topic: str, document: Mapping[str, Any]) -> Station:
    return Station(topic, json.dumps(document, separators=(",", ":")).encode())


def shopify(teller: Teller, *, edited: str = EDITED_TOTAL) -> Life:
    """By card in two steps; `edited` is its total since the merchant's edit. Refunds are bodies of their own."""
    order = teller.base("shopify", "orders/paid", "card")

    def told(topic: str, after: timedelta, status: str, total: str, **more: Any) -> Station:
        at = (teller.placed_at + after).isoformat()
        both = {"amount": total, "currency_code": "EUR"}
        money = {"total_price": total, "total_price_set": {"shop_money": both, "presentment_money": both}}
        return _station(topic, {**order, **money, "financial_status": status, "updated_at": at, **more})

    back = {"kind": "refund", "status": "success", "amount": REFUND_TOTAL, "currency": "EUR"}
    refunded_at = (teller.placed_at + REFUNDED).isoformat()
    refund = teller.base("shopify", "refunds/create", "partial")
    refund |= {"id": teller.refund_id, "admin_graphql_api_id": f"gid://shopify/Refund/{teller.refund_id}"}
    refund |= {"created_at": refunded_at, "processed_at": refunded_at, "transactions": [back]}
    ended = {"cancelled_at": (teller.placed_at + CANCELLED).isoformat()}
    return {
        "created": told("orders/create", CREATED, "pending", FIRST_TOTAL),
        "paid": told("orders/paid", PAID, "paid", FIRST_TOTAL),
        "updated": told("orders/updated", UPDATED, "paid", edited),
        "refunded": _station("refunds/create", refund),
        "cancelled": told("orders/cancelled", CANCELLED, "voided", edited, **ended),
        "wholly refunded": told("orders/updated", CANCELLED, "refunded", edited),
        "cancelled as it was paid": told("orders/cancelled", PAID, "voided", FIRST_TOTAL, **ended),
    }


def woocommerce(teller: Teller, *, edited: str = EDITED_TOTAL) -> Life:
    """By an off-site wallet; `edited` is its total since the merchant's edit. Refunds are a list in the order."""
    order = teller.base("woocommerce", "order.created", "card")
    paid_at = _gmt(teller.placed_at + PAID)
    refunds = [{"id": teller.refund_id, "reason": "", "total": f"-{REFUND_TOTAL}"}]

    def told(topic: str, after: timedelta, status: str, total: str, **more: Any) -> Station:
        changes = {"status": status, "total": total, "date_modified_gmt": _gmt(teller.placed_at + after)}
        return _station(topic, {**order, **changes, "date_paid_gmt": paid_at, **more})

    return {
        "created": told("order.created", CREATED, "pending", FIRST_TOTAL, date_paid_gmt=None),
        "paid": told("order.updated", PAID, "processing", FIRST_TOTAL),
        "updated": told("order.updated", UPDATED, "completed", edited),
        "refunded": told("order.updated", REFUNDED, "completed", edited, refunds=refunds),
        "cancelled": told("order.updated", CANCELLED, "cancelled", edited, refunds=refunds),
        "wholly refunded": told("order.updated", CANCELLED, "refunded", edited, refunds=refunds),
        "cancelled as it was paid": told("order.updated", PAID, "cancelled", FIRST_TOTAL),
        "reopened": told("order.updated", REOPENED, "processing", edited, refunds=refunds),
        "deleted": _station("order.deleted", {"id": int(teller.order_id)}),
        "restored": told("order.restored", REOPENED, "completed", edited, refunds=refunds),
    }


def _gmt(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


LIVES: Mapping[str, Callable[..., Life]] = {"shopify": shopify, "woocommerce": woocommerce}
