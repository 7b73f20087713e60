"""Walk 2, inside an RQ job: due deliveries of many datasets leave for Meta, one batch in flight per dataset.

Three threads talk to the database: two prepare what leaves next, one writes down what came back; the others only hold
HTTP calls. Many datasets share each statement, for a round trip costs more than an event. Every step is fenced by the
lease: who lost it may not write. The intent is committed before a call, its outcome before the next call of that dataset.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from integration import failpoints
from integration.crypto import Sealer
from integration.db import Connection, Engine, due, leasing, reading, transact
from integration.db.datasets import SEALED_TOKEN, Dataset
from integration.db.leasing import Lease
from integration.errors import SealBroken, Unavailable
from integration.log import logger
from integration.meta import errors
from integration.meta.client import GraphClient
from integration.meta.errors import Answer, Counted, Paused
from integration.pipeline.intent import Intents, Read
from integration.pipeline.outcome import Answered, Batch, Clerk

LEASE_SECONDS = 60
IN_FLIGHT = 64
BUDGET_SECONDS = 8.0
LINGER_SECONDS = 1.0
# Batches whose intent is written before there is a place for their call: a call that ends makes room for the next one
# at once, and not when this thread comes by.
_READY = 16
# Leases taken ahead of their calls: looking for them costs as much for many as for one. They are prepared in parts, so
# that one thread reads while the other decides.
_AHEAD = 64
_PART = 16
_PREPARERS = 2
# Of the places for calls, those whose last call failed get one in two: were all of them hanging, the others would go on.
_AILING_SHARE = 2
_STALE_SECONDS = 15.0  # a lease that waited longer for its call is not begun with
_STRAGGLER_SECONDS = 20.0
_TICK_SECONDS = 0.02


# Batches that may leave, and leases for which there was no room.
Prepared = tuple[list[Batch], Sequence[Lease]]


@dataclass(slots=True)
class Drain:
    """Empties what is due, for some seconds; then another job goes on. `owner` is unique to this run."""

    engine: Engine
    sealer: Sealer
    client: GraphClient
    owner: str
    chance: Callable[[], float] = random.random
    in_flight: int = IN_FLIGHT
    _ahead: deque[Lease] = field(default_factory=deque)
    _leased_at: float = 0.0
    _under_way: int = 0
    _ailing: int = 0  # of those under way
    _preparing: dict[Future[Prepared], int] = field(default_factory=dict)  # with how many leases
    _ended: deque[Answered] = field(default_factory=deque)  # filled by the calls' threads
    _writing: Future[list[int]] | None = None
    _unwritten: list[Answered] = field(default_factory=list)

    def run(self, *, budget: float = BUDGET_SECONDS, linger: float = LINGER_SECONDS) -> int:
        """Send until nothing has been due for `linger` seconds, at most about `budget` seconds; how many events were
        delivered comes back.
        """
        delivered, idle_since = 0, time.monotonic()
        deadline = idle_since + budget
        with (
            ThreadPoolExecutor(self.in_flight, "call") as calls,
            ThreadPoolExecutor(_PREPARERS, "intent") as preparers,
            ThreadPoolExecutor(1, "outcome") as writer,
        ):
            while True:
                now = time.monotonic()
                # Past the budget only a call that hangs keeps the job: the others must not wait for it.
                willing = now < deadline or (self._under_way and now < deadline + _STRAGGLER_SECONDS)
                begun = self._begin(calls) + (self._start(preparers) if willing else 0)
                written = self._finish(writer)
                delivered += sum(written)
                at_work = begun or written or self._under_way or self._preparing
                if at_work or (self._to_write() and now < deadline + _STRAGGLER_SECONDS):
                    idle_since = now
                elif now >= deadline or now - idle_since >= linger:
                    self._give_back()
                    return delivered
                time.sleep(_TICK_SECONDS)

    def _begin(self, calls: ThreadPoolExecutor) -> int:
        """Make the calls whose intent is written; how many."""
        begun = 0
        for ready in [one for one in self._preparing if one.done()]:
            del self._preparing[ready]
            with self._database_may_be_away():
                batches, left = ready.result()
                self._ahead.extendleft(reversed(left))
                self._under_way += len(batches)
                self._ailing += sum(batch.dataset.ailing for batch in batches)
                for batch in batches:
                    calls.submit(self._tell, batch)
                begun += len(batches)
        return begun

    def _start(self, preparers: ThreadPoolExecutor) -> int:
        """Have batches prepared for the free places, of datasets that have something due; for how many."""
        started = 0
        with self._database_may_be_away():
            while len(self._preparing) < _PREPARERS and (taken := self._take()):
                self._preparing[preparers.submit(self._prepare, taken)] = len(taken)
                started += len(taken)
        return started

    @contextmanager
    def _database_may_be_away(self) -> Iterator[None]:
        """Where nothing is under way the job ends; else there are answers to be written first."""
        try:
            yield
        except Unavailable:
            if not self._under_way and not self._preparing and not self._to_write():
                raise

    def _take(self) -> list[Lease]:
        """Leases to begin with now, from those taken ahead."""
        free = self.in_flight + _READY - self._under_way - sum(self._preparing.values())
        if free <= 0:
            return []
        if time.monotonic() - self._leased_at > _STALE_SECONDS:
            self._ahead.clear()  # they run out by themselves
        if len(self._ahead) < _PART and self._anything_due():
            self._ahead.extend(self._lease(max(free, _AHEAD), ailing=False))
            places = self.in_flight // _AILING_SHARE - self._ailing
            self._ahead.extend(self._lease(min(free, places), ailing=True) if places > 0 else ())
            self._leased_at = time.monotonic()
            failpoints.reach("deliver.after_claim")
        part = min(free, _PART, (len(self._ahead) + 1) // _PREPARERS)
        return [self._ahead.popleft() for _ in range(part)]

    def _lease(self, limit: int, *, ailing: bool) -> Sequence[Lease]:
        return transact(
            self.engine,
            lambda connection: leasing.lease(
                connection, owner=self.owner, work=due.work(), limit=limit, seconds=LEASE_SECONDS, ailing=ailing
            ),
        )

    def _anything_due(self) -> bool:
        # Looked up first without a write lock: on SQLite a webhook may be waiting for it.
        with reading(self.engine) as connection:
            return due.anything_due(connection)

    def _prepare(self, leases: Sequence[Lease]) -> Prepared:
        """What these datasets are to be told, its intent committed.

        All together, since that is quicker; where something breaks, each by itself: one dataset's broken row must not
        stop the others. Its lease runs out, and the log says where it broke.
        """
        try:
            return self._prepare_together(leases)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001
            if len(leases) > 1:
                return [batch for lease in leases for batch in self._prepare([lease])[0]], ()
            kind = type(error).__name__
            logger("deliver").error("a dataset cannot be served", dataset=leases[0].dataset.id, kind=kind)
            return [], ()

    def _prepare_together(self, leases: Sequence[Lease]) -> Prepared:
        intents = Intents(self.sealer, self.owner, LEASE_SECONDS, self.chance)
        with reading(self.engine) as connection:
            read = Read.of(connection, leases, self.sealer)
        decided = intents.decide(read)
        return transact(self.engine, lambda connection: intents.write(connection, decided)), read.left

    def _tell(self, batch: Batch) -> None:
        try:
            answer = self._call(batch)
        except Exception as error:  # noqa: BLE001
            # Nobody waits for this thread's exceptions, but for its answer; whether something left is not known.
            logger("deliver").error("a call broke", dataset=batch.dataset.id, kind=type(error).__name__)
            answer = errors.unknown()
        self._ended.append((batch, answer))

    def _call(self, batch: Batch) -> Answer:
        try:
            token = self._token(batch.dataset)
        except SealBroken as error:
            return Answer(Counted.NO, Paused(str(error)))
        told = [one.body for one in batch.told]
        failpoints.reach("deliver.before_post")
        answer = self.client.send(batch.dataset.dataset_id, token, told, test_event_code=batch.test_event_code)
        failpoints.reach("deliver.after_post")
        return answer

    def _token(self, dataset: Dataset) -> str:
        return self.sealer.unseal(dataset.sealed_token, store=dataset.store_id, column=SEALED_TOKEN).decode()

    def _to_write(self) -> bool:
        return bool(self._writing or self._ended or self._unwritten)

    def _finish(self, writer: ThreadPoolExecutor) -> list[int]:
        """Have the outcomes of the calls that have ended written down, all that came since the last time together; how
        many events each of those delivered that are written by now.
        """
        written: list[int] = []
        if self._writing and self._writing.done():
            written, self._writing = self._writing.result(), None
        if self._writing is None and (answered := self._collect()):
            self._writing = writer.submit(self._settle, answered)
        return written

    def _collect(self) -> list[Answered]:
        answered, self._unwritten = self._unwritten, []
        while self._ended:
            batch, answer = self._ended.popleft()
            answered.append((batch, answer))
            self._under_way -= 1
            self._ailing -= batch.dataset.ailing
        return answered

    def _settle(self, answered: Sequence[Answered]) -> list[int]:
        """Write outcomes, all together; where that fails, each by itself. A database that is busy is asked again, and
        an answer that cannot be written must not take the others along.
        """
        failpoints.reach("deliver.before_outcome")
        try:
            return transact(self.engine, lambda connection: self._write(connection, answered))
        except Unavailable:
            self._unwritten += answered
        except Exception as error:  # noqa: BLE001
            if len(answered) > 1:
                return [number for one in answered for number in self._settle([one])]
            dataset = answered[0][0].dataset.id
            logger("deliver").error("an outcome cannot be written", dataset=dataset, kind=type(error).__name__)
        return []

    def _write(self, connection: Connection, answered: Sequence[Answered]) -> list[int]:
        """Of leases that are still ours."""
        leases = [batch.lease for batch, _ in answered]
        held = leasing.hold(connection, leases, owner=self.owner, seconds=LEASE_SECONDS)
        mine = [(batch, answer) for batch, answer in answered if batch.dataset.id in held]
        for batch, _ in answered:
            if batch.dataset.id not in held:
                logger("deliver").warning("lease lost, outcome not written", dataset=batch.dataset.id)
        Clerk(connection, self.chance).write(mine)
        leasing.release(connection, sorted(held), owner=self.owner)
        return [len(batch.told) if answer.counted is Counted.YES else 0 for batch, answer in mine]

    def _give_back(self) -> None:
        """Leases taken ahead and not begun with."""
        if self._ahead:
            pks = [lease.dataset.id for lease in self._ahead]
            transact(self.engine, lambda connection: leasing.release(connection, pks, owner=self.owner))


def succeed(engine: Engine, owner: str, *, family: str) -> None:
    """Give up the leases of earlier owners of the same family: of them only one lives at a time, and that is `owner`."""
    with reading(engine) as connection:
        earlier = leasing.owners(connection, family) - {owner}
    for one in sorted(earlier):
        give_up(engine, one)


def give_up(engine: Engine, owner: str) -> None:
    """Let the leases of an owner that is dead run out at once. What it had under way is in doubt, as after any death."""
    transact(engine, lambda connection: leasing.abandon(connection, owner=owner))
