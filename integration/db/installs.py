"""Installs that were begun: who may finish them. Only hashes are kept of what the browser and the platform hold."""

from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from integration.db import Instant, after, clock, metadata

SEALED_KEYS = "installs.sealed_keys"  # the name of the sealed column, which binds what is sealed in it
_FORGOTTEN_AT_ONCE = 100

installs = sa.Table(
    "installs",
    metadata,
    sa.Column("state_sha256", sa.String(64), primary_key=True),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("domain", sa.String(255), nullable=False),
    sa.Column("browser_sha256", sa.String(64), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    # Where keys are handed over: the store's address, where its server is to post, and what it posted, sealed.
    sa.Column("address", sa.Text),
    sa.Column("door_sha256", sa.String(64), unique=True),
    sa.Column("sealed_keys", sa.Text),
    sa.Index("ix_installs_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class Install:
    """One that was begun and is not too old. `address`: of a store that hands its keys over; `sealed_keys`: those, once
    they are there, sealed for its state's hash.
    """

    platform: str
    domain: str
    browser_sha256: str
    address: str | None = None
    sealed_keys: str | None = field(default=None, repr=False)


_COLUMNS = (
    installs.c.platform,
    installs.c.domain,
    installs.c.browser_sha256,
    installs.c.address,
    installs.c.sealed_keys,
)


def begin(
    connection: sa.Connection,
    state_sha256: str,
    install: Install,
    lasting: timedelta,
    *,
    door_sha256: str | None = None,
) -> None:
    """Remember it, and forget some of those that came to nothing: never so many that others would have to wait."""
    over = sa.select(installs.c.state_sha256).where(installs.c.expires_at < clock()).limit(_FORGOTTEN_AT_ONCE)
    connection.execute(sa.delete(installs).where(installs.c.state_sha256.in_(over)))
    connection.execute(
        sa.insert(installs).values(
            state_sha256=state_sha256,
            platform=install.platform,
            domain=install.domain,
            browser_sha256=install.browser_sha256,
            expires_at=after(lasting),
            address=install.address,
            door_sha256=door_sha256,
        )
    )


def put_keys(
    connection: sa.Connection,
    platform: str,
    state_sha256: str,
    door_sha256: str,
    sealed_keys: str,
    *,
    sender: str | None,
) -> bool:
    """Keep what was posted for the one install that both name, that has no keys yet, and that is of the domain `sender`
    where the sender told its own; whether there is such a one.
    """
    named = sa.and_(installs.c.state_sha256 == state_sha256, installs.c.door_sha256 == door_sha256)
    waits = sa.and_(installs.c.platform == platform, installs.c.sealed_keys.is_(None), installs.c.expires_at >= clock())
    own = sa.true() if sender is None else installs.c.domain == sender
    return (
        connection.execute(sa.update(installs).where(named, waits, own).values(sealed_keys=sealed_keys)).rowcount == 1
    )


def look(connection: sa.Connection, state_sha256: str) -> Install | None:
    """The install with this state, which stays."""
    wanted = sa.and_(installs.c.state_sha256 == state_sha256, installs.c.expires_at >= clock())
    row = connection.execute(sa.select(*_COLUMNS).where(wanted)).one_or_none()
    return None if row is None else Install(*row)


def take(connection: sa.Connection, state_sha256: str) -> Install | None:
    """The install with this state, which is used up by being asked for, however it then ends."""
    gone = sa.delete(installs).where(installs.c.state_sha256 == state_sha256)
    row = connection.execute(gone.returning(*_COLUMNS, (installs.c.expires_at >= clock()))).one_or_none()
    return None if row is None or not row[-1] else Install(*row[:-1])
