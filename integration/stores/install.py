"""A merchant connects a store by the platform's own flow: through its consent page, or by opening our page in its admin."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from functools import partial

from connectors import registry
from connectors.access import Embedding, OAuth, Visitor
from connectors.errors import SessionRefused
from integration.db import Connection, chores, grants, installs, reading, stores, tasks, transact
from integration.db.installs import Install
from integration.db.stores import Store
from integration.errors import Forbidden, NotFound
from integration.stores.entering import Proven, enter
from integration.stores.platforms import Platforms

LASTING = timedelta(minutes=10)
_STATE_BYTES = 32
# What is done at an opening is not done again for each question of the page that was opened.
_OPENED = timedelta(minutes=1)


def begin(platforms: Platforms, platform: str, raw_query: str, *, browser: str, now: datetime) -> str:
    """The address of the platform's consent page. `browser`: the secret that the merchant's browser keeps meanwhile.

    Raises RequestRefused, NotConfigured, NotFound for a platform without such a flow, and Unavailable.
    """
    oauth, app = _oauth(platform), platforms.app(platform)
    domain = oauth.asked(app, raw_query, now)
    state = secrets.token_urlsafe(_STATE_BYTES)
    install = Install(platform, domain, _digest(browser))
    transact(platforms.engine, lambda connection: installs.begin(connection, _digest(state), install, LASTING))
    return oauth.consent_address(app, domain, state)


def finish(platforms: Platforms, platform: str, raw_query: str, *, browser: str | None, now: datetime) -> Store:
    """The store that was connected.

    Raises Forbidden unless this very browser began it for this very store within ten minutes and has not finished it
    yet; RequestRefused, CredentialsRejected, Unreachable, Throttled, NotConfigured, Unavailable.
    """
    oauth, app = _oauth(platform), platforms.app(platform)
    returned = oauth.returned(app, raw_query, now)
    install = transact(platforms.engine, lambda connection: installs.take(connection, _digest(returned.state)))
    if install is None or (install.platform, install.domain) != (platform, returned.domain):
        raise Forbidden("This installation was not begun here, or is over. Start it again.")
    if browser is None or not hmac.compare_digest(install.browser_sha256, _digest(browser)):
        raise Forbidden("This installation was begun in another browser. Start it again in this one.")
    grant = oauth.redeem(app, platforms.http, returned, now)
    return enter(platforms, Proven(platform, returned.domain, grant), now)


def arrive(platforms: Platforms, platform: str, session_token: str, now: datetime, *, newcomers: bool = True) -> Store:
    """The store of a merchant who opened our page in the platform's admin; connected by that, where it was not.

    Opening it proves that our app is installed at this moment, which is kept for the day an old uninstall arrives; and
    has the connection looked at, since it may be a new one that nobody told us of. `newcomers`: whether a store that is
    not connected is connected by it; what an open page asks later only mends.
    Raises SessionRefused, NotFound for a platform without such a page, and what `finish` raises of the network.
    """
    embedding, app = _embedding(platform), platforms.app(platform)
    visitor = embedding.visitor(app, session_token, now)
    store = _known(platforms, platform, visitor)
    if store is None and not newcomers:
        raise SessionRefused("This store is not connected.")
    if store is None or _is_in_doubt(platforms, store):
        grant = embedding.exchange(app, platforms.http, visitor, session_token, now)
        store = enter(platforms, Proven(platform, visitor.domain, grant), now)
    if store.opened_at is None or now - store.opened_at > _OPENED:
        transact(platforms.engine, partial(_opened, store=store, now=now))
    return store


def _opened(connection: Connection, store: Store, now: datetime) -> None:
    stores.mark_opened(connection, store.id, now)
    chores.plan(connection, store.id, chores.SUBSCRIPTIONS)


def _known(platforms: Platforms, platform: str, visitor: Visitor) -> Store | None:
    with reading(platforms.engine) as connection:
        store = stores.by_domain(connection, platform, visitor.domain)
    return store if store and store.uninstalled_at is None else None


def _is_in_doubt(platforms: Platforms, store: Store) -> bool:
    """Whether its grant is worth nothing any more; or perhaps: somebody said that our app was removed, and nobody has
    looked into it yet.
    """
    with reading(platforms.engine) as connection:
        kept = grants.of_store(connection, store.id)
        planned = {chore.kind for chore in chores.of_store(connection, store.id)}
        told = tasks.is_open(connection, store.id, tasks.STORE_UNINSTALLED)
    return kept is None or kept.rejected or told or chores.FAREWELL in planned


def _oauth(platform: str) -> OAuth:
    oauth = registry.get(platform).oauth
    if oauth is None:
        raise NotFound(f"{registry.get(platform).label} has no such flow.")
    return oauth


def _embedding(platform: str) -> Embedding:
    embedding = registry.get(platform).embedding
    if embedding is None:
        raise NotFound(f"{registry.get(platform).label} has no page of ours.")
    return embedding


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
