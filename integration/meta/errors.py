"""Meta's answers, by meaning. Two questions: was it counted, and what next? Code and subcode decide; the HTTP status
and the type do not (throttling comes as an OAuthException with 400), nor does the text, which is localised.

Codes: https://developers.facebook.com/docs/graph-api/guides/error-handling and the Conversions API's error reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Counted(StrEnum):
    """Whether Meta took the events of a call."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Every event of the call was taken."""


@dataclass(frozen=True, slots=True)
class Retryable:
    """Waiting will help: not before `after` seconds, or by the timetable where that is None. `throttled`: it is too
    much for Meta at the moment, whichever of the dataset's events is sent.
    """

    after: float | None = None
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    """Waiting will not help, the merchant will: the dataset rests and its events are held."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An event of the call will never be taken as it is."""

    advice: str


Next = Accepted | Retryable | Paused | Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call. `rest`: for how many seconds Meta's usage headers ask to be left alone."""

    counted: Counted
    next: Next
    http_status: int | None = None
    code: int | None = None
    subcode: int | None = None
    fbtrace_id: str | None = None
    rest: float | None = None


TOKEN = "Meta refused the access token. Paste a new one; nothing is lost."  # noqa: S105
PERMISSION = "The access token may not send events to this dataset. Give it access in Events Manager."
OLD_VERSION = "Meta has retired the version of its API that is called here. The operator has to set META_GRAPH_VERSION."
UNKNOWN_DATASET = "Meta does not know this dataset, or the token is not assigned to it. Check the dataset id."

_PAUSES = {
    **dict.fromkeys((102, 104, 190), TOKEN),
    **dict.fromkeys((3, 10, 294, *range(200, 300)), PERMISSION),
    803: UNKNOWN_DATASET,
    2635: OLD_VERSION,
}
_PAUSES_BY_SUBCODE = {(100, 33): UNKNOWN_DATASET}

_INVALID = 100  # an invalid parameter: the events' fault, whatever the status
_THROTTLES = frozenset({4, 17, 32, 341, 368, 613, *range(80_000, 80_015)})
_RETRIES = frozenset({1, 2, 5000, 21009}) | _THROTTLES
# Meta says of these that it failed itself: with a 5xx the events may have been counted all the same.
_MAY_BE_COUNTED = frozenset({1, 2})

ADVICE = {
    2804003: "The event is older than 7 days; Meta takes none that old.",
    2804009: "The purchase has no value.",
    2804010: "The purchase has no currency.",
    2804016: "Some customer information was not hashed. This is a fault of ours: please report it.",
    2804050: "Meta cannot match the customer: there is too little customer information.",
}
_OTHER_ADVICE = "Meta calls the event invalid (code {code}, subcode {subcode})."


def from_reply(status: int, reply: object, *, sent: int, retry_after: float | None = None) -> Answer:
    """What a reply means: `reply` is the decoded JSON, or None where it was none; `sent` events were in the call."""
    if not isinstance(reply, Mapping):
        return Answer(Counted.UNKNOWN, Retryable(retry_after), status)
    error = reply.get("error")
    if isinstance(error, Mapping):
        return _from_error(status, error, retry_after)
    trace = _trace(reply)
    if _number(reply.get("events_received")) == sent and status < 300:
        return Answer(Counted.YES, Accepted(), status, fbtrace_id=trace)
    return Answer(Counted.UNKNOWN, Retryable(retry_after), status, fbtrace_id=trace)


def not_sent(retry_after: float | None = None) -> Answer:
    """The connection or TLS failed: nothing of the call left."""
    return Answer(Counted.NO, Retryable(retry_after))


def unknown() -> Answer:
    """A time-out, a reset, half an answer: the events may have been counted."""
    return Answer(Counted.UNKNOWN, Retryable())


def _from_error(status: int, error: Mapping[str, Any], retry_after: float | None) -> Answer:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    transient = error.get("is_transient") is True
    may_be_counted = status >= 500 and (transient or code in _MAY_BE_COUNTED)
    return Answer(
        counted=Counted.UNKNOWN if may_be_counted else Counted.NO,
        next=_next(code, subcode, transient=transient, theirs=status >= 500, retry_after=retry_after),
        http_status=status,
        code=code,
        subcode=subcode,
        fbtrace_id=_trace(error),
    )


def _next(code: int | None, subcode: int | None, *, transient: bool, theirs: bool, retry_after: float | None) -> Next:
    """A code we know decides. Of one nobody knows, a server error says that it is not the events' fault."""
    if transient or code is None or code in _RETRIES:
        return Retryable(retry_after, throttled=code in _THROTTLES)
    if reason := _PAUSES_BY_SUBCODE.get((code, subcode or 0)) or _PAUSES.get(code):
        return Paused(reason)
    if theirs and code != _INVALID:
        return Retryable(retry_after)
    return Refused(ADVICE.get(subcode or 0) or _OTHER_ADVICE.format(code=code, subcode=subcode or "none"))


def _number(value: object) -> int | None:
    """A code as the ledger can keep it; whatever else Meta or a proxy says is no code."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31 else None


def _trace(reply: Mapping[str, Any]) -> str | None:
    trace = reply.get("fbtrace_id")
    return trace[:64] if isinstance(trace, str) and trace.isprintable() else None
