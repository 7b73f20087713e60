"""Tokens of a platform that expire: renewed early, by one at a time, both of the pair kept together or not at all."""

import secrets
import time
from datetime import datetime, timedelta

import msgspec

from connectors import registry
from connectors.access import Grant, OAuth, OrderFeed, StoreApi
from connectors.errors import CredentialsRejected, Declined, Throttled, Unreachable
from integration.db import Connection, alerts, grants, reading, transact
from integration.db.grants import SEALED_GRANT, KeptGrant
from integration.db.stores import Store
from integration.errors import NotFound
from integration.stores.platforms import Platforms

NEEDS_RECONNECT = "needs_reconnect"
# A token is good for an hour; a call that begins with it must not outlive it, whosever clock is a little off.
EARLY = timedelta(minutes=5)
_LOCK = timedelta(seconds=30)  # above the client's own deadline
_WAIT_SECONDS, _LOOK_SECONDS = 20.0, 0.1


class Pair(msgspec.Struct, frozen=True):
    """What is sealed."""

    token: str
    refresh_token: str | None = None


def keep(platforms: Platforms, connection: Connection, store: Store, grant: Grant, now: datetime) -> None:
    """A new grant in place of any other: the merchant has just connected the store."""
    grants.put(connection, _sealed(platforms, store, grant, now, generation=1))
    alerts.clear(connection, store_id=store.id, kind=NEEDS_RECONNECT)


def _sealed(platforms: Platforms, store: Store, grant: Grant, now: datetime, *, generation: int) -> KeptGrant:
    pair = msgspec.json.encode(Pair(grant.token, grant.refresh_token))
    return KeptGrant(
        store_id=store.id,
        sealed=platforms.sealer.seal(pair, store=store.id, column=SEALED_GRANT),
        scopes=grant.scopes,
        expires_at=grant.expires_at,
        refresh_expires_at=grant.refresh_expires_at,
        rejected=False,
        generation=generation,
        granted_at=now,
    )


def open_pair(platforms: Platforms, kept: KeptGrant) -> Pair:
    """The tokens. Raises SealBroken."""
    opened = platforms.sealer.unseal(kept.sealed, store=kept.store_id, column=SEALED_GRANT)
    return msgspec.json.decode(opened, type=Pair)


def opened(platforms: Platforms, store: Store, kept: KeptGrant) -> StoreApi:
    """The store's API with this very grant's token."""
    connector, token = registry.get(store.platform), open_pair(platforms, kept).token
    found = connector.store_api(platforms.app(store.platform), platforms.http, store.domain, token)
    if found is None:
        raise CredentialsRejected(f"{connector.label} stores have no API here.")
    return found


def feed(platforms: Platforms, store: Store, kept: KeptGrant) -> OrderFeed:
    """The store's changed orders with this very grant's token. Raises NotFound for a platform without such a feed."""
    connector, token = registry.get(store.platform), open_pair(platforms, kept).token
    found = connector.order_feed(platforms.app(store.platform), platforms.http, store.domain, token)
    if found is None:
        raise NotFound(f"{connector.label} stores are not asked for their orders.")
    return found


def current(platforms: Platforms, store: Store, now: datetime) -> KeptGrant:
    """The store's grant with a token that is good for some minutes, renewed if it was about to expire.

    Raises CredentialsRejected where the merchant has to connect the store again; Unreachable, Throttled or Declined where
    its token has run out and cannot be renewed at this moment.
    """
    kept = _held(platforms, store)
    if not _about_to_expire(kept, now):
        return kept
    try:
        return renewed(platforms, store, kept, now)
    except (Unreachable, Throttled, Declined):
        if kept.expires_at and kept.expires_at > now:
            return kept  # it still holds; the next one will try again
        raise


def _held(platforms: Platforms, store: Store) -> KeptGrant:
    with reading(platforms.engine) as connection:
        kept = grants.of_store(connection, store.id)
    if kept is None or kept.rejected:
        raise CredentialsRejected(sentence(platforms, store))
    return kept


def _about_to_expire(kept: KeptGrant, now: datetime) -> bool:
    return kept.expires_at is not None and kept.expires_at - now <= EARLY


def sentence(platforms: Platforms, store: Store) -> str:
    """For a store whose platform does not take our token any more."""
    connector = registry.get(store.platform)
    way = "Open Tandem in the shop's admin to connect it again."
    if connector.handover is not None:
        way = f"Connect it again at {platforms.app(store.platform).public_url}/{store.platform}/connect."
    return (
        f"{connector.label} no longer lets Tandem read {store.domain}. {way} "
        "Orders are still received and told to Meta meanwhile."
    )


def renewed(platforms: Platforms, store: Store, old: KeptGrant, now: datetime) -> KeptGrant:
    """A grant newer than `old`: renewed by us, or by another while we waited. Raises as `current`."""
    owner, deadline = secrets.token_hex(8), time.monotonic() + _WAIT_SECONDS
    while not transact(platforms.engine, lambda connection: grants.lock(connection, store.id, owner, _LOCK)):
        if time.monotonic() > deadline:
            raise Unreachable("The store's token is being renewed and is not ready yet.")
        time.sleep(_LOOK_SECONDS)
        kept = _held(platforms, store)
        if kept.generation != old.generation:
            return kept
    try:
        kept = _held(platforms, store)
        return kept if kept.generation != old.generation else _renew(platforms, store, kept, now)
    finally:
        transact(platforms.engine, lambda connection: grants.unlock(connection, store.id, owner))


def _renew(platforms: Platforms, store: Store, old: KeptGrant, now: datetime) -> KeptGrant:
    """Ask the platform, with the lock in hand. If we die before the new pair is kept, the old one can be used again."""
    pair, app = open_pair(platforms, old), platforms.app(store.platform)
    former = Grant(pair.token, old.scopes, old.expires_at, pair.refresh_token, old.refresh_expires_at)
    try:
        grant = _oauth(platforms, store).renew(app, platforms.http, store.domain, former, now)
    except CredentialsRejected:
        reject(platforms, store, old, now)
        raise CredentialsRejected(sentence(platforms, store)) from None
    new = _sealed(platforms, store, grant, now, generation=old.generation)
    kept = transact(platforms.engine, lambda connection: _replace(connection, store, new))
    return kept or _held(platforms, store)


def _oauth(platforms: Platforms, store: Store) -> OAuth:
    oauth = registry.get(store.platform).oauth
    if oauth is None:
        raise CredentialsRejected(sentence(platforms, store))
    return oauth


def _replace(connection: Connection, store: Store, new: KeptGrant) -> KeptGrant | None:
    """None where the merchant connected the store anew meanwhile: that grant is the better one."""
    if not grants.replace_pair(connection, new):
        return None
    alerts.clear(connection, store_id=store.id, kind=NEEDS_RECONNECT)
    return grants.of_store(connection, store.id)


def reject(platforms: Platforms, store: Store, kept: KeptGrant, now: datetime) -> None:
    """The platform takes this grant no longer: the merchant is told; what the store tells is taken as before."""

    def write(connection: Connection) -> None:
        if grants.reject(connection, store.id, kept.generation):
            alerts.keep(
                connection, store_id=store.id, kind=NEEDS_RECONNECT, sentence=sentence(platforms, store), at=now
            )

    transact(platforms.engine, write)
