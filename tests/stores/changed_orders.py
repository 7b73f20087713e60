"""A WooCommerce shop that sells, constructed: its orders as its API tells them, changed since, and its webhooks, which are
posted or get lost. What the tests of a sweep read.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import registry
from connectors.access import Changes, Told
from connectors.woocommerce import feed
from integration.pipeline.receive import Receiver, Reply
from tests.rig.shop import SECRET_KEY, Shop

PLATFORM = "woocommerce"
_NOTHING = timedelta(0)
_Trouble = Callable[[int], None]


@dataclass
class Counter:
    """An OrderFeed with orders in it, `size` a page. `ahead`: how wrong the shop's clock is. `trouble(n)` is called at
    question n, and may raise, or change orders meanwhile.
    """

    shop: Shop
    size: int = 10
    ahead: timedelta = _NOTHING
    trouble: _Trouble = lambda _: None
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[datetime, str | None]] = field(default_factory=list)

    def sell(self, order_id: int, at: datetime, case: str = "card", topic: str = "order.created") -> None:
        """An order is placed."""
        sample = registry.sample(PLATFORM, topic, case)
        body = registry.get(PLATFORM).restage(
            sample, order_id=str(order_id), placed_at=at + self.ahead, domain=self.shop.row.domain
        )
        self.orders[order_id] = json.loads(body)
        paid = self.orders[order_id]["date_created_gmt"] if self.orders[order_id]["date_paid_gmt"] else None
        self.change(order_id, at, date_paid_gmt=paid)

    def change(self, order_id: int, at: datetime, **values: Any) -> None:
        """Something of an order is different from `at` on."""
        self.orders[order_id].update(values, date_modified_gmt=f"{at + self.ahead:%Y-%m-%dT%H:%M:%S}")

    def body(self, order_id: int) -> bytes:
        return json.dumps(self.orders[order_id]).replace("/", r"\/").encode()

    def post(self, order_id: int, now: datetime, topic: str = "order.updated") -> Reply:
        """The webhook of an order as it is."""
        return self.shop.tell(topic, self.body(order_id), now=now)

    def changed(self, since: datetime, cursor: str | None) -> Changes:
        """By time and then by id, from the place of the last one told; what is in the bin as deleted."""
        self.asked.append((since, cursor))
        self.trouble(len(self.asked))
        start = (_text(since), -1) if cursor is None else tuple(json.loads(cursor))
        waiting = sorted(one for one in map(_place, self.orders.values()) if one > start)
        page = waiting[: self.size]
        return Changes(
            [self._told(order_id) for _, order_id in page], json.dumps(page[-1]) if waiting[self.size :] else None
        )

    def _told(self, order_id: int) -> Told:
        order = self.orders[order_id]
        binned = order["status"] == "trash"
        return Told(
            "order.deleted" if binned else "order.updated",
            json.dumps({"id": order_id}).encode() if binned else self.body(order_id),
            str(order_id),
            _time(order["date_modified_gmt"]),
            _time(order["date_created_gmt"]),
            _time(order["date_paid_gmt"]) if order["date_paid_gmt"] else None,
        )


@dataclass
class Shelf(Counter):
    """The same orders behind the connector's own feed, which reads the answers of a shop's API, a hundred a page."""

    def changed(self, since: datetime, cursor: str | None) -> Changes:
        self.asked.append((since, cursor))
        self.trouble(len(self.asked))
        asked = feed.query(since, cursor)
        binned, first = asked["status"] == "trash", asked["modified_after"]
        last = asked.get("modified_before", "9999")
        found = [
            order
            for order in self.orders.values()
            if first < order["date_modified_gmt"] < last and (order["status"] == "trash") == binned
        ]
        found.sort(key=lambda order: order["id"] if asked["orderby"] == "id" else order["date_modified_gmt"])
        start, size = int(asked.get("offset", 0)), int(asked["per_page"])
        answer = json.dumps(found[start : start + size]).encode()
        return feed.changes(answer, since, cursor, -(-len(found) // size))


def receiver(shop: Shop) -> Receiver:
    """As the process has it that does the chores."""
    return Receiver(shop.bench.engine, shop.bench.sealer, SECRET_KEY, shop.bench.app_secrets)


def _place(order: dict[str, Any]) -> tuple[str, int]:
    return order["date_modified_gmt"], order["id"]


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
