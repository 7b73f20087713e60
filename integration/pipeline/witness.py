"""Whether the Pixel told of what is too old to be told without knowing. Asked only where the answer decides something."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from integration.db import Connection, to_ms
from integration.db import witnesses as room
from integration.db.datasets import Dataset
from integration.db.deliveries import UNSETTLED, State
from integration.db.dependents import Purchaser
from integration.db.due import Due
from integration.db.sightings import Sighting
from integration.db.stores import Store
from integration.meta.event import PURCHASE, REFUND
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.pipeline.schedule import SAFE_TO_REPEAT, Witnessed
from integration.store_settings import PixelOwner

# A Pixel that told of other orders so shortly before and after was on the page.
ALIVE_WITHIN = timedelta(hours=1)
_NUMBER = re.compile(r"[0-9]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known of some deliveries at one dataset. `of`: by delivery; `told_by_pixel`: ids of orders."""

    of: Mapping[int, Witnessed] = field(default_factory=dict)
    told_by_pixel: frozenset[str] = frozenset()


class Old(Protocol):
    """A delivery about which the Pixel's word is asked for."""

    @property
    def id(self) -> int:
        """Our own."""

    @property
    def placed_at(self) -> datetime:
        """When the Pixel may have told it."""

    @property
    def event_name(self) -> str:
        """Of the event."""

    @property
    def event_id(self) -> str:
        """Of the event."""

    @property
    def order_id(self) -> str | None:
        """By which a browser may have told of it."""

    @property
    def checkout_key(self) -> str | None:
        """By which a browser may have told of it."""

    @property
    def cart_key(self) -> str | None:
        """By which a browser may have told of it."""


_NOBODY = Witnesses()


def witnesses(
    connection: Connection,
    store: Store,
    dataset: Dataset,
    rows: Sequence[Due],
    purchasers: Mapping[str, Purchaser],
    now: datetime,
) -> Witnesses:
    """Of rows that are old enough for it to matter, and of refunds whose Purchase was not told by us; no question is
    asked for others.
    """
    cutoff = to_ms(now - SAFE_TO_REPEAT)
    old = [row for row in rows if row.placed_ms < cutoff and matters(row, store.settings.pixel)]
    untold = {
        order_id: one
        for order_id, one in purchasers.items()
        if one.state not in UNSETTLED and one.state is not State.DELIVERED
    }
    if not old and not untold:
        return _NOBODY
    return Witnesses(
        of_old(connection, store.id, dataset.dataset_id, old) if old else {},
        _told(connection, store, dataset, untold) if untold else frozenset(),
    )


def matters(row: Due, pixel: PixelOwner) -> bool:
    """Whether the age rules ask for the Pixel's word about a row that is old."""
    ours = pixel is PixelOwner.OURS and row.event_name != REFUND
    return ours and not (row.doubtful or row.insisted or row.state == State.SENDING)


def of_old(connection: Connection, store_id: str, dataset_id: str, rows: Sequence[Old]) -> dict[int, Witnessed]:
    """What is known of some deliveries at one dataset (by Meta's id of it), all asked for together."""
    keys = {row.id: joining.keys(row.checkout_key, row.cart_key, row.order_id) for row in rows}
    seen = room.about(
        connection,
        store_id,
        dataset_id,
        events_of={(row.event_name, row.event_id) for row in rows},
        proof_keys=[key for mine in keys.values() for key in mine],
    )
    alive = _alive(connection, store_id, dataset_id, rows)
    told = {(one.event_name, name) for one in seen for name in (one.event_id, one.proof_key)}
    return {
        row.id: witnessed(
            row.placed_at,
            alive,
            sighted=any((row.event_name, name) in told for name in (row.event_id, *keys[row.id])),
        )
        for row in rows
    }


def witnessed(placed: datetime, alive: Sequence[datetime], *, sighted: bool) -> Witnessed:
    """What was seen of one order placed then. `alive`: when the Pixel told of any order, in order of time."""
    hour = ALIVE_WITHIN
    return Witnessed(
        sighted=sighted,
        before=bisect_left(alive, placed - hour) < bisect_right(alive, placed),
        after=bisect_left(alive, placed) < bisect_right(alive, placed + hour),
    )


def _alive(connection: Connection, store_id: str, dataset_id: str, rows: Sequence[Old]) -> list[datetime]:
    """When the Pixel is proven to have told of an order. Of these rows' own there is nothing that would help them: what was
    told of a row makes it `sighted`.
    """
    since = min(row.placed_at for row in rows) - ALIVE_WITHIN
    until = max(row.placed_at for row in rows) + ALIVE_WITHIN
    found = room.sent(connection, store_id, dataset_id, PURCHASE, since=since, until=until)
    unknown = {one.proof_key for one in found if not _is_signed(one)}
    joins = room.keys_of_orders(connection, store_id, PURCHASE, unknown) if unknown else set()
    return [one.first_at for one in found if one.proof_key in joins or _is_signed(one)]


def _is_signed(one: Sighting) -> bool:
    """Whether its proof is the key of the order it names: such a key is only made of a token that a page of ours had. What
    bears a checkout's key instead proves something as soon as an order has that key.
    """
    return any(joining.key(By.ORDER, number) == one.proof_key for number in _NUMBER.findall(one.event_id))


def _told(
    connection: Connection, store: Store, dataset: Dataset, purchasers: Mapping[str, Purchaser]
) -> frozenset[str]:
    """Those of these orders whose Purchase the Pixel is proven to have sent to the dataset."""
    keys = {order_id: joining.keys(one.checkout_key, one.cart_key, order_id) for order_id, one in purchasers.items()}
    wanted = [key for mine in keys.values() for key in mine]
    found = room.about(connection, store.id, dataset.dataset_id, proof_keys=wanted)
    sent = {one.proof_key for one in found if one.event_name == PURCHASE and one.sent_at is not None}
    return frozenset(order_id for order_id, mine in keys.items() if sent.intersection(mine))
