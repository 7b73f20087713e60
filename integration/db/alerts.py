"""Alerts: what a merchant should look at, said once per store and kind and counted after that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, insert, metadata
from integration.db.stores import stores

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.String(50), nullable=False),
    sa.Column("sentence", sa.String(500), nullable=False),
    sa.Column("times", sa.Integer, nullable=False, server_default="1"),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "kind"),
)


def raise_one(connection: sa.Connection, *, store_id: str, kind: str, sentence: str, at: datetime) -> None:
    """Say it, or count it once more."""
    values = {"store_id": store_id, "kind": kind, "sentence": sentence, "first_at": at, "last_at": at}
    statement = insert(connection, alerts).values(values)
    again = {"sentence": sentence, "last_at": at, "times": alerts.c.times + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=["store_id", "kind"], set_=again))


def keep(connection: sa.Connection, *, store_id: str, kind: str, sentence: str, at: datetime) -> None:
    """Say it once, and keep its words true; that it still holds is not counted as another time."""
    values = {"store_id": store_id, "kind": kind, "sentence": sentence, "first_at": at, "last_at": at}
    statement = insert(connection, alerts).values(values)
    again = statement.on_conflict_do_update(
        index_elements=["store_id", "kind"], set_={"sentence": sentence}, where=alerts.c.sentence != sentence
    )
    connection.execute(again)


def clear_others(connection: sa.Connection, *, kind: str, besides: Sequence[str]) -> None:
    """That kind holds for no other stores any more."""
    mended = sa.and_(alerts.c.kind == kind, alerts.c.store_id.not_in(besides))
    connection.execute(sa.delete(alerts).where(mended))


def clear(connection: sa.Connection, *, store_id: str, kind: str) -> None:
    """What was wrong is mended."""
    connection.execute(sa.delete(alerts).where(alerts.c.store_id == store_id, alerts.c.kind == kind))


def everything(connection: sa.Connection, limit: int) -> Sequence[Any]:
    """The newest alerts: store_id, kind, sentence, times, last_at."""
    columns = (alerts.c.store_id, alerts.c.kind, alerts.c.sentence, alerts.c.times, alerts.c.last_at)
    return connection.execute(sa.select(*columns).order_by(alerts.c.last_at.desc()).limit(limit)).all()


class Raised(NamedTuple):
    """An alert of some store."""

    id: int
    store_id: str
    domain: str
    kind: str
    sentence: str
    times: int
    first_at: datetime
    last_at: datetime


def page(
    connection: sa.Connection, *, store_id: str | None, kind: str | None, before: tuple[datetime, int] | None, most: int
) -> Sequence[Raised]:
    """Of one store or of all, of one kind or of any: the last raised first, of those before a time and an id."""
    columns = (
        *(alerts.c.id, alerts.c.store_id, stores.c.domain, alerts.c.kind),
        *(alerts.c.sentence, alerts.c.times, alerts.c.first_at, alerts.c.last_at),
    )
    asked = [column == value for column, value in ((alerts.c.store_id, store_id), (alerts.c.kind, kind)) if value]
    if before:
        at, pk = before
        asked.append(sa.or_(alerts.c.last_at < at, sa.and_(alerts.c.last_at == at, alerts.c.id < pk)))
    found = sa.select(*columns).join(stores, stores.c.id == alerts.c.store_id).where(*asked)
    return [
        Raised(*row)
        for row in connection.execute(found.order_by(alerts.c.last_at.desc(), alerts.c.id.desc()).limit(most))
    ]


def kinds(connection: sa.Connection) -> Sequence[tuple[str, int]]:
    """What is wrong somewhere, the most frequent first, and in how many stores."""
    number = sa.func.count()
    found = sa.select(alerts.c.kind, number).group_by(alerts.c.kind).order_by(number.desc(), alerts.c.kind)
    return [(kind, int(stores_)) for kind, stores_ in connection.execute(found)]


def of_store(connection: sa.Connection, store_id: str) -> Sequence[Any]:
    """What one merchant should look at, newest first: kind, sentence, times, last_at."""
    columns = (alerts.c.kind, alerts.c.sentence, alerts.c.times, alerts.c.last_at)
    mine = sa.select(*columns).where(alerts.c.store_id == store_id).order_by(alerts.c.last_at.desc(), alerts.c.id)
    return connection.execute(mine).all()
