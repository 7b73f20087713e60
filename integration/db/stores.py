"""Stores: the merchants' shops we are connected to."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from integration.db import Instant, insert, metadata
from integration.store_settings import StoreSettings

OBSERVING, LIVE = "observing", "live"
SEALED_SECRET = "stores.webhook_secret"  # noqa: S105 # the name of the sealed column, which binds what is sealed in it
SEALED_EMAILS = "stores.alert_emails"
_MOST_PLATFORM_ID = 64

stores = sa.Table(
    "stores",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("domain", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("public_key", sa.String(64), nullable=False, unique=True),
    sa.Column("webhook_key", sa.String(64), nullable=False, unique=True),
    sa.Column("webhook_secret", sa.Text),  # sealed; NULL where the platform's app secret signs
    sa.Column("since", Instant, nullable=False),  # orders placed before are not ours to tell
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("uninstalled_at", Instant),
    # Grows with every change of the store or its datasets: what was read of them earlier is known to be old.
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("platform_id", sa.String(_MOST_PLATFORM_ID)),  # the platform's own id of the shop, where it told us
    sa.Column("connected_at", Instant),  # when the merchant last connected it by the platform's flow
    sa.Column("opened_at", Instant),  # when the platform last let somebody in its admin open our page
    sa.Column("former_secret", sa.Text),  # sealed; signs too, until every webhook there is has been told the new one
    # Since when our script in the storefront is at work; NULL while it is not, or has been silent for days.
    sa.Column("storefront_at", Instant),
    sa.Column("secret_at", Instant),  # since when webhook_secret is the one to sign with, where it was changed
    sa.Column("timezone", sa.String(64)),  # the IANA name of the shop's zone, where the platform told us
    sa.Column("alert_emails", sa.Text),  # sealed; whom to write to, one address a line
    sa.UniqueConstraint("platform", "domain"),
)

_NEXT_VERSION: Mapping[str, Any] = MappingProxyType({"version": stores.c.version + 1})


@dataclass(frozen=True, slots=True)
class Store:
    """One row, its settings read. `sealed_secret` is still sealed."""

    id: str
    platform: str
    domain: str
    state: str
    settings: StoreSettings
    public_key: str
    webhook_key: str
    sealed_secret: str | None
    since: datetime
    created_at: datetime
    uninstalled_at: datetime | None
    version: int = 1
    platform_id: str | None = None
    connected_at: datetime | None = None
    opened_at: datetime | None = None
    sealed_former_secret: str | None = None
    secret_at: datetime | None = None
    storefront_at: datetime | None = None
    timezone: str | None = None

    @property
    def hears_browsers(self) -> bool:
        """Whether our script in its storefront is at work, so that an event may wait a little for its signal."""
        return self.storefront_at is not None

    @property
    def live(self) -> bool:
        """Whether events leave for Meta; else they are only shown."""
        return self.state == LIVE

    @property
    def short_key(self) -> str:
        """What {store_key} stands for in an event id."""
        return self.public_key[:8]


def _store(row: sa.Row[tuple[object, ...]]) -> Store:
    of = row._mapping  # noqa: SLF001
    return Store(
        id=of["id"],
        platform=of["platform"],
        domain=of["domain"],
        state=of["state"],
        settings=_settings(of["settings"]),
        public_key=of["public_key"],
        webhook_key=of["webhook_key"],
        sealed_secret=of["webhook_secret"],
        since=of["since"],
        created_at=of["created_at"],
        uninstalled_at=of["uninstalled_at"],
        version=of["version"],
        platform_id=of["platform_id"],
        connected_at=of["connected_at"],
        opened_at=of["opened_at"],
        sealed_former_secret=of["former_secret"],
        secret_at=of["secret_at"],
        storefront_at=of["storefront_at"],
        timezone=of["timezone"],
    )


@lru_cache(maxsize=1_024)
def _settings(text: str) -> StoreSettings:
    """Remembered: most stores leave most of them as they are, and equal ones are then one object."""
    return StoreSettings().changed(json.loads(text))


def add(connection: sa.Connection, store: Store) -> bool:
    """Insert a store; False where the platform's domain is connected already."""
    statement = insert(connection, stores).values(
        id=store.id,
        platform=store.platform,
        domain=store.domain,
        state=store.state,
        settings=json.dumps(store.settings.as_text()),
        public_key=store.public_key,
        webhook_key=store.webhook_key,
        webhook_secret=store.sealed_secret,
        since=store.since,
        created_at=store.created_at,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["platform", "domain"])
    return connection.execute(statement.returning(stores.c.id)).first() is not None


def _one(connection: sa.Connection, *conditions: sa.ColumnElement[bool], kept: bool = False) -> Store | None:
    wanted = sa.select(stores).where(*conditions)
    row = connection.execute(wanted.with_for_update() if kept else wanted).one_or_none()
    return None if row is None else _store(row)


def by_domain(connection: sa.Connection, platform: str, domain: str, *, kept: bool = False) -> Store | None:
    """The platform's store of that domain. `kept`: nobody else changes it until this transaction ends."""
    return _one(connection, stores.c.platform == platform, stores.c.domain == domain, kept=kept)


def by_webhook_key(connection: sa.Connection, platform: str, key: str) -> Store | None:
    """The store whose webhooks come to that address."""
    return _one(connection, stores.c.platform == platform, stores.c.webhook_key == key)


def by_id(connection: sa.Connection, store_id: str, *, kept: bool = False) -> Store | None:
    """The store of that id. `kept`: nobody else changes it until this transaction ends."""
    return _one(connection, stores.c.id == store_id, kept=kept)


def by_ids(connection: sa.Connection, store_ids: Collection[str]) -> dict[str, Store]:
    """Several stores, by id."""
    found = connection.execute(sa.select(stores).where(stores.c.id.in_(sorted(store_ids))))
    return {store.id: store for store in map(_store, found)}


def named(connection: sa.Connection, name: str) -> list[Store]:
    """The stores an operator may mean by an id or a domain."""
    found = connection.execute(sa.select(stores).where(sa.or_(stores.c.id == name, stores.c.domain == name)))
    return [_store(row) for row in found]


def everyone(connection: sa.Connection) -> Sequence[Store]:
    """All stores, oldest first."""
    return [_store(row) for row in connection.execute(sa.select(stores).order_by(stores.c.created_at, stores.c.id))]


def save(connection: sa.Connection, store_id: str, *, settings: StoreSettings, state: str, since: datetime) -> None:
    """Keep what a merchant decided."""
    values = {"settings": json.dumps(settings.as_text()), "state": state, "since": since, **_NEXT_VERSION}
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(values))


def touch(connection: sa.Connection, store_id: str) -> None:
    """Something about the store or its datasets is different now: whoever remembers them must look again."""
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(_NEXT_VERSION))


def mark_uninstalled(connection: sa.Connection, store: Store, at: datetime) -> bool:
    """The platform says that our app was removed. False where the store was connected again since it was read as `store`,
    or is removed already; then nothing is changed.
    """
    same = stores.c.connected_at.is_not_distinct_from(store.connected_at)
    found = sa.and_(stores.c.id == store.id, stores.c.uninstalled_at.is_(None), same)
    return connection.execute(sa.update(stores).where(found).values(uninstalled_at=at, **_NEXT_VERSION)).rowcount == 1


def mark_connected(connection: sa.Connection, store_id: str, *, since: datetime, at: datetime) -> None:
    """The merchant connected it by the platform's flow, for the first time or again; it keeps its settings and state."""
    values = {"uninstalled_at": None, "since": since, "connected_at": at, **_NEXT_VERSION}
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(values))


def observe(connection: sa.Connection, store_id: str) -> None:
    """Nothing of it goes to Meta any more, until it goes live again."""
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(state=OBSERVING, **_NEXT_VERSION))


def as_platform_id(told: str) -> str:
    """What the platform calls a shop as we keep it: a long one, such as an address with folders, by its hash."""
    return told if len(told) <= _MOST_PLATFORM_ID else hashlib.sha256(told.encode()).hexdigest()


def learn_platform_id(connection: sa.Connection, store_id: str, platform_id: str) -> None:
    """What the platform calls this shop, where nobody knew; what is known stays."""
    statement = sa.update(stores).where(stores.c.id == store_id, stores.c.platform_id.is_(None))
    connection.execute(statement.values(platform_id=platform_id, **_NEXT_VERSION))


def learn_timezone(connection: sa.Connection, store_id: str, name: str) -> None:
    """The zone by whose days the merchant counts, by the platform's word; what is the same already changes nothing."""
    other = sa.and_(stores.c.id == store_id, stores.c.timezone.is_distinct_from(name))
    connection.execute(sa.update(stores).where(other).values(timezone=name, **_NEXT_VERSION))


def alert_emails(connection: sa.Connection, store_id: str) -> str | None:
    """Whom to write to, sealed; None where nobody was named."""
    return connection.execute(sa.select(stores.c.alert_emails).where(stores.c.id == store_id)).scalar_one_or_none()


def keep_alert_emails(connection: sa.Connection, store_id: str, sealed: str | None) -> None:
    """Whom to write to from now on."""
    known = sa.update(stores).where(stores.c.id == store_id)
    connection.execute(known.values(alert_emails=sealed, **_NEXT_VERSION))


def mark_opened(connection: sa.Connection, store_id: str, at: datetime) -> None:
    """The platform let somebody open our page. Nothing a webhook is judged by: the version stays."""
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(opened_at=at))


def mark_reconnected(connection: sa.Connection, store_id: str, *, since: datetime) -> None:
    """It is back and live; orders placed before `since` are not ours to tell."""
    values = {"uninstalled_at": None, "since": since, "state": LIVE, **_NEXT_VERSION}
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(values))
