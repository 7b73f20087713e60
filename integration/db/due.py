"""What is due: which datasets have something to do, and the deliveries to decide on with what their events hold."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from integration.db import clock, from_ms, leasing
from integration.db.datasets import ACTIVE, PAUSED, datasets
from integration.db.deliveries import deliveries
from integration.db.events import events

_MOST_BYTES = 2_000_000
_MOST_ROWS = 2_000

# As words in the SQL: an index over some states is only used where the query says which, before it is bound.
_CLAIMABLE = sa.text("deliveries.state IN ('pending', 'waiting', 'sending')")
_HELD = sa.text("deliveries.state = 'held'")


class Due(NamedTuple):
    """A delivery to be decided on, with what its event holds. Times in milliseconds, as they lie in the database: a
    worker reads so many rows that only what is looked at becomes a date.
    """

    id: int
    state: str
    attempts: int
    doubtful: bool
    insisted: bool
    share: int | None
    first_attempt_ms: int | None
    event_pk: int
    event_name: str
    event_id: str
    subject: str
    order_id: str | None
    test: bool
    placed_ms: int
    event_ms: int
    received_ms: int
    ended: bool
    facts: str
    user_data: str | None
    checkout_key: str | None = None
    cart_key: str | None = None
    ruling: str | None = None
    stated: str | None = None

    @property
    def event_time(self) -> datetime:
        """When it happened, for Meta."""
        return from_ms(self.event_ms)

    @property
    def placed_at(self) -> datetime:
        """When the order was placed."""
        return from_ms(self.placed_ms)

    @property
    def received_at(self) -> datetime:
        """When we first heard of it."""
        return from_ms(self.received_ms)

    @property
    def first_attempt_at(self) -> datetime | None:
        """When it was sent for the first time."""
        return None if self.first_attempt_ms is None else from_ms(self.first_attempt_ms)


_DUE_COLUMNS: tuple[sa.Column[Any], ...] = (
    *(deliveries.c.id, deliveries.c.state, deliveries.c.attempts, deliveries.c.doubtful, deliveries.c.insisted),
    *(deliveries.c.share, deliveries.c.first_attempt_at, deliveries.c.event_pk, events.c.event_name),
    *(events.c.event_id, events.c.subject, events.c.order_id, events.c.test, events.c.placed_at),
    *(events.c.event_time, events.c.received_at, events.c.ended, events.c.facts, events.c.user_data),
    *(events.c.checkout_key, events.c.cart_key, deliveries.c.ruling, events.c.stated),
)


def work() -> sa.ColumnElement[bool]:
    """Whether there is something to do for the dataset of the enclosing statement: something is due, or, where it is
    paused, something is held with which to ask whether the pause is over.

    `sending` counts whatever its time: it is looked at only when the lease is free, so its sender is gone.
    """
    is_due = sa.exists().where(deliveries.c.dataset_pk == datasets.c.id, _CLAIMABLE, deliveries.c.next_at <= clock())
    is_held = sa.exists().where(deliveries.c.dataset_pk == datasets.c.id, _HELD)
    return sa.or_(
        # Asked first, and answered from the index of what is under way: most datasets have nothing there.
        sa.and_(datasets.c.state == ACTIVE, datasets.c.id.in_(_datasets_under_way()), is_due),
        sa.and_(datasets.c.state == PAUSED, is_held),
    )


def _datasets_under_way() -> sa.Select[tuple[int]]:
    """The datasets with anything claimable, by skipping from one to the next in the index: as many steps as there are
    such datasets, however many rows each has.
    """
    first = sa.select(sa.func.min(deliveries.c.dataset_pk).label("pk")).where(_CLAIMABLE)
    found = first.cte("under_way", recursive=True)
    following = (
        sa.select(sa.func.min(deliveries.c.dataset_pk))
        .where(_CLAIMABLE, deliveries.c.dataset_pk > found.c.pk)
        .scalar_subquery()
    )
    found = found.union_all(sa.select(following).where(found.c.pk.is_not(None)))
    return sa.select(found.c.pk).where(found.c.pk.is_not(None))


def anything_due(connection: sa.Connection) -> bool:
    """Whether a worker would find something to do now."""
    return leasing.anything_to_do(connection, work())


def due_of(
    connection: sa.Connection,
    dataset_pks: Sequence[int],
    *,
    each: int,
    held: bool = False,
    most_bytes: int = _MOST_BYTES,
) -> dict[int, list[Due]]:
    """What there is to decide on now, by dataset, oldest due first: at most `each` rows and about `most_bytes` of facts
    of one dataset. `held`: also what is held, for datasets that are paused.

    Where there is too much for one look, the last datasets are missing from the answer: they are asked for again.
    """
    found: dict[int, list[Due]] = {}
    rows = 0
    for pk, ready in _read_due(connection, dataset_pks, each, most_bytes, held=held):
        rows += len(ready)
        if found and rows > _MOST_ROWS:
            break
        found[pk] = ready
    return found


def of_event(connection: sa.Connection, store_id: str, event_pk: int) -> dict[int, Due]:
    """The deliveries of one event of a store, by our own id of the dataset, whatever their state."""
    wanted = (
        sa.select(deliveries.c.dataset_pk, *_DUE_COLUMNS)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(deliveries.c.store_id == store_id, deliveries.c.event_pk == event_pk)
        .where(deliveries.c.dataset_pk.is_not(None))
    )
    return {row[0]: Due._make(row[1:]) for row in _plain(connection, wanted)}


def _read_due(
    connection: sa.Connection, dataset_pks: Sequence[int], each: int, most_bytes: int, *, held: bool
) -> Iterator[tuple[int, list[Due]]]:
    """One dataset after the other; on PostgreSQL with a single look at all of them."""
    if connection.dialect.name != "postgresql":
        for pk in dataset_pks:
            alone = _first(sa.literal(pk), each, held=held).subquery()
            yield pk, [Due._make(row[1:]) for row in _plain(connection, _with_events(alone, most_bytes))]
        return
    pks = sa.bindparam(None, list(dataset_pks), type_=ARRAY(sa.BigInteger), unique=True)
    wanted = sa.func.unnest(pks).table_valued("pk").render_derived()
    beside = _first(wanted.c.pk, each, held=held).lateral()
    looked = sa.select(beside).select_from(wanted.join(beside, sa.true())).limit(_MOST_ROWS + each).subquery()
    by_dataset: dict[int, list[Due]] = {pk: [] for pk in dataset_pks}
    for row in _plain(connection, _with_events(looked, most_bytes)):
        by_dataset[row[0]].append(Due._make(row[1:]))
    yield from by_dataset.items()


def _plain(connection: sa.Connection, statement: sa.Select[Any]) -> Sequence[tuple[Any, ...]]:
    """The driver's own rows: SQLAlchemy's would cost as much again as reading them."""
    with closing(connection.execute(statement)) as result:
        rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall()
        return rows


def _first(pk: sa.ColumnElement[Any], each: int, *, held: bool) -> sa.Select[Any]:
    """One dataset's first deliveries."""
    ready = sa.and_(_CLAIMABLE, deliveries.c.next_at <= clock())
    first = sa.select(deliveries).where(deliveries.c.dataset_pk == pk, sa.or_(ready, _HELD) if held else ready)
    return first.order_by(deliveries.c.next_at, deliveries.c.id).limit(each)


def _with_events(looked: sa.FromClause, most_bytes: int) -> sa.Select[Any]:
    """The same with their events, but none behind so many bytes of its dataset: a call must not become too large."""
    in_order = (looked.c.next_at, looked.c.id)
    size = sa.func.length(events.c.facts)
    so_far = sa.func.sum(size).over(partition_by=looked.c.dataset_pk, order_by=in_order, rows=(None, 0))
    columns = [looked.c[column.name] if column.table is deliveries else column for column in _DUE_COLUMNS]
    place = looked.c.next_at.label("place")
    joined = sa.select(looked.c.dataset_pk, *columns, place, (so_far - size).label("before"))
    rows = joined.join(events, events.c.id == looked.c.event_pk).subquery()
    told = [column for column in rows.c if column.key not in ("place", "before")]
    return sa.select(*told).where(rows.c.before < most_bytes).order_by(rows.c.dataset_pk, rows.c.place, rows.c.id)
