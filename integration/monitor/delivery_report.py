"""How a store's events fare on their way to Meta: where some are left behind and why, how long it takes, what Meta refuses.

Pure. Events that go to several datasets are counted at each of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from integration.db import deliveries
from integration.db.deliveries import State
from integration.meta import errors
from integration.meta.errors import Paused, Refused
from integration.monitor.day_parts import LIMITS, Answers, Latency, Outcome, Webhooks

ACCEPTED = "accepted"  # of a webhook
# What becomes of an event, in the words of a chart, the best first.
DELIVERED, ON_THE_WAY, FAILED, LEFT_OUT = "delivered", "on the way", "failed", "left out"
GROUPS: Mapping[str, frozenset[State]] = {
    DELIVERED: frozenset({State.DELIVERED}),
    ON_THE_WAY: frozenset(deliveries.UNSETTLED),
    FAILED: frozenset(deliveries.FAILED),
    LEFT_OUT: frozenset({State.SKIPPED, State.WITHHELD, State.OBSERVED}),
}
_GROUP_OF = {state: group for group, states in GROUPS.items() for state in states}


class Drop(NamedTuple):
    """So many that went no further, and why. `state`: of a delivery; of a webhook, its outcome."""

    state: str
    reason: str | None
    number: int


class Step(NamedTuple):
    """How many came so far, and those of them that go no further."""

    name: str
    number: int
    drops: Sequence[Drop]


class Trouble(NamedTuple):
    """Calls that Meta did not take, with what that means and what to do. `code` None: no answer that could be read."""

    code: int | None
    subcode: int | None
    http_status: int | None
    calls: int
    meaning: str
    waits_for_merchant: bool


def funnel(webhooks: Sequence[Webhooks], outcomes: Sequence[Outcome]) -> list[Step]:
    """From what came to what Meta has."""
    by_group: dict[str, list[Drop]] = defaultdict(list)
    for one in _alike((one.state, one.reason, one.events) for one in outcomes):
        by_group[_GROUP_OF[State(one.state)]].append(one)
    copies = sum(one.copies for one in webhooks)
    refused = _alike((one.outcome, one.reason, one.number) for one in webhooks if one.outcome != ACCEPTED)
    again = [Drop("duplicate", "told once more, and read once", copies)] if copies else []
    events = sum(one.events for one in outcomes)
    left_out, delivered = by_group[LEFT_OUT], sum(one.number for one in by_group[DELIVERED])
    return [
        Step("webhooks received", sum(one.number + one.copies for one in webhooks), [*again, *refused]),
        Step("webhooks read", sum(one.number for one in webhooks if one.outcome == ACCEPTED), []),
        Step("events in the ledger", events, left_out),
        Step(
            "events to be told",
            events - sum(one.number for one in left_out),
            [*by_group[ON_THE_WAY], *by_group[FAILED]],
        ),
        Step("events delivered", delivered, []),
    ]


def _alike(those: Iterable[tuple[str, str | None, int]]) -> list[Drop]:
    """The most first."""
    numbers: Counter[tuple[str, str | None]] = Counter()
    for state, reason, number in those:
        numbers[state, reason] += number
    return [Drop(state, reason, number) for (state, reason), number in numbers.most_common()]


def groups(outcomes: Sequence[Outcome]) -> dict[str, int] | None:
    """How many events came to what; None where there were none."""
    numbers = dict.fromkeys(GROUPS, 0)
    for one in outcomes:
        numbers[_GROUP_OF[State(one.state)]] += one.events
    return numbers if outcomes else None


def percentile(rows: Sequence[Latency], share: float) -> float | None:
    """Within how many seconds so large a share of events reached Meta, near enough; None where none did."""
    numbers: Counter[int] = Counter()
    for one in rows:
        numbers[one.place] += one.events
    wanted = share * numbers.total()
    below = 0
    for place in sorted(numbers):
        if below + numbers[place] >= wanted:
            return _within(place, (wanted - below) / numbers[place])
        below += numbers[place]
    return None


def _within(place: int, share: float) -> float:
    """Between two limits, as if all between them were spread evenly."""
    if place >= len(LIMITS):
        return LIMITS[-1] / 1000
    low = LIMITS[place - 1] if place else 0
    return (low + (LIMITS[place] - low) * share) / 1000


def troubles(rows: Sequence[Answers]) -> list[Trouble]:
    """What Meta did not take, the most frequent first."""
    numbers: Counter[tuple[int | None, int | None, int | None]] = Counter()
    for one in rows:
        if one.counted not in (None, errors.Counted.YES):
            numbers[one.code, one.subcode, one.http_status] += one.calls
    return [_trouble(*of, calls) for of, calls in numbers.most_common()]


def _trouble(code: int | None, subcode: int | None, http_status: int | None, calls: int) -> Trouble:
    if code is None:
        meaning = "Meta did not answer, or not in a way that could be read. It is tried again by itself."
        return Trouble(None, None, http_status, calls, meaning, waits_for_merchant=False)
    told = {"error": {"code": code, "error_subcode": subcode}}
    match errors.from_reply(http_status or 400, told, sent=1).next:
        case Paused(reason):
            return Trouble(code, subcode, http_status, calls, reason, waits_for_merchant=True)
        case Refused(advice):
            return Trouble(code, subcode, http_status, calls, advice, waits_for_merchant=False)
        case _:
            meaning = "Meta could not take it at that moment. It is tried again by itself."
            return Trouble(code, subcode, http_status, calls, meaning, waits_for_merchant=False)
