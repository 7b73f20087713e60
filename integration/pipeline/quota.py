"""How much a store may let us keep in a day, so that whoever floods its beacon fills no database.

A store that sells 10,000 times a day has some ten carts to an order, and that has room; at under a kilobyte each, a day of
a flood is less than 100 MB. What is full takes no new keys; those that are known go on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from integration.db import Connection

DAY = timedelta(days=1)
MOST_SIGNALS = 100_000
MOST_PROVEN = 100_000
# They count for nothing, and only show that a script is at work.
MOST_UNPROVEN = 5_000
_LASTING_SECONDS = 30.0
_MOST_STORES = 20_000

Count = Callable[[Connection, str, int], int]  # of a store, to a limit


@dataclass(slots=True)
class Quota:
    """`count` asks the database how much there is; what this process adds until it asks again is added up here."""

    most: int
    count: Count
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, int]] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)

    def full(self, connection: Connection, store_id: str) -> bool:
        """Whether nothing new has room."""
        until, number = self._known.get(store_id, (0.0, 0))
        if self.clock() >= until:
            number = self.count(connection, store_id, self.most)
            with self._changing:
                self._known.pop(store_id, None)
                self._known[store_id] = self.clock() + _LASTING_SECONDS, number
                while len(self._known) > _MOST_STORES:
                    del self._known[next(iter(self._known))]
        return number >= self.most

    def add(self, store_id: str, number: int) -> None:
        """So many were kept."""
        with self._changing:
            if store_id in self._known:
                until, known = self._known[store_id]
                self._known[store_id] = until, known + number
