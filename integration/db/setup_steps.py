"""What the setup asks of tables that others write: whether a step was skipped, whether a token ever worked."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from integration.db.attempts import attempts
from integration.db.changes import changes


def last_done(connection: sa.Connection, store_id: str, what: str) -> datetime | None:
    """When the change log last says so of the store."""
    mine = sa.and_(changes.c.store_id == store_id, changes.c.what == what)
    newest = sa.select(changes.c.at).where(mine).order_by(changes.c.id.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none()


def ever_taken(connection: sa.Connection, dataset_pks: Collection[int]) -> set[int]:
    """Those of these datasets to which Meta once took something from us."""
    each = sa.table("datasets", sa.column("id", sa.BigInteger))
    took = sa.exists().where(attempts.c.dataset_pk == each.c.id, attempts.c.counted == "yes")
    return set(connection.execute(sa.select(each.c.id).where(each.c.id.in_(sorted(dataset_pks)), took)).scalars())
