"""Events that wait for consent, were withheld or may have to be, as the beacon and the one who withholds ask for them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import State, deliveries
from integration.db.events import events


def met_by(connection: sa.Connection, store_id: str, keys: Collection[str], order_id: str | None) -> list[int]:
    """Events of a store that these keys lead to, and of which a delivery waits or is withheld; the oldest first."""
    by_key = [events.c.checkout_key.in_(keys), events.c.cart_key.in_(keys)]
    by_id = [events.c.order_id == order_id] if order_id else []
    found: set[int] = set()
    # One question each, for a question with OR would use none of the three indexes.
    for condition in (*by_key, *by_id):
        wanted = sa.select(events.c.id).join(deliveries, deliveries.c.event_pk == events.c.id)
        held = deliveries.c.state.in_((State.WAITING, State.WITHHELD))
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


def among(connection: sa.Connection, pks: Sequence[int]) -> list[int]:
    """Those of these events of which nobody is known, and a delivery is withheld."""
    wanted = sa.select(events.c.id).where(events.c.id.in_(pks), events.c.user_data.is_(None))
    held = sa.exists().where(deliveries.c.event_pk == events.c.id, deliveries.c.state == State.WITHHELD)
    return list(connection.execute(wanted.where(held).order_by(events.c.id)).scalars())
