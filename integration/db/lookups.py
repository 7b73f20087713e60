"""Rows by many texts of theirs, each looked up by itself.

A plan that PostgreSQL makes before it knows the texts may read all rows of a store, and compare each with all of the texts.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from integration.db import among_texts

_MOST_OF_ONE = 1_000  # by which the lookup stays one for each text; no text has as many rows


def each(
    connection: sa.Connection,
    columns: Sequence[sa.ColumnElement[Any]],
    column: sa.Column[str],
    texts: Collection[str],
    *conditions: sa.ColumnElement[bool],
) -> Sequence[tuple[Any, ...]]:
    """The columns of the rows that have one of these texts and meet the conditions, for which there is an index."""
    wanted = sorted(set(texts))
    if not wanted:
        return []
    if connection.dialect.name != "postgresql":
        found = sa.select(*columns).where(*conditions, among_texts(column, wanted))
        return [tuple(row) for row in connection.execute(found)]
    many = sa.func.unnest(sa.bindparam("texts", wanted, type_=ARRAY(sa.Text))).table_valued("text").render_derived()
    one = sa.select(*columns).where(*conditions, column == many.c.text).limit(_MOST_OF_ONE).lateral()
    found = sa.select(*one.c).select_from(many.join(one, sa.true()))
    return [tuple(row) for row in connection.execute(found)]
