"""What a process remembers of stores for the beacon, whose every word would else cost a look into the database.

Remembered for seconds: a store that was let go, or a dataset that was added, is known that much later.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from integration.db import Engine, datasets, reading, scans, storefronts
from integration.db.stores import Store
from integration.pipeline import own_pages
from integration.pipeline.own_pages import OwnPages

_MOST_STORES = 20_000
LASTING_SECONDS = 15.0


class Acquaintance(NamedTuple):
    """A store, the datasets it has at Meta, and the pages that are its own."""

    store: Store
    dataset_ids: tuple[str, ...]
    own: OwnPages


@dataclass(slots=True)
class Acquaintances:
    """Stores by public key, the longest known forgotten first. Safe for many threads."""

    engine: Engine
    loopback: bool  # whether shops on this machine may speak http
    seconds: float = LASTING_SECONDS
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, Acquaintance]] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)

    def named(self, public_key: str) -> Acquaintance | None:
        """Who has this key. That nobody has is not remembered: somebody may come. Raises Unavailable."""
        until, known = self._known.get(public_key, (0.0, None))
        if known is not None and self.clock() < until:
            return known
        found = self._look_up(public_key)
        with self._changing:
            self._known.pop(public_key, None)
            if found is not None:
                self._known[public_key] = self.clock() + self.seconds, found
            while len(self._known) > _MOST_STORES:
                del self._known[next(iter(self._known))]
        return found

    def forget(self, public_key: str) -> None:
        """Something about it is different now."""
        with self._changing:
            self._known.pop(public_key, None)

    def _look_up(self, public_key: str) -> Acquaintance | None:
        with reading(self.engine) as connection:
            store = storefronts.store_of(connection, public_key)
            if store is None:
                return None
            attached = tuple(one.dataset_id for one in datasets.of_store(connection, store.id))
            scanned = scans.of_store(connection, store.id)
        hosts = scanned.hosts if scanned else ()
        return Acquaintance(store, attached, own_pages.of_store(store.domain, hosts, loopback=self.loopback))
