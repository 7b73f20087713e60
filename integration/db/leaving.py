"""All rows of one store, whatever table they are in: found by the models themselves, so that a new table is not forgotten."""

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Table

from integration import db
from integration.db import among, among_texts, clock, metadata
from integration.db.privacy_requests import privacy_requests
from integration.db.stores import Store, stores

__all__ = ["Keys", "Table", "delete", "delete_store", "keys", "part", "tables"]

# The columns by which a table names a shop as its platform does, where it has no store of ours.
_NAMES = ("site", "domain")

Keys = Sequence[tuple[Any, ...]]


@cache
def tables() -> tuple[Table, ...]:
    """Those that hold rows of stores, children before parents; the stores' own is not among them."""
    for module in pkgutil.iter_modules(db.__path__):
        import_module(f"{db.__name__}.{module.name}")  # else a table that nobody asked for yet would be unknown
    return tuple(table for table in reversed(metadata.sorted_tables) if table is not stores and _ways(table))


def _ways(table: Table) -> list[str]:
    """By which columns its rows belong to a store."""
    parents = [column.name for column in table.c for key in column.foreign_keys if "store_id" in key.column.table.c]
    owned = ["store_id"] if "store_id" in table.c else parents
    return owned + [name for name in _NAMES if {"platform", name} <= set(table.c.keys())]


def keys(connection: sa.Connection, table: Table, store: Store, most: int) -> Keys:
    """The primary keys of at most so many rows of a store; an open request of a person is not one: see `part`."""
    # One question each, for a question with OR would use no index.
    for name in _ways(table):
        found = sa.select(*table.primary_key).where(_belongs(table, name, store)).limit(most)
        if rows := [tuple(row) for row in connection.execute(found)]:
            return rows
    return []


def _belongs(table: Table, name: str, store: Store) -> sa.ColumnElement[bool]:
    column = table.c[name]
    if name == "store_id":
        mine = column == store.id
        return sa.and_(mine, table.c.done_at.is_not(None)) if table is privacy_requests else mine
    if name in _NAMES:
        unowned = table.c.store_id.is_(None) if "store_id" in table.c else sa.true()
        return sa.and_(table.c.platform == store.platform, column == store.domain, unowned)
    (key,) = column.foreign_keys
    return column.in_(sa.select(key.column).where(key.column.table.c.store_id == store.id))


def delete(connection: sa.Connection, table: Table, rows: Keys) -> int:
    """Delete the rows with these primary keys; how many there were."""
    return connection.execute(sa.delete(table).where(_among(table, rows))).rowcount if rows else 0


def _among(table: Table, rows: Keys) -> sa.ColumnElement[bool]:
    columns = list(table.primary_key)
    if len(columns) > 1:
        return sa.tuple_(*columns).in_(rows)
    alone = [row[0] for row in rows]
    return among_texts(columns[0], alone) if isinstance(columns[0].type, sa.String) else among(columns[0], alone)


def part(connection: sa.Connection, store: Store, trouble: str) -> None:
    """End what people asked of a store that goes, and was not done yet. It stays as a proof that names nobody, and no store."""
    mine = sa.and_(privacy_requests.c.store_id == store.id, privacy_requests.c.done_at.is_(None))
    nobody = {"store_id": None, "demand": None, "export": None, "people": "[]"}
    ended = {"next_at": None, "done_at": clock(), "trouble": trouble}
    connection.execute(sa.update(privacy_requests).where(mine).values(**nobody, **ended))


def delete_store(connection: sa.Connection, store: Store) -> int:
    """Delete the store's own row; whether there was one, as a number."""
    return connection.execute(sa.delete(stores).where(stores.c.id == store.id)).rowcount
