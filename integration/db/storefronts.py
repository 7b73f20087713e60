"""What a plugin in a store's own server reports of itself and of its neighbours. Nothing of shoppers."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import Instant, clock, insert, metadata
from integration.db.stores import Store, by_id, stores

storefronts = sa.Table(
    "storefronts",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("report", sa.Text, nullable=False),  # JSON; its shape is stores.storefront's
    sa.Column("reported_at", Instant, nullable=False),
)


class Reported(NamedTuple):
    """One row."""

    report: str
    at: datetime


def keep(connection: sa.Connection, store_id: str, report: str) -> None:
    """The newest report takes the place of the one before."""
    values = {"report": report, "reported_at": clock()}
    statement = insert(connection, storefronts).values({**values, "store_id": store_id})
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id"], set_=values))


def of_store(connection: sa.Connection, store_id: str) -> Reported | None:
    """What was last reported."""
    columns = (storefronts.c.report, storefronts.c.reported_at)
    row = connection.execute(sa.select(*columns).where(storefronts.c.store_id == store_id)).one_or_none()
    return None if row is None else Reported(*row)


def store_of(connection: sa.Connection, public_key: str, platform: str | None = None) -> Store | None:
    """The store whose storefront knows itself by that key, of one platform or of any; none where the merchant let us go."""
    theirs = sa.and_(stores.c.public_key == public_key, stores.c.uninstalled_at.is_(None))
    found = sa.select(stores.c.id).where(theirs, *([stores.c.platform == platform] if platform else []))
    store_id = connection.execute(found).scalar_one_or_none()
    return by_id(connection, store_id) if store_id else None
