"""Who is signed in to a store's pages, and the one-time codes that sign somebody in. Only hashes of what they hold."""

from datetime import timedelta

import sqlalchemy as sa

from integration.db import Instant, after, clock, insert, metadata
from integration.db.stores import stores

_FORGOTTEN_AT_ONCE = 100

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("ix_sessions_expires_at", "expires_at"),
    sa.Index("ix_sessions_store_id", "store_id"),
)

sign_in_codes = sa.Table(
    "sign_in_codes",
    metadata,
    sa.Column("code_sha256", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("nonce_sha256", sa.String(64), nullable=False),  # of the request that asked for it: good once
    sa.Column("used", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("expires_at", Instant, nullable=False),
    sa.UniqueConstraint("store_id", "nonce_sha256"),
    sa.Index("ix_sign_in_codes_expires_at", "expires_at"),
)


def begin(connection: sa.Connection, token_sha256: str, store_id: str, lasting: timedelta) -> None:
    """Whoever holds that token sees this store's pages for so long."""
    _forget(connection, sessions, sessions.c.token_sha256, timedelta(0))
    values = {"token_sha256": token_sha256, "store_id": store_id, "begun_at": clock(), "expires_at": after(lasting)}
    connection.execute(sa.insert(sessions).values(values))


def store_of(connection: sa.Connection, token_sha256: str) -> str | None:
    """The store whose pages the holder of that token may see; none where the store was removed."""
    theirs = sa.and_(sessions.c.token_sha256 == token_sha256, sessions.c.expires_at > clock())
    found = sa.select(sessions.c.store_id).join(stores, stores.c.id == sessions.c.store_id)
    return connection.execute(found.where(theirs, stores.c.uninstalled_at.is_(None))).scalar_one_or_none()


def end(connection: sa.Connection, token_sha256: str) -> None:
    """That token shows nothing any more."""
    connection.execute(sa.delete(sessions).where(sessions.c.token_sha256 == token_sha256))


def end_all(connection: sa.Connection, store_id: str) -> None:
    """Nobody is signed in to this store any more, and no code that was given out signs anybody in."""
    connection.execute(sa.delete(sessions).where(sessions.c.store_id == store_id))
    connection.execute(sa.update(sign_in_codes).where(sign_in_codes.c.store_id == store_id).values(used=True))


def keep_code(
    connection: sa.Connection,
    code_sha256: str,
    store_id: str,
    nonce_sha256: str,
    *,
    lasting: timedelta,
    remembered: timedelta,
) -> bool:
    """Let that code sign in for so long; False where the store used the nonce before, within `remembered`."""
    _forget(connection, sign_in_codes, sign_in_codes.c.code_sha256, remembered)
    values = {"code_sha256": code_sha256, "store_id": store_id, "nonce_sha256": nonce_sha256}
    statement = insert(connection, sign_in_codes).values({**values, "expires_at": after(lasting)})
    once = statement.on_conflict_do_nothing(index_elements=["store_id", "nonce_sha256"])
    return connection.execute(once.returning(sign_in_codes.c.code_sha256)).first() is not None


def take_code(connection: sa.Connection, code_sha256: str) -> str | None:
    """The store that the code is good for, and from now on is good for no more."""
    used = sa.update(sign_in_codes).where(_good(code_sha256)).values(used=True)
    return connection.execute(used.returning(sign_in_codes.c.store_id)).scalar_one_or_none()


def look_at_code(connection: sa.Connection, code_sha256: str) -> str | None:
    """The store that the code is good for, and stays good for."""
    return connection.execute(sa.select(sign_in_codes.c.store_id).where(_good(code_sha256))).scalar_one_or_none()


def _good(code_sha256: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        sign_in_codes.c.code_sha256 == code_sha256,
        sign_in_codes.c.used.is_(False),
        sign_in_codes.c.expires_at > clock(),
        sign_in_codes.c.store_id.in_(sa.select(stores.c.id).where(stores.c.uninstalled_at.is_(None))),
    )


def _forget(connection: sa.Connection, table: sa.Table, key: sa.Column[str], since: timedelta) -> None:
    """Some of those that have been over for `since`: never so many that others would have to wait."""
    over = sa.select(key).where(table.c.expires_at < after(-since)).limit(_FORGOTTEN_AT_ONCE)
    connection.execute(sa.delete(table).where(key.in_(over)))
