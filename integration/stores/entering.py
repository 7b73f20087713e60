"""A merchant's store is let in, by whichever flow: what is kept of it, what it signs with, and what is done for it first."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors import registry
from connectors.access import Grant
from connectors.contract import Connector
from integration.db import Connection, changes, chores, held, rereading, sessions, signing, stores, transact
from integration.db.changes import BY_ITSELF
from integration.db.deliveries import State
from integration.db.signing import NONE_OF_ITS_OWN, Secrets
from integration.db.stores import OBSERVING, SEALED_SECRET, Store
from integration.errors import Forbidden, NotFound
from integration.pipeline.qualify import STORE_DISCONNECTED
from integration.pipeline.scribe import WOULD_BE_SENT
from integration.store_settings import StoreSettings
from integration.stores import grants as tokens
from integration.stores import survey
from integration.stores.connect import new_secret, whole_second
from integration.stores.platforms import Platforms
from integration.stores.rotation import SETTLED


@dataclass(frozen=True, slots=True)
class Proven:
    """A store that let us in. `shop_id`: what it calls itself, where it was asked: two shops may share a host."""

    platform: str
    domain: str
    grant: Grant
    shop_id: str | None = None


def enter(platforms: Platforms, proven: Proven, now: datetime) -> Store:
    """Keep the grant of a store that is connected by it, and plan what is to be done for it; whoever was signed in to its
    pages has to sign in anew. Raises Unavailable.
    """
    return transact(platforms.engine, lambda connection: entered(platforms, connection, proven, now))


def entered(platforms: Platforms, connection: Connection, proven: Proven, now: datetime) -> Store:
    """The same, as a part of a transaction. Raises Forbidden where we know the domain as another shop's."""
    before = _before(connection, proven, now)
    _refuse_another(before, proven)
    signing.change(connection, before.id, _secrets(platforms, before))
    if proven.shop_id is not None:
        stores.learn_platform_id(connection, before.id, proven.shop_id)
    store = _row(connection, proven)
    tokens.keep(platforms, connection, store, proven.grant, now)
    chores.cancel(connection, store.id)
    sessions.end_all(connection, store.id)
    look_again(connection, store, now)
    return store


def look_again(connection: Connection, store: Store, now: datetime) -> None:
    """Plan everything that is done for a store that was just connected: now, and not when it would come round."""
    survey.begin(connection, store, now)
    for kind in first_chores(registry.get(store.platform)):
        chores.plan(connection, store.id, kind)
    if store.sealed_former_secret is not None:
        chores.plan(connection, store.id, chores.SECRET, SETTLED)
    # Whoever agreed before does not say so again.
    if rereading.granted(connection, store.id, 1):
        chores.plan(connection, store.id, chores.REREAD)


def first_chores(connector: Connector) -> Sequence[str]:
    """What is done for a store of that platform as soon as it is connected."""
    usual = (chores.SUBSCRIPTIONS, chores.SURVEY, chores.PIXEL, chores.SCAN)
    return (*usual, chores.TOKEN if connector.oauth is not None else chores.ORDERS)


def _before(connection: Connection, proven: Proven, now: datetime) -> Store:
    """The store as it was before it was connected by this.

    A new store observes. One that was removed keeps id, keys, settings and ledger and goes on; what it sold while it was
    away was another's to tell. Where a host is all that names a store, a returning one observes until somebody who runs
    Tandem lets it go live: hosts change hands, and its datasets may be the former merchant's. One that is only connected
    again changes in nothing.
    """
    new = _new_store(proven, now)
    if stores.add(connection, new):
        stores.mark_connected(connection, new.id, since=new.since, at=now)
        changes.record(connection, new.id, BY_ITSELF, "connected", None, {"store": new.domain})
        return replace(new, platform_id=proven.shop_id)
    known = _row(connection, proven)
    away = known.uninstalled_at is not None
    stores.mark_connected(connection, known.id, since=new.since if away else known.since, at=now)
    changes.record(connection, known.id, BY_ITSELF, "connected again")
    if away and registry.get(proven.platform).handover is not None:
        stores.observe(connection, known.id)
        held.stop_store(connection, known.id, State.OBSERVED, WOULD_BE_SENT)
    elif away:
        held.resume_store(connection, known.id, STORE_DISCONNECTED)
    return known


def _refuse_another(known: Store, proven: Proven) -> None:
    """Whoever has a shop in one folder of a host must not get into that of a neighbour in another. A store of which the
    host alone is known, since it was added by command, is the one that has the host for itself.
    """
    known_as = known.platform_id or stores.as_platform_id(proven.domain)
    if proven.shop_id not in (None, known_as):
        raise Forbidden(
            f"Another shop at {proven.domain} is known to Tandem, and of each host it can serve one. If this shop was "
            "moved, whoever runs Tandem has to remove the former one."
        )


def _secrets(platforms: Platforms, store: Store) -> Secrets:
    """A fresh secret, and the one it had, with which its webhooks sign until they are told. Where they are being told
    another at this moment there is no place for a third: that one stays, unless all of them were taken away meanwhile.
    """
    if registry.get(store.platform).secret_variable is not None:
        return NONE_OF_ITS_OWN
    if store.sealed_former_secret is not None and store.uninstalled_at is None:
        return Secrets(store.sealed_secret, store.sealed_former_secret)
    sealed = platforms.sealer.seal(new_secret().encode(), store=store.id, column=SEALED_SECRET)
    return Secrets(sealed, store.sealed_secret)


def _new_store(proven: Proven, now: datetime) -> Store:
    return Store(
        id=f"st_{secrets.token_hex(8)}",
        platform=proven.platform,
        domain=proven.domain,
        state=OBSERVING,
        settings=StoreSettings(),
        public_key=secrets.token_hex(16),
        webhook_key=secrets.token_hex(20),
        sealed_secret=None,
        since=whole_second(now),
        created_at=now,
        uninstalled_at=None,
    )


def _row(connection: Connection, proven: Proven) -> Store:
    found = stores.by_domain(connection, proven.platform, proven.domain, kept=True)
    if found is None:
        raise NotFound("The store is gone.")
    return found
