"""The last webhooks of one store, and how many of its bodies nobody could read. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db.webhooks import quarantine, webhooks

_MOST = 200


class Receipt(NamedTuple):
    """One webhook, as far as it is kept: what it was about is not."""

    topic: str
    outcome: str
    reason: str | None
    received_at: datetime


def newest(connection: sa.Connection, store_id: str) -> Sequence[Receipt]:
    """The last of them, the newest first."""
    columns = (webhooks.c.topic, webhooks.c.outcome, webhooks.c.reason, webhooks.c.received_at)
    mine = sa.select(*columns).where(webhooks.c.store_id == store_id)
    return [Receipt(*row) for row in connection.execute(mine.order_by(webhooks.c.received_at.desc()).limit(_MOST))]


def unread(connection: sa.Connection, store_id: str) -> int:
    """How many bodies are set aside."""
    mine = sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.store_id == store_id)
    return int(connection.execute(mine).scalar_one())
