"""What the storefront's Pixel told, by the word of the script that called it. Nothing of shoppers."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, clock, insert, metadata
from integration.db.events import events


class Stage(StrEnum):
    """How far the Pixel's word came: the script called fbq, fbevents.js ran, its request left."""

    CALLED = "called"
    LOADED = "loaded"
    SENT = "sent"


sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("dataset_id", sa.String(32), nullable=False),
    sa.Column("event_name", sa.String(50), nullable=False),
    sa.Column("event_id", sa.String(255), nullable=False),
    # What it proves it is about (pipeline.joining); "" where it proves nothing, and then it counts for nothing.
    sa.Column("proof_key", sa.String(64), nullable=False),
    sa.Column("called_at", Instant),
    sa.Column("loaded_at", Instant),
    sa.Column("sent_at", Instant),
    sa.Column("first_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "dataset_id", "event_name", "event_id", "proof_key"),
    sa.Index("ix_sightings_store_id_proof_key", "store_id", "proof_key"),
    sa.Index("ix_sightings_store_id_first_at", "store_id", "first_at"),
)


class Sighting(NamedTuple):
    """One row. Each time is when we were first told of that stage, by the database's clock."""

    dataset_id: str
    event_name: str
    event_id: str
    proof_key: str
    called_at: datetime | None
    loaded_at: datetime | None
    sent_at: datetime | None
    first_at: datetime


COLUMNS = (
    *(sightings.c.dataset_id, sightings.c.event_name, sightings.c.event_id, sightings.c.proof_key),
    *(sightings.c.called_at, sightings.c.loaded_at, sightings.c.sent_at, sightings.c.first_at),
)


class Seen(NamedTuple):
    """One word of the script, of one store."""

    store_id: str
    dataset_id: str
    event_name: str
    event_id: str
    proof_key: str

    @property
    def row(self) -> sa.ColumnElement[bool]:
        """Where it is kept."""
        return sa.and_(*(sightings.c[name] == value for name, value in self._asdict().items()))


_ORDER = (Stage.CALLED, Stage.LOADED, Stage.SENT)


def keep(connection: sa.Connection, seen: Seen, stage: Stage) -> None:
    """The first word of each stage counts; a later one changes nothing. A stage that was reached implies those before."""
    times = _times(stage)
    statement = insert(connection, sightings).values(
        {**seen._asdict(), "first_at": clock(), **dict.fromkeys(times, clock())}
    )
    changed = {name: sa.func.coalesce(sightings.c[name], clock()) for name in times}
    missing = sa.or_(*(sightings.c[name].is_(None) for name in times))
    connection.execute(statement.on_conflict_do_update(index_elements=[*seen._fields], set_=changed, where=missing))


def add_stage(connection: sa.Connection, seen: Seen, stage: Stage) -> None:
    """The same for what is kept already; what is not stays unkept."""
    changed = {name: sa.func.coalesce(sightings.c[name], clock()) for name in _times(stage)}
    connection.execute(sa.update(sightings).where(seen.row).values(changed))


def sent(connection: sa.Connection, store_id: str, event_name: str, orders: Mapping[str, str]) -> set[str]:
    """Those of these orders, given by their keys, whose event the Pixel told under the ledger's own id, at any dataset."""
    same_event = sa.and_(
        events.c.store_id == sightings.c.store_id,
        events.c.event_name == sightings.c.event_name,
        events.c.event_id == sightings.c.event_id,
    )
    found = (
        sa.select(sightings.c.proof_key, events.c.subject)
        .join(events, same_event)
        .where(
            sightings.c.store_id == store_id,
            sightings.c.event_name == event_name,
            sightings.c.proof_key.in_(orders),
            sightings.c.sent_at.is_not(None),
            events.c.subject.in_(orders.values()),
        )
    )
    return {subject for key, subject in connection.execute(found) if orders[key] == subject}


def _times(stage: Stage) -> list[str]:
    return [f"{one}_at" for one in _ORDER[: _ORDER.index(stage) + 1]]


def forget(connection: sa.Connection, *, before: datetime, most: int) -> int:
    """Delete those first told before that time among so many of the oldest; how many it were.

    Ids grow as time does, near enough: no index on the time of all stores' rows is needed.
    """
    oldest = sa.select(sightings.c.id, sightings.c.first_at).order_by(sightings.c.id).limit(most).subquery()
    old = sa.select(oldest.c.id).where(oldest.c.first_at < before)
    return connection.execute(sa.delete(sightings).where(sightings.c.id.in_(old))).rowcount
