"""Whom not to bring back: keyed HMACs of what an erased person was known by, and of their orders' ids."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, among_texts, insert, metadata

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "hmac", sa.String(64), nullable=False
    ),  # crypto.fingerprint, as the ledger's columns; kind "order" for ids
    sa.Column("erased_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "hmac"),
)


def add(connection: sa.Connection, store_id: str, hmacs: Sequence[str], at: datetime) -> None:
    """Remember them; one that is erased again counts from now."""
    for hmac in sorted(set(hmacs)):  # in one order, as everybody locks them
        statement = insert(connection, tombstones).values(store_id=store_id, hmac=hmac, erased_at=at)
        connection.execute(statement.on_conflict_do_update(index_elements=["store_id", "hmac"], set_={"erased_at": at}))


def erased_at(connection: sa.Connection, store_id: str, hmacs: Collection[str]) -> datetime | None:
    """When any of these was erased last; None where none of them was."""
    if not hmacs:
        return None
    mine = sa.and_(tombstones.c.store_id == store_id, among_texts(tombstones.c.hmac, hmacs))
    newest: datetime | None = connection.execute(
        sa.select(sa.func.max(tombstones.c.erased_at)).where(mine)
    ).scalar_one()
    return newest
