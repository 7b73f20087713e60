"""Who told Meta of some events that lie on a page: the verdict of coverage, without looking at all the days around them.

What a report of days judges by all neighbours is judged by the nearest ones here: no more is claimed than there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from integration.db import Connection, neighbours
from integration.db import coverage as rows
from integration.db.deliveries import State
from integration.db.ledger_rows import Row
from integration.db.neighbours import Place
from integration.db.sightings import Sighting
from integration.db.stores import Store
from integration.meta.event import PURCHASE
from integration.monitor.coverage import Cause, Seen, Verdict, judge
from integration.monitor.coverage_report import AN_HOUR, EVENT_NAMES
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.store_settings import PixelOwner

# Proven words of the Pixel, by their proof, dataset and event.
_Sightings = Mapping[tuple[str, str, str], Sequence[Sighting]]


class Told(NamedTuple):
    """Who told one event, and what was seen of its Pixel: the words that bear the server's own id, and other ids."""

    verdict: Verdict
    sightings: Sequence[Sighting] = ()
    other_ids: Sequence[str] = ()


def told(connection: Connection, store: Store, lines: Sequence[Row], now: datetime) -> dict[int, Told]:
    """By delivery; what only the server can tell, tests, and what has no dataset are not among them."""
    known = [one for one in lines if one.event_name in EVENT_NAMES and one.dataset_id and not one.test]
    if not known:
        return {}
    keys = sorted({key for one in known for key in _keys(one.checkout_key, one.order_id)})
    seen, ran = _by_proof(rows.proven(connection, store.id, keys)), rows.heard(connection, store.id, keys)
    facts = {one.id: _seen(one, store, _of(one, seen), ran, now) for one in known}
    silent = [one for one in known if judge(facts[one.id]).cause is Cause.PIXEL_SILENT]
    alive = _alive(connection, store.id, silent) if silent else set()
    return {one.id: _told(one, facts[one.id]._replace(neighbours_sent=one.id in alive), seen) for one in known}


def _told(one: Row, facts: Seen, seen: _Sightings) -> Told:
    mine = _of(one, seen)
    same = [word for word in mine if word.event_id == one.event_id]
    return Told(judge(facts), same, sorted({word.event_id for word in mine} - {one.event_id}))


def _keys(checkout_key: str | None, order_id: str | None) -> list[str]:
    by_order = joining.key(By.ORDER, order_id) if order_id else None
    return [key for key in (checkout_key, by_order) if key]


def _by_proof(found: Sequence[Sighting]) -> _Sightings:
    by_proof: dict[tuple[str, str, str], list[Sighting]] = defaultdict(list)
    for one in found:
        by_proof[one.proof_key, one.dataset_id, one.event_name].append(one)
    return by_proof


def _of(one: Row, seen: _Sightings) -> list[Sighting]:
    keys = _keys(one.checkout_key, one.order_id)
    return [word for key in keys for word in seen.get((key, one.dataset_id or "", one.event_name), ())]


def _seen(one: Row, store: Store, mine: Sequence[Sighting], ran: set[str], now: datetime) -> Seen:
    same = [word for word in mine if word.event_id == one.event_id]
    settings = store.settings
    return Seen(
        delivered=one.state == State.DELIVERED,
        withheld=one.state == State.WITHHELD,
        pixels=store.live and settings.pixel is PixelOwner.OURS and settings.route(one.event_name).by_pixel,
        sent=any(word.sent_at for word in same),
        loaded=any(word.loaded_at for word in same),
        called=any(word.called_at for word in same),
        sent_otherwise=len(same) < len(mine),
        script_ran=one.event_name == PURCHASE and one.checkout_key in ran,
        old_enough=now - max(one.placed_at, one.received_at) >= AN_HOUR,
    )


def _alive(connection: Connection, store_id: str, silent: Sequence[Row]) -> set[int]:
    """Those of these around which other orders' Pixels left: before within the hour, and after."""
    places = {one.id: Place(one.id, one.event_name, one.dataset_id or "", one.placed_at) for one in silent}
    around = list(neighbours.near(connection, store_id, list(places.values()), AN_HOUR))
    keys = {key for one in around for key in _keys(one.checkout_key, one.order_id)}
    left = {
        (word.proof_key, word.dataset_id, word.event_name)
        for word in rows.proven(connection, store_id, sorted(keys))
        if word.sent_at
    }
    sides: dict[int, set[bool]] = defaultdict(set)
    for one in around:
        place = places[one.asked]
        if any((key, place.dataset_id, place.event_name) in left for key in _keys(one.checkout_key, one.order_id)):
            sides[one.asked].add(one.before)
    return {asked for asked, found in sides.items() if len(found) == 2}
