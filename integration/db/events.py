"""The ledger: that something happened in a store, once per (store, event_name, subject). Personal data are sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, among, clock, insert, metadata


def _where_known(name: str, *columns: str, known: str | None = None) -> sa.Index:
    """Over the few rows that have the column."""
    some = sa.text(f"{known or columns[0]} IS NOT NULL")
    return sa.Index(f"ix_events_{name}", *columns, postgresql_where=some, sqlite_where=some)


events = sa.Table(
    "events",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("event_name", sa.String(50), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("event_id", sa.String(255), nullable=False),  # computed once, never again
    sa.Column("order_id", sa.String(64)),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("placed_at", Instant, nullable=False),
    sa.Column("event_time", Instant, nullable=False),
    sa.Column("updated_at", Instant),  # the platform's own time of the newest payload judged
    sa.Column("ended", sa.Boolean, nullable=False),  # that payload said cancelled or deleted
    sa.Column("value", sa.String(40)),  # a decimal, as told or to be told
    sa.Column("currency", sa.String(3)),
    sa.Column("later_value", sa.String(40)),  # what the store says since, and Meta was not told
    sa.Column("facts", sa.Text, nullable=False),  # impersonal: ids, SKUs, quantities, money parts
    sa.Column("user_data", sa.Text),  # sealed: hashes, browser, consent
    sa.Column("key_mask", sa.Integer, nullable=False),  # bit mask of the keys in user_data
    sa.Column("email_hmac", sa.String(64)),
    sa.Column("phone_hmac", sa.String(64)),
    sa.Column("customer_hmac", sa.String(64)),
    sa.Column("connector", sa.String(32), nullable=False),  # the version that mapped it
    sa.Column("received_at", Instant, nullable=False),
    # By which a browser's signals and sightings find it: pipeline.joining.
    sa.Column("checkout_key", sa.String(64)),
    sa.Column("cart_key", sa.String(64)),
    sa.Column("stated", sa.Text),  # what was said of consent, by whom and when: pipeline.statements; nothing of who
    sa.Column("region", sa.String(8)),  # the part of the world that matters to consent
    sa.Column("granted_at", Instant),  # a yes came after it was withheld: the order is to be read again
    sa.UniqueConstraint("store_id", "event_name", "subject"),
    sa.Index("ix_events_store_id_order_id", "store_id", "order_id"),
    sa.Index("ix_events_store_id_checkout_key", "store_id", "checkout_key"),
    sa.Index("ix_events_store_id_cart_key", "store_id", "cart_key"),
    sa.Index("ix_events_store_id_placed_at", "store_id", "placed_at"),
    *(_where_known(name, name) for name in ("email_hmac", "phone_hmac", "customer_hmac")),
    _where_known("person", "received_at", known="user_data"),
    _where_known("granted", "store_id", "granted_at", known="granted_at"),
)


# The columns of a row behind which no person is known (any more).
NOBODY: Mapping[str, Any] = MappingProxyType(
    {"user_data": None, "key_mask": 0, "email_hmac": None, "phone_hmac": None, "customer_hmac": None}
)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What a newer payload of the same subject needs to know of the row."""

    id: int
    updated_at: datetime | None
    ended: bool
    key_mask: int
    value: str | None
    later_value: str | None
    currency: str | None
    facts: str
    user_data: str | None
    stated: str | None


@dataclass(frozen=True, slots=True)
class Received:
    """When we were told of a deed for the first time, when it was done, and whether it was taken back since."""

    received_at: datetime
    placed_at: datetime
    ended: bool


def received(connection: sa.Connection, store_id: str, event_name: str, subjects: Sequence[str]) -> dict[str, Received]:
    """Those of these deeds that are in the ledger, by subject."""
    columns = (events.c.received_at, events.c.placed_at, events.c.ended)
    same = (events.c.store_id == store_id, events.c.event_name == event_name, events.c.subject.in_(subjects))
    return {
        subject: Received(*row)
        for subject, *row in connection.execute(sa.select(events.c.subject, *columns).where(*same))
    }


def add(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert rows with the same columns; by subject the ids of those that were not in the ledger already."""
    if not rows:
        return {}
    statement = insert(connection, events).on_conflict_do_nothing(index_elements=["store_id", "event_name", "subject"])
    found = connection.execute(statement.returning(events.c.subject, events.c.id), [dict(row) for row in rows])
    return {subject: int(pk) for subject, pk in found}


def lock(connection: sa.Connection, store_id: str, event_name: str, subjects: Sequence[str]) -> dict[str, LedgerRow]:
    """The rows that are there, by subject, kept from others until this transaction ends."""
    columns: tuple[sa.Column[Any], ...] = (
        *(events.c.id, events.c.updated_at, events.c.ended, events.c.key_mask),
        *(events.c.value, events.c.later_value, events.c.currency, events.c.facts, events.c.user_data),
        events.c.stated,
    )
    same = (events.c.store_id == store_id, events.c.event_name == event_name, events.c.subject.in_(subjects))
    wanted = sa.select(events.c.subject, *columns).where(*same).order_by(events.c.id).with_for_update()
    return {subject: LedgerRow(*row) for subject, *row in connection.execute(wanted)}


def lock_many(connection: sa.Connection, pks: Sequence[int]) -> None:
    """Keep these rows from others. Before their deliveries, as every webhook does: two orders of locking deadlock."""
    if pks:
        connection.execute(sa.select(events.c.id).where(events.c.id.in_(pks)).order_by(events.c.id).with_for_update())


def change(connection: sa.Connection, pks: Sequence[int], values: Mapping[str, Any]) -> None:
    """Change some columns of some rows; never their key, never their event_id."""
    connection.execute(sa.update(events).where(among(events.c.id, pks)).values(**values))


class Learnt(NamedTuple):
    """A person who is known better by now, sealed anew, and what they said. `seen`: the seal that this was made of."""

    id: int
    seen: str
    user_data: str
    key_mask: int
    stated: str | None


def learn(connection: sa.Connection, learnt: Sequence[Learnt]) -> None:
    """Keep them, except where somebody wrote meanwhile: who was forgotten stays so."""
    if learnt:
        known = sa.update(events).where(events.c.id == sa.bindparam("pk"), events.c.user_data == sa.bindparam("seen"))
        names = ("user_data", "key_mask", "stated")
        known = known.values({name: sa.bindparam(f"new_{name}") for name in names})
        given = [
            {"pk": one.id, "seen": one.seen, **{f"new_{name}": getattr(one, name) for name in names}}
            for one in sorted(learnt, key=lambda one: one.id)
        ]
        connection.execute(known, given)


def note_statements(connection: sa.Connection, stated: Mapping[int, str | None]) -> None:
    """Keep what was said of the data behind these events, where it decided something."""
    noted = sa.update(events).where(events.c.id == sa.bindparam("pk")).values(stated=sa.bindparam("words"))
    if stated:
        connection.execute(noted, [{"pk": pk, "words": words} for pk, words in sorted(stated.items())])


def mark_granted(connection: sa.Connection, pks: Sequence[int]) -> None:
    """A yes came after these were withheld: their orders are to be read again."""
    connection.execute(sa.update(events).where(events.c.id.in_(pks)).values(granted_at=clock()))


def wipe(connection: sa.Connection, pks: Sequence[int]) -> None:
    """Forget the person behind these events; that they happened stays."""
    connection.execute(sa.update(events).where(events.c.id.in_(pks)).values(**NOBODY))
