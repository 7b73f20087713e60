"""The right to send for a dataset: one process at a time, and until it runs out, by the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from integration.db import after, among, clock
from integration.db.datasets import PAUSED, Dataset, columns, datasets, of_row


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send for one dataset until it runs out; the fence makes a late owner's words void."""

    dataset: Dataset
    fence: int


def _free() -> sa.ColumnElement[bool]:
    unleased = sa.or_(datasets.c.lease_until.is_(None), datasets.c.lease_until < clock())
    return sa.and_(unleased, sa.or_(datasets.c.rest_until.is_(None), datasets.c.rest_until <= clock()))


def _ails() -> sa.ColumnElement[bool]:
    return sa.or_(datasets.c.state == PAUSED, datasets.c.failures > 0)


def anything_to_do(connection: sa.Connection, work: sa.ColumnElement[bool]) -> bool:
    """Whether there is a free dataset for which `work` holds."""
    return connection.execute(sa.select(datasets.c.id).where(_free(), work).limit(1)).first() is not None


def lease(
    connection: sa.Connection,
    *,
    owner: str,
    work: sa.ColumnElement[bool],
    limit: int,
    seconds: int,
    ailing: bool | None = None,
) -> Sequence[Lease]:
    """Take up to `limit` free datasets for which `work` holds, the longest unserved first. `ailing`: only those that
    are paused or failed the last time, or only the others.

    A lease that ran out is free; that its owner did not give it back is counted. The rows to send are read by a later
    statement: on PostgreSQL one statement sees one snapshot, and would still see rows as due that the lease's last
    owner has just delivered.
    """
    candidates = (
        sa.select(datasets.c.id)
        .where(_free(), work, *([] if ailing is None else [_ails() if ailing else sa.not_(_ails())]))
        .order_by(datasets.c.leased_at.nulls_first(), datasets.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has no such clause and needs none: it has one writer at a time
    )
    abandoned = sa.case((datasets.c.lease_owner.is_not(None), 1), else_=0)
    taken = connection.execute(
        sa.update(datasets)
        .where(datasets.c.id.in_(candidates))
        .values(
            lease_owner=owner,
            leased_at=clock(),
            lease_until=after(timedelta(seconds=seconds)),
            fence=datasets.c.fence + 1,
            crashes=datasets.c.crashes + abandoned,
        )
        .returning(*columns())
    )
    leases = [Lease(of_row(row), int(row._mapping["fence"])) for row in taken]  # noqa: SLF001
    return sorted(leases, key=lambda one: one.dataset.id)


def hold(connection: sa.Connection, leases: Sequence[Lease], *, owner: str, seconds: int) -> set[int]:
    """Renew leases; those whose own ids come back are still ours. Of the others nothing may be written any more."""
    mine = sa.and_(among(datasets.c.id, [one.dataset.id for one in leases]), datasets.c.lease_owner == owner)
    renewed = sa.update(datasets).where(mine).values(lease_until=after(timedelta(seconds=seconds)))
    found = connection.execute(renewed.returning(datasets.c.id, datasets.c.fence))
    fences = {row.id: row.fence for row in found}
    return {one.dataset.id for one in leases if fences.get(one.dataset.id) == one.fence}


def release(connection: sa.Connection, pks: Sequence[int], *, owner: str) -> None:
    """Give leases back before they run out: their owner lives."""
    mine = sa.and_(among(datasets.c.id, pks), datasets.c.lease_owner == owner)
    values = {"lease_owner": None, "lease_until": None}
    connection.execute(sa.update(datasets).where(mine).values(values))


def owners(connection: sa.Connection, beginning: str) -> set[str]:
    """Who has leases, of those whose name begins so."""
    found = sa.select(datasets.c.lease_owner).where(datasets.c.lease_owner.startswith(beginning, autoescape=True))
    return {owner for owner in connection.execute(found.distinct()).scalars() if owner}


def abandon(connection: sa.Connection, *, owner: str) -> None:
    """Its owner is dead: the leases are over, and that nobody gave them back stays visible."""
    connection.execute(sa.update(datasets).where(datasets.c.lease_owner == owner).values(lease_until=clock()))
