"""Events that wait for consent, were withheld or may have to be, as the beacon and the one who withholds ask for them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import UNSETTLED, State, deliveries
from integration.db.events import events


def met_by(connection: sa.Connection, store_id: str, keys: Collection[str], order_id: str | None) -> list[int]:
    """Events of a store that these keys lead to, and of which a delivery is still to leave, and so may be withheld at this
    moment, or was withheld; the oldest first.
    """
    by_key = [events.c.checkout_key.in_(keys), events.c.cart_key.in_(keys)]
    by_id = [events.c.order_id == order_id] if order_id else []
    found: set[int] = set()
    # One question each, for a question with OR would use none of the three indexes.
    for condition in (*by_key, *by_id):
        wanted = sa.select(events.c.id).join(deliveries, deliveries.c.event_pk == events.c.id)
        held = deliveries.c.state.in_((*UNSETTLED, State.WITHHELD))
        found.update(connection.execute(wanted.where(events.c.store_id == store_id, condition, held)).scalars())
    return sorted(found)


class Known(NamedTuple):
    """An event whose person is known, as the ledger has it; `user_data` is still sealed."""

    id: int
    user_data: str
    key_mask: int
    stated: str | None


def known_by(connection: sa.Connection, store_id: str, keys: Collection[str], order_id: str | None) -> list[Known]:
    """Events of a store that these keys lead to and behind which somebody is known, whatever became of them."""
    by_key = [events.c.checkout_key.in_(keys), events.c.cart_key.in_(keys)]
    by_id = [events.c.order_id == order_id] if order_id else []
    found: set[Known] = set()
    for condition in (*by_key, *by_id):
        wanted = sa.select(*(events.c[name] for name in Known._fields))
        mine = wanted.where(events.c.store_id == store_id, condition, events.c.user_data.is_not(None))
        found.update(Known(*row) for row in connection.execute(mine))
    return sorted(found)


def among(connection: sa.Connection, pks: Sequence[int]) -> dict[int, str | None]:
    """Those of these events of which a delivery is withheld, each with its sealed person, if somebody is known still."""
    held = sa.exists().where(deliveries.c.event_pk == events.c.id, deliveries.c.state == State.WITHHELD)
    return persons(connection, pks, held)


def persons(
    connection: sa.Connection, pks: Sequence[int], *conditions: sa.ColumnElement[bool]
) -> dict[int, str | None]:
    """The sealed persons of these events, where they fulfil the conditions."""
    wanted = sa.select(events.c.id, events.c.user_data).where(events.c.id.in_(pks), *conditions)
    return {row.id: row.user_data for row in connection.execute(wanted.order_by(events.c.id))}
