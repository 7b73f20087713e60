"""What a process remembers of stores between webhooks, so that judging one needs no look into the database.

Nothing is believed because it is remembered: each memory has the version its store had, every change of a store or its
datasets makes that version grow, and what is judged by a memory is only written where the database still has it.
"""

from collections.abc import Sequence
from threading import Lock

import msgspec

from integration.db import Engine, datasets, reading, stores
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.pipeline.prepare import StoreView

# About a kilobyte each.
MOST_STORES = 20_000


class Address(msgspec.Struct, frozen=True):
    """Where a webhook says it came for: the platform, and the store's domain or the key in the path."""

    platform: str
    domain: str | None = None
    key: str | None = None


class Known(msgspec.Struct, frozen=True):
    """A store with its datasets, as they were at one moment."""

    store: Store
    datasets: Sequence[Dataset]
    view: StoreView


class Memory:
    """Stores by address, the longest known forgotten first. Safe for many threads."""

    def __init__(self, most: int = MOST_STORES) -> None:
        self._most = most
        self._known: dict[Address, Known] = {}
        self._changing = Lock()

    def recall(self, address: Address) -> Known | None:
        """What is remembered, right or not."""
        return self._known.get(address)

    def look_up(self, engine: Engine, address: Address) -> Known | None:
        """What the database says now, remembered from here on; that there is no such store is not: one may come.

        Raises Unavailable.
        """
        known = _read(engine, address)
        with self._changing:
            self._known.pop(address, None)
            if known is not None:
                self._known[address] = known
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]
        return known


def _read(engine: Engine, address: Address) -> Known | None:
    """The store before its datasets: what changes between the two looks has a version we do not have, and is found."""
    with reading(engine) as connection:
        store = (
            stores.by_domain(connection, address.platform, address.domain or "")
            if address.key is None
            else stores.by_webhook_key(connection, address.platform, address.key)
        )
        if store is None:
            return None
        found = tuple(datasets.of_store(connection, store.id))
    return Known(store, found, StoreView(store.domain, store.short_key, store.settings))
