"""Whether our half of the storefront lives: what was last heard of it, what it captures, and who else has a Pixel there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integration.db import Connection, chores, pair_tests, storefront_words
from integration.db.chores import Chore
from integration.db.pair_tests import PairTest
from integration.db.storefront_words import Word
from integration.db.stores import Store
from integration.meta.event import PURCHASE, key_mask
from integration.monitor import watch
from integration.monitor.senders import Sender
from integration.stores import storefront
from integration.stores.storefront import Storefront

ORDERS = 100
_NEWEST = 500
# By which Meta knows a browser again, in the words of its own keys.
CAPTURED = ("fbp", "fbc", "client_ip_address", "client_user_agent")

_NEVER = (
    "Nothing has been heard of Tandem’s script in your shop yet. It speaks when a shopper who agreed begins a checkout."
)
_TESTED = "Tandem’s script answered your test. Of shoppers nothing was heard yet: it speaks when one who agreed begins a checkout."
_AT_WORK = "Tandem’s script is at work in your shop."
_SILENT = "Tandem’s script has been silent for days: no shopper’s checkout was heard of. Try both riders to see why."


@dataclass(frozen=True, slots=True)
class Capture:
    """Of how many of the orders looked at a key was known."""

    key: str
    known: int


@dataclass(frozen=True, slots=True)
class Life:
    """All that the page shows of it. `orders`: how many were looked at; `setting_up`: the chore that brings our half."""

    sentence: str
    alive: bool
    since: datetime | None
    last_signal: datetime | None
    sightings: Sequence[Word]
    reported: Storefront | None
    setting_up: Chore | None
    tried: PairTest | None
    orders: int
    captures: Sequence[Capture]
    others: Sequence[Sender]
    looked_at: datetime | None


def of_store(connection: Connection, store: Store) -> Life:
    """As it is now. Raises Unavailable."""
    heard = storefront_words.last_signal(connection, store.id)
    words = storefront_words.last_sightings(connection, store.id, _NEWEST)
    masks = storefront_words.key_masks(connection, store.id, PURCHASE, ORDERS)
    tried = pair_tests.newest(connection, store.id)
    planned = {chore.kind: chore for chore in chores.of_store(connection, store.id)}
    return Life(
        sentence=sentence(
            at_work=store.hears_browsers, ever=bool(heard or words), tested=bool(tried and tried.pixel_state)
        ),
        alive=store.hears_browsers,
        since=store.storefront_at,
        last_signal=heard,
        sightings=words,
        reported=storefront.of_store(connection, store.id),
        setting_up=planned.get(chores.PIXEL),
        tried=tried,
        orders=len(masks),
        captures=captured(masks),
        others=watch.found(connection, store),
        looked_at=watch.findings(connection, store.id)[1],
    )


def sentence(*, at_work: bool, ever: bool, tested: bool) -> str:
    """Whether it lives: by shoppers' browsers, now or `ever`, else by a test of the merchant's. Pure."""
    if at_work:
        return _AT_WORK
    if ever:
        return _SILENT
    return _TESTED if tested else _NEVER


def captured(masks: Sequence[int]) -> Sequence[Capture]:
    """How often each key was known, of orders by the mask of theirs. Pure."""
    bits = {key: key_mask({key: ""}) for key in CAPTURED}
    return [Capture(key, sum(bool(mask & bit) for mask in masks)) for key, bit in bits.items()]


def look_again(connection: Connection, store_id: str) -> None:
    """Whatever looks after the storefront does so now; what was never planned for this store is not."""
    known = {chore.kind for chore in chores.of_store(connection, store_id)}
    for kind in (chores.PIXEL, chores.SCAN):
        if kind in known:
            chores.plan(connection, store_id, kind)
