"""Deliveries: one event for one dataset, and its state."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from integration.db import ROW_ID, Instant, among, clock, from_ms, metadata
from integration.db import datasets as datasets_table
from integration.db.datasets import ACTIVE, PAUSED, datasets
from integration.db.events import events


class State(StrEnum):
    """The states of a delivery, as words in the column."""

    OBSERVED = "observed"
    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    WAITING = "waiting"
    WITHHELD = "withheld"
    HELD = "held"
    DEAD = "dead"
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"
    SKIPPED = "skipped"


_MOST_BYTES = 2_000_000
_MOST_ROWS = 2_000

CLAIMABLE = (State.PENDING, State.WAITING, State.SENDING)
MOVABLE = (State.OBSERVED, State.PENDING, State.WAITING, State.WITHHELD, State.HELD, State.SKIPPED)
UNSETTLED = (State.PENDING, State.SENDING, State.WAITING, State.HELD)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("event_pk", sa.BigInteger, sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("dataset_pk", sa.BigInteger, sa.ForeignKey("datasets.id", ondelete="CASCADE")),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(255)),
    sa.Column("next_at", Instant),  # NULL: nothing is due by time
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("doubtful", sa.Boolean, nullable=False, server_default=sa.false()),  # an attempt ended unknown
    sa.Column("insisted", sa.Boolean, nullable=False, server_default=sa.false()),  # sent again whatever Meta may count
    sa.Column("share", sa.BigInteger),  # after its batch was refused: the part of it that is sent again together
    sa.Column("attempt_id", sa.BigInteger),
    sa.Column("first_attempt_at", Instant),
    sa.Column("delivered_at", Instant),
    sa.Column("fbtrace_id", sa.String(64)),
    sa.UniqueConstraint("event_pk", "dataset_pk"),
    sa.Index(
        "ix_deliveries_due",
        "dataset_pk",
        "next_at",
        "id",
        postgresql_where=sa.text("state IN ('pending', 'waiting', 'sending')"),
        sqlite_where=sa.text("state IN ('pending', 'waiting', 'sending')"),
    ),
    sa.Index(
        "ix_deliveries_held",
        "dataset_pk",
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    ),
    sa.Index(
        "ix_deliveries_dependents",
        "dataset_pk",
        postgresql_where=sa.text("state = 'waiting' AND next_at IS NULL"),
        sqlite_where=sa.text("state = 'waiting' AND next_at IS NULL"),
    ),
    sa.Index(
        "ix_deliveries_orphans",
        "store_id",
        postgresql_where=sa.text("dataset_pk IS NULL AND state = 'held'"),
        sqlite_where=sa.text("dataset_pk IS NULL AND state = 'held'"),
    ),
    sa.Index("ix_deliveries_store_id_state", "store_id", "state"),
)


# As words in the SQL: an index over some states is only used where the query says which, before it is bound.
_CLAIMABLE = sa.text("deliveries.state IN ('pending', 'waiting', 'sending')")
_HELD = sa.text("deliveries.state = 'held'")
_DEPENDENT = sa.text("deliveries.state = 'waiting' AND deliveries.next_at IS NULL")


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
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A delivery as a newer payload of its event finds it. `doubtful`: an attempt ended unknown."""

    id: int
    dataset_pk: int | None
    state: State
    doubtful: bool

    @property
    def movable(self) -> bool:
        """Whether nothing of it can have reached Meta, so that the newest payload may still decide."""
        return not self.doubtful and self.state in MOVABLE


def add(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the deliveries of a new event."""
    for row in rows:  # one by one: the due time may be an expression of the database's clock
        connection.execute(sa.insert(deliveries).values(dict(row)))


def of_event(connection: sa.Connection, event_pk: int) -> list[Placed]:
    """Each delivery of an event, kept from others until this transaction ends."""
    columns = (deliveries.c.id, deliveries.c.dataset_pk, deliveries.c.state, deliveries.c.doubtful)
    found = connection.execute(sa.select(*columns).where(deliveries.c.event_pk == event_pk).with_for_update())
    return [Placed(pk, dataset, State(state), doubtful) for pk, dataset, state, doubtful in found]


def change(connection: sa.Connection, pks: Sequence[int], **values: Any) -> None:
    """Set some columns of some deliveries."""
    if pks:
        connection.execute(sa.update(deliveries).where(among(deliveries.c.id, pks)).values(**values))


def decide(connection: sa.Connection, pks: Sequence[int], *, seen: str, **values: Any) -> None:
    """Set some columns of deliveries, but of none whose state is not what was `seen` any more: a webhook decided."""
    unchanged = sa.and_(among(deliveries.c.id, pks), deliveries.c.state == seen)
    connection.execute(sa.update(deliveries).where(unchanged).values(**values))


def dead_since(connection: sa.Connection, dataset_pk: int, attempt: int) -> list[int]:
    """A dataset's deliveries that died in that attempt or a later one."""
    died = sa.and_(deliveries.c.dataset_pk == dataset_pk, deliveries.c.state == State.DEAD)
    found = sa.select(deliveries.c.id).where(died, deliveries.c.attempt_id >= attempt).order_by(deliveries.c.id)
    return list(connection.execute(found).scalars())


def states_by_dataset(
    connection: sa.Connection, store_id: str, event_name: str, subject: str
) -> dict[int | None, State]:
    """What became of one event, by dataset."""
    found = connection.execute(
        sa.select(deliveries.c.dataset_pk, deliveries.c.state)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(events.c.store_id == store_id, events.c.event_name == event_name, events.c.subject == subject)
    )
    return {dataset: State(state) for dataset, state in found}


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
    return datasets_table.anything_to_do(connection, work())


def due(
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


def only_withheld(connection: sa.Connection, event_pks: Sequence[int]) -> list[int]:
    """Those of these events that no dataset will be told: every delivery of theirs is withheld."""
    other = sa.select(deliveries.c.event_pk).where(
        deliveries.c.event_pk.in_(event_pks), deliveries.c.state != State.WITHHELD
    )
    return sorted(set(event_pks) - set(connection.execute(other).scalars()))


@dataclass(frozen=True, slots=True)
class Purchaser:
    """What became of an order's first event at a dataset, and its sealed person."""

    state: State
    sealed: str | None
    test: bool = False


def purchasers(
    connection: sa.Connection, dataset_pk: int, event_name: str, order_ids: Sequence[str]
) -> dict[str, Purchaser]:
    """The purchasers of several orders, by order id, as far as this dataset has their `event_name`."""
    found = connection.execute(
        sa.select(events.c.subject, deliveries.c.state, events.c.user_data, events.c.test)
        .join(events, events.c.id == deliveries.c.event_pk)
        .where(
            deliveries.c.dataset_pk == dataset_pk, events.c.event_name == event_name, events.c.subject.in_(order_ids)
        )
    )
    return {subject: Purchaser(State(state), sealed, test) for subject, state, sealed, test in found}


def settle_dependents(
    connection: sa.Connection,
    *,
    event_name: str,
    upon: str,
    reason_untold: str,
    given_up_before: datetime,
    dataset_pks: Sequence[int] | None = None,
) -> None:
    """Deliveries of `event_name` that wait (without a due time) for the order's `upon` event at the same dataset.

    Where that was delivered they become due; where it ended otherwise, or never came, they are skipped.
    `dataset_pks`: at these datasets only.
    """
    waits = _DEPENDENT if dataset_pks is None else sa.and_(_DEPENDENT, among(deliveries.c.dataset_pk, dataset_pks))
    if connection.execute(sa.select(deliveries.c.id).where(waits).limit(1)).first() is None:
        return
    first, first_event, waiting_event = deliveries.alias("first"), events.alias("first_event"), events.alias("own")
    upon_order = (
        sa.select(first.c.state)
        .join(first_event, first_event.c.id == first.c.event_pk)
        .join(waiting_event, waiting_event.c.id == deliveries.c.event_pk)
        .where(
            waiting_event.c.event_name == event_name,
            first_event.c.store_id == deliveries.c.store_id,
            first_event.c.event_name == upon,
            first_event.c.subject == waiting_event.c.order_id,
            first.c.dataset_pk == deliveries.c.dataset_pk,
        )
        .limit(1)
        .scalar_subquery()
        .correlate(deliveries)
    )
    ended = sa.and_(upon_order.is_not(None), upon_order.not_in((*UNSETTLED, State.DELIVERED)))
    too_old = deliveries.c.event_pk.in_(sa.select(events.c.id).where(events.c.event_time < given_up_before))
    connection.execute(
        sa.update(deliveries)
        .where(waits, upon_order == State.DELIVERED)
        .values(state=State.PENDING, reason=None, next_at=clock())
    )
    connection.execute(
        sa.update(deliveries)
        .where(waits, sa.or_(ended, sa.and_(upon_order.is_(None), too_old)))
        .values(state=State.SKIPPED, reason=reason_untold)
    )
