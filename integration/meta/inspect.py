"""Whether a token opens a dataset, asked at Meta while its merchant waits: what Meta said, by name, in our words.

What decides is a call that Meta documents to take nothing: one event older than 7 days, of which it says "we return an
error for the entire request and process no events". Who gets so far as that error may send. Reading the dataset would not
tell: a token out of Events Manager may send and yet not read. That Meta looks at the token and its permission before it
looks at the event is unverified. Why it is asked so: docs/decisions/0028-a-token-is-tried-by-an-event-that-meta-refuses.md.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import BoundedSemaphore

from integration.meta.client import GraphClient
from integration.meta.errors import Accepted, Answer, Retryable
from integration.meta.event import ServerEvent, encode

TOTAL_SECONDS = 10.0
# Of a process's threads, those that may wait for Meta while somebody looks at a page.
MOST_AT_ONCE = 2
_LEAST_SECONDS = 1.0
_TOO_OLD = timedelta(days=30)
# What Meta says of an event has a subcode in this range: the token and the dataset were fine.
_OF_EVENTS = range(2_804_000, 2_805_000)


class Finding(StrEnum):
    """What Meta said, by name."""

    OPENS = "opens"
    UNREADABLE_TOKEN = "unreadable token"  # noqa: S105 (a word for it)
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NO_PERMISSION = "no permission"
    UNKNOWN_DATASET = "unknown dataset"
    FOREIGN_DATASET = "wrong or foreign dataset"
    OLD_VERSION = "old version"
    SILENT = "silent"
    BUSY = "busy"
    UNCLEAR = "unclear"

    @property
    def refused(self) -> bool:
        """Meta said no: waiting does not help."""
        return self not in (Finding.OPENS, Finding.SILENT, Finding.BUSY, Finding.UNCLEAR, Finding.OLD_VERSION)


_PERMISSIONS = (3, 10, 294, *range(200, 300))
# 803 is of Graph's generic list: that this call is answered so is unverified.
_BY_CODE = {
    **dict.fromkeys((102, 104, 190), Finding.UNREADABLE_TOKEN),
    **dict.fromkeys(_PERMISSIONS, Finding.NO_PERMISSION),
    803: Finding.UNKNOWN_DATASET,
    2635: Finding.OLD_VERSION,
}
# 460 and 463 are known; the others are generic Graph, unverified for this call.
_BY_SUBCODE = {
    (190, 463): Finding.EXPIRED,
    (190, 460): Finding.WITHDRAWN,
    **dict.fromkeys([(190, subcode) for subcode in (458, 459, 464, 467, 492)], Finding.WITHDRAWN),
    (100, 33): Finding.FOREIGN_DATASET,
}

_SENTENCES = {
    Finding.OPENS: "Meta confirmed it: this token may send events to dataset {id}.",
    Finding.UNREADABLE_TOKEN: (
        "Meta does not recognise this token. A part of it may be missing: copy it in Events Manager again, whole."
    ),
    Finding.EXPIRED: "This token has expired. Generate a new one in Events Manager and paste it here.",
    Finding.WITHDRAWN: (
        "This token is no longer valid: the account it was made with changed its password, or took the permission back. "
        "Generate a new one in Events Manager and paste it here."
    ),
    Finding.NO_PERMISSION: (
        "Meta knows this token and dataset {id}, but the token may not send events to it. Generate one in the settings of "
        "exactly this dataset, or have the business that owns it assign it to you."
    ),
    Finding.UNKNOWN_DATASET: "Meta knows no dataset {id}. Compare it with the number in Events Manager.",
    Finding.FOREIGN_DATASET: (
        "Meta does not open dataset {id} to this token. Either the number is wrong, or the token was made for another "
        "dataset, perhaps one of another business. Compare both in Events Manager."
    ),
    Finding.OLD_VERSION: (
        "Meta has retired the version of its API that is called here. The operator has to set META_GRAPH_VERSION."
    ),
    Finding.SILENT: "Meta did not answer within {seconds} seconds, so nobody knows yet whether the token works.",
    Finding.BUSY: "Others are waiting for Meta at this moment. Try it again in a few seconds.",
    Finding.UNCLEAR: "Meta answered something that says nothing of the token (code {code}, subcode {subcode}).",
}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of it, as a name and a sentence. `name`: what Meta calls the dataset, where it may be read."""

    finding: Finding
    sentence: str
    name: str | None = None
    code: int | None = None
    subcode: int | None = None
    fbtrace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Inspector:
    """Asks Meta for people who wait; safe for many threads, of which few wait at once."""

    client: GraphClient
    seconds: float = TOTAL_SECONDS
    most_at_once: int = MOST_AT_ONCE
    _free: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_free", BoundedSemaphore(self.most_at_once))

    def look(self, dataset_id: str, token: str, now: datetime) -> Inspection:
        """Whether this token may send to this dataset; `seconds` in all. For no open transaction: it waits for Meta."""
        if not self._free.acquire(blocking=False):
            return Inspection(Finding.BUSY, _SENTENCES[Finding.BUSY])
        try:
            return self._look(dataset_id, token, now)
        finally:
            self._free.release()

    def send(self, dataset_id: str, token: str, event: ServerEvent, test_event_code: str) -> Answer | None:
        """Meta's answer to one event of a test; None where too many wait for Meta already."""
        if not self._free.acquire(blocking=False):
            return None
        try:
            told = [encode(event)]
            return self.client.send(dataset_id, token, told, test_event_code=test_event_code, seconds=self.seconds)
        finally:
            self._free.release()

    def _look(self, dataset_id: str, token: str, now: datetime) -> Inspection:
        until = time.monotonic() + self.seconds
        answer = self.client.send(dataset_id, token, [encode(_too_old(now))], seconds=self.seconds)
        finding = judged(answer)
        left = until - time.monotonic()
        asks = finding is Finding.OPENS and left >= _LEAST_SECONDS
        sentence = _SENTENCES[finding].format(
            id=dataset_id, seconds=round(self.seconds), code=answer.code or "none", subcode=answer.subcode or "none"
        )
        name = self._name(dataset_id, token, left) if asks else None
        return Inspection(finding, sentence, name, answer.code, answer.subcode, answer.fbtrace_id)

    def _name(self, dataset_id: str, token: str, seconds: float) -> str | None:
        """For the eye alone: that `id,name` can be read with a token out of Events Manager is unverified."""
        told = self.client.read(dataset_id, token, "id,name", seconds=seconds) or {}
        name = told.get("name")
        named = isinstance(name, str) and name.isprintable() and told.get("id") == dataset_id
        return str(name)[:255] if named else None


def judged(answer: Answer) -> Finding:
    """The name of an answer to the event that is too old. Pure."""
    if answer.code == 100 and answer.subcode in _OF_EVENTS:
        return Finding.OPENS
    found = _BY_SUBCODE.get((answer.code or 0, answer.subcode or 0)) or _BY_CODE.get(answer.code or 0)
    if found is not None:
        return found
    match answer.next:
        case Accepted():  # nobody's event, of a name of our own: harmless, should Meta ever take one
            return Finding.OPENS
        case Retryable():
            return Finding.SILENT
        case _:
            return Finding.UNCLEAR


def _too_old(now: datetime) -> ServerEvent:
    """Nobody's, and of no purchase: should Meta take it after all, it counts as nothing."""
    nobody = {"external_id": "0" * 64}
    return ServerEvent("TandemCheck", f"check-{now.timestamp():.6f}", now - _TOO_OLD, "system_generated", nobody)
