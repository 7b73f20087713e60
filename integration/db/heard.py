"""What browsers told, as the road asks for it: by the keys of many events at once. Sealed; the tables are their own."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from integration.db import Engine, clock, lines, outages, transact
from integration.db.deliveries import State
from integration.db.signals import Kept, signals

_COLUMNS = (signals.c.store_id, signals.c.join_key, signals.c.sealed, signals.c.first_at, signals.c.last_at)


def by_keys(connection: sa.Connection, wanted: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Kept]:
    """What is known by these keys of these stores, by store and key; one statement, however many they are."""
    pairs = [(store_id, key) for store_id, keys in wanted.items() for key in keys]
    if not pairs:
        return {}
    asked = _pairs(connection, pairs)
    same = sa.and_(signals.c.store_id == asked.c.store_id, signals.c.join_key == asked.c.join_key)
    found = connection.execute(sa.select(*_COLUMNS).select_from(asked.join(signals, same)))
    return {(row.store_id, row.join_key): Kept(*row) for row in found}


def _pairs(connection: sa.Connection, pairs: Collection[tuple[str, str]]) -> Any:
    """Two columns as one or two parameters: thousands of keys cost more to bind than to look up."""
    if connection.dialect.name == "postgresql":
        sides = [sa.bindparam(None, list(side), type_=ARRAY(sa.Text), unique=True) for side in zip(*pairs, strict=True)]
        return sa.func.unnest(*sides).table_valued("store_id", "join_key").render_derived()
    each = sa.func.json_each(json.dumps(list(pairs))).table_valued("value")
    return sa.select(
        sa.func.json_extract(each.c.value, "$[0]").label("store_id"),
        sa.func.json_extract(each.c.value, "$[1]").label("join_key"),
    ).subquery()


def stores_with_any(connection: sa.Connection, store_ids: Collection[str]) -> set[str]:
    """Those of these stores of which some browser told something that is still kept."""
    stores = sa.table("stores", sa.column("id", sa.String))
    told = sa.exists().where(signals.c.store_id == stores.c.id)
    found = connection.execute(sa.select(stores.c.id).where(stores.c.id.in_(sorted(store_ids)), told))
    return set(found.scalars())


# A text for each driver, since it is asked at webhooks: on PostgreSQL on a line of its own, which commits by itself.
_KEYS = 3  # checkout, cart, order
_PULL = """
    UPDATE deliveries SET next_at = {clock} WHERE state = '{waiting}' AND next_at > {clock} AND event_pk = (
        SELECT id FROM events WHERE store_id = {p} AND event_name = {p} AND subject = {p}
    ) AND EXISTS (SELECT 1 FROM signals WHERE store_id = {p} AND join_key IN ({p}, {p}, {p}))
"""


def pull(engine: Engine, *, store_id: str, event_name: str, subject: str, keys: Collection[str]) -> None:
    """Let an event that waits be due now, if a browser has told something by one of its keys already.

    To be asked once the event is committed: whoever keeps a signal looks for waiting events after its own commit, so one
    of the two sees the other. Raises Unavailable, Contended.
    """
    three = [*keys, *[""] * _KEYS][:_KEYS]
    values = (store_id, event_name, subject, store_id, *three)
    due = str(clock().compile(dialect=engine.dialect))
    if engine.dialect.name == "postgresql":
        lines.of(engine).run(_PULL.format(clock=due, waiting=State.WAITING.value, p="%s"), values)
        return
    statement = _PULL.format(clock=due, waiting=State.WAITING.value, p="?")
    with outages():
        transact(engine, lambda connection: connection.exec_driver_sql(statement, values))
