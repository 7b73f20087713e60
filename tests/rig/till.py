"""A store of a running service that sells: its orders, their webhooks, and what Meta was told of them."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from connectors import registry
from tests.rig.sandbox import Sandbox
from tests.rig.senders import Promise, Record, Webhook, attempt, send
from tests.rig.service import Service, eventually

PATIENCE = 60.0
SELLERS = 6


@dataclass
class Till:
    """Shopify orders of one store, each with an id of its own."""

    service: Service
    meta: Sandbox
    store: dict[str, str]
    dataset_id: str
    numbers: Any = field(default_factory=lambda: count(7_001))

    @classmethod
    def opened(cls, service: Service, meta: Sandbox, dataset_id: str) -> "Till":
        """Connect the store. The dataset has to be nobody else's: Meta's stand-in outlives a service."""
        store = service.add_store(
            *("shopify", f"till-{dataset_id}.myshopify.com", "--dataset", dataset_id, "--token", "good-token"),
            *("--since", "2026-01-01T00:00:00Z"),
        )
        service.run("store", "set", store["store_id"], "consent_mode=assumed")
        return cls(service, meta, store, dataset_id)

    def order(self) -> Webhook:
        """A new order's webhook."""
        order_id, connector = str(next(self.numbers)), registry.get("shopify")
        body = connector.restage(
            registry.sample("shopify", "orders/paid", "card"),
            order_id=order_id,
            placed_at=datetime.now(UTC) - timedelta(minutes=1),
            domain=self.store["domain"],
        )
        signed = connector.sign("orders/paid", body, self.store["webhook_secret"], self.store["domain"])
        promise = Promise(self.dataset_id, "Purchase", order_id)
        return Webhook("shopify", "/webhooks/shopify", signed, body, (promise,))

    def tell(self, url: str | None = None) -> Record:
        """A new order, told once; to the service, or to another on the same database."""
        record = Record(self.order())
        attempt(url or self.service.url, record)
        return record

    def sell(self) -> Record:
        """A new order, told until it is taken or Shopify would give up."""
        return send(self.order(), lambda: self.service.url)

    def tell_together(self, number: int) -> list[Record]:
        """So many new orders, each told once, all at the same moment."""
        start = threading.Barrier(number)

        def tell(record: Record) -> Record:
            start.wait()
            attempt(self.service.url, record)
            return record

        with ThreadPoolExecutor(number) as threads:
            return list(threads.map(tell, [Record(self.order()) for _ in range(number)]))

    def sell_through(self, deed: Callable[[], None]) -> list[Record]:
        """Some sellers at work, each order told until it is taken or given up, while `deed` is done in their midst."""
        over = threading.Event()
        records: list[Record] = []

        def sell() -> None:
            while not over.is_set():
                records.append(self.sell())

        threads = [threading.Thread(target=sell) for _ in range(SELLERS)]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        deed()
        time.sleep(1.0)
        over.set()
        for thread in threads:
            thread.join()
        return records

    def retell(self, records: Iterable[Record]) -> None:
        """What the platform does later: the same webhooks again."""
        for record in records:
            attempt(self.service.url, record)

    def copies(self, record: Record) -> list[bool]:
        """Whether each copy of this order's Purchase that Meta got was counted."""
        return self._copies().get(record.webhook.promises[0].event_id, [])

    def _copies(self) -> dict[str, list[bool]]:
        found: dict[str, list[bool]] = {}
        for event in self.meta.events():
            if event["dataset_id"] == self.dataset_id:
                found.setdefault(event["event_id"], []).append(event["counted"])
        return found

    def delivered(self, records: Iterable[Record], meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Whether each of these is, in the end, told to Meta and counted exactly once; `meanwhile` is done at each look
        that finds some missing.
        """
        wanted = [record.webhook.promises[0].event_id for record in records]
        assert wanted

        def look() -> bool:
            told = self._copies()
            return all(sum(told.get(event_id, ())) == 1 for event_id in wanted) or meanwhile()

        return bool(eventually(look, PATIENCE))
