"""What was found on a store's own pages: who else tells Meta there. Public text of the shop, nothing of shoppers."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import Instant, clock, insert, metadata

scans = sa.Table(
    "scans",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("findings", sa.Text, nullable=False),  # JSON; its shape is monitor.senders's
    sa.Column("hosts", sa.Text, nullable=False, server_default=""),  # the shop's own hosts, separated by spaces
    sa.Column("scanned_at", Instant, nullable=False),
)


class Scanned(NamedTuple):
    """One row."""

    findings: str
    hosts: tuple[str, ...]
    at: datetime


def keep(connection: sa.Connection, store_id: str, *, findings: str, hosts: tuple[str, ...]) -> None:
    """The newest look takes the place of the one before."""
    values = {"findings": findings, "hosts": " ".join(hosts), "scanned_at": clock()}
    statement = insert(connection, scans).values({**values, "store_id": store_id})
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id"], set_=values))


def of_store(connection: sa.Connection, store_id: str) -> Scanned | None:
    """What was last found; None where nobody looked yet."""
    columns = (scans.c.findings, scans.c.hosts, scans.c.scanned_at)
    row = connection.execute(sa.select(*columns).where(scans.c.store_id == store_id)).one_or_none()
    return None if row is None else Scanned(row.findings, tuple(row.hosts.split()), row.scanned_at)
