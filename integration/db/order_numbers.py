"""What shops call their orders: the facts of purchases by their orders' ids, for events that say the id alone."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from integration.db import among_texts
from integration.db.events import events


def facts_of(
    connection: sa.Connection, store_id: str, event_name: str, order_ids: Collection[str]
) -> Mapping[str, str]:
    """By order id, as the pipeline wrote them; orders without such an event are left out."""
    wanted = (
        events.c.store_id == store_id,
        among_texts(events.c.order_id, sorted(order_ids)),
        events.c.event_name == event_name,
    )
    found = connection.execute(sa.select(events.c.order_id, events.c.facts).where(*wanted))
    return {row.order_id: row.facts for row in found}
