"""A store is erased whole: every row that belongs to it, in slices, so that nobody waits for a long transaction.

It counts as removed from the first slice on, so that nothing new is taken for it, and is gone once nothing of it is left. What
people asked of it and was not answered is done with that: of them, too, nothing is left.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from integration.db import Connection, Engine, leaving, reading, stores, transact
from integration.db import now as database_now
from integration.db.leaving import Keys, Table
from integration.db.stores import Store

WITH_THE_STORE = "all of the store was erased"
SLICE = 1_000
# Looked up together: each look passes over all that was deleted before it, as long as no vacuum came by.
_AHEAD = 50_000


class Erased(NamedTuple):
    """How many rows of which table were deleted, and whether there is nothing more to do."""

    rows: Mapping[str, int]
    over: bool


def erase_some(engine: Engine, store_id: str, *, most: int, left_before: datetime | None = None) -> Erased:
    """The same for about `most` rows, to be gone on with. `left_before`: only while the store has been removed since
    before that time, for one that is connected again keeps what it has. Raises Unavailable.
    """
    doomed, rows = _Doomed(store_id, left_before), Counter[str]()
    store = transact(engine, doomed.keep)
    if store is None:
        return Erased(rows, over=True)
    for table in leaving.tables():
        for found in _slices(engine, store, table, most - rows.total()):
            rows[table.name] += transact(engine, partial(doomed.take, table=table, found=found))
        if rows.total() >= most:
            return Erased(rows, over=False)
    last = transact(engine, doomed.finish)
    return Erased(rows + Counter(last.rows), last.over)


def _slices(engine: Engine, store: Store, table: Table, most: int) -> Iterator[Keys]:
    """Keys of about `most` rows of the store; what was given is deleted by the time that more is looked for."""
    while most > 0:
        with reading(engine) as connection:
            found = leaving.keys(connection, table, store, min(most, _AHEAD))
        if not found:
            return
        yield from (found[start : start + SLICE] for start in range(0, len(found), SLICE))
        most -= len(found)


@dataclass(frozen=True, slots=True)
class _Doomed:
    """A store that is being erased; each transaction keeps its row, so that it cannot be connected again half-erased."""

    store_id: str
    left_before: datetime | None

    def keep(self, connection: Connection) -> Store | None:
        """The store, removed from here on, and kept from others until this transaction ends; None where there is none,
        or where it may stay.
        """
        store = stores.by_id(connection, self.store_id, kept=True)
        if store is None or self._may_stay(store):
            return None
        if store.uninstalled_at is None:
            stores.mark_uninstalled(connection, store, database_now(connection))
        return store

    def _may_stay(self, store: Store) -> bool:
        if self.left_before is None:
            return False
        return store.uninstalled_at is None or store.uninstalled_at >= self.left_before

    def take(self, connection: Connection, table: Table, found: Keys) -> int:
        """Delete these rows; how many there were."""
        return leaving.delete(connection, table, found) if self.keep(connection) else 0

    def finish(self, connection: Connection) -> Erased:
        """Delete what came meanwhile and the store itself: whoever still writes of it waits, and then finds it gone. Not
        over where so much came that this would take long.
        """
        store, rows = self.keep(connection), Counter[str]()
        if store is None:
            return Erased(rows, over=True)
        for table in leaving.tables():
            while found := leaving.keys(connection, table, store, SLICE):
                rows[table.name] += leaving.delete(connection, table, found)
                if len(found) == SLICE:
                    return Erased(rows, over=False)
        leaving.part(connection, store, WITH_THE_STORE)
        rows[stores.stores.name] += leaving.delete_store(connection, store)
        return Erased(rows, over=True)
