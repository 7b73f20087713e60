"""A merchant's replay: judged first, confirmed by the numbers that were shown, then done at once or a part at a time.

A long one is a row of `tasks` that knows how far it came, and a chore that goes on with it; it can be left, and ends by a
line in the change log.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec

from integration.crypto import Sealer
from integration.db import Connection, changes, chores, tasks, transact
from integration.db import now as database_now
from integration.db.changes import By
from integration.db.replays import Selection
from integration.db.stores import Store
from integration.errors import Conflict
from integration.pipeline import replay
from integration.pipeline.replay import Forecast
from integration.stores.upkeep import Errand

WHAT = "replay"  # in the change log
# What is judged for the dry run, and up to how many are put on the road within the request that asks for it.
MOST_JUDGED, AT_ONCE = 3_000, 2_000
_SECONDS = 10.0
UNDER_WAY = "A replay of this store is under way. Wait until it is done, then look again."


class Run(msgspec.Struct):
    """One that is under way, as its task holds it. `going`: how many were to leave when it began, at least."""

    states: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    order_id: str | None
    event_pk: int | None
    insist: bool
    going: int
    whole: bool
    who: str
    surface: str
    begun_at: datetime
    after: int = 0
    seen: int = 0
    done: int = 0

    def selection(self, store_id: str) -> Selection:
        """What it is about."""
        return Selection(self.states, store_id, self.since, self.until, self.order_id, self.event_pk)


def token(selection: Selection, forecast: Forecast) -> str:
    """What a confirmation must bear: of this selection, with these numbers."""
    told = [asdict(selection), sorted(forecast.by_prospect.items()), forecast.whole]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def begin(
    connection: Connection, sealer: Sealer, store: Store, selection: Selection, *, insist: bool, by: By
) -> int | None:
    """Put on the road what may go; how many, or None where that goes on for a while. In the caller's transaction.

    Raises Conflict where another is under way.
    """
    if tasks.of_store(connection, store.id, tasks.REPLAY) is not None:
        _mend(connection, store.id)
        raise Conflict(UNDER_WAY)
    forecast = replay.foresee_some(connection, selection, MOST_JUDGED)
    if not forecast.whole or sum(forecast.by_prospect.values()) > AT_ONCE:
        _plan(connection, sealer, store, selection, forecast, insist=insist, by=by)
        return None
    done = 0
    after: int | None = 0
    while after is not None:
        turn = replay.turn(connection, selection, after, insist=insist)
        done, after = done + turn.done, turn.after
    _note(connection, store.id, by, selection, done, insist=insist)
    return done


def _plan(
    connection: Connection,
    sealer: Sealer,
    store: Store,
    selection: Selection,
    forecast: Forecast,
    *,
    insist: bool,
    by: By,
) -> None:
    now = database_now(connection)
    run = Run(
        *(tuple(selection.states), selection.since, selection.until, selection.order_id, selection.event_pk, insist),
        *(forecast.going(insist=insist), forecast.whole, by.who, by.surface, now),
    )
    tasks.add_once(
        connection,
        store_id=store.id,
        platform=store.platform,
        site=None,
        kind=tasks.REPLAY,
        digest=store.id,
        sealed=_sealed(sealer, store.id, run),
        at=now,
    )
    chores.plan(connection, store.id, chores.REPLAY)


def _mend(connection: Connection, store_id: str) -> None:
    """A store that was disconnected meanwhile has lost its chores."""
    if not any(one.kind == chores.REPLAY for one in chores.of_store(connection, store_id)):
        chores.plan(connection, store_id, chores.REPLAY)


def under_way(connection: Connection, sealer: Sealer, store_id: str) -> Run | None:
    """How far a store's replay came; None where none is under way. Raises SealBroken."""
    task = tasks.of_store(connection, store_id, tasks.REPLAY)
    return None if task is None else _opened(sealer, store_id, task.sealed or "")


def go_on(errand: Errand, clock: Callable[[], float] = time.monotonic) -> timedelta | None:
    """The next pages of it, for some seconds; zero where there are more, None at the end. Raises SealBroken, Unavailable."""
    until, platforms, store_id = clock() + _SECONDS, errand.platforms, errand.store.id
    more = True
    while more and clock() < until:
        more = transact(platforms.engine, lambda connection: _turn(connection, platforms.sealer, store_id))
    return timedelta(0) if more else None


def _turn(connection: Connection, sealer: Sealer, store_id: str) -> bool:
    task = tasks.of_store(connection, store_id, tasks.REPLAY)
    if task is None:
        return False
    run = _opened(sealer, store_id, task.sealed or "")
    selection = run.selection(store_id)
    turn = replay.turn(connection, selection, run.after, insist=run.insist)
    run.seen, run.done = run.seen + turn.seen, run.done + turn.done
    if turn.after is not None:
        run.after = turn.after
        tasks.keep(connection, task.id, _sealed(sealer, store_id, run))
        return True
    tasks.finish(connection, task.id)
    _note(connection, store_id, By(run.who, run.surface), selection, run.done, insist=run.insist)
    return False


def _note(connection: Connection, store_id: str, by: By, selection: Selection, done: int, *, insist: bool) -> None:
    told = {
        "states": ", ".join(selection.states),
        "from": selection.since.isoformat() if selection.since else None,
        "until": selection.until.isoformat() if selection.until else None,
        "order": selection.order_id,
        "event": None if selection.event_pk is None else str(selection.event_pk),
        "also what Meta may count twice": "yes" if insist else None,
        "sent again": str(done),
    }
    changes.record(connection, store_id, by, WHAT, after={name: text for name, text in told.items() if text})


def _sealed(sealer: Sealer, store_id: str, run: Run) -> str:
    return sealer.seal(msgspec.json.encode(run), store=store_id, column=tasks.SEALED_PAYLOAD)


def _opened(sealer: Sealer, store_id: str, sealed: str) -> Run:
    return msgspec.json.decode(sealer.unseal(sealed, store=store_id, column=tasks.SEALED_PAYLOAD), type=Run)


CHORES = {chores.REPLAY: go_on}
