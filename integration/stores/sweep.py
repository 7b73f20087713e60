"""Orders that got lost on their way are found by asking: all that changed in a store, page by page, each page received
as if its webhooks had been posted. For platforms that never tell twice (WooCommerce).

The store's clock and ours are never compared where an order's fate hangs on it: what was read is remembered in the
store's own time, and read again from a little before that. To receive something twice does no harm.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import msgspec

from connectors import registry
from connectors.access import Changes, OrderFeed, Told
from integration import failpoints
from integration.db import Connection, alerts, chores, events, reading, sweeps, transact
from integration.db.events import Received
from integration.db.stores import Store
from integration.db.sweeps import Sweep
from integration.errors import NotFound, Unavailable
from integration.log import logger
from integration.meta.event import PURCHASE
from integration.pipeline.receive import Receiver
from integration.stores import punctuality
from integration.stores.punctuality import Found

ORDERS_RECOVERED = "orders_recovered"
# An order may be written a while after the second that it says it was changed in.
OVERLAP = timedelta(minutes=10)
BEFORE_CONNECTING = timedelta(hours=1)
# A cursor left lying longer may lead nowhere.
_RESTS_AT_MOST = timedelta(days=1)
# A shop's clock may be wrong; an order of next year says nothing of how far we have read.
_AHEAD_AT_MOST = timedelta(days=1)
_FORGOTTEN_AFTER = timedelta(days=7)
_OUR_FAULT = "Something went wrong on our side when this order was read."


class Place(msgspec.Struct, frozen=True):
    """Where a reading is: all changed `since` are read, the newest so far is of `newest`, `cursor` leads on."""

    since: datetime
    newest: datetime
    cursor: str | None

    def encoded(self) -> str:
        """As the column holds it."""
        return msgspec.json.encode(self).decode()


def sweep_on(
    receiver: Receiver,
    store: Store,
    feed: OrderFeed,
    *,
    now: datetime,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> timedelta:
    """Read pages until all are read or about so many seconds have passed, one at least; how long until it is to be done
    again, zero where there is more to read.

    Each page's place is kept after its orders were received, so whoever comes next goes on there; who dies in between
    has a page received twice. What `feed` raises passes through; so does Unavailable.
    """
    until = clock() + seconds
    while True:
        before = _at_hand(receiver, store, now)
        place = _place(before, store, now)
        changes = feed.changed(place.since, place.cursor)
        found = _receive(receiver, store, changes.told, before, now)
        after = _after(before, place, changes, found, now)
        failpoints.reach("sweep.before_progress")
        if not transact(receiver.engine, partial(_keep, store=store, before=before, after=after, found=found, now=now)):
            return timedelta(0)
        if after.cursor is None:
            return punctuality.interval(punctuality.decoded(after.arrivals))
        if clock() >= until:
            return timedelta(0)


def _at_hand(receiver: Receiver, store: Store, now: datetime) -> Sweep:
    """How far the store is read; at first, to a little before it was connected."""
    with reading(receiver.engine) as connection:
        sweep = sweeps.of_store(connection, store.id)
    return sweep or transact(receiver.engine, partial(_begun, store=store, now=now))


def _begun(connection: Connection, store: Store, now: datetime) -> Sweep:
    connected = min(store.connected_at or store.created_at, now)
    sweeps.begin(connection, store.id, connected - BEFORE_CONNECTING)
    sweep = sweeps.of_store(connection, store.id)
    if sweep is None:
        raise NotFound("The store is gone.")
    return sweep


def _place(sweep: Sweep, store: Store, now: datetime) -> Place:
    """Where to read on: in the reading under way, else where the last one ended, less an overlap.

    A shop whose clock was ahead and is set right has orders from before what we saw: our own time of the last look
    counts where it is the earlier one. What a returning store sold while it was away is not ours to tell.
    """
    if sweep.cursor and sweep.swept_at and now - sweep.swept_at <= _RESTS_AT_MOST:
        return msgspec.json.decode(sweep.cursor, type=Place)
    ended = min(sweep.seen_to, sweep.swept_at or sweep.seen_to)
    return Place(max(ended - OVERLAP, store.since - BEFORE_CONNECTING), sweep.seen_to, None)


def _receive(receiver: Receiver, store: Store, told: Sequence[Told], before: Sweep, now: datetime) -> Found:
    """Receive a page, and see which of its orders we had not been told of."""
    known = _in_ledger(receiver, store, told)
    _take(receiver, store, told, now)
    there = _in_ledger(receiver, store, told)
    return punctuality.compare(
        told, known, there, since=store.since, seen_to=before.seen_to, swept_at=before.swept_at, now=now
    )


def _in_ledger(receiver: Receiver, store: Store, told: Sequence[Told]) -> Mapping[str, Received]:
    with reading(receiver.engine) as connection:
        return events.received(connection, store.id, PURCHASE, [one.order_id for one in told])


def _take(receiver: Receiver, store: Store, told: Sequence[Told], now: datetime) -> None:
    """An order that breaks us must not stand before all others for ever: it is set aside. Where every order does, it is
    not the orders: the page is read again later.
    """
    broken: list[Told] = []
    for one in told:
        try:
            receiver.recover(store, one.topic, one.body, now)
        except Unavailable:
            raise
        except Exception as error:
            logger("sweep").error("an order broke", store=store.id, order=one.order_id, kind=type(error).__name__)
            broken.append(one)
            if len(broken) == len(told):
                raise
    for one in broken:
        receiver.set_aside(store, one.topic, one.body, now, reason=_OUR_FAULT)


def _after(before: Sweep, place: Place, changes: Changes, found: Found, now: datetime) -> Sweep:
    """The sweep with one more page. Pure. Only the last page of a reading moves `seen_to`, and never back."""
    # A cursor that leads to itself would be followed for ever.
    onward = changes.cursor if changes.cursor != place.cursor else None
    seen = [one.changed_at for one in changes.told if one.changed_at <= now + _AHEAD_AT_MOST]
    newest = max([place.newest, *seen])
    today = before.recovered if before.recovered_at and before.recovered_at.date() == now.date() else 0
    return replace(
        before,
        seen_to=before.seen_to if onward else newest,
        cursor=Place(place.since, newest, onward).encoded() if onward else None,
        recovered=today + len(found.late) if found.late else before.recovered,
        recovered_at=now if found.late else before.recovered_at,
        arrivals=punctuality.joined(before.arrivals, found.arrivals),
        swept_at=now,
    )


def _keep(connection: Connection, *, store: Store, before: Sweep, after: Sweep, found: Found, now: datetime) -> bool:
    """Whether it was kept; not where another kept a page meanwhile."""
    if not sweeps.keep(connection, before, after):
        return False
    if found.late:
        _tell(connection, store, before, after, now)
        # Perhaps the platform switched our webhooks off.
        chores.plan(connection, store.id, chores.SUBSCRIPTIONS)
    elif after.recovered_at and now - after.recovered_at > _FORGOTTEN_AFTER:
        alerts.clear(connection, store_id=store.id, kind=ORDERS_RECOVERED)
    return True


def _tell(connection: Connection, store: Store, before: Sweep, after: Sweep, now: datetime) -> None:
    """One alert a day, its number kept true."""
    told_today = before.recovered_at is not None and before.recovered_at.date() == now.date()
    say = alerts.keep if told_today else alerts.raise_one
    label = registry.get(store.platform).label
    say(connection, store_id=store.id, kind=ORDERS_RECOVERED, sentence=_sentence(label, after.recovered, now), at=now)


def _sentence(label: str, recovered: int, now: datetime) -> str:
    orders, were = ("order", "was") if recovered == 1 else ("orders", "were")
    return (
        f"On {now:%-d %B}, {recovered} {orders} had not been told by {label}'s webhooks and {were} found by asking the "
        "shop. Nothing of them is lost, but Meta hears of them later than it could. If this happens often, see that the "
        "shop's scheduled tasks run and that nothing between it and Tandem stops its webhooks."
    )
