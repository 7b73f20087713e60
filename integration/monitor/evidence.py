"""What was seen of the Pixel of one event, found by its proofs, and put as facts for the judgement. Pure.

A day's report and a page of single events judge by the same facts, or they would contradict one another.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from integration.db.deliveries import State
from integration.db.sightings import Sighting
from integration.db.stores import Store
from integration.meta.event import PURCHASE
from integration.monitor import settling
from integration.monitor.coverage import Seen
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.store_settings import PixelOwner

# Proven words of the Pixel, by their proof, dataset and event.
ByProof = Mapping[tuple[str, str, str], Sequence[Sighting]]


class Proven(Protocol):
    """Of an event, that by which a sighting is proven to be of it."""

    @property
    def order_id(self) -> str | None:
        """The platform's."""

    @property
    def checkout_key(self) -> str | None:
        """Of the checkout's token."""


class Event(Proven, Protocol):
    """An event at one dataset, from whichever query."""

    @property
    def event_name(self) -> str:
        """Meta's."""

    @property
    def event_id(self) -> str:
        """As the server tells it."""

    @property
    def dataset_id(self) -> str | None:
        """Meta's; None where there is none."""

    @property
    def state(self) -> str:
        """Of its delivery."""

    @property
    def placed_at(self) -> datetime:
        """When it was done."""

    @property
    def received_at(self) -> datetime:
        """When we were told."""


def keys(of: Proven) -> list[str]:
    """By which a sighting of this very event is proven."""
    by_order = joining.key(By.ORDER, of.order_id) if of.order_id else None
    return [key for key in (of.checkout_key, by_order) if key]


def by_proof(found: Sequence[Sighting]) -> ByProof:
    """Sightings as they are looked for."""
    together: dict[tuple[str, str, str], list[Sighting]] = defaultdict(list)
    for one in found:
        together[one.proof_key, one.dataset_id, one.event_name].append(one)
    return together


def sightings(of: Event, seen: ByProof) -> list[Sighting]:
    """Those of this event at this dataset, under whichever id."""
    return [one for key in keys(of) for one in seen.get((key, of.dataset_id or "", of.event_name), ())]


def same_id(of: Event, mine: Sequence[Sighting]) -> list[Sighting]:
    """Of its sightings, those under the very id of the server."""
    return [one for one in mine if one.event_id == of.event_id]


def facts(of: Event, store: Store, mine: Sequence[Sighting], ran: set[str], now: datetime) -> Seen:
    """All but what its neighbours say. `mine`: its sightings; `ran`: the checkouts of which a browser spoke to us."""
    same, settings = same_id(of, mine), store.settings
    return Seen(
        delivered=of.state == State.DELIVERED,
        withheld=of.state == State.WITHHELD,
        pixels=store.live and settings.pixel is PixelOwner.OURS and settings.route(of.event_name).by_pixel,
        sent=any(one.sent_at for one in same),
        loaded=any(one.loaded_at for one in same),
        called=any(one.called_at for one in same),
        sent_otherwise=len(same) < len(mine),
        script_ran=of.event_name == PURCHASE and of.checkout_key in ran,
        old_enough=settling.is_settled(of.placed_at, of.received_at, now),
    )
