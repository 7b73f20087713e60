"""The verdict: from what the senders remember, what the ledger says, and what Meta's stand-in was told. Pure.

A webhook answered 200 is a promise. `lost` counts promises that are not in the ledger, and those the ledger calls
delivered while Meta never counted them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.rig.senders import BROKEN, Promise, Record

_UNDER_WAY = frozenset({"pending", "sending", "waiting"})
_ANSWERS = frozenset({"200", "503", BROKEN})


@dataclass(frozen=True)
class Verdict:
    """What came of a run. Times in seconds, p50 and p99. `unknown`: events in attempts whose outcome nobody knows."""

    answers: Mapping[str, int]
    sent: int
    accepted: int
    promised: int
    delivered: int
    pending: int
    dead: int
    lost: int
    posted_again: int
    counted_again: int
    invented: int
    unknown: int
    ack: tuple[float, float]
    to_meta: tuple[float, float]

    @property
    def faults(self) -> list[str]:
        """What must not be, in words; nothing where all is well."""
        wrong = {
            f"{self.lost} lost": self.lost,
            f"{self.counted_again} counted twice": self.counted_again,
            f"{self.posted_again} posted again, and only {self.unknown} of unknown outcome": (
                self.posted_again > self.unknown
            ),
            f"{self.pending} not settled": self.pending,
            f"{self.dead} given up": self.dead,
            f"{self.invented} told to Meta that nobody sold": self.invented,
            f"answers that no webhook may get: {sorted(set(self.answers) - _ANSWERS)}": set(self.answers) - _ANSWERS,
        }
        return [words for words, found in wrong.items() if found]


def judge(
    records: Sequence[Record], ledger: Mapping[Promise, str], journal: Sequence[Mapping[str, Any]], unknown: int
) -> Verdict:
    """`ledger`: the state of each delivery. `journal`: the events Meta's stand-in took, oldest first."""
    taken = [(record, record.taken) for record in records if record.taken]
    promised = {promise for record, _ in taken for promise in record.webhook.promises}
    copies, counted = _copies(journal)
    states = {promise: ledger.get(promise) for promise in promised}
    offered = {promise for record in records for promise in record.webhook.promises}
    return Verdict(
        answers=Counter(one.answer for record in records for one in record.tries),
        sent=len(records),
        accepted=len(taken),
        promised=len(promised),
        delivered=sum(state == "delivered" and bool(counted[promise]) for promise, state in states.items()),
        pending=sum(state in _UNDER_WAY for state in states.values()),
        dead=sum(state not in (None, "delivered", *_UNDER_WAY) for state in states.values()),
        lost=sum(state is None or (state == "delivered" and not counted[promise]) for promise, state in states.items()),
        posted_again=sum(number - 1 for number in copies.values()),
        counted_again=sum(max(0, len(times) - 1) for times in counted.values()),
        invented=len(set(copies) - offered),
        unknown=unknown,
        ack=_percentiles([one.seconds for _, one in taken]),
        to_meta=_percentiles(_delays(taken, counted)),
    )


def _copies(journal: Iterable[Mapping[str, Any]]) -> tuple[Counter[Promise], defaultdict[Promise, list[float]]]:
    """How often each was posted, and when each was counted."""
    copies: Counter[Promise] = Counter()
    counted: defaultdict[Promise, list[float]] = defaultdict(list)
    for event in journal:
        promise = Promise(event["dataset_id"], event["event_name"], event["event_id"])
        copies[promise] += 1
        if event["counted"]:
            counted[promise].append(event["received_at"])
    return copies, counted


def _delays(taken: Iterable[tuple[Record, Any]], counted: Mapping[Promise, list[float]]) -> list[float]:
    """From the first 200 for each promise to Meta. An earlier try may have been committed without its 200."""
    first: dict[Promise, float] = {}
    for record, one in taken:
        for promise in record.webhook.promises:
            first[promise] = min(first.get(promise, one.at), one.at)
    return [max(0.0, counted[promise][0] - at) for promise, at in first.items() if counted[promise]]


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(seconds) or [0.0]
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
