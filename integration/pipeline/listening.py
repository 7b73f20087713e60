"""What browsers told of the events at hand, found by their keys, opened and put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from connectors.event import Event, Kind
from integration.crypto import Sealer
from integration.db import Connection, Engine, heard, signals, transact
from integration.db.signals import Kept
from integration.db.stores import Store
from integration.errors import SealBroken, Unavailable
from integration.log import logger
from integration.meta import mapping
from integration.pipeline import browsing, joining
from integration.pipeline.browsing import Heard
from integration.pipeline.withholding import forget_browsers


@dataclass(frozen=True, slots=True)
class Ear:
    """What was found for some events. `found`: still sealed, by store and key."""

    sealer: Sealer
    found: Mapping[tuple[str, str], Kept] = field(default_factory=dict)

    def heard(self, store_id: str, keys: Sequence[str]) -> Heard | None:
        """All that is known by any of these keys; None where nothing is, or nothing that can be opened: a signal adds to
        an event, and must not stop one.
        """
        kept = [self.found[store_id, key] for key in keys if (store_id, key) in self.found]
        opened = [self._open(one) for one in sorted(kept, key=lambda one: one.first_at)]
        told = [one for one in opened if one is not None]
        return browsing.together(told) if told else None

    def _open(self, kept: Kept) -> Heard | None:
        try:
            return browsing.decode(self.sealer.unseal(kept.sealed, store=kept.store_id, column=signals.SEALED))
        except (SealBroken, msgspec.DecodeError) as error:
            logger("listening").warning("a signal cannot be read", store=kept.store_id, kind=type(error).__name__)
            return None


def listen(connection: Connection, sealer: Sealer, wanted: Mapping[str, Sequence[str]]) -> Ear:
    """What is known by these keys of these stores. One statement."""
    return Ear(sealer, heard.by_keys(connection, wanted))


def heard_of(connection: Connection, sealer: Sealer, store_id: str, event: Event) -> Heard | None:
    """The same of one event, by its own words."""
    keys = _keys(event)
    return listen(connection, sealer, {store_id: keys}).heard(store_id, keys)


def stop_waiting(engine: Engine, store: Store, told: Sequence[Event]) -> None:
    """Where browsers are heard, one may have told of an order before its shop did: then nothing waits for it. To be asked
    once the events are committed, as `heard.pull` says.
    """
    if not store.hears_browsers or not store.live:
        return
    for event in told:
        if event.kind in (Kind.ORDER, Kind.CHECKOUT_STARTED):
            _pull(engine, store.id, event)


def forget_heard(engine: Engine, sealer: Sealer, store: Store, refused: Sequence[Event]) -> None:
    """What browsers told of events that are withheld from the beginning is not kept, but for what they said of their
    data. To be done once the events are committed.
    """
    keys = [key for event in refused for key in _keys(event)]
    if not keys or not store.hears_browsers:
        return
    try:
        transact(engine, lambda connection: forget_browsers(connection, sealer, store.id, keys))
    except Unavailable:  # it goes with its time, and nothing of it is told
        logger("listening").warning("signals of a refusal could not be forgotten", store=store.id)


def _pull(engine: Engine, store_id: str, event: Event) -> None:
    event_name, keys = mapping.EVENT_NAMES[event.kind], _keys(event)
    try:
        heard.pull(engine, store_id=store_id, event_name=event_name, subject=event.subject, keys=keys)
    except Unavailable:  # it is written down, and due when its time comes
        logger("listening").warning("a waiting event could not be asked for", store=store_id)


def _keys(event: Event) -> list[str]:
    """By which browsers may have told of it."""
    columns = joining.columns(event)
    return joining.keys(columns["checkout_key"], columns["cart_key"], event.order_id)
