"""Deliveries are sent again on an operator's word, through the road everything takes: replay only makes them due.

What would become of each is judged first, by the same age rule that judges it again when it leaves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from integration.db import Connection, Engine, reading, replays, stores, transact
from integration.db import now as database_now
from integration.db.deliveries import State
from integration.db.replays import Candidate, Selection
from integration.db.stores import Store
from integration.meta.event import REFUND
from integration.pipeline.schedule import Leave, Past, Witnessed, may_have_told, may_leave
from integration.pipeline.witness import of_old
from integration.store_settings import PixelOwner


class Prospect(StrEnum):
    """What a replay does with a delivery. The words are what the operator reads."""

    GOES = "sent again"
    TWICE = "refused: Meta may have counted it and would count it again"
    TOO_OLD = "refused: older than the 7 days Meta takes"
    NOBODY = "refused: the person behind it is forgotten"
    DECIDED = "refused: it was not told for a reason that still holds"
    UNDER_WAY = "left alone: it is under way"
    HELD = "left alone: it is held, and goes on when that ends"


# States in which nothing went wrong that sending again would mend.
_BY_STATE = {
    State.PENDING: Prospect.UNDER_WAY,
    State.SENDING: Prospect.UNDER_WAY,
    State.WAITING: Prospect.UNDER_WAY,
    State.HELD: Prospect.HELD,
    State.OBSERVED: Prospect.DECIDED,
    State.WITHHELD: Prospect.DECIDED,
    State.SKIPPED: Prospect.DECIDED,
}


def judge(one: Candidate, pixel: PixelOwner, now: datetime, witnessed: Witnessed | None = None) -> Prospect:
    """What sending this delivery again would come to. Pure. `witnessed`: the Pixel's word about an old one."""
    if settled := _BY_STATE.get(State(one.state)):
        return settled
    if not one.known and one.event_name != REFUND:
        return Prospect.NOBODY
    told = one.state == State.DELIVERED
    match may_leave(_past(one, pixel, witnessed), now):
        case Leave.EXPIRED:
            return Prospect.TOO_OLD
        case Leave.AMBIGUOUS:
            return Prospect.TWICE
        case Leave.GO:
            # That Meta drops the second of two server copies is not documented, not even within its 48 hours.
            return Prospect.TWICE if told else Prospect.GOES


def _past(one: Candidate, pixel: PixelOwner, witnessed: Witnessed | None) -> Past:
    refund = one.event_name == REFUND
    return Past(
        event_time=one.event_time,
        safe_from=one.first_attempt_at if refund else one.placed_at,
        attempted=one.doubtful or one.state == State.DELIVERED,
        browser=not refund and may_have_told(pixel, witnessed),
    )


Judged = Sequence[tuple[Candidate, Prospect]]
_SILENT = Witnessed(sighted=False, before=True, after=True)


def _judged(
    connection: Connection, page: Sequence[Candidate], pixels: Mapping[str, PixelOwner], now: datetime
) -> Judged:
    """All of a page, with the Pixel's word where it decides something: of most old ones it is known without."""
    by_dataset: dict[tuple[str, str], list[Candidate]] = {}
    for one in page:
        pixel = pixels[one.store_id]
        if one.dataset_id and judge(one, pixel, now, _SILENT) is not judge(one, pixel, now, None):
            by_dataset.setdefault((one.store_id, one.dataset_id), []).append(one)
    witnessed = {
        pk: found
        for (store_id, dataset_id), some in by_dataset.items()
        for pk, found in of_old(connection, store_id, dataset_id, some).items()
    }
    return [(one, judge(one, pixels[one.store_id], now, witnessed.get(one.id))) for one in page]


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many deliveries a replay would send again, and how many not, by the reason. Not `whole`: there are more."""

    by_prospect: Mapping[Prospect, int]
    whole: bool = True

    def going(self, *, insist: bool) -> int:
        """How many would leave."""
        return self.by_prospect.get(Prospect.GOES, 0) + (self.by_prospect.get(Prospect.TWICE, 0) if insist else 0)


def foresee(engine: Engine, selection: Selection) -> Forecast:
    """The dry run: nothing is changed."""
    counted: Counter[Prospect] = Counter()
    with reading(engine) as connection:
        now, pixels = database_now(connection), _pixels(connection, selection)
        for page in replays.candidates(connection, selection):
            counted.update(prospect for _, prospect in _judged(connection, page, pixels, now))
    return Forecast(counted)


def foresee_some(connection: Connection, selection: Selection, most: int) -> Forecast:
    """The same of the first so many, in a reading transaction: enough to say what it comes to."""
    counted: Counter[Prospect] = Counter()
    now, pixels = database_now(connection), _pixels(connection, selection)
    after: int | None = 0
    while after is not None and counted.total() < most:
        page, after = replays.next_page(connection, selection, after)
        counted.update(prospect for _, prospect in _judged(connection, page, pixels, now))
    return Forecast(counted, whole=after is None)


def prospects(connection: Connection, selection: Selection) -> dict[int, Prospect]:
    """What a replay does with each of a few, by delivery."""
    page, _ = replays.next_page(connection, selection, 0)
    judged = _judged(connection, page, _pixels(connection, selection), database_now(connection))
    return {one.id: prospect for one, prospect in judged}


class Turn(NamedTuple):
    """A page of a replay: how many were looked at, how many are due (or held) now, and behind which id it goes on."""

    seen: int
    done: int
    after: int | None


def turn(connection: Connection, selection: Selection, after: int, *, insist: bool) -> Turn:
    """Put the next page on the road, in the caller's writing transaction."""
    now, pixels = database_now(connection), _pixels(connection, selection)
    page, behind = replays.next_page(connection, selection, after)
    judged = _judged(connection, page, pixels, now)
    going = [one for one, prospect in judged if prospect is Prospect.GOES]
    done = replays.put_back(connection, going, insisted=False)
    if insist:
        twice = [one for one, prospect in judged if prospect is Prospect.TWICE]
        done += replays.put_back(connection, twice, insisted=True)
    return Turn(len(page), done, behind)


def _pixels(connection: Connection, selection: Selection) -> Mapping[str, PixelOwner]:
    known = stores.everyone(connection) if selection.store_id is None else _one(connection, selection.store_id)
    return {one.id: one.settings.pixel for one in known}


def _one(connection: Connection, store_id: str) -> Sequence[Store]:
    store = stores.by_id(connection, store_id)
    return [store] if store else []


def replay(engine: Engine, selection: Selection, *, insist: bool) -> int:
    """Put on the road what may go; with `insist` also what Meta may count twice. How many are due (or held) now.

    A page is a transaction: broken off in between, the same replay again does the rest.
    """
    done = 0
    with reading(engine) as connection:
        now, pixels = database_now(connection), _pixels(connection, selection)
        pages = [_judged(connection, page, pixels, now) for page in replays.candidates(connection, selection)]
    for judged in pages:
        done += _put_back(engine, [one for one, prospect in judged if prospect is Prospect.GOES], insisted=False)
        if insist:
            done += _put_back(engine, [one for one, prospect in judged if prospect is Prospect.TWICE], insisted=True)
    return done


def _put_back(engine: Engine, going: Sequence[Candidate], *, insisted: bool) -> int:
    return transact(engine, lambda connection: replays.put_back(connection, going, insisted=insisted))
