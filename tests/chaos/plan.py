"""What befalls the service, and when. Pure: all of it follows from the seed."""

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

HORSE, WEB, WORKER, CLOCK = "horse", "web process", "worker", "clock"
WEB_PARENT, BOX = "web parent", "whole box"
BROKER, FLUSH, DATABASE = "broker", "broker flushed", "database"
SLOW_BROKER, SLOW_DATABASE, SLOW_WEB, SLOW_HORSE = "broker frozen", "database frozen", "web frozen", "horse frozen"
SLEEPER, META = "horse asleep past its lease", "Meta"

# Of 520 processes killed at random, so many of each kind; a whole box is its `tandem up`, and all it started with it.
KILLS: Mapping[str, int] = {HORSE: 215, WEB: 170, WORKER: 64, CLOCK: 46, WEB_PARENT: 17, BOX: 8}
OUTAGES: Mapping[str, int] = {BROKER: 14, FLUSH: 14, DATABASE: 14}
PAUSES: Mapping[str, int] = {SLOW_BROKER: 8, SLOW_DATABASE: 6, SLOW_WEB: 10, SLOW_HORSE: 10}
_WHOLE = sum(KILLS.values())
_SLEEPERS, _ROOM_FOR_SLEEP = 2, 200.0
_SECONDS_BETWEEN_FAULTS = 2.0
_FIRST = 2.0

# What Meta does wrong, once each time. Nothing of it is the events' fault: all of them can be told in the end.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset"},
    {"kind": "accept_then_reset"},
    {"kind": "half"},
    {"kind": "malformed_json"},
    {"kind": "short_count"},
    {"kind": "html"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}},
    {"kind": "error", "code": 2, "status": 500},
    {"kind": "error", "code": 80004, "subcode": 2446079, "status": 400},
    {"kind": "slow", "seconds": 3.0},
    {"kind": "hang", "seconds": 4.0},
    {"kind": "hang", "seconds": 16.0},
)


class Blow(NamedTuple):
    """One thing that befalls us, `at` seconds after the beginning. `chance`: 0 to 1, which one, for how long."""

    at: float
    kind: str
    chance: float


def numbers(kills: int, seconds: float) -> dict[str, int]:
    """How often each kind comes in a run with that many killed processes; each at least once."""
    found = {kind: _share(weight, kills) for kind, weight in (KILLS | OUTAGES | PAUSES).items()}
    found[HORSE] += max(0, kills - sum(found[kind] for kind in KILLS))
    found[SLEEPER] = _SLEEPERS if seconds >= _ROOM_FOR_SLEEP else 0
    found[META] = int(seconds / _SECONDS_BETWEEN_FAULTS)
    return found


def _share(weight: int, kills: int) -> int:
    return max(1, round(weight * kills / _WHOLE))


def blows(seed: int, *, kills: int, seconds: float) -> list[Blow]:
    """All of a run, in the order of their times."""
    chance = random.Random(seed)
    made = [
        Blow(chance.uniform(_FIRST, seconds), kind, chance.random())
        for kind, number in numbers(kills, seconds).items()
        for _ in range(number)
    ]
    # Who is to sleep for more than a minute has to lie down early.
    early = [blow._replace(at=_FIRST + (blow.at - _FIRST) / 2) if blow.kind == SLEEPER else blow for blow in made]
    return sorted(early)
