"""When a delivery is tried again, and whether it may still leave. Pure: the time is passed in, chance too."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Waits after the first, second, ... attempt; the last one repeats.
_TIMETABLE = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600))
_JITTER = 0.2

# Meta drops a second copy for 48 h after the first it got, usually the Pixel's at placement.
# https://developers.facebook.com/docs/marketing-api/conversions-api/deduplicate-pixel-and-server-events
SAFE_TO_REPEAT = timedelta(hours=47)
# Meta refuses a whole batch for one event older than 7 days.
TOO_OLD = timedelta(days=7)
_MARGIN = timedelta(seconds=20)  # what a call may take, and the second that whole seconds cut off
LAST_CALL = timedelta(days=6, hours=20)

CHECKOUT_PAUSE = timedelta(seconds=120)  # updates enrich a checkout before it is told
CONSENT_PAUSE = timedelta(minutes=10)


class Leave(StrEnum):
    """Whether a delivery may leave now."""

    GO = "go"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Past:
    """What the age rules need to know. `attempted`: an attempt of ours was delivered or ended unknown.

    `safe_from` is when the first copy may have reached Meta: placement for events a Pixel tells too, our own first
    attempt for the others (None: there was none).
    """

    event_time: datetime
    safe_from: datetime | None
    attempted: bool


def may_leave(past: Past, now: datetime) -> Leave:
    """Once Meta's memory of the first copy may be gone, what was perhaps counted is never sent again by itself."""
    if now - past.event_time >= TOO_OLD - _MARGIN:
        return Leave.EXPIRED
    if past.attempted and past.safe_from is not None and now - past.safe_from > SAFE_TO_REPEAT:
        return Leave.AMBIGUOUS
    return Leave.GO


def next_attempt(attempts: int, now: datetime, *, chance: float, not_before: float | None = None) -> datetime:
    """When to try again after `attempts` tries: by the timetable, up to 20 % sooner or later as `chance` (0 to 1)
    falls; `not_before` (seconds from now) can only lengthen it.
    """
    wait = _TIMETABLE[min(max(attempts, 1), len(_TIMETABLE)) - 1]
    jittered = wait * (1 + _JITTER * (2 * chance - 1))
    return now + max(jittered, timedelta(seconds=not_before or 0))


def is_over(event_time: datetime, next_at: datetime) -> bool:
    """Whether the next try would come too late for Meta."""
    return next_at > event_time + LAST_CALL
