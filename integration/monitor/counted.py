"""What a page knows of a store's days: as they were counted last, and where there is little, as they are now. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from integration.db import Connection, day_counts, days
from integration.db.stores import Store
from integration.monitor import coverage_days, coverage_report, day_parts
from integration.monitor.counting import OPEN_DAYS, SMALL
from integration.monitor.coverage_days import Day
from integration.monitor.day_parts import Answers, Keys, Latency, Outcome, Part, Rows, Webhooks
from integration.stores.zone import zone_of


@dataclass(frozen=True, slots=True)
class Span:
    """Some days of a store, both ends included. A day on which there was nothing, or that was not counted yet, is missing.

    `counted_at`: how things stood at that time; None: as they are now. `uncounted`: there is much, and nobody has counted
    it yet; that takes minutes after a store was connected.
    """

    since: date
    until: date
    counted_at: datetime | None = None
    uncounted: bool = False
    rows: Mapping[date, Mapping[Part, Rows]] = field(default_factory=dict)
    judged: Mapping[date, Day] = field(default_factory=dict)

    @property
    def days(self) -> Sequence[date]:
        """All of them, the earliest first."""
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    @property
    def closes_after(self) -> int:
        """After how many days a day is counted no more, where some of these are; else 0."""
        return OPEN_DAYS if len(self.days) > OPEN_DAYS else 0

    def outcomes(self, day: date | None = None) -> Sequence[Outcome]:
        """What became of events: of one day, or of all."""
        return self._of(Part.OUTCOMES, day)

    def webhooks(self, day: date | None = None) -> Sequence[Webhooks]:
        """What became of webhooks."""
        return self._of(Part.WEBHOOKS, day)

    def customer_keys(self, day: date | None = None) -> Sequence[Keys]:
        """What Meta was told of customers."""
        return self._of(Part.KEYS, day)

    def latencies(self, day: date | None = None) -> Sequence[Latency]:
        """How long it took."""
        return self._of(Part.LATENCY, day)

    def answers(self, day: date | None = None) -> Sequence[Answers]:
        """What Meta answered."""
        return self._of(Part.ANSWERS, day)

    def _of(self, part: Part, day: date | None) -> Sequence[Any]:
        those = self.rows.values() if day is None else [self.rows.get(day, {})]
        return list(chain.from_iterable(of.get(part, ()) for of in those))


def last_days(store: Store, number: int, now: datetime) -> tuple[date, date]:
    """The first and the last of so many days, today's included, by the store's clock."""
    today = now.astimezone(zone_of(store)).date()
    return today - timedelta(days=number - 1), today


def span(
    connection: Connection, store: Store, parts: Sequence[Part], *, since: date, until: date, now: datetime
) -> Span:
    """These parts of the days from `since` to `until`. Raises Unavailable."""
    zone = zone_of(store)
    today = now.astimezone(zone).date()
    kept = days.of_store(connection, store.id, parts, since=since, until=until)
    rows: dict[date, dict[Part, Rows]] = {}
    judged: dict[date, Day] = {}
    for one in kept:
        if one.part == Part.COVERAGE:
            judged[one.day] = coverage_days.read(one.counts)
        else:
            rows.setdefault(one.day, {})[Part(one.part)] = day_parts.read(Part(one.part), one.counts)
    still_open = _days(max(since, today - timedelta(days=OPEN_DAYS - 1)), min(until, today))
    if not still_open:
        return Span(since, until, rows=_something(rows), judged=judged)
    if not _is_small(connection, store.id, today, zone, parts):
        return Span(since, until, _counted_at(kept), not kept, _something(rows), judged)
    fresh = day_parts.count(connection, store.id, still_open, zone, parts)
    rows.update(zip(still_open, fresh, strict=True))
    if Part.COVERAGE in parts:
        now_judged = coverage_report.count(connection, store, still_open, zone, now)
        judged.update(zip(still_open, now_judged, strict=True))
    return Span(since, until, rows=_something(rows), judged=judged)


def _something(rows: Mapping[date, Mapping[Part, Rows]]) -> Mapping[date, Mapping[Part, Rows]]:
    return {day: parts for day, parts in rows.items() if any(parts.values())}


def _days(since: date, until: date) -> Sequence[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def _is_small(connection: Connection, store_id: str, today: date, zone: ZoneInfo, parts: Sequence[Part]) -> bool:
    """Whether its open days are counted sooner than read of: asked of an index, up to a limit."""
    begin, *_, end = day_parts.bounds([today - timedelta(days=OPEN_DAYS - 1), today], zone)
    if day_counts.placed(connection, store_id, begin, end, SMALL) >= SMALL:
        return False
    return Part.WEBHOOKS not in parts or day_counts.heard(connection, store_id, begin, end, SMALL) < SMALL


def _counted_at(kept: Sequence[days.Counted]) -> datetime | None:
    """When the latest day was counted last; of several parts, the one that was counted first."""
    latest = max((one.day for one in kept), default=None)
    return min((one.counted_at for one in kept if one.day == latest), default=None)
