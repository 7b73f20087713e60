"""A store is connected: by an operator here; by OAuth in the platforms' own flows, which come with their issues."""

import re
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors import registry
from connectors.contract import Connector
from integration.crypto import Sealer
from integration.db import Connection, held, signing, stores
from integration.db.signing import Secrets
from integration.db.stores import LIVE, SEALED_SECRET, Store
from integration.errors import Conflict, InvalidSetting, NotFound
from integration.pipeline.qualify import STORE_DISCONNECTED
from integration.store_settings import StoreSettings

_SECRET_LETTERS = string.ascii_letters + string.digits
_SECRET_LENGTH = 40
_MIN_SECRET = 16
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", re.ASCII)
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|[a-z0-9.-]+\.localhost)(:\d{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Connected:
    """A new store, and what its platform must be told: where to post, signed with what."""

    store: Store
    webhook_path: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class NewStore:
    """What an operator says of a store to connect. `secret`: what it signs with, if it is known already."""

    platform: str
    domain: str
    secret: str | None
    since: datetime


def new_secret() -> str:
    """What a store is to sign with: letters and digits, since WooCommerce alters what looks like HTML before it signs."""
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(_SECRET_LENGTH))


def whole_second(moment: datetime) -> datetime:
    """The second a moment lies in: platforms tell an order's time in whole seconds, and one placed in the very second
    of connecting must not look older than the connection.
    """
    return moment.replace(microsecond=0)


def webhook_path(store: Store) -> str:
    """Where the store's platform posts to."""
    return registry.get(store.platform).webhook_path(store.webhook_key)


def normal_domain(text: str) -> str:
    """A host with an optional port, lower-cased; default ports are dropped. Raises InvalidSetting."""
    domain = re.sub(r":(80|443)$", "", text.strip().lower().removesuffix("."))
    if len(domain) > 255 or not _HOST.fullmatch(domain):
        raise InvalidSetting("--domain is a host with an optional port, like shop.example.com, without https://.")
    return domain


def add_store(
    connection: Connection,
    new: NewStore,
    *,
    sealer: Sealer,
    app_secrets: Mapping[str, Sequence[str]],
    now: datetime,
    production: bool,
) -> Connected:
    """Connect a store without OAuth; it is live at once. Raises Conflict for one that is connected already."""
    connector = registry.get(new.platform)
    domain = normal_domain(new.domain)
    _refuse_foreign_domain(connector, domain, production=production)
    shared = next(iter(app_secrets.get(new.platform, ())), None)
    own = new.secret or (None if shared else new_secret())
    if own is not None and len(own) < _MIN_SECRET:
        raise InvalidSetting(f"A webhook secret has at least {_MIN_SECRET} characters.")
    store_id = f"st_{secrets.token_hex(8)}"
    store = Store(
        id=store_id,
        platform=new.platform,
        domain=domain,
        state=LIVE,
        settings=StoreSettings(),
        public_key=secrets.token_hex(16),
        webhook_key=secrets.token_hex(20),
        sealed_secret=sealer.seal(own.encode(), store=store_id, column=SEALED_SECRET) if own else None,
        since=whole_second(new.since),
        created_at=now,
        uninstalled_at=None,
    )
    if not stores.add(connection, store):
        store = _reconnected(connection, store, own, sealer)
    return Connected(store, webhook_path(store), own or shared or "")


def _reconnected(connection: Connection, new: Store, own: str | None, sealer: Sealer) -> Store:
    """A store that was removed and comes back keeps its id, its keys and its ledger; what was held for it goes on."""
    known = stores.by_domain(connection, new.platform, new.domain)
    if known is None or known.uninstalled_at is None:
        raise Conflict(f"{new.domain} is connected already. Change it with `tandem store set {new.domain} NAME=VALUE`.")
    sealed = sealer.seal(own.encode(), store=known.id, column=SEALED_SECRET) if own else None
    stores.mark_reconnected(connection, known.id, since=new.since)
    signing.change(connection, known.id, Secrets(sealed))
    held.resume_store(connection, known.id, STORE_DISCONNECTED)
    known = replace(known, sealed_secret=sealed, sealed_former_secret=None)
    return replace(known, since=new.since, state=LIVE, uninstalled_at=None)


def _refuse_foreign_domain(connector: Connector, domain: str, *, production: bool) -> None:
    if production and not connector.is_domain(domain):
        raise InvalidSetting(f"{domain} is not the address of a {connector.label} store.")
    if _LOOPBACK.fullmatch(domain) and production:
        raise InvalidSetting("A store on this machine can be connected in development only.")


def find(connection: Connection, name: str, *, platform: str | None = None) -> Store:
    """The one store an operator means by an id or a domain. Raises NotFound, or Conflict where two share a domain."""
    found = stores.named(connection, name) or stores.named(connection, name.strip().lower())
    found = [store for store in found if platform in (None, store.platform)]
    if not found:
        raise NotFound(f"No store has the id or domain {name!r}. `tandem store list` shows them.")
    if len(found) > 1:
        raise Conflict(f"Several platforms have a store {name!r}: name it by its id.")
    return found[0]
