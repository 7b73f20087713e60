"""Datasets: Meta's side of a store. Token, pause and lease (`leasing`) belong to the row and are never
shared between stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, after, among, clock, metadata
from integration.db.stores import touch

ACTIVE, PAUSED = "active", "paused"
_FOR_EVER = timedelta(days=36_500)
SEALED_TOKEN = "datasets.token"  # noqa: S105 # the name of the sealed column, which binds what is sealed in it

datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("dataset_id", sa.String(64), nullable=False),
    sa.Column("token", sa.Text, nullable=False),  # sealed
    sa.Column("test_event_code", sa.String(64)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(255)),
    sa.Column("lease_owner", sa.String(64)),
    sa.Column("lease_until", Instant),
    sa.Column("leased_at", Instant),
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),  # batches refused since one was taken
    sa.Column("refused_from", sa.BigInteger),  # the attempt these refusals began with; 0: it was a part of a batch
    sa.Column("rest_until", Instant),  # throttled, failing or paused: nothing leaves, or is tried, before
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # calls in a row that Meta did not take
    sa.Column("crashes", sa.Integer, nullable=False, server_default="0"),  # leases in a row whose owner died
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("name", sa.String(255)),  # as Meta calls it
    sa.Column("token_tail", sa.String(4)),  # the last letters of the token, by which a merchant knows it again
    sa.Column("checked_at", Instant),  # when Meta last said that this token opens this dataset
    sa.Column("test_event_code_until", Instant),  # test_event_code counts until then; NULL: until it is taken away
    sa.Column("paused_at", Instant),
    sa.UniqueConstraint("store_id", "dataset_id"),
    sa.Index("ix_datasets_dataset_id", "dataset_id"),
)

# A dataset of which nothing bad is known (any more).
_UNTROUBLED: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("reason", "paused_at", "refused_from", "rest_until"))
    | dict.fromkeys(("refusals", "failures", "crashes"), 0)
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One row. `id` is ours, `dataset_id` is Meta's; `sealed_token` is still sealed. `test_event_code`: None where it was
    over when the row was read. `failures`: calls in a row that Meta did not take; `crashes`: leases in a row whose owner
    died.
    """

    id: int
    store_id: str
    dataset_id: str
    sealed_token: str
    test_event_code: str | None
    state: str
    reason: str | None
    failures: int = 0
    crashes: int = 0
    name: str | None = None
    token_tail: str | None = None
    checked_at: datetime | None = None
    test_event_code_until: datetime | None = None
    paused_at: datetime | None = None

    @property
    def paused(self) -> bool:
        """Whether its events are held until the merchant mends something at Meta."""
        return self.state == PAUSED

    @property
    def ailing(self) -> bool:
        """Whether its next call is likely to fail, or to hang."""
        return self.paused or self.failures > 0


def columns() -> list[sa.ColumnElement[Any]]:
    """All columns, and the test event code as it counts now: one that is over is none, whether it was cleared or not."""
    # Not by IS NULL: in RETURNING, SQLite 3.40 says of a column that is NULL that it is not.
    counts = sa.func.coalesce(datasets.c.test_event_code_until, after(_FOR_EVER)) > clock()
    return [*datasets.c, sa.case((counts, datasets.c.test_event_code), else_=None).label("code_now")]


def of_row(row: sa.Row[tuple[object, ...]]) -> Dataset:
    """The dataset of a row with those columns."""
    of = row._mapping  # noqa: SLF001
    return Dataset(
        id=of["id"],
        store_id=of["store_id"],
        dataset_id=of["dataset_id"],
        sealed_token=of["token"],
        test_event_code=of["code_now"],
        state=of["state"],
        reason=of["reason"],
        failures=of["failures"],
        crashes=of["crashes"],
        name=of["name"],
        token_tail=of["token_tail"],
        checked_at=of["checked_at"],
        test_event_code_until=of["test_event_code_until"] if of["code_now"] else None,
        paused_at=of["paused_at"],
    )


def of_store(connection: sa.Connection, store_id: str, *, kept: bool = False) -> list[Dataset]:
    """A store's datasets, oldest first; `kept`: as they stay until this transaction ends."""
    wanted = sa.select(*columns()).where(datasets.c.store_id == store_id).order_by(datasets.c.id)
    return [of_row(row) for row in connection.execute(wanted.with_for_update(read=True) if kept else wanted)]


def stores_sharing(connection: sa.Connection, dataset_id: str, *, besides: str) -> list[str]:
    """The ids of other stores that tell the same dataset of Meta's."""
    other = sa.select(datasets.c.store_id).where(datasets.c.dataset_id == dataset_id, datasets.c.store_id != besides)
    return list(connection.execute(other).scalars())


def one_at_a_time(connection: sa.Connection, dataset_id: str) -> None:
    """Until this transaction ends nobody else attaches Meta's dataset: two stores must not miss one another. SQLite has
    one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(dataset_id, 0))))


class Token(NamedTuple):
    """A token as it is kept. `tail`: its last letters; `checked`: Meta said just now that it opens the dataset, which it
    calls `name`.
    """

    sealed: str
    tail: str | None = None
    name: str | None = None
    checked: bool = False

    def values(self) -> dict[str, Any]:
        """In the columns' terms; a name that was not asked for again stays."""
        told = {"token": self.sealed, "token_tail": self.tail, "checked_at": clock() if self.checked else None}
        return told | ({"name": self.name[:255]} if self.name else {})


def add(
    connection: sa.Connection,
    *,
    store_id: str,
    dataset_id: str,
    token: Token,
    test_event_code: str | None,
    at: datetime,
) -> int:
    """Attach a dataset; its own id comes back."""
    told = {"store_id": store_id, "dataset_id": dataset_id, "test_event_code": test_event_code, "created_at": at}
    statement = sa.insert(datasets).values(**told, state=ACTIVE, **token.values())
    touch(connection, store_id)
    return int(connection.execute(statement.returning(datasets.c.id)).scalar_one())


def renew_token(connection: sa.Connection, dataset: Dataset, token: Token) -> None:
    """A new token, and the pause is over."""
    values = {"state": ACTIVE, **_UNTROUBLED, **token.values()}
    connection.execute(sa.update(datasets).where(datasets.c.id == dataset.id).values(values))
    touch(connection, dataset.store_id)


def set_test_code(connection: sa.Connection, dataset: Dataset, code: str | None, until: datetime | None) -> None:
    """Test orders are sent with this code, until then or for good; None: they are sent no more."""
    values = {"test_event_code": code, "test_event_code_until": until if code else None}
    connection.execute(sa.update(datasets).where(datasets.c.id == dataset.id).values(values))
    touch(connection, dataset.store_id)


class Ended(NamedTuple):
    """A test event code that is over."""

    store_id: str
    dataset_id: str
    code: str | None


def clear_test_codes(connection: sa.Connection) -> list[Ended]:
    """Take away the codes that are over; which they were."""
    over = sa.select(datasets).where(datasets.c.test_event_code_until <= clock()).order_by(datasets.c.id)
    locked = connection.execute(over.with_for_update(skip_locked=True)).all()
    if not locked:
        return []
    values = {"test_event_code": None, "test_event_code_until": None}
    connection.execute(sa.update(datasets).where(among(datasets.c.id, [row.id for row in locked])).values(values))
    for store_id in sorted({row.store_id for row in locked}):
        touch(connection, store_id)
    return [Ended(row.store_id, row.dataset_id, row.test_event_code) for row in locked]


def pause(connection: sa.Connection, dataset: Dataset, reason: str) -> bool:
    """Stop sending until the merchant has mended it; False where its token was renewed since `dataset` was read."""
    same = sa.and_(datasets.c.id == dataset.id, datasets.c.token == dataset.sealed_token)
    since = sa.case((datasets.c.state == PAUSED, datasets.c.paused_at), else_=clock())
    values = {"state": PAUSED, "reason": reason, "paused_at": since}
    paused = sa.update(datasets).where(same).values(values).returning(datasets.c.id)
    if connection.execute(paused).first() is None:
        return False
    touch(connection, dataset.store_id)
    return True


def rest(connection: sa.Connection, pk: int, wait: timedelta | None, *, failures: int) -> None:
    """Leave this dataset alone for a while (None: not at all), after so many failures in a row."""
    until = None if wait is None else after(wait)
    connection.execute(sa.update(datasets).where(datasets.c.id == pk).values(rest_until=until, failures=failures))


def count_refusal(connection: sa.Connection, pk: int, attempt: int, *, whole: bool) -> tuple[int, int | None]:
    """One more call was refused; how many have been since one was taken, and the attempt this row of refusals began
    with, if that was a batch as it came (`whole`) and not a part of one of which something had been taken.
    """
    begun = attempt if whole else 0
    counted = (
        sa.update(datasets)
        .where(datasets.c.id == pk)
        .values(refusals=datasets.c.refusals + 1, refused_from=sa.func.coalesce(datasets.c.refused_from, begun))
    )
    refusals, first = connection.execute(counted.returning(datasets.c.refusals, datasets.c.refused_from)).one()
    return int(refusals), int(first) or None


def forget_trouble(connection: sa.Connection, pks: Sequence[int]) -> None:
    """Meta took something of these datasets. What killed their senders may still be among the rest."""
    troubled = sa.or_(datasets.c.refusals > 0, datasets.c.failures > 0, datasets.c.crashes > 0)
    fewer = sa.case((datasets.c.crashes > 0, datasets.c.crashes - 1), else_=0)
    values = {"refusals": 0, "refused_from": None, "failures": 0, "rest_until": None, "crashes": fewer}
    connection.execute(sa.update(datasets).where(among(datasets.c.id, pks), troubled).values(values))


def forgive_crashes(connection: sa.Connection, pk: int, *, to: int) -> None:
    """What may have killed whoever touched it is out of the way; the next ones are told with care all the same."""
    connection.execute(sa.update(datasets).where(datasets.c.id == pk).values(crashes=to))


def resume(connection: sa.Connection, dataset: Dataset) -> bool:
    """The pause is over by itself: Meta took something. False where it was over already."""
    paused = sa.and_(datasets.c.id == dataset.id, datasets.c.state == PAUSED)
    resumed = sa.update(datasets).where(paused).values(state=ACTIVE, **_UNTROUBLED).returning(datasets.c.id)
    if connection.execute(resumed).first() is None:
        return False
    touch(connection, dataset.store_id)
    return True
