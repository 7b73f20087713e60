"""When a delivery is tried again, how long a dataset rests, and whether an event may still leave. Pure: the time is
passed in, chance too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from integration.store_settings import PixelOwner

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
SIGNAL_PAUSE = timedelta(seconds=30)  # a browser may tell of itself later than its shop tells of the order

# So many failed calls in a row say that it is not about single calls: the circuit is open, and one event at a time
# asks whether Meta takes anything of this dataset again.
OPEN_AFTER = 5
_PROBE_EVERY = timedelta(seconds=30)
_LONGEST_THROTTLE = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(hours=1)


class Leave(StrEnum):
    """Whether a delivery may leave now."""

    GO = "go"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Past:
    """What the age rules need to know.

    `safe_from` is when the first copy may have reached Meta: placement for events a Pixel tells too, our own first
    attempt for the others (None: there was none). `attempted`: an attempt of ours was delivered or ended unknown.
    `browser`: the storefront's Pixel may have told it. `insisted`: an operator sends it knowing all this.
    """

    event_time: datetime
    safe_from: datetime | None
    attempted: bool
    browser: bool
    insisted: bool = False


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What sightings say of the Pixel and one order, at one dataset.

    `sighted`: the script told of this very event, proven or not, however far it came. `before` and `after`: the Pixel is
    proven to have told of another order within the hour before this one was placed, and within the hour after.
    """

    sighted: bool
    before: bool
    after: bool


def may_have_told(pixel: PixelOwner, witnessed: Witnessed | None) -> bool:
    """Whether the browser may have told an event. It surely did not where there is no Pixel, and where ours was alive all
    around and nothing was seen of this one. Any doubt is a yes: what was never looked at, and another's Pixel.
    """
    if pixel is PixelOwner.NONE:
        return False
    if pixel is not PixelOwner.OURS or witnessed is None:
        return True
    return witnessed.sighted or not (witnessed.before and witnessed.after)


def may_leave(past: Past, now: datetime) -> Leave:
    """The one rule on every road, first send, retry, resume, replay, sweep and backfill alike: once Meta's memory of
    the first copy may be gone, what was perhaps told before is never sent by itself.
    """
    if now - past.event_time >= TOO_OLD - _MARGIN:
        return Leave.EXPIRED
    if past.insisted or past.safe_from is None or now - past.safe_from <= SAFE_TO_REPEAT:
        return Leave.GO
    return Leave.AMBIGUOUS if past.attempted or past.browser else Leave.GO


def next_attempt(attempts: int, now: datetime, *, chance: float, not_before: float | None = None) -> datetime:
    """When to try again after `attempts` tries: by the timetable, up to 20 % sooner or later as `chance` (0 to 1)
    falls; `not_before` (seconds from now) can only lengthen it.
    """
    jittered = _wait(attempts) * (1 + _JITTER * (2 * chance - 1))
    return now + max(jittered, timedelta(seconds=not_before or 0))


def _wait(attempts: int) -> timedelta:
    return _TIMETABLE[min(max(attempts, 1), len(_TIMETABLE)) - 1]


def is_over(event_time: datetime, next_at: datetime) -> bool:
    """Whether the next try would come too late for Meta."""
    return next_at > event_time + LAST_CALL


class Trouble(StrEnum):
    """Why a dataset's call was not taken, as far as it concerns the dataset and not single events."""

    FAILED = "failed"
    THROTTLED = "throttled"
    PAUSED = "paused"


def rest(trouble: Trouble, failures: int, *, chance: float, asked: float | None = None) -> timedelta | None:
    """How long a dataset rests after so many `failures` in a row (the last one included); None: not at all.

    Throttled and paused datasets are tried by the timetable's waits, within their limits; a failing one once in 30 to
    36 seconds after the circuit opened, so that it closes soon after Meta is back. `asked`: what Meta's headers ask
    for, in seconds; it can only lengthen.
    """
    least = timedelta(seconds=asked or 0)
    if trouble is Trouble.FAILED:
        waits = _PROBE_EVERY * (1 + _JITTER * chance) if failures >= OPEN_AFTER else timedelta(0)
        return max(waits, least) or None
    longest = _LONGEST_PAUSE if trouble is Trouble.PAUSED else _LONGEST_THROTTLE
    return max(min(_wait(failures), longest) * (1 + _JITTER * chance), least)
