"""What nearly every webhook is: a receipt never seen, an event never seen, its first deliveries. Written at once.

On PostgreSQL all of it is one statement, which is one round trip and commits itself; the general way (`webhooks`,
`events`, `deliveries`, in a transaction) takes a dozen. It writes everything or nothing: nothing where the store is not
what the webhook was judged by, anything of it is known already, or its person was erased. Then the general way decides.
"""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from integration.db import clock, lines, to_ms, transaction
from integration.errors import Contended

# The columns that are given; the others have their defaults.
_RECEIPT = ("topic", "body_sha256", "delivery_id", "outcome", "received_at")
_EVENT = (
    *("event_name", "subject", "event_id", "order_id", "test", "placed_at", "event_time", "updated_at", "ended"),
    *("value", "currency", "facts", "user_data", "key_mask", "email_hmac", "phone_hmac", "customer_hmac"),
    *("connector", "received_at", "checkout_key", "cart_key", "stated", "region"),
)
_TIMES = ("received_at", "placed_at", "event_time", "updated_at")
# What is no text. A parameter in a SELECT has only the type it is given.
_TYPES = {
    **dict.fromkeys(_TIMES, "bigint"),
    **dict.fromkeys(("test", "ended"), "boolean"),
    "key_mask": "integer",
}
_PARAMETER = re.compile(r"(?<!:):([a-z_0-9]+)")


class Begun(msgspec.Struct, frozen=True):
    """A delivery as it begins: the reason for its state, and after which delay it is due (None: not by time)."""

    dataset_pk: int
    state: str
    reason: str | None
    delay: timedelta | None
    ruling: str | None = None


class Arrival(msgspec.Struct, frozen=True):
    """One event told for the first time. `receipt` and `event` are columns; `version` is the store's, as judged by.
    `order_hmac`: by which a tombstone of its order would be found; the person's are among the columns.
    """

    store_id: str
    version: int
    receipt: Mapping[str, Any]
    event: Mapping[str, Any]
    deliveries: Sequence[Begun]
    order_hmac: str | None = None

    def values(self) -> dict[str, Any]:
        """The parameters of a statement; times as the columns hold them."""
        told = {**self.receipt, **self.event, "store_id": self.store_id, "version": self.version}
        told["order_hmac"] = self.order_hmac
        for name in _TIMES:
            if told[name] is not None:
                told[name] = to_ms(told[name])
        for place, one in enumerate(self.deliveries):
            told[f"dataset_{place}"], told[f"state_{place}"] = one.dataset_pk, one.state
            told[f"reason_{place}"], told[f"ruling_{place}"] = one.reason, one.ruling
            told[f"delay_{place}"] = None if one.delay is None else round(one.delay.total_seconds() * 1000)
        return told


def write(engine: sa.Engine, arrival: Arrival) -> bool:
    """Keep it, committed when this returns; False, and nothing is kept, where it is not as simple. Raises Unavailable."""
    if engine.dialect.name == "postgresql":
        return _write_alone(engine, arrival)
    with transaction(engine) as connection:
        try:
            return _write_in_turn(connection, arrival)
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from None


def _write_alone(engine: sa.Engine, arrival: Arrival) -> bool:
    statement, in_order = _statement(len(arrival.deliveries), _clock(engine.dialect))
    try:
        return lines.of(engine).run(statement, in_order(arrival.values())) > 0
    except (IntegrityError, Contended):
        # Another request told the same event at this moment: the whole statement is undone, its receipt with it.
        return False


@cache
def _statement(deliveries: int, due: str) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """The statement, and what puts its parameters in order.

    Races are decided by the unique keys. A copy of the receipt is passed over, and nothing follows from it; the event
    has no ON CONFLICT, so a second one of the same subject undoes its own receipt.
    """
    begun = ", ".join(
        f"(:dataset_{n}::bigint, :state_{n}::text, :reason_{n}::text, :delay_{n}::bigint, :ruling_{n}::text)"
        for n in range(deliveries)
    )
    named = f"""
        WITH receipt AS (
            INSERT INTO webhooks (store_id, {", ".join(_RECEIPT)})
            SELECT stores.id, {_typed(_RECEIPT)} FROM stores
            WHERE stores.id = :store_id::text AND stores.version = :version::integer AND NOT EXISTS (
                SELECT FROM events
                WHERE store_id = :store_id::text AND event_name = :event_name::text AND subject = :subject::text
            ) AND NOT EXISTS (
                SELECT FROM tombstones WHERE store_id = :store_id::text
                AND hmac IN (:email_hmac::text, :phone_hmac::text, :customer_hmac::text, :order_hmac::text)
            )
            ON CONFLICT (store_id, topic, body_sha256) DO NOTHING
            RETURNING store_id
        ), event AS (
            INSERT INTO events (store_id, {", ".join(_EVENT)})
            SELECT store_id, {_typed(_EVENT)} FROM receipt
            RETURNING id, store_id
        )
        INSERT INTO deliveries (store_id, event_pk, dataset_pk, state, reason, next_at, ruling)
        SELECT event.store_id, event.id, begun.dataset_pk, begun.state, begun.reason, {due} + begun.delay, begun.ruling
        FROM event CROSS JOIN (VALUES {begun}) AS begun (dataset_pk, state, reason, delay, ruling)
    """
    # The driver takes names, too, but sorts them anew for each statement.
    return _PARAMETER.sub("%s", named), itemgetter(*_PARAMETER.findall(named))


def _typed(columns: Sequence[str]) -> str:
    return ", ".join(f":{name}::{_TYPES.get(name, 'text')}" for name in columns)


@lru_cache(maxsize=8)
def _clock(dialect: sa.Dialect) -> str:
    return str(clock().compile(dialect=dialect))


def _write_in_turn(connection: sa.Connection, arrival: Arrival) -> bool:
    """SQLite changes one table a statement, and has one writer at a time anyway: this one, by now."""
    driver: Any = connection.connection.driver_connection
    values = arrival.values()
    if driver.execute(_SQLITE_RECEIPT, values).rowcount == 0:
        return False
    values["event_pk"] = driver.execute(_SQLITE_EVENT, values).lastrowid
    for n in range(len(arrival.deliveries)):
        driver.execute(_sqlite_delivery(n, _clock(connection.dialect)), values)
    return True


@cache
def _sqlite_delivery(n: int, due: str) -> str:
    return f"""
        INSERT INTO deliveries (store_id, event_pk, dataset_pk, state, reason, next_at, ruling)
        VALUES (:store_id, :event_pk, :dataset_{n}, :state_{n}, :reason_{n}, {due} + :delay_{n}, :ruling_{n})
    """


_SQLITE_RECEIPT = f"""
    INSERT INTO webhooks (store_id, {", ".join(_RECEIPT)})
    SELECT stores.id, {", ".join(f":{name}" for name in _RECEIPT)} FROM stores
    WHERE stores.id = :store_id AND stores.version = :version AND NOT EXISTS (
        SELECT 1 FROM events WHERE store_id = :store_id AND event_name = :event_name AND subject = :subject
    ) AND NOT EXISTS (
        SELECT 1 FROM tombstones
        WHERE store_id = :store_id AND hmac IN (:email_hmac, :phone_hmac, :customer_hmac, :order_hmac)
    )
    ON CONFLICT (store_id, topic, body_sha256) DO NOTHING
"""
_SQLITE_EVENT = f"""
    INSERT INTO events (store_id, {", ".join(_EVENT)})
    VALUES (:store_id, {", ".join(f":{name}" for name in _EVENT)})
"""
