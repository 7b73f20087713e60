"""What merchants sell meanwhile: orders of dozens of stores, told as each platform tells them, at a steady rate."""

import heapq
import itertools
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import registry
from tests.rig.senders import Promise, Record, Webhook, attempt

_THREADS = 32
_PURCHASE, _REFUND = "Purchase", "Refund"


@dataclass(frozen=True)
class Merchant:
    """A connected store, and where it tells Meta."""

    platform: str
    domain: str
    secret: str
    path: str
    dataset_id: str


# One order's life: the webhooks told of it, one after another, as topic, fixture and the fixture's own topic.
# The chances are those of the lists' order: most orders are told once.
_LIVES: dict[str, tuple[tuple[tuple[str, str, str], ...], ...]] = {
    "shopify": (
        (("orders/paid", "card", "orders/paid"),),
        (("orders/create", "card", "orders/paid"), ("orders/paid", "card", "orders/paid")),
        (("orders/paid", "card", "orders/paid"), ("orders/paid", "card", "orders/paid")),
        (("orders/paid", "card", "orders/paid"), ("refunds/create", "partial", "refunds/create")),
    ),
    "woocommerce": (
        (("order.created", "card", "order.created"),),
        (("order.created", "card", "order.created"), ("order.updated", "completed", "order.updated")),
        (("order.created", "card", "order.created"), ("order.created", "card", "order.created")),
        (("order.created", "card", "order.created"), ("order.updated", "partial_refund", "order.updated")),
    ),
}
_CHANCES = (70, 12, 6, 12)


def life(merchant: Merchant, order_id: str, chance: random.Random) -> list[Webhook]:
    """The webhooks of one order, in the order in which they are sent."""
    placed_at = datetime.now(UTC) - timedelta(seconds=chance.randint(5, 600))
    (steps,) = chance.choices(_LIVES[merchant.platform], _CHANCES)
    return [_webhook(merchant, topic, case, source, order_id, placed_at) for topic, case, source in steps]


def _webhook(merchant: Merchant, topic: str, case: str, source: str, order_id: str, placed_at: datetime) -> Webhook:
    connector = registry.get(merchant.platform)
    sample = registry.sample(merchant.platform, source, case)
    body = connector.restage(sample, order_id=order_id, placed_at=placed_at, domain=merchant.domain)
    signed = connector.sign(topic, body, merchant.secret, merchant.domain)
    told = tuple(Promise(merchant.dataset_id, *one) for one in _promised(json.loads(body)))
    return Webhook(merchant.platform, merchant.path, signed, body, told)


def _promised(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Event names and ids that CONTRACT and DESIGN promise for a body, read from it by hand."""
    if "order_id" in body:
        return [(_REFUND, f"refund_{body['id']}")]
    refunds = [(_REFUND, f"refund_{one['id']}") for one in body["refunds"]]
    return [(_PURCHASE, str(body["id"])), *refunds]


@dataclass
class Load:
    """Orders at `rate` webhooks a second, to one of the addresses at random; a life's next webhook follows its last."""

    merchants: Sequence[Merchant]
    addresses: Sequence[str]
    rate: float
    seed: int
    records: list[Record] = field(default_factory=list)
    selling: bool = True
    _due: list[tuple[float, int, list[Record]]] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)
    _numbers: Any = field(default_factory=itertools.count)
    _open: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to sell."""
        deeds = [self._sell, *[self._send] * _THREADS]
        self._threads = [threading.Thread(target=deed, daemon=True) for deed in deeds]
        for thread in self._threads:
            thread.start()

    def taken(self) -> int:
        """How many were answered 200 by now."""
        return sum(record.taken is not None for record in list(self.records))

    def finish(self) -> None:
        """Sell nothing more; wait until every sender has done what its platform does."""
        with self._more:
            self.selling = False
            self._more.notify_all()
        for thread in self._threads:
            thread.join()

    def _sell(self) -> None:
        chance, next_at = random.Random(self.seed), time.monotonic()
        for number in itertools.count(1):
            if not self.selling:
                return
            records = [Record(one) for one in life(chance.choice(self.merchants), str(1_000_000 + number), chance)]
            with self._more:
                self._open += 1
                self._put(time.monotonic(), records)
            next_at += len(records) / self.rate
            time.sleep(max(0.0, next_at - time.monotonic()))

    def _put(self, when: float, records: list[Record]) -> None:
        heapq.heappush(self._due, (when, next(self._numbers), records))
        self._more.notify()

    def _send(self) -> None:
        chance = random.Random(self.seed)
        while records := self._next():
            record = records[0]
            if not record.tries:
                self.records.append(record)
            attempt(chance.choice(self.addresses), record)
            with self._more:
                self._go_on(records)

    def _go_on(self, records: list[Record]) -> None:
        """Try again, go to the life's next webhook, or be done with it."""
        wait = records[0].wait
        if wait is not None:
            self._put(time.monotonic() + wait, records)
        elif len(records) > 1 and _follows(records[0]):
            self._put(time.monotonic(), records[1:])
        else:
            self._open -= 1
            self._more.notify_all()

    def _next(self) -> list[Record] | None:
        """What is to be sent now; None where nothing is left and nothing will come."""
        with self._more:
            while self.selling or self._open:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)[2]
                self._more.wait(min(0.5, self._due[0][0] - now) if self._due else 0.5)
        return None


def _follows(record: Record) -> bool:
    """A refund of an order nobody ever told us waits for it for days; WooCommerce's tells the order again."""
    return record.taken is not None or record.webhook.platform == "woocommerce"
