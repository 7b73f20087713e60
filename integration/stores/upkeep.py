"""What keeps a connected store connected: webhooks, Pixel and token looked after each hour, the survey when it is new.

Each chore is one row, leased like a delivery, so many processes may look; each says when it is to be done again. A
platform that is slow, or refuses us, puts off that store's chore and nobody else's.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from connectors import registry
from connectors.access import OrderFeed, StoreApi
from connectors.errors import ConnectorError, CredentialsRejected, Unreachable
from integration.db import Connection, alerts, chores, stores, transact
from integration.db import reading as read
from integration.db.chores import Chore
from integration.db.grants import KeptGrant
from integration.db.stores import Store
from integration.errors import IntegrationError, NotConfigured, Unavailable
from integration.log import logger
from integration.pipeline.receive import Receiver
from integration.stores import disconnect, reread, rotation, survey, sweep, wiring, zone
from integration.stores import grants as tokens
from integration.stores.platforms import Platforms

AUDIT = timedelta(hours=1)
KEEP_ALIVE = timedelta(days=1)
_LEASE = timedelta(seconds=90)  # above two calls that hang, each to the client's deadline
_SURVEY_SECONDS = 20.0
_SURVEY_PAUSE = timedelta(seconds=1)
_PATIENCE = (30, 60, 300, 900)  # seconds until the next try; an hour after each that follows
# About a day. What is wrong with the platform, or with us, says nothing of the store.
_BELIEVED_AFTER = 28
WEBHOOKS_RESTORED = "webhooks_restored"
OTHER_SHOP = "other_shop"

# How long until it is done again; zero: the next part comes at once; None: never.
Again = timedelta | None


@dataclass(frozen=True, slots=True)
class Errand:
    """One chore of one store, as it is at this moment."""

    platforms: Platforms
    store: Store
    chore: Chore
    now: datetime

    @property
    def receiver(self) -> Receiver:
        """Who takes what we find by asking. Raises NotConfigured in a process that has none."""
        if self.platforms.receiver is None:
            raise NotConfigured("This process takes no orders.")
        return self.platforms.receiver

    def ask(self, question: Callable[[StoreApi], Again]) -> Again:
        """Ask the store's API; where it refuses a token that should still hold, once more with a renewed one."""
        return self._ask(lambda kept: question(tokens.opened(self.platforms, self.store, kept)))

    def ask_feed(self, question: Callable[[OrderFeed], Again]) -> Again:
        """Ask for the store's orders, alike. Raises NotFound for a platform without such a feed."""
        return self._ask(lambda kept: question(tokens.feed(self.platforms, self.store, kept)))

    def _ask(self, with_grant: Callable[[KeptGrant], Again]) -> Again:
        """Only the very grant that was refused is called worthless: the merchant may have brought another meanwhile."""
        kept = tokens.current(self.platforms, self.store, self.now)
        try:
            return with_grant(kept)
        except CredentialsRejected:
            newer = tokens.renewed(self.platforms, self.store, kept, self.now)
        try:
            return with_grant(newer)
        except CredentialsRejected:
            tokens.reject(self.platforms, self.store, newer, self.now)
            raise CredentialsRejected(tokens.sentence(self.platforms, self.store)) from None


def _now() -> datetime:
    return datetime.now(UTC)


def run_due(
    platforms: Platforms,
    owner: str,
    *,
    seconds: float,
    now: Callable[[], datetime] = _now,
    beside: Mapping[str, Callable[[Errand], Again]] = MappingProxyType({}),
) -> int:
    """Do what is due, one after the other, beginning none after `seconds`; how many. `beside`: chores of rooms above, by
    their kind. Raises Unavailable.
    """
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        chore = transact(platforms.engine, lambda connection: chores.claim(connection, owner, _LEASE))
        if chore is None:
            break
        _do(platforms, chore, owner, now(), beside)
        count += 1
    return count


def _do(
    platforms: Platforms, chore: Chore, owner: str, now: datetime, beside: Mapping[str, Callable[[Errand], Again]]
) -> None:
    with read(platforms.engine) as connection:
        store = stores.by_id(connection, chore.store_id)
    if store is None or store.uninstalled_at is not None:
        transact(platforms.engine, lambda connection: chores.done(connection, chore, owner, again=None))
        return
    try:
        again = {**_CHORES, **beside}[chore.kind](Errand(platforms, store, chore, now))
    except Unavailable:
        raise
    except (ConnectorError, IntegrationError) as error:
        _put_off(platforms, chore, owner, str(error), getattr(error, "after", 0.0))
    except Exception as error:  # noqa: BLE001 (one store's odd answer must not stop the others' chores)
        logger("upkeep").error("a chore broke", store=store.id, chore=chore.kind, kind=type(error).__name__)
        _put_off(platforms, chore, owner, "Something went wrong on our side; it is tried again.", 0.0)
    else:
        transact(platforms.engine, lambda connection: _settle(connection, chore, owner, again))


def _settle(connection: Connection, chore: Chore, owner: str, again: Again) -> None:
    if again == timedelta(0):
        chores.goes_on(connection, chore, owner, after_=_SURVEY_PAUSE)
    else:
        chores.done(connection, chore, owner, again=again)


def _put_off(platforms: Platforms, chore: Chore, owner: str, trouble: str, at_least: float) -> None:
    seconds = _PATIENCE[chore.tries] if chore.tries < len(_PATIENCE) else AUDIT.total_seconds()
    again = timedelta(seconds=max(seconds, at_least))
    logger("upkeep").warning("a chore is put off", store=chore.store_id, chore=chore.kind, why=trouble)
    transact(platforms.engine, lambda connection: chores.failed(connection, chore, owner, trouble=trouble, again=again))


def _subscriptions(errand: Errand) -> Again:
    """Every topic we follow, told to our address; what the platform had dropped is there again, and the merchant is told."""
    store, connector = errand.store, registry.get(errand.store.platform)
    wanted = wiring.endpoint(errand.platforms, store, renew=rotation.is_to_be_told(store, errand.chore))

    def mend(api: StoreApi) -> Again:
        shop = api.shop()
        shop_id = stores.as_platform_id(shop.id)
        _learn_zone(errand, shop.timezone)
        restored = api.mend_subscriptions(wanted)
        first = errand.chore.done_at is None

        def write(connection: Connection) -> None:
            stores.learn_platform_id(connection, store.id, shop_id)
            if store.platform_id not in (None, shop_id):
                alerts.keep(
                    connection, store_id=store.id, kind=OTHER_SHOP, sentence=_other_shop(store, shop_id), at=errand.now
                )
            if restored and not first:
                told = f"{connector.label} webhooks were missing or switched off ({', '.join(restored)})."
                sentence = f"{told} They are at work again."
                alerts.raise_one(
                    connection, store_id=store.id, kind=WEBHOOKS_RESTORED, sentence=sentence[:500], at=errand.now
                )

        transact(errand.platforms.engine, write)
        return AUDIT

    return errand.ask(mend)


def _learn_zone(errand: Errand, name: str | None) -> None:
    """By what the platform says each hour: a merchant may move. What is no zone, or not said, leaves what was known."""
    if name is not None and name != errand.store.timezone and zone.known(name):
        store_id = errand.store.id
        transact(errand.platforms.engine, lambda connection: stores.learn_timezone(connection, store_id, name))


def _other_shop(store: Store, now_called: str) -> str:
    """Whether a platform ever gives a name to another shop is not known; its orders would be counted as this one's."""
    return (
        f"{store.domain} answers as another shop than the one that was connected: its number was {store.platform_id} and "
        f"is {now_called}. What the other shop tells is ignored. Whoever runs Tandem should look at it."
    )


def _pixel(errand: Errand) -> Again:
    def mend(api: StoreApi) -> Again:
        api.mend_pixel(wiring.storefront(errand.platforms, errand.store))
        return AUDIT

    return errand.ask(mend)


def _survey(errand: Errand) -> Again:
    """Read on for a while."""

    def read_on(api: StoreApi) -> Again:
        engine = errand.platforms.engine
        whole = survey.read_on(engine, errand.store, api, now=errand.now, seconds=_SURVEY_SECONDS)
        return None if whole else timedelta(0)

    return errand.ask(read_on)


def _orders(errand: Errand) -> Again:
    """What changed in the store since we last asked is received, told by webhook or not."""

    def read_on(feed: OrderFeed) -> Again:
        return sweep.sweep_on(errand.receiver, errand.store, feed, now=errand.now, seconds=_SURVEY_SECONDS)

    return errand.ask_feed(read_on)


def _reread(errand: Errand) -> Again:
    """Orders whose shopper agreed after they were withheld."""

    def read_on(api: StoreApi) -> Again:
        return reread.read_on(errand.receiver, errand.store, api, now=errand.now, seconds=_SURVEY_SECONDS)

    return errand.ask(read_on)


def _token(errand: Errand) -> Again:
    """A shop that tells nothing for months would lose its token with its refresh token: renewed once a day at least."""
    kept = tokens.current(errand.platforms, errand.store, errand.now)
    if kept.expires_at is not None and errand.now - kept.granted_at >= KEEP_ALIVE:
        tokens.renewed(errand.platforms, errand.store, kept, errand.now)
    return KEEP_ALIVE


def _farewell(errand: Errand) -> Again:
    """The platform said that our app was removed, which may be an old word: if our token still works, it was."""

    def see(api: StoreApi) -> Again:
        api.shop()
        logger("upkeep").info("an uninstall was stale", store=errand.store.id)
        return None

    try:
        return errand.ask(see)
    except CredentialsRejected:
        pass  # nobody but us is let in by this token: the platform's word is true
    except Unreachable:
        if errand.chore.tries < _BELIEVED_AFTER:
            raise
    transact(errand.platforms.engine, lambda connection: disconnect.let_go(connection, errand.store))
    return None


def _secret(errand: Errand) -> Again:
    """Let a former secret go once nobody signs with it."""
    return transact(errand.platforms.engine, lambda connection: rotation.settle(connection, errand.store, errand.now))


_CHORES: Mapping[str, Callable[[Errand], Again]] = MappingProxyType(
    {
        chores.SUBSCRIPTIONS: _subscriptions,
        chores.PIXEL: _pixel,
        chores.SURVEY: _survey,
        chores.ORDERS: _orders,
        chores.REREAD: _reread,
        chores.TOKEN: _token,
        chores.FAREWELL: _farewell,
        chores.SECRET: _secret,
    }
)
