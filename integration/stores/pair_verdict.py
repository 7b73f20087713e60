"""What a pair test has shown so far: of each rider how far it came, in a sentence, and what the merchant can do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from integration.db.pair_tests import PairTest

# A page that is opened, its scripts loaded and Meta's script fetched: each takes a second or two.
_SCRIPT_PATIENCE = timedelta(seconds=10)
# Our scripts wait ten seconds for Meta's.
_PIXEL_PATIENCE = timedelta(seconds=12)
_SERVER_PATIENCE = timedelta(seconds=30)
_RESTS_FROM = timedelta(seconds=3)


class Pixel(StrEnum):
    """How far the browser's rider came."""

    UNOPENED = "unopened"
    ANSWERING = "answering"
    SILENT = "silent"
    HELD = "held"
    CALLED = "called"
    BLOCKED = "blocked"
    LOADED = "loaded"
    UNSENT = "unsent"
    SENT = "sent"


class Server(StrEnum):
    """How far the server's rider came."""

    WAITING = "waiting"
    DUE = "due"
    LATE = "late"
    RESTING = "resting"
    LOST = "lost"
    FAILED = "failed"
    TOLD = "told"


class Mark(StrEnum):
    """How a rider is shown."""

    WAITS = "waits"
    TOLD = "told"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Half:
    """One rider. `at`: when it came so far; `trace`: by which Meta knows the call."""

    mark: Mark
    sentence: str
    at: datetime | None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`over`: nothing more can come of it. `advice`: what to do; "" for nothing."""

    pixel_state: Pixel
    server_state: Server
    pixel: Half
    server: Half
    sentence: str
    advice: str
    over: bool


_PIXEL: Mapping[Pixel, tuple[Mark, str]] = MappingProxyType(
    {
        Pixel.UNOPENED: (Mark.WAITS, "Your shop has not been opened by this link yet."),
        Pixel.ANSWERING: (Mark.WAITS, "Your shop was opened. Waiting for Tandem’s script there."),
        Pixel.SILENT: (Mark.FAILED, "Your shop was opened, but Tandem’s script did not answer."),
        Pixel.HELD: (Mark.FAILED, "The Pixel did not run: in that window nobody has accepted cookies yet."),
        Pixel.CALLED: (Mark.WAITS, "The Pixel was called. Waiting for Meta’s script to load."),
        Pixel.BLOCKED: (
            Mark.FAILED,
            "The Pixel was called, but Meta’s script (fbevents.js) did not load: an ad blocker or the browser stopped it.",
        ),
        Pixel.LOADED: (Mark.WAITS, "Meta’s script runs. Waiting for its request to leave."),
        Pixel.UNSENT: (
            Mark.FAILED,
            "Meta’s script runs, but its request to Meta was not seen to leave: an ad blocker may keep it back.",
        ),
        Pixel.SENT: (Mark.TOLD, "The Pixel told Meta."),
    }
)
_SERVER: Mapping[Server, tuple[Mark, str]] = MappingProxyType(
    {
        Server.WAITING: (Mark.WAITS, "The server tells its half once the Pixel was called."),
        Server.DUE: (Mark.WAITS, "The server is about to tell Meta."),
        Server.LATE: (Mark.WAITS, "The server has not come to it yet. It goes on by itself; you need not wait here."),
        Server.RESTING: (
            Mark.WAITS,
            "Meta took none of the last calls for this dataset. The server leaves it alone until the time beside this.",
        ),
        Server.LOST: (Mark.FAILED, "The server’s call did not come to an end. Begin another test."),
        Server.FAILED: (Mark.FAILED, "The server could not tell Meta: {trouble}"),
        Server.TOLD: (Mark.TOLD, "Meta accepted it"),
    }
)
_ANOTHER_BROWSER = (
    "Try again in a browser without an ad blocker. Of shoppers who use one, only the server can tell Meta."
)
_ADVICE: Mapping[Pixel, str] = MappingProxyType(
    {
        Pixel.SILENT: "If your shop asks for consent, accept cookies in that window. Then look whether Tandem’s Pixel is "
        "installed and switched on, whether a cache keeps an older copy of the page, and load that window again.",
        Pixel.HELD: "Accept cookies in that window. The test goes on by itself; if it does not, load that window again. "
        "If no banner asks there, or if its answer does not reach Tandem’s script, the Pixel stays silent for shoppers, too.",
        Pixel.BLOCKED: _ANOTHER_BROWSER,
        Pixel.UNSENT: _ANOTHER_BROWSER,
    }
)
_BOTH = "Both, Pixel and server, told Meta the same event under the same id."
_OUT_OF_TIME = "The test’s 15 minutes are over."
# By how the two are shown: Pixel, then server.
_SENTENCES: Mapping[tuple[Mark, Mark], str] = MappingProxyType(
    {
        (Mark.TOLD, Mark.TOLD): _BOTH,
        (Mark.TOLD, Mark.FAILED): "The Pixel told Meta; the server could not.",
        (Mark.TOLD, Mark.WAITS): "The Pixel told Meta. The server is under way.",
        (Mark.FAILED, Mark.TOLD): "Only the server told Meta: the Pixel was kept from it in this browser.",
        (Mark.FAILED, Mark.FAILED): "Neither rider could tell Meta.",
        (Mark.FAILED, Mark.WAITS): "The Pixel has told nobody yet.",
        (Mark.WAITS, Mark.TOLD): "The server told Meta. The Pixel is under way.",
        (Mark.WAITS, Mark.FAILED): "The server could not tell Meta. The Pixel is under way.",
        (Mark.WAITS, Mark.WAITS): "The test is under way.",
    }
)
_STATES: Mapping[str, tuple[Pixel, Pixel]] = MappingProxyType(
    {  # by what the script said last: soon after it, and later
        "called": (Pixel.CALLED, Pixel.BLOCKED),
        "loaded": (Pixel.LOADED, Pixel.UNSENT),
        "sent": (Pixel.SENT, Pixel.SENT),
        "held": (Pixel.HELD, Pixel.HELD),
    }
)
_ENDS = frozenset({Server.TOLD, Server.FAILED, Server.LOST})


def of(test: PairTest, now: datetime) -> Verdict:
    """How it stands."""
    rode, served = _pixel_of(test, now), _server_of(test, now)
    (mark, words), (their_mark, their_words) = _PIXEL[rode], _SERVER[served]
    answered_at = test.due_at if served is Server.RESTING else test.server_at
    out_of_time = now >= test.expires_at
    waits = Mark.WAITS in (mark, their_mark)
    return Verdict(
        pixel_state=rode,
        server_state=served,
        pixel=Half(mark, words, test.pixel_at or test.opened_at),
        server=Half(their_mark, their_words.format(trouble=test.trouble or ""), answered_at, test.fbtrace_id),
        sentence=_OUT_OF_TIME if out_of_time and waits else _SENTENCES[mark, their_mark],
        advice="" if served is Server.FAILED and rode is Pixel.SENT else _ADVICE.get(rode, ""),
        over=out_of_time or (rode is Pixel.SENT and served in _ENDS),
    )


def _pixel_of(test: PairTest, now: datetime) -> Pixel:
    if test.pixel_state is None or test.pixel_at is None:
        if test.opened_at is None:
            return Pixel.UNOPENED
        return Pixel.ANSWERING if now - test.opened_at < _SCRIPT_PATIENCE else Pixel.SILENT
    soon, later = _STATES[test.pixel_state]
    return soon if now - test.pixel_at < _PIXEL_PATIENCE else later


def _server_of(test: PairTest, now: datetime) -> Server:
    if test.server_at is not None:
        return Server.TOLD
    if test.trouble is not None:
        return Server.FAILED
    if test.due_at is not None:
        if test.due_at - now > _RESTS_FROM:
            return Server.RESTING
        return Server.DUE if now - test.due_at < _SERVER_PATIENCE else Server.LATE
    if test.pixel_at is None or test.pixel_state == "held":
        return Server.WAITING
    return Server.DUE if now - test.pixel_at < _SERVER_PATIENCE else Server.LOST
