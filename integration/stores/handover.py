"""A merchant connects a store that hands its keys over: its own server posts them to us, by nobody's signature.

What comes to the callback is kept and not believed. It is bound by two secrets of ours: the state, which travels through
the merchant's browser and back, and the door, which only the store's server is told to post to. Only the browser that
began may finish, once, and only with keys that open this very store.
"""

import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from connectors import registry
from connectors.errors import Throttled
from connectors.handover import Handover, Site, Ways
from integration.db import Connection, installs, reading, stores, transact
from integration.db.installs import SEALED_KEYS, Install
from integration.db.stores import Store
from integration.errors import Forbidden, NotApproved, NotFound, Unavailable
from integration.stores import sessions
from integration.stores.entering import Proven, entered
from integration.stores.platforms import Platforms

LASTING = timedelta(minutes=15)
_STATE_BYTES, _DOOR_BYTES = 32, 24
_DOOR = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def begin(platforms: Platforms, platform: str, typed: str, *, browser: str) -> str:
    """The address at which the merchant approves. `typed`: the store's address, as they spell it. `browser`: the secret
    that their browser keeps meanwhile.

    Whether we know the store already decides nothing here, so that nobody learns it. Raises AddressRefused, Declined,
    Unreachable, Throttled, NotFound for a platform without such a flow, NotConfigured, and Unavailable.
    """
    handover, app = _handover(platform), platforms.app(platform)
    site = handover.met(app, platforms.http, handover.site(app, typed))
    ways = Ways(secrets.token_urlsafe(_STATE_BYTES), secrets.token_urlsafe(_DOOR_BYTES))
    address = handover.approval_address(app, site, ways)
    install = Install(platform, site.domain, _digest(browser), site.base)
    state, door = _digest(ways.state), _digest(ways.door)
    transact(
        platforms.engine,
        lambda connection: installs.begin(connection, state, install, LASTING, door_sha256=door),
    )
    return address


def take_keys(platforms: Platforms, platform: str, door: str, body: bytes, *, sent_by: str) -> None:
    """Keep what a store's server posted, sealed and unproven, for the browser that began to finish with. Asks nobody.
    `sent_by`: the User-Agent of the post, in which an honest shop's server names its own address. A merchant may have been
    led from a shop of an attacker's to their own shop's page of approval: those keys are not to be shown to the attacker's.

    Raises Forbidden unless door and state name one connection under way that has no keys yet: those of a second post
    are none of ours, and the store deletes them again; RequestMalformed, NotFound, Unavailable.
    """
    posted = _handover(platform).posted(body)
    state = _digest(posted.state)
    sealed = platforms.sealer.seal(posted.keys.encode(), store=state, column=SEALED_KEYS)
    sender = _handover(platform).sender(sent_by)
    kept = _DOOR.fullmatch(door) and transact(
        platforms.engine,
        lambda connection: installs.put_keys(connection, platform, state, _digest(door), sealed, sender=sender),
    )
    if not kept:
        raise Forbidden("No connection under way has this address.")


class Connected(NamedTuple):
    """A store, and the token of a session that shows it: who connects it has proven to be its merchant."""

    store: Store
    session: str


def finish(platforms: Platforms, platform: str, raw_query: str, *, browser: str | None, now: datetime) -> Connected:
    """The store that was connected. Its grant, a secret of its own and the session come in one step, or not at all.

    Whoever begins knows the state before the merchant approves, so an attacker may have begun, and be quicker back than
    the merchant whose store it is. Hence the connection is used up at the very end, and by anybody's return: where two
    browsers come back with one state, the store is nobody's. A merchant whom the attacker's link leads elsewhere after the
    approval never comes back, and this cannot tell (docs/decisions/0018): what one has then is a session, never the keys.
    Raises Forbidden unless this very browser began it within fifteen minutes, has not come back yet, and brings the
    merchant's approval; CredentialsRejected, Declined, AddressRefused, Unreachable or Throttled where the keys do not open
    the store; RequestMalformed, NotConfigured, NotFound, Unavailable. After any of these but Throttled nothing is left of
    it; after that one the same browser may come back once more, within its fifteen minutes.
    """
    state, approved = _handover(platform).returned(raw_query)
    return_ = _Return(platforms, platform, _digest(state), approved, browser)
    try:
        proven = return_.proven()
        return transact(platforms.engine, lambda connection: return_.entered(connection, proven, now))
    except Throttled:
        raise
    except BaseException:
        return_.use_up()
        raise


@dataclass(frozen=True, slots=True)
class _Return:
    platforms: Platforms
    platform: str
    state_sha256: str
    approved: bool
    browser: str | None = field(repr=False)

    def proven(self) -> Proven:
        with reading(self.platforms.engine) as connection:
            install = self._own(installs.look(connection, self.state_sha256))
        if not self.approved:
            raise NotApproved(f"You did not approve Tandem in {install.domain}, so nothing was connected.")
        keys, app = self._keys(install), self.platforms.app(self.platform)
        site, http = Site(install.address or "", install.domain), self.platforms.http
        grant = _handover(self.platform).proven(app, http, site, keys)
        api = registry.get(self.platform).store_api(app, http, install.domain, grant.token)
        shop_id = stores.as_platform_id(api.shop().id) if api else None
        return Proven(self.platform, install.domain, grant, shop_id)

    def entered(self, connection: Connection, proven: Proven, now: datetime) -> Connected:
        self._own(installs.take(connection, self.state_sha256))
        store = entered(self.platforms, connection, proven, now)
        return Connected(store, sessions.begin(connection, store.id))

    def use_up(self) -> None:
        """However it ended. A database that is away now keeps it for those minutes: for this browser alone."""
        with suppress(Unavailable):
            transact(self.platforms.engine, lambda connection: installs.take(connection, self.state_sha256))

    def _own(self, install: Install | None) -> Install:
        if install is None or install.platform != self.platform or install.address is None:
            raise Forbidden("This connection was not begun here, or is over. Begin it again.")
        if self.browser is None or not hmac.compare_digest(install.browser_sha256, _digest(self.browser)):
            raise Forbidden("This connection was begun in another browser. Begin it again in this one.")
        return install

    def _keys(self, install: Install) -> str:
        """Raises Forbidden where the store posted nothing: it does so before it sends the browser back."""
        if install.sealed_keys is None:
            raise Forbidden(
                f"{install.domain} handed no keys to Tandem, so nothing was connected. Begin again, and approve on the "
                f"page that {registry.get(self.platform).label} shows."
            )
        return self.platforms.sealer.unseal(install.sealed_keys, store=self.state_sha256, column=SEALED_KEYS).decode()


def _handover(platform: str) -> Handover:
    handover = registry.get(platform).handover
    if handover is None:
        raise NotFound(f"{registry.get(platform).label} stores hand no keys over.")
    return handover


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
