"""Failpoints: named lines at which a process can be told to die, to fail or to dawdle. In development only.

`FAILPOINT=deliver.after_post:kill` kills the process (SIGKILL, itself) whenever it comes to that line. Several are
separated by commas. What may follow the name:

    kill            the process ends at once, and says nothing to anybody
    raise           Struck is raised
    sleep:SECONDS   the line takes so long

and behind it, so that a process that is started again does not die for ever:

    @3              only at the third pass in this process
    @file=PATH      only for who takes the file PATH away: once, in all processes, each time somebody makes it
"""

import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from integration.errors import Misconfigured

NAMES = frozenset(
    {
        *("ingest.before_commit", "ingest.after_commit"),
        *("deliver.after_claim", "deliver.before_post", "deliver.after_post", "deliver.before_outcome"),
        *("clock.after_sweep", "worker.before_job", "sweep.before_progress"),
    }
)

_WORDS = re.compile(
    r"(?P<name>[a-z._]+):(?P<deed>kill|raise|sleep:(?P<seconds>\d{1,3}(\.\d+)?))"
    r"(@(?P<nth>[1-9]\d{0,5})|@file=(?P<path>[^,]+))?",
    re.ASCII,
)


class Struck(RuntimeError):
    """What a failpoint raises that is told to raise."""


@dataclass(slots=True)
class Failpoint:
    """A line under a spell. `nth` is the pass at which it strikes, `path` the file it costs; else it always does."""

    deed: Callable[[], None]
    nth: int | None = None
    path: Path | None = None
    passes: int = 0
    counting: Lock = field(default_factory=Lock)

    def strike(self) -> None:
        """Do the deed, if this is the time for it."""
        with self.counting:
            self.passes += 1
            due = self.nth in (None, self.passes)
        if due and (self.path is None or _taken(self.path)):
            self.deed()


# By name. Empty, but where a developer asked for it: `reach` then costs one look-up.
_armed: dict[str, Failpoint] = {}


def arm(text: str) -> None:
    """Set exactly the failpoints of this text. Raises Misconfigured for an unknown name or deed."""
    made = dict(_parse(part) for part in text.split(",") if part.strip())
    _armed.clear()
    _armed.update(made)


def reach(name: str) -> None:
    """The process comes to the line of that name."""
    if (failpoint := _armed.get(name)) is not None:
        failpoint.strike()


def _parse(part: str) -> tuple[str, Failpoint]:
    found = _WORDS.fullmatch(part.strip())
    if found is None or found["name"] not in NAMES:
        raise Misconfigured(
            f"FAILPOINT is NAME:kill, NAME:raise or NAME:sleep:SECONDS, then perhaps @N or @file=PATH. "
            f"Names: {', '.join(sorted(NAMES))}."
        )
    nth, path = found["nth"], found["path"]
    return found["name"], Failpoint(_deed(found), int(nth) if nth else None, Path(path) if path else None)


def _deed(found: re.Match[str]) -> Callable[[], None]:
    if found["seconds"]:
        seconds = float(found["seconds"])
        return lambda: time.sleep(seconds)
    return _kill if found["deed"] == "kill" else _raise


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise Struck("A failpoint was struck.")


def _taken(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
