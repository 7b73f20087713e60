"""Which events are of one person: one question for all who show, count or erase them, so that they mean the same."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import among, among_texts
from integration.db.events import events


class Theirs(NamedTuple):
    """One event of theirs."""

    id: int
    order_id: str | None
    checkout_key: str | None
    cart_key: str | None


_THEIRS = tuple(events.c[name] for name in Theirs._fields)
_HMACS = (events.c.email_hmac, events.c.phone_hmac, events.c.customer_hmac)


def of_person(
    connection: sa.Connection, store_id: str, hmacs: Collection[str], order_ids: Collection[str], until: datetime | None
) -> list[Theirs]:
    """All events of theirs, placed or heard of until a time: what is placed later is a new purchase. First those of these
    HMACs and orders, then what belongs to them: all of the same orders, for refunds name nobody; of the same checkouts
    what names nobody else; and of the same carts what names nobody at all, for a cart may be handed on.
    """
    # An HMAC is of one store only: asked for together with the store, all of the store's events would be looked through.
    named = [*(among_texts(column, hmacs) for column in _HMACS), _of_store(store_id, events.c.order_id, order_ids)]
    found = fresh = _found(connection, store_id, named, until)
    known = {*hmacs, *names(connection, [one.id for one in found])}
    while fresh:
        beside = _found(connection, store_id, _beside(store_id, fresh, known), until)
        fresh = sorted({*beside} - {*found})
        found = [*found, *fresh]
    return found


def names(connection: sa.Connection, pks: Sequence[int]) -> set[str]:
    """By whatever these events name them: who is asked for by an order is known by more."""
    rows = connection.execute(sa.select(*_HMACS).where(among(events.c.id, pks)))
    return {hmac for row in rows for hmac in row if hmac}


def _beside(store_id: str, them: Iterable[Theirs], known: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """What belongs to these events, by an index each."""
    orders, checkouts, carts = ({text for text in one if text} for one in list(zip(*them, strict=True))[1:])
    nobody_else = sa.and_(*(sa.or_(column.is_(None), among_texts(column, known)) for column in _HMACS))
    nobody = sa.and_(*(column.is_(None) for column in _HMACS))
    return [
        _of_store(store_id, events.c.order_id, orders),
        sa.and_(_of_store(store_id, events.c.checkout_key, checkouts), nobody_else),
        sa.and_(_of_store(store_id, events.c.cart_key, carts), nobody),
    ]


def _of_store(store_id: str, column: sa.Column[Any], texts: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(events.c.store_id == store_id, among_texts(column, texts))


def _found(
    connection: sa.Connection, store_id: str, conditions: Sequence[sa.ColumnElement[bool]], until: datetime | None
) -> list[Theirs]:
    """A part for each condition, so that each is found by its own index."""
    ids = sa.union(*(sa.select(events.c.id).where(condition) for condition in conditions)).subquery()
    earlier = sa.true() if until is None else sa.or_(events.c.placed_at <= until, events.c.received_at <= until)
    wanted = sa.select(*_THEIRS).where(events.c.store_id == store_id, events.c.id.in_(sa.select(ids.c.id)), earlier)
    return [Theirs(*row) for row in connection.execute(wanted.order_by(events.c.id))]
