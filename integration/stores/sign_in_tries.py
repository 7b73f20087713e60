"""How often one may fail to sign in. Counted in the database: a restart forgets nothing, and many processes count together.

Why by name and network together, and what a stranger can do with it: docs/decisions/0026-keys-for-operators.md.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from integration.db import Connection
from integration.db import operators as table

WINDOW = timedelta(minutes=15)
OF_A_PAIR = 5  # one name from one network
OF_A_NETWORK = 20  # any names, or any codes
# From so many failures with one name on, wherever from, each network may fail with it once.
SLOW_FROM, OF_A_PAIR_THEN = 50, 1
# A request of this machine itself: of a proxy that we were not told to believe, which stands for everybody.
_THIS_MACHINE = "this machine"


class Limit(NamedTuple):
    """So many failures of `whose` within the window are enough."""

    whose: str
    most: int


class Tries(NamedTuple):
    """One question of somebody who wants in: whose failures count against them, and until when they are refused."""

    counted: Sequence[str]
    until: datetime | None


def of_operator(connection: Connection, name: str, network: str | None, now: datetime) -> Tries:
    """Of whoever says this name, from there."""
    place = network or _THIS_MACHINE
    everywhere, here, both = _whose("name", name), _whose("network", place), _whose("pair", name, place)
    table.one_at_a_time(connection, here)
    of_name = table.tries(connection, [everywhere], since=now - WINDOW, most=SLOW_FROM)[everywhere]
    of_pair = OF_A_PAIR_THEN if len(of_name) >= SLOW_FROM else OF_A_PAIR
    limits = [Limit(both, of_pair), Limit(here, OF_A_NETWORK)]
    return Tries([everywhere, here, both], _until(connection, limits, now))


def of_code(connection: Connection, network: str, now: datetime) -> Tries:
    """Of whoever comes with a merchant's sign-in code, from there. Codes are too long to be guessed: what is spared is
    our looking for them.
    """
    here = _whose("code", network)
    return Tries([here], _until(connection, [Limit(here, OF_A_NETWORK)], now))


def note(connection: Connection, tries: Tries, now: datetime) -> None:
    """It failed once more."""
    table.note_try(connection, tries.counted, now, forgotten_before=now - WINDOW)


def over_at(failed: Sequence[datetime], most: int) -> datetime | None:
    """Until when somebody who failed at these times, the oldest first, is refused: until fewer than `most` are within
    the window. None where there are fewer.
    """
    return failed[-most] + WINDOW if len(failed) >= most else None


def _until(connection: Connection, limits: Sequence[Limit], now: datetime) -> datetime | None:
    found = table.tries(connection, [one.whose for one in limits], since=now - WINDOW, most=OF_A_NETWORK)
    return max(filter(None, (over_at(found[one.whose], one.most) for one in limits)), default=None)


def _whose(*parts: str) -> str:
    """A hash: what somebody types as a name may be their key."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
