"""Whom not to bring back: keyed HMACs of what an erased person was known by, and of their orders' ids."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, among_texts, insert, metadata

ORDER = "order"  # the kind of an order's fingerprint
_AT_ONCE = 500

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("hmac", sa.String(64), nullable=False),  # crypto.fingerprint, as the ledger's columns; ORDER for ids
    sa.Column("erased_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "hmac"),
)


def add(connection: sa.Connection, store_id: str, hmacs: Sequence[str], at: datetime) -> None:
    """Remember them; one that is erased again counts from the later time, whichever request comes last."""
    rows = [{"store_id": store_id, "hmac": hmac, "erased_at": at} for hmac in sorted(set(hmacs))]  # as everybody locks
    for start in range(0, len(rows), _AT_ONCE):  # a shop's own address may be on all of its orders
        statement = insert(connection, tombstones).values(rows[start : start + _AT_ONCE])
        newer = {"index_elements": ["store_id", "hmac"], "where": tombstones.c.erased_at < statement.excluded.erased_at}
        connection.execute(statement.on_conflict_do_update(set_={"erased_at": statement.excluded.erased_at}, **newer))


def of_hmacs(connection: sa.Connection, store_id: str, hmacs: Collection[str]) -> dict[str, datetime]:
    """When each of these was erased; those that never were are left out."""
    if not hmacs:
        return {}
    mine = sa.and_(tombstones.c.store_id == store_id, among_texts(tombstones.c.hmac, hmacs))
    found = connection.execute(sa.select(tombstones.c.hmac, tombstones.c.erased_at).where(mine))
    return {row.hmac: row.erased_at for row in found}
