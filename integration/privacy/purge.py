"""What is kept for some days only is forgotten then, kind by kind: a little at each look, which comes about once a minute.

A look costs next to nothing where nothing is old. Where much is, it goes within hours, and nobody waits for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from integration.db import Connection, Engine, aging, events, reading, transact
from integration.db import now as database_now
from integration.db.aging import Aged, Forget
from integration.db.deliveries import UNSETTLED, State
from integration.log import logger
from integration.pipeline.qualify import TOLD_BY_PIXEL_ALONE
from integration.privacy.store_erasure import erase_some
from integration.retention import Retention

SLICE = 1_000
SLICES = 5
_STORES = 20
# Meta takes nothing older than seven days: what has not left a day later waits for nothing any more.
_TOO_OLD = timedelta(days=8)
# So often everybody who is known is gone through again: who was passed over for a reason may be of no use by now.
_AGAIN = timedelta(days=1)

Outcomes = Sequence[tuple[str, str | None]]


@dataclass(slots=True)
class _Gap:
    """Times that are still to be gone through, the newest first, and how far that has come."""

    since: datetime | None
    before: datetime
    place: Aged | None = None


@dataclass(slots=True)
class Search:
    """Where persons who are old enough were looked for, so that those who may stay are not read at every look."""

    gaps: list[_Gap] = field(default_factory=list)
    edge: datetime | None = None
    again_at: datetime | None = None

    def widen(self, edge: datetime, now: datetime) -> None:
        """More is old by now: what became so since the last look comes first, before all that is left from earlier."""
        whole = any(gap.since is None for gap in self.gaps)
        if not whole and (self.again_at is None or now >= self.again_at):
            self.gaps, self.again_at = [_Gap(None, edge)], now + _AGAIN
        else:
            self.gaps.append(_Gap(self.edge, edge))
        self.edge = edge

    def slices(self, engine: Engine) -> Iterator[list[Aged]]:
        """Those to look at, a few slices; what is not looked at is for the next time."""
        for _ in range(SLICES):
            if not self.gaps:
                return
            gap = self.gaps[-1]
            with reading(engine) as connection:
                found = aging.persons(connection, before=gap.before, place=gap.place, since=gap.since, most=SLICE)
            yield found
            if len(found) < SLICE:
                self.gaps.remove(gap)
            else:
                gap.place = found[-1]


@dataclass(frozen=True, slots=True)
class Memory:
    """How far the searches of a process have come. One that begins anew begins with those that just became old enough."""

    told: Search = field(default_factory=Search)
    untold: Search = field(default_factory=Search)


def look(engine: Engine, retention: Retention, memory: Memory | None = None) -> None:
    """Forget what is older than it is to be kept. `memory`: what the looks before it have gone through.

    Raises Unavailable.
    """
    with reading(engine) as connection:
        now = database_now(connection)
    for kind, forget in aging.FORGET.items():
        _note(kind, _in_slices(engine, forget, now - retention.of(kind)))
    ages, memory = _Ages.of(retention, now), memory or Memory()
    for kind, search, edge in (("untold", memory.untold, ages.untold), ("told", memory.told, ages.told)):
        search.widen(edge, now)
        _note(kind, sum(_forget_persons(engine, found, ages) for found in search.slices(engine)))
    _note("left", _erase_left(engine, now - retention.of("left")))


def _note(kind: str, rows: int) -> None:
    if rows:
        logger("purge").info("forgot what was old", kind=kind, rows=rows)


def _in_slices(engine: Engine, forget: Forget, before: datetime) -> int:
    forgotten = 0
    for _ in range(SLICES):
        some = transact(engine, partial(forget, before=before, most=SLICE))
        forgotten += some
        if some < SLICE:
            break
    return forgotten


@dataclass(frozen=True, slots=True)
class _Ages:
    """Before which times an event was received behind which nobody is to be known any more."""

    told: datetime
    untold: datetime
    too_old: datetime

    @classmethod
    def of(cls, retention: Retention, now: datetime) -> "_Ages":
        """By the days of those kinds."""
        return cls(now - retention.of("told"), now - retention.of("untold"), now - _TOO_OLD)

    def are_over(self, one: Aged, outcomes: Outcomes) -> bool:
        """Whether the person behind an event is of no use, after all that became of it."""
        if one.event_time >= self.too_old and any(state in UNSETTLED for state, _ in outcomes):
            return False
        return one.received_at < (self.told if any(map(_was_told, outcomes)) else self.untold)


def _was_told(outcome: tuple[str, str | None]) -> bool:
    """By us, or by the Pixel in our stead: a refund may have to be told of the same person."""
    state, _ = outcome
    return state == State.DELIVERED or outcome == (State.SKIPPED, TOLD_BY_PIXEL_ALONE)


def _forget_persons(engine: Engine, found: Sequence[Aged], ages: _Ages) -> int:
    """Those whose time is over; how many. Looked at again once nobody else can change them."""
    with reading(engine) as connection:
        over = _over(connection, found, ages)
    return transact(engine, partial(_wipe, pks=over, ages=ages)) if over else 0


def _wipe(connection: Connection, pks: Sequence[int], ages: _Ages) -> int:
    still = _over(connection, aging.lock_persons(connection, pks), ages)
    events.change(connection, still, events.NOBODY)
    return len(still)


def _over(connection: Connection, found: Sequence[Aged], ages: _Ages) -> list[int]:
    outcomes = aging.outcomes(connection, [one.id for one in found])
    return [one.id for one in found if ages.are_over(one, outcomes.get(one.id, ()))]


def _erase_left(engine: Engine, before: datetime) -> int:
    """Stores whose merchants removed our app and did not come back; how many rows."""
    room = SLICE * SLICES
    with reading(engine) as connection:
        found = aging.left(connection, before, _STORES)
    for store_id in found:
        room -= sum(erase_some(engine, store_id, most=room, left_before=before).rows.values())
        if room <= 0:
            break
    return SLICE * SLICES - room
