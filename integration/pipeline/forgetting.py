"""What browsers told is kept for days, not for ever: signals for 14 since the last, sightings for 40 since the first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from integration.db import Connection, Engine, beacons, reading, sightings, signals, transact
from integration.db import now as database_now

SIGNALS = timedelta(days=14)
SIGHTINGS = timedelta(days=40)
# A script from which nothing new came for so long is switched off, or the shop stands still: no event waits for it.
SILENCE = timedelta(days=7)
# At a look, which comes about once a minute: a database that was full of them is empty again within hours, and nobody
# waits for a long transaction.
_SLICE = 1_000
_SLICES = 5


def look(engine: Engine) -> None:
    """Forget what is old, and what no more speaks; to be done about once a minute. Raises Unavailable."""
    with reading(engine) as connection:
        now = database_now(connection)
    _in_slices(engine, partial(_forget_signals, before=now - SIGNALS))
    _in_slices(engine, partial(_forget_sightings, before=now - SIGHTINGS))
    transact(engine, partial(beacons.mark_silent, silence=SILENCE))


def _in_slices(engine: Engine, forget: Callable[[Connection], int]) -> None:
    for _ in range(_SLICES):
        if transact(engine, forget) < _SLICE:
            return


def _forget_signals(connection: Connection, before: datetime) -> int:
    return signals.forget(connection, before=before, most=_SLICE)


def _forget_sightings(connection: Connection, before: datetime) -> int:
    return sightings.forget(connection, before=before, most=_SLICE)
