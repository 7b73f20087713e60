"""The change log: who changed what of a store, and when. Append only; a secret stands in it as a mask alone."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, clock, metadata

COMMAND_LINE, OWN, ADMIN, OPERATOR, LINK, ITSELF = "command line", "own", "admin", "operator", "link", "tandem"

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    # NULL: a change of no store, such as a new operator
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE")),
    sa.Column("at", Instant, nullable=False),
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("surface", sa.String(16), nullable=False),  # by which way in
    sa.Column("what", sa.String(64), nullable=False),
    sa.Column("before", sa.Text),  # JSON, {name: text}
    sa.Column("after", sa.Text),
    sa.Index("ix_changes_store_id", "store_id", "id"),
)

Values = Mapping[str, str | None]


class By(NamedTuple):
    """Who does something, and by which way in."""

    who: str
    surface: str


BY_ITSELF = By("Tandem", ITSELF)
BY_COMMAND = By("an operator", COMMAND_LINE)


class Change(NamedTuple):
    """One row; `before` and `after` have the same names."""

    id: int
    at: datetime
    who: str
    surface: str
    what: str
    before: Values
    after: Values


def record(
    connection: sa.Connection,
    store_id: str | None,
    by: By,
    what: str,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """Write it down, in the transaction in which it is done. What is the same before and after is left out.

    `what`: "settings", "token", "go live" and the like. Never a secret among the values, nor anything of a shopper.
    """
    was, is_now = dict(before or {}), dict(after or {})
    names = [name for name in {**was, **is_now} if was.get(name) != is_now.get(name)]
    told = {"who": by.who[:100], "surface": by.surface, "what": what[:64], "at": clock()}
    sides = {"before": _packed(was, names), "after": _packed(is_now, names)}
    connection.execute(sa.insert(changes).values(store_id=store_id, **told, **sides))


def of_store(connection: sa.Connection, store_id: str | None, *, before: int | None, most: int) -> Sequence[Change]:
    """The newest first; only those older than the row `before`, where one is given."""
    # Not by IS NOT DISTINCT FROM, for which PostgreSQL uses no index.
    mine = changes.c.store_id.is_(None) if store_id is None else changes.c.store_id == store_id
    older = sa.true() if before is None else changes.c.id < before
    found = sa.select(changes).where(mine, older).order_by(changes.c.id.desc()).limit(most)
    return [_change(row) for row in connection.execute(found)]


def newer(connection: sa.Connection, store_id: str, *, after: int, most: int) -> Sequence[Change]:
    """Those that come next after the row `after`, the newest first: the page before the one that begins there."""
    mine = (changes.c.store_id == store_id, changes.c.id > after)
    found = connection.execute(sa.select(changes).where(*mine).order_by(changes.c.id).limit(most))
    return [_change(row) for row in found][::-1]


def _change(row: sa.Row[Any]) -> Change:
    before, after = _unpacked(row.before), _unpacked(row.after)
    return Change(row.id, row.at, row.who, row.surface, row.what, before, after)


def _packed(values: Values, names: Sequence[str]) -> str | None:
    return json.dumps({name: values.get(name) for name in names}) if names else None


def _unpacked(text: str | None) -> Values:
    return json.loads(text) if text else {}
