"""A ledger filled in one breath: events with one delivery each, as the road leaves them, without walking it."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from integration import db
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.webhooks import webhooks

_numbers = itertools.count(1)


def fill(
    engine: db.Engine,
    store_id: str,
    placed_at: datetime,
    number: int = 1,
    *,
    state: State = State.DELIVERED,
    reason: str | None = None,
    took: timedelta = timedelta(seconds=2),
    **more: Any,
) -> list[int]:
    """So many events of a store, placed and received at that moment; `more`: columns of events. The ids are theirs."""
    told = {"event_name": "Purchase", "value": "10.10", "currency": "EUR", "key_mask": 0b1, "test": False, **more}
    rows = [_event(store_id, placed_at, str(next(_numbers)), told) for _ in range(number)]
    delivered_at = placed_at + took if state is State.DELIVERED else None
    with db.transaction(engine) as connection:
        pks = list(connection.execute(sa.insert(events).returning(events.c.id), rows).scalars())
        dataset = connection.execute(sa.select(datasets.c.id).where(datasets.c.store_id == store_id)).scalar()
        told_to = {"store_id": store_id, "dataset_pk": dataset, "state": state.value, "reason": reason}
        connection.execute(
            sa.insert(deliveries), [{**told_to, "event_pk": pk, "delivered_at": delivered_at} for pk in pks]
        )
    return pks


def _event(store_id: str, placed_at: datetime, order_id: str, told: dict[str, Any]) -> dict[str, Any]:
    ids = {"subject": order_id, "event_id": order_id, "order_id": order_id}
    times = dict.fromkeys(("placed_at", "event_time", "received_at"), placed_at)
    return {"store_id": store_id, **ids, **times, "ended": False, "facts": "{}", "connector": "rig 1", **told}


def hear(engine: db.Engine, store_id: str, at: datetime, outcome: str, reason: str | None = None) -> None:
    """One webhook."""
    with db.transaction(engine) as connection:
        row = {"store_id": store_id, "topic": "orders/paid", "body_sha256": f"{next(_numbers):064}"}
        told = {"outcome": outcome, "reason": reason, "received_at": at}
        connection.execute(sa.insert(webhooks).values(**row, **told))
