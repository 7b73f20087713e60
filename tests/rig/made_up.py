"""Rows made up by the models: one in each table there is, all of one store. A new table has one without a word here."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from integration.db import Connection, Instant, leaving, metadata

leaving.tables()  # so that the metadata knows every table
TABLES = metadata.sorted_tables
OWNED = [table for table in TABLES if "store_id" in table.c]
# Of those who run Tandem, and of nobody's shop.
OF_NO_STORE = {"operators", "operator_sessions", "sign_in_tries"}


def fill(connection: Connection, name: str, at: datetime) -> None:
    """A store of that id with all that can belong to it; every time is `at`."""
    parents: dict[str, Any] = {}
    for table in TABLES:
        values = {column.name: _made_up(column, name, at, parents) for column in table.c if not _is_given(column)}
        row = connection.execute(sa.insert(table).values(values).returning(*table.primary_key)).one()
        parents[table.name] = row[0]


def _is_given(column: sa.Column[Any]) -> bool:
    return column.primary_key and isinstance(column.type, sa.BigInteger)


def _made_up(column: sa.Column[Any], name: str, at: datetime, parents: dict[str, Any]) -> Any:
    for key in column.foreign_keys:
        return parents[key.column.table.name]
    shop = f"{name}.example"
    by_name = {"site": shop, "domain": shop, "platform": "shopify", "settings": "{}"}
    by_kind = ((Instant, at), (sa.Boolean, False), (sa.Integer, 1))
    found = [value for kind, value in by_kind if isinstance(column.type, kind)]
    return found[0] if found else by_name.get(column.name, name[: getattr(column.type, "length", None)])


def number(connection: Connection, table: sa.Table, *wanted: sa.ColumnElement[bool]) -> int:
    """How many rows a table has."""
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(*wanted)).scalar_one()


def copies(connection: Connection, table: sa.Table, column: str, count: int, **values: Any) -> None:
    """More rows like the first one of a table, told apart by a column, and otherwise with these values."""
    first = connection.execute(sa.select(table).limit(1)).one()._mapping
    row = {name: value for name, value in first.items() if name != "id"} | values
    start = number(connection, table)
    connection.execute(sa.insert(table), [{**row, column: f"copy {start + n}"} for n in range(count)])
