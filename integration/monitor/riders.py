"""Who told Meta of some events that lie on a page: the verdict of coverage, without looking at all the days around them.

What a report of days judges by all neighbours is judged by the nearest ones here: no more is claimed than there.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from integration.db import Connection, neighbours
from integration.db import coverage as rows
from integration.db.ledger_rows import Row
from integration.db.neighbours import Neighbour, Window
from integration.db.sightings import Sighting
from integration.db.stores import Store
from integration.monitor import evidence
from integration.monitor.coverage import Cause, Seen, Verdict, judge
from integration.monitor.coverage_report import EVENT_NAMES
from integration.monitor.settling import AN_HOUR

_WIDTHS = (AN_HOUR, timedelta(minutes=10), timedelta(minutes=1))
_MOST_NEIGHBOURS = 3_000


class Told(NamedTuple):
    """Who told one event, and what was seen of its Pixel: the words that bear the server's own id, and other ids."""

    verdict: Verdict
    sightings: Sequence[Sighting] = ()
    other_ids: Sequence[str] = ()


def told(
    connection: Connection, store: Store, lines: Sequence[Row], now: datetime, most: int = _MOST_NEIGHBOURS
) -> dict[int, Told]:
    """By delivery, asking so many neighbours at most. What only the server can tell, tests, and what has no dataset are not
    among them.
    """
    known = [one for one in lines if one.event_name in EVENT_NAMES and one.dataset_id and not one.test]
    if not known:
        return {}
    keys = sorted({key for one in known for key in evidence.keys(one)})
    seen, ran = evidence.by_proof(rows.proven(connection, store.id, keys)), rows.heard(connection, store.id, keys)
    mine = {one.id: evidence.sightings(one, seen) for one in known}
    facts = {one.id: evidence.facts(one, store, mine[one.id], ran, now) for one in known}
    silent = [one for one in known if judge(facts[one.id]).cause is Cause.PIXEL_SILENT]
    alive = _alive(connection, store.id, silent, most) if silent else set()
    return {one.id: _told(one, mine[one.id], facts[one.id]._replace(neighbours_sent=one.id in alive)) for one in known}


def _told(one: Row, mine: Sequence[Sighting], facts: Seen) -> Told:
    others = {word.event_id for word in mine} - {one.event_id}
    return Told(judge(facts), evidence.same_id(one, mine), sorted(others))


def _alive(connection: Connection, store_id: str, silent: Sequence[Row], most: int) -> set[int]:
    """Those of these around which other orders' Pixels left: before within the hour, and after. Of a store with very many
    orders, within minutes.
    """
    for width in _WIDTHS:
        near = neighbours.within(connection, store_id, EVENT_NAMES, _windows(silent, width), most)
        if near is not None:
            left = _left(connection, store_id, near)
            return {one.id for one in silent if _between(left[one.dataset_id or "", one.event_name], one, width)}
    return set()


def _windows(silent: Sequence[Row], width: timedelta) -> list[Window]:
    """The times around these, those that overlap as one."""
    windows: list[Window] = []
    for at in sorted(one.placed_at for one in silent):
        if windows and at - width <= windows[-1][1]:
            windows[-1] = (windows[-1][0], at + width)
        else:
            windows.append((at - width, at + width))
    return windows


def _left(connection: Connection, store_id: str, near: Sequence[Neighbour]) -> dict[tuple[str, str], list[datetime]]:
    """When the events were placed whose Pixels left, in the order of time, by dataset and event name."""
    placed = {(key, one.event_name): one.placed_at for one in near for key in evidence.keys(one)}
    left: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for word in rows.proven(connection, store_id, sorted({key for key, _ in placed})):
        at = placed.get((word.proof_key, word.event_name))
        if word.sent_at and at is not None:
            left[word.dataset_id, word.event_name].append(at)
    for times in left.values():
        times.sort()
    return left


def _between(times: Sequence[datetime], one: Row, width: timedelta) -> bool:
    """Whether one of these is shortly before it, and another shortly after."""
    at = one.placed_at
    before = bisect_left(times, at) - bisect_left(times, at - width)
    after = bisect_right(times, at + width) - bisect_right(times, at)
    return before > 0 and after > 0
