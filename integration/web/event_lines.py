"""An event as a line of a list: who told it, what became of it and why, in words; the same as cells of a file. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from integration.db.deliveries import UNSETTLED, State
from integration.db.ledger_rows import Row
from integration.monitor.coverage import Cause, Value
from integration.monitor.live_events import Line
from integration.web import csv_lines, reason_words
from integration.web.event_filter import SOURCES

HEADS = (
    *("Received", "Happened", "Event", "Order id", "Order number", "Event id", "Dataset", "Value", "Currency"),
    *("Source", "Payment", "State", "Why", "What to do", "Tries", "Delivered", "Told by", "Test"),
)
_TOLD: Mapping[Value, str] = MappingProxyType(
    {Value.BOTH: "both", Value.SERVER_ONLY: "server only", Value.PIXEL_ONLY: "Pixel only"}
)
_SPOKEN: Mapping[str, str] = MappingProxyType({State.OBSERVED: "would be sent"})


class Facts(msgspec.Struct):
    """Of what is kept of a deed, what a list says."""

    source: str = ""
    number: str | None = None
    payment: str | None = None


class Shown(NamedTuple):
    """A line. `riders` is the look of the two dots, `told` its words; `why` is empty of what Meta took."""

    row: Row
    facts: Facts
    source: str
    riders: str
    told: str
    state: str
    why: str

    @property
    def name(self) -> str:
        """What a merchant calls its order."""
        return self.facts.number or self.row.order_id or ""


def shown(line: Line) -> Shown:
    """As a page shows it."""
    row, facts = line.row, msgspec.json.decode(line.row.facts, type=Facts)
    look, words = riders(line)
    # What only observes, or goes on by itself in a moment, has nothing to explain in a list.
    quiet = row.state in (State.DELIVERED, State.SENDING) or (row.state == State.PENDING and not row.reason)
    why = "" if quiet else reason_words.of(row.state, row.reason).why
    state = _SPOKEN.get(row.state, row.state)
    if not facts.number:
        facts.number = line.number or None
    return Shown(row, facts, SOURCES.get(facts.source, facts.source), look, words, state, why)


def called(facts: str, order_id: str | None) -> str:
    """What a merchant calls the order of an event with these facts."""
    return msgspec.json.decode(facts, type=Facts).number or order_id or ""


def riders(line: Line) -> tuple[str, str]:
    """The look of the two dots, and the word beside them."""
    value, state = line.told.verdict.value if line.told else None, State(line.row.state)
    if value is not None and value in _TOLD:
        return value.value, _TOLD[value]
    if state is State.DELIVERED and line.told:
        return "unknown", "two ids" if line.told.verdict.cause is Cause.OTHER_ID else "Pixel unknown"
    if state is State.DELIVERED:
        return "server_only", "server"
    if state in UNSETTLED or state is State.AMBIGUOUS:
        return "waiting", "waiting" if state is not State.AMBIGUOUS else "in doubt"
    return ("dead" if state in (State.DEAD, State.EXPIRED) else "silent"), "neither"


def cells(line: Line) -> csv_lines.Row:
    """As a row of a file."""
    one = shown(line)
    row, words = one.row, reason_words.of(one.row.state, one.row.reason)
    told = row.state == State.DELIVERED
    return (
        *(row.received_at, row.placed_at, row.event_name, row.order_id, one.facts.number, row.event_id),
        *(row.dataset_id, Decimal(row.value) if row.value else None, row.currency, one.source, one.facts.payment),
        *(row.state, "" if told else words.why, "" if told else words.mend, row.attempts, row.delivered_at),
        *(one.told, "yes" if row.test else "no"),
    )
