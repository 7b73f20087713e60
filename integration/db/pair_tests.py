"""Pair tests: both riders told Meta the same custom event under one id, or what kept one of them silent.

A row is the work to do as well: while it has a `due_at`, the server has still to tell its half.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, among, clock, metadata
from integration.db.datasets import datasets

SEALED_BROWSER = "pair_tests.browser"  # the name of the sealed column, which binds what is sealed in it

pair_tests = sa.Table(
    "pair_tests",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("dataset_id", sa.String(64), nullable=False),  # Meta's id of it
    sa.Column("code_sha256", sa.String(64), nullable=False, unique=True),  # of what the storefront's address carries
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("opened_at", Instant),
    sa.Column("pixel_at", Instant),  # when it came as far as `pixel_state` says
    sa.Column("pixel_state", sa.String(16)),  # held, called, loaded or sent
    sa.Column("browser", sa.Text),  # sealed, and gone once the server told
    sa.Column("due_at", Instant),
    sa.Column("server_at", Instant),
    sa.Column("fbtrace_id", sa.String(64)),
    sa.Column("trouble", sa.String(500)),
    sa.Index("ix_pair_tests_store_id", "store_id", "id"),
    sa.Index("ix_pair_tests_due_at", "due_at"),
)


class PairTest(NamedTuple):
    """One row. `server_at`: when Meta had answered; `trouble`: what kept the server silent; while it has neither, and is
    not due, the server's call is under way.
    """

    id: int
    store_id: str
    dataset_id: str
    code_sha256: str
    event_id: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    pixel_at: datetime | None
    pixel_state: str | None
    browser: str | None
    due_at: datetime | None
    server_at: datetime | None
    fbtrace_id: str | None
    trouble: str | None


def add(
    connection: sa.Connection, store_id: str, dataset_id: str, *, digest: str, event_id: str, until: datetime
) -> None:
    """A test that nobody has opened yet."""
    told = {"store_id": store_id, "dataset_id": dataset_id, "code_sha256": digest, "event_id": event_id}
    connection.execute(sa.insert(pair_tests).values(**told, created_at=clock(), expires_at=until))


def end_all(connection: sa.Connection, store_id: str) -> None:
    """The codes of the store's tests are good no more, and what they had the server do is not done."""
    open_ones = sa.and_(pair_tests.c.store_id == store_id, pair_tests.c.expires_at > clock())
    values = {"expires_at": clock(), "due_at": None, "browser": None}
    connection.execute(sa.update(pair_tests).where(open_ones).values(values))


def newest(connection: sa.Connection, store_id: str) -> PairTest | None:
    """The store's last test."""
    mine = sa.select(pair_tests).where(pair_tests.c.store_id == store_id).order_by(pair_tests.c.id.desc()).limit(1)
    row = connection.execute(mine).one_or_none()
    return None if row is None else PairTest(*row)


def is_open(connection: sa.Connection, digest: str) -> bool:
    """Whether a code opens a test. Asked first, without a lock: anybody can send anything for a code."""
    return connection.execute(sa.select(pair_tests.c.id).where(_opens(digest))).first() is not None


def of_code(connection: sa.Connection, digest: str) -> PairTest | None:
    """The test that this code opens, kept from others until the transaction ends; None for a code that is none or whose
    time is over.
    """
    row = connection.execute(sa.select(pair_tests).where(_opens(digest)).with_for_update()).one_or_none()
    return None if row is None else PairTest(*row)


def _opens(digest: str) -> sa.ColumnElement[bool]:
    return sa.and_(pair_tests.c.code_sha256 == digest, pair_tests.c.expires_at > clock())


def mark_opened(connection: sa.Connection, pk: int) -> None:
    """The storefront was opened; that it was before stays."""
    first = sa.and_(pair_tests.c.id == pk, pair_tests.c.opened_at.is_(None))
    connection.execute(sa.update(pair_tests).where(first).values(opened_at=clock()))


def keep(connection: sa.Connection, pk: int, **values: Any) -> None:
    """What was heard of the Pixel, or what became of the server's half."""
    connection.execute(sa.update(pair_tests).where(pair_tests.c.id == pk).values(**values))


def _due() -> sa.ColumnElement[bool]:
    return pair_tests.c.due_at <= clock()


def anything_due(connection: sa.Connection) -> bool:
    """Whether the server has a half to tell."""
    return connection.execute(sa.select(pair_tests.c.id).where(_due()).limit(1)).first() is not None


class Side(NamedTuple):
    """A test that is due, and the dataset it is of: `state` is None where it is gone."""

    id: int
    expires_at: datetime
    state: str | None
    reason: str | None
    rest_until: datetime | None


def due(connection: sa.Connection, most: int) -> Sequence[Side]:
    """Some tests that are due, the longest first."""
    columns = (pair_tests.c.id, pair_tests.c.expires_at, datasets.c.state, datasets.c.reason, datasets.c.rest_until)
    found = sa.select(*columns).select_from(pair_tests.outerjoin(datasets, _its_dataset()))
    return [Side(*row) for row in connection.execute(found.where(_due()).order_by(pair_tests.c.due_at).limit(most))]


def work() -> sa.ColumnElement[bool]:
    """Whether there is something to do for the dataset of the enclosing statement, as `db.due.work` says of events."""
    return sa.exists().where(_due(), _its_dataset()).correlate(datasets)


def _its_dataset() -> sa.ColumnElement[bool]:
    return sa.and_(datasets.c.store_id == pair_tests.c.store_id, datasets.c.dataset_id == pair_tests.c.dataset_id)


def take(connection: sa.Connection, dataset_pks: Sequence[int]) -> Sequence[PairTest]:
    """The tests that are due for these datasets, as they were. From now on they are not due, and their browsers not kept:
    each is told once, come what may. The datasets are leased by the caller, so nobody else takes them.
    """
    found = sa.select(pair_tests).join(datasets, _its_dataset()).where(_due(), among(datasets.c.id, dataset_pks))
    taken = [PairTest(*row) for row in connection.execute(found)]
    mine = among(pair_tests.c.id, [one.id for one in taken])
    connection.execute(sa.update(pair_tests).where(mine).values(due_at=None, browser=None))
    return taken


def forget(connection: sa.Connection, *, before: datetime, most: int) -> int:
    """Delete those begun before that time among so many of the oldest; how many it were. Ids grow as time does."""
    oldest = sa.select(pair_tests.c.id, pair_tests.c.created_at).order_by(pair_tests.c.id).limit(most).subquery()
    old = sa.select(oldest.c.id).where(oldest.c.created_at < before)
    return connection.execute(sa.delete(pair_tests).where(pair_tests.c.id.in_(old))).rowcount
