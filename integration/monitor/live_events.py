"""A page of a store's events with who told of each, the newest first, and how far back was looked for it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from integration.db import Connection, browse, order_numbers
from integration.db.browse import Looked
from integration.db.deliveries import State
from integration.db.ledger_rows import Row, Wanted
from integration.db.stores import Store
from integration.meta import mapping
from integration.meta.event import PURCHASE, REFUND
from integration.monitor import riders
from integration.monitor.coverage import Value
from integration.monitor.riders import Told

PAGE = 50
# Who told of an event is judged after it was read, and costs more: so many are judged for one page.
_JUDGED_AT_ONCE, _MOST_JUDGED = 200, 400
_IN_A_FILE = 1_000
_MOST_AT_ONCE = 4 * PAGE
# A webhook that came earlier may be written down a moment later.
_MARGIN = timedelta(minutes=1)
_NO_END = 2**63 - 1


class Line(NamedTuple):
    """One event at one dataset. `told` None: it is not for a Pixel to tell. `number`: its order's, where the event itself
    does not say it.
    """

    row: Row
    told: Told | None
    number: str = ""


class Page(NamedTuple):
    """`older`: from which id on it goes on; None at the end. `looked_back_to`: where the page is not full for that reason."""

    lines: Sequence[Line]
    older: int | None
    newer: int | None
    looked_back_to: datetime | None


class Bounds(NamedTuple):
    """Two ids; what lies between them."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is looked through: a store's events as `wanted`, told by `told_by` where that is asked."""

    connection: Connection
    store: Store
    wanted: Wanted
    told_by: Value | None
    now: datetime
    budget: int = browse.MOST_LOOKED_AT

    def page(self, *, before: int | None = None, after: int | None = None) -> Page:
        """The page behind `before`, or the one in front of `after`; else the newest."""
        if after is not None:
            return self._in_front(after)
        lines, looked = self._fill(*self._bounds(before, None), PAGE, upwards=False)
        full = len(lines) >= PAGE
        older = None if looked.ended else lines[-1].row.id if full else looked.at
        newer = (lines[0].row.id if lines else before - 1) if before is not None else None
        far = older if older is not None and not full else None
        back_to = browse.received_at(self.connection, self.store.id, far) if far is not None else None
        return Page(lines, older, newer, back_to)

    def _in_front(self, after: int) -> Page:
        """Where that leads to the newest, these: a page of them, and not the few that are newer."""
        lines, looked = self._fill(*self._bounds(None, after), PAGE, upwards=True)
        if looked.ended:
            return self.page()
        newer = lines[0].row.id if len(lines) >= PAGE else looked.at
        return Page(lines, lines[-1].row.id if lines else after + 1, newer, None)

    def since(self, oldest: int) -> Sequence[Line]:
        """The newest, down to a row with that id; not more than a few pages of them."""
        return self._fill(*self._bounds(None, oldest - 1), _MOST_AT_ONCE, upwards=False)[0]

    def batch(self, within: Bounds | None = None, most: int = _IN_A_FILE) -> tuple[Sequence[Line], Bounds | None]:
        """The next so many of all that there are, and between which ids it goes on; None at the end."""
        low, high = within or self._bounds(None, None)
        looked = self._look(most, low, high, upwards=False)
        on = None if looked.ended or looked.at is None else Bounds(low, looked.at)
        return self._judged(looked.rows), on

    def _bounds(self, before: int | None, after: int | None) -> Bounds:
        """Between which ids to look: the days asked for lie between two of them."""
        low, high = -1 if after is None else after, _NO_END if before is None else before
        since, until = self.wanted.since, self.wanted.until
        if since is not None:
            low = max(low, browse.edge(self.connection, self.store.id, since - _MARGIN).low)
        if until is not None:
            high = min(high, browse.edge(self.connection, self.store.id, until + _MARGIN).high + 1)
        return Bounds(low, high)

    def _fill(self, low: int, high: int, most: int, *, upwards: bool) -> tuple[list[Line], Looked]:
        if self.told_by is None:
            looked = self._look(most, low, high, upwards=upwards)
            return self._judged(looked.rows), looked
        lines: list[Line] = []
        for _ in range(_MOST_JUDGED // _JUDGED_AT_ONCE):
            looked = self._look(_JUDGED_AT_ONCE, low, high, upwards=upwards)
            found = self._judged(looked.rows)
            lines = [*found, *lines] if upwards else [*lines, *found]
            if looked.ended or looked.at is None or len(lines) >= most:
                break
            low, high = (looked.at, high) if upwards else (low, looked.at)
        if len(lines) <= most:
            return lines, looked
        return (lines[-most:] if upwards else lines[:most]), looked._replace(ended=False)

    def _look(self, most: int, low: int, high: int, *, upwards: bool) -> Looked:
        return browse.look(
            *(self.connection, self.store.id, _narrowed(self.wanted, self.told_by)),
            most=most,
            above=low,
            below=high,
            upwards=upwards,
            budget=self.budget,
        )

    def _judged(self, found: Sequence[Row]) -> list[Line]:
        lines = judged(self.connection, self.store, found, self.now)
        if self.told_by is None:
            return lines
        return [one for one in lines if one.told and one.told.verdict.value is self.told_by]


def judged(connection: Connection, store: Store, found: Sequence[Row], now: datetime) -> list[Line]:
    """These rows, each with who told it, and a refund with what its order is called."""
    told = riders.told(connection, store, found, now)
    refunds = {row.order_id for row in found if row.event_name == REFUND and row.order_id}
    facts = order_numbers.facts_of(connection, store.id, PURCHASE, refunds) if refunds else {}
    numbers = {order_id: mapping.decode_facts(text).number or "" for order_id, text in facts.items()}
    return [Line(row, told.get(row.id), numbers.get(row.order_id or "", "")) for row in found]


def _narrowed(wanted: Wanted, told_by: Value | None) -> Wanted:
    """Where the server is among those who told, only what was delivered can be meant; what cannot be, is not judged."""
    server = told_by in (Value.BOTH, Value.SERVER_ONLY)
    if not server or (wanted.states and State.DELIVERED not in wanted.states):
        return wanted
    return replace(wanted, states=(State.DELIVERED,))
