"""What a store's storefront was last heard of: the newest words of browsers, and what was known of the newest orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.sightings import sightings
from integration.db.signals import signals

# Those whose person is as whole as it will be: a signal joins when an event leaves.
_SETTLED = (State.DELIVERED, State.OBSERVED)


class Word(NamedTuple):
    """The newest that the Pixel was said to do of one event name, with a proof. `sent_at`: when it last reached Meta."""

    event_name: str
    at: datetime
    sent_at: datetime | None


def last_signal(connection: sa.Connection, store_id: str) -> datetime | None:
    """When a browser was last heard of for the first time."""
    newest = sa.select(sa.func.max(signals.c.first_at)).where(signals.c.store_id == store_id)
    found: datetime | None = connection.execute(newest).scalar_one()
    return found


def last_sightings(connection: sa.Connection, store_id: str, most: int) -> Sequence[Word]:
    """By event name, among so many of the newest; what proves nothing is not among them."""
    columns = (sightings.c.event_name, sightings.c.proof_key, sightings.c.first_at, sightings.c.sent_at)
    mine = sa.select(*columns).where(sightings.c.store_id == store_id)
    some = mine.order_by(sightings.c.first_at.desc()).limit(most).subquery()
    told = (
        sa.select(some.c.event_name, sa.func.max(some.c.first_at), sa.func.max(some.c.sent_at))
        .where(some.c.proof_key != "")
        .group_by(some.c.event_name)
        .order_by(some.c.event_name)
    )
    return [Word(*row) for row in connection.execute(told)]


def key_masks(connection: sa.Connection, store_id: str, event_name: str, most: int) -> Sequence[int]:
    """What was known of people at the newest events of that name, as far as somebody is known yet: bits as in `meta.event`."""
    settled = sa.exists().where(deliveries.c.event_pk == events.c.id, deliveries.c.state.in_(_SETTLED))
    known = sa.and_(
        events.c.store_id == store_id, events.c.event_name == event_name, events.c.user_data.is_not(None), settled
    )
    newest = sa.select(events.c.key_mask).where(known).order_by(events.c.placed_at.desc()).limit(most)
    return list(connection.execute(newest).scalars())
