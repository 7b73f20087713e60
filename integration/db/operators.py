"""Operators: who runs Tandem, by name; their sessions, and tries to sign in. Only hashes of what they hold."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from integration.db import ROW_ID, Instant, insert, metadata
from integration.db.changes import By, changes

_FORGOTTEN_AT_ONCE = 500

operators = sa.Table(
    "operators",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("key_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)

operator_sessions = sa.Table(
    "operator_sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("operator_id", sa.BigInteger, sa.ForeignKey("operators.id", ondelete="CASCADE"), nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column(
        "whose", sa.String(100), nullable=False
    ),  # a hash of a name, of a network, or of both: stores.sign_in_tries
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_sign_in_tries_whose_at", "whose", "at"),
)


class Operator(NamedTuple):
    """One row; `ended_at`: since when it signs nobody in any more."""

    id: int
    name: str
    key_sha256: str
    created_at: datetime
    ended_at: datetime | None


def named(connection: sa.Connection, name: str) -> Operator | None:
    """Who goes by that name, removed or not; as they stay until this transaction ends."""
    row = connection.execute(sa.select(operators).where(operators.c.name == name).with_for_update()).one_or_none()
    return None if row is None else Operator(*row)


def everyone(connection: sa.Connection) -> Sequence[Operator]:
    """All of them, by name, the removed ones too."""
    return [Operator(*row) for row in connection.execute(sa.select(operators).order_by(operators.c.name))]


def add(connection: sa.Connection, name: str, key_sha256: str, at: datetime) -> bool:
    """A new one, or one that was removed and is back; False where one of that name is at work."""
    values = {"key_sha256": key_sha256, "created_at": at, "ended_at": None}
    statement = insert(connection, operators).values({**values, "name": name})
    back = statement.on_conflict_do_update(
        index_elements=["name"], set_=values, where=operators.c.ended_at.is_not(None)
    )
    return connection.execute(back.returning(operators.c.id)).first() is not None


def renew(connection: sa.Connection, operator_id: int, key_sha256: str) -> None:
    """Another key. Whoever is signed in with the former one is so no more."""
    connection.execute(sa.update(operators).where(operators.c.id == operator_id).values(key_sha256=key_sha256))
    _end_all(connection, operator_id)


def end(connection: sa.Connection, operator_id: int, at: datetime) -> None:
    """It signs nobody in any more, and whoever is signed in is so no more. The name stays, for the change log's sake."""
    connection.execute(sa.update(operators).where(operators.c.id == operator_id).values(ended_at=at))
    _end_all(connection, operator_id)


def _end_all(connection: sa.Connection, operator_id: int) -> None:
    connection.execute(sa.delete(operator_sessions).where(operator_sessions.c.operator_id == operator_id))


def begin(
    connection: sa.Connection, token_sha256: str, operator_id: int, *, begun_at: datetime, expires_at: datetime
) -> None:
    """Whoever holds that token is this operator until then."""
    connection.execute(sa.delete(operator_sessions).where(operator_sessions.c.expires_at <= begun_at))
    values = {"operator_id": operator_id, "begun_at": begun_at, "expires_at": expires_at}
    connection.execute(sa.insert(operator_sessions).values(token_sha256=token_sha256, **values))


def holder(connection: sa.Connection, token_sha256: str, now: datetime) -> Operator | None:
    """Who holds that token; none where its time is over, or the operator was removed."""
    held = sa.select(operator_sessions.c.operator_id).where(
        operator_sessions.c.token_sha256 == token_sha256, operator_sessions.c.expires_at > now
    )
    at_work = sa.select(operators).where(operators.c.id.in_(held), operators.c.ended_at.is_(None))
    row = connection.execute(at_work).one_or_none()
    return None if row is None else Operator(*row)


def leave(connection: sa.Connection, token_sha256: str) -> None:
    """That token shows nothing any more."""
    connection.execute(sa.delete(operator_sessions).where(operator_sessions.c.token_sha256 == token_sha256))


def signed_in(connection: sa.Connection, now: datetime) -> Mapping[int, datetime]:
    """Who is signed in, by id, and since when the newest of their sessions is."""
    newest = sa.func.max(operator_sessions.c.begun_at, type_=Instant)
    found = sa.select(operator_sessions.c.operator_id, newest).where(operator_sessions.c.expires_at > now)
    return {row[0]: row[1] for row in connection.execute(found.group_by(operator_sessions.c.operator_id))}


def has_done(connection: sa.Connection, by: By, store_id: str, what: str, *, since: datetime) -> bool:
    """Whether the change log of that store says so, since then."""
    same = (changes.c.store_id == store_id, changes.c.who == by.who, changes.c.surface == by.surface)
    found = sa.select(changes.c.id).where(*same, changes.c.what == what, changes.c.at >= since).limit(1)
    return connection.execute(found).first() is not None


def one_at_a_time(connection: sa.Connection, whose: str) -> None:
    """Until this transaction ends nobody else counts, or looks for, what is `whose`: two at once must see one another.
    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(whose, 0))))


def tries(
    connection: sa.Connection, whose: Collection[str], *, since: datetime, most: int
) -> Mapping[str, Sequence[datetime]]:
    """When each has failed since then, the oldest first; of each the newest `most`."""
    found: dict[str, Sequence[datetime]] = {}
    for one in whose:
        failed = (sign_in_tries.c.whose == one, sign_in_tries.c.at > since)
        newest = sa.select(sign_in_tries.c.at).where(*failed).order_by(sign_in_tries.c.at.desc()).limit(most)
        found[one] = sorted(connection.execute(newest).scalars())
    return found


def note_try(connection: sa.Connection, whose: Collection[str], at: datetime, *, forgotten_before: datetime) -> None:
    """One that failed, for each; some of those that count no more are deleted with it."""
    over = sa.select(sign_in_tries.c.id).where(sign_in_tries.c.at < forgotten_before)
    over = over.order_by(sign_in_tries.c.id).limit(_FORGOTTEN_AT_ONCE)
    connection.execute(sa.delete(sign_in_tries).where(sign_in_tries.c.id.in_(over)))
    connection.execute(sa.insert(sign_in_tries), [{"whose": one, "at": at} for one in sorted(whose)])
