"""Coverage of a store over some days: each event judged, and what the sums say. Reads; writes nothing.

Money is summed per currency, in major units, of what the ledger holds as told or to be told. Evidence ages: signals are
kept for two weeks, so an older order is known by sightings alone, unless its day was counted before.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from integration.db import Connection
from integration.db import coverage as rows
from integration.db.coverage import Told
from integration.db.sightings import Sighting
from integration.db.stores import Store
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE
from integration.monitor import day_parts, evidence
from integration.monitor.coverage import Cause, Seen, Value, judge
from integration.monitor.coverage_days import LEAST_ORDERS, MOST_PAIRS_A_DAY, Day, Judged, Pair, Rate, Sum
from integration.monitor.evidence import ByProof
from integration.monitor.settling import AN_HOUR

__all__ = ["LEAST_ORDERS", "Judged", "Pair", "Rate", "Report", "Sum", "judged", "of_days", "report", "sentence"]

EVENT_NAMES = (PURCHASE, INITIATE_CHECKOUT)
MOST_DAYS = 62
MOST_PAIRS = 200
# More events are judged a piece of a day at a time: each is held in memory with what was seen of it.
MOST_AT_ONCE = 50_000


@dataclass(slots=True)
class Report:
    """The sums of some days. `days`: those on which there was something."""

    since: date
    until: date  # the last day of it
    sums: Day = field(default_factory=Day)
    by_day: dict[date, Day] = field(default_factory=dict)
    last_heard: datetime | None = None

    @property
    def totals(self) -> Mapping[str, Mapping[Value, Sum]]:
        """By event name and value."""
        return self.sums.totals

    @property
    def causes(self) -> Mapping[str, Mapping[Cause, int]]:
        """By event name and cause."""
        return self.sums.causes

    @property
    def days(self) -> Mapping[date, Mapping[str, Mapping[Value, int]]]:
        """How many events, by day, event name and value; a value of which there was none is left out."""
        return {day: _numbers(of) for day, of in self.by_day.items()}

    @property
    def pairs(self) -> Sequence[Pair]:
        """Orders that two riders told under two ids."""
        return self.sums.pairs

    @property
    def rates(self) -> Sequence[Rate]:
        """By the way of paying."""
        return self.sums.rates

    @property
    def sentence(self) -> str:
        """What may honestly be said of purchases that only the server told."""
        return sentence(self.totals.get(PURCHASE, {}).get(Value.SERVER_ONLY, Sum()))


def _numbers(of: Day) -> Mapping[str, Mapping[Value, int]]:
    return {
        event_name: {value: total.events for value, total in by_value.items() if total.events}
        for event_name, by_value in of.totals.items()
    }


def sentence(told: Sum) -> str:
    """The one claim there is, in its own words; a claim of nothing is none."""
    if not told.events:
        return "No order is known to have been told to Meta only by the server."
    orders = "1 order" if told.events == 1 else f"{told.events:,} orders"
    money = "".join(f", {currency} {amount:,}" for currency, amount in sorted(told.worth.items()))
    them = "it" if told.events == 1 else "them"
    return (
        f"Told to Meta only by the server: {orders}{money}. Without it we saw no other report of {them}. "
        "This is not extra sales and not attributed sales."
    )


def report(
    connection: Connection, store: Store, *, since: date, until: date, now: datetime, zone: tzinfo = UTC
) -> Report:
    """The coverage of the days from `since` to `until`, both of them included, judged now."""
    limits = day_parts.bounds([since + timedelta(days=n) for n in range((until - since).days + 1)], zone)
    by_day: dict[date, Day] = {}
    for one in judged(connection, store, since=limits[0], until=limits[-1], now=now):
        by_day.setdefault(one.told.placed_at.astimezone(zone).date(), Day()).count(one, MOST_PAIRS)
    return of_days(by_day, since=since, until=until, last_heard=pixel_seen(connection, store))


def of_days(by_day: Mapping[date, Day], *, since: date, until: date, last_heard: datetime | None) -> Report:
    """What days that were judged before come to. Pure."""
    made = Report(since, until, last_heard=last_heard)
    for day, sums in sorted(by_day.items()):
        if sums.totals:
            made.by_day[day] = sums
            made.sums.add(sums, MOST_PAIRS)
    return made


def count(connection: Connection, store: Store, days: Sequence[date], zone: ZoneInfo, now: datetime) -> list[Day]:
    """Days that follow one another, each judged now, to be kept."""
    counted = {day: Day() for day in days}
    for since, *_, until in day_parts.windows(connection, store.id, day_parts.bounds(days, zone), MOST_AT_ONCE):
        for one in judged(connection, store, since=since, until=until, now=now):
            counted[one.told.placed_at.astimezone(zone).date()].count(one, MOST_PAIRS_A_DAY)
    return list(counted.values())


def pixel_seen(connection: Connection, store: Store) -> datetime | None:
    """When our script in this store's pages was last heard of; None: never, or longer ago than its words are kept."""
    return rows.last_heard(connection, store.id)


def judged(
    connection: Connection, store: Store, *, since: datetime, until: datetime, now: datetime
) -> Iterator[Judged]:
    """Every event of those days with its verdict. Neighbours are looked for an hour beyond either end."""
    found = list(rows.told(connection, store.id, EVENT_NAMES, since=since - AN_HOUR, until=until + AN_HOUR))
    keys = sorted({key for told in found for key in evidence.keys(told)})
    seen = evidence.by_proof(rows.proven(connection, store.id, keys))
    ran = rows.heard(connection, store.id, keys)
    neighbours = _Neighbours(found, seen)
    for told in found:
        if since <= told.placed_at < until:
            mine = evidence.sightings(told, seen)
            facts = evidence.facts(told, store, mine, ran, now)
            yield _judged(told, mine, facts._replace(neighbours_sent=neighbours.sent_around(told)))


def _judged(told: Told, mine: Sequence[Sighting], facts: Seen) -> Judged:
    others = {one.event_id for one in mine} - {told.event_id}
    return Judged(told, judge(facts), tuple(sorted(others)))


class _Neighbours:
    """When the orders were placed whose Pixels left, by dataset and event."""

    def __init__(self, found: Sequence[Told], seen: ByProof) -> None:
        self._sent: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for told in found:  # in the order of placement
            if any(one.sent_at for one in evidence.sightings(told, seen)):
                self._sent[told.dataset_id, told.event_name].append(told.placed_at)

    def sent_around(self, told: Told) -> bool:
        """Whether another's left within the hour before this one, and another's within the hour after."""
        times = self._sent[told.dataset_id, told.event_name]
        before = bisect_left(times, told.placed_at) - bisect_left(times, told.placed_at - AN_HOUR)
        after = bisect_right(times, told.placed_at + AN_HOUR) - bisect_right(times, told.placed_at)
        return before > 0 and after > 0
