"""Walk 2, inside an RQ job: due deliveries of many datasets leave for Meta, one batch in flight per dataset.

The main thread alone talks to the database; the threads only hold HTTP calls. Many datasets share each statement, for
a round trip costs more than an event. Every step is fenced by the lease: who lost it may not write. The intent is
committed before a call, its outcome before the next call of that dataset.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from integration import failpoints
from integration.crypto import Sealer
from integration.db import Connection, Engine, datasets, deliveries, reading, transact
from integration.db.datasets import SEALED_TOKEN, Dataset, Lease
from integration.errors import SealBroken, Unavailable
from integration.log import logger
from integration.meta.client import GraphClient
from integration.meta.errors import Answer, Counted, Paused
from integration.pipeline.intent import Intents, Read
from integration.pipeline.outcome import Answered, Batch, Clerk

LEASE_SECONDS = 60
IN_FLIGHT = 64
BUDGET_SECONDS = 8.0
LINGER_SECONDS = 1.0
# Leases taken ahead of their calls: looking for them costs as much for many as for one.
_AHEAD = 64
_STALE_SECONDS = 15.0  # a lease that waited longer for its call is not begun with
_STRAGGLER_SECONDS = 20.0
_TICK_SECONDS = 0.02


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
    _calls: dict[Future[Answer], Batch] = field(default_factory=dict)
    _answered: list[Answered] = field(default_factory=list)  # and not written down yet

    def run(self, *, budget: float = BUDGET_SECONDS, linger: float = LINGER_SECONDS) -> int:
        """Send until nothing has been due for `linger` seconds, at most about `budget` seconds; how many events were
        delivered comes back.
        """
        delivered, idle_since = 0, time.monotonic()
        deadline = idle_since + budget
        with ThreadPoolExecutor(self.in_flight, thread_name_prefix="call") as threads:
            while True:
                now = time.monotonic()
                # Past the budget only a call that hangs keeps the job: the others must not wait for it.
                willing = now < deadline or (self._calls and now < deadline + _STRAGGLER_SECONDS)
                started = self._start(threads) if willing else 0
                finished = self._finish()
                delivered += sum(finished)
                if started or finished or self._calls or (self._answered and now < deadline + _STRAGGLER_SECONDS):
                    idle_since = now
                elif now >= deadline or now - idle_since >= linger:
                    self._give_back()
                    return delivered
                else:
                    time.sleep(_TICK_SECONDS)

    def _start(self, threads: ThreadPoolExecutor) -> int:
        """Fill the free places with batches of datasets that have something due; how many were taken up."""
        free = self.in_flight - len(self._calls)
        if not free:
            return 0
        try:
            taken = self._take(free)
            batches = self._prepare(taken) if taken else []
        except Unavailable:
            if not self._calls and not self._answered:
                raise
            return 0  # what is under way has answers to be written first
        for batch in batches:
            self._calls[threads.submit(self._call, batch)] = batch
        return len(taken)

    def _take(self, free: int) -> list[Lease]:
        """Leases to begin with now, from those taken ahead."""
        if time.monotonic() - self._leased_at > _STALE_SECONDS:
            self._ahead.clear()  # they run out by themselves
        if not self._ahead and self._anything_due():
            self._ahead.extend(self._lease(max(free, _AHEAD)))
            self._leased_at = time.monotonic()
            failpoints.reach("deliver.after_claim")
        return [self._ahead.popleft() for _ in range(min(free, len(self._ahead)))]

    def _lease(self, limit: int) -> Sequence[Lease]:
        return transact(
            self.engine,
            lambda connection: datasets.lease(
                connection, owner=self.owner, work=deliveries.work(), limit=limit, seconds=LEASE_SECONDS
            ),
        )

    def _anything_due(self) -> bool:
        # Looked up first without a write lock: on SQLite a webhook may be waiting for it.
        with reading(self.engine) as connection:
            return deliveries.anything_due(connection)

    def _prepare(self, leases: Sequence[Lease]) -> list[Batch]:
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
                return [batch for lease in leases for batch in self._prepare([lease])]
            kind = type(error).__name__
            logger("deliver").error("a dataset cannot be served", dataset=leases[0].dataset.id, kind=kind)
            return []

    def _prepare_together(self, leases: Sequence[Lease]) -> list[Batch]:
        intents = Intents(self.sealer, self.owner, LEASE_SECONDS, self.chance)
        with reading(self.engine) as connection:
            read = Read.of(connection, leases)
        self._ahead.extendleft(read.left)
        decided = intents.decide(read)
        return transact(self.engine, lambda connection: intents.write(connection, decided))

    def _call(self, batch: Batch) -> Answer:
        try:
            token = self._token(batch.dataset)
        except SealBroken as error:
            return Answer(Counted.NO, Paused(str(error)))
        told = [one.event for one in batch.told]
        failpoints.reach("deliver.before_post")
        answer = self.client.send(batch.dataset.dataset_id, token, told, test_event_code=batch.test_event_code)
        failpoints.reach("deliver.after_post")
        return answer

    def _token(self, dataset: Dataset) -> str:
        return self.sealer.unseal(dataset.sealed_token, store=dataset.store_id, column=SEALED_TOKEN).decode()

    def _finish(self) -> list[int]:
        """Write down the outcomes of the calls that have ended; how many events each delivered."""
        if self._calls:
            ended, _ = wait(self._calls, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            self._answered += [(self._calls.pop(call), call.result()) for call in ended]
        answered, self._answered = self._answered, []
        return self._settle(answered) if answered else []

    def _settle(self, answered: Sequence[Answered]) -> list[int]:
        """Write outcomes, all together; where that fails, each by itself. A database that is busy is asked again, and
        an answer that cannot be written must not take the others along.
        """
        failpoints.reach("deliver.before_outcome")
        try:
            return transact(self.engine, lambda connection: self._write(connection, answered))
        except Unavailable:
            self._answered += answered
        except Exception as error:  # noqa: BLE001
            if len(answered) > 1:
                return [number for one in answered for number in self._settle([one])]
            dataset = answered[0][0].dataset.id
            logger("deliver").error("an outcome cannot be written", dataset=dataset, kind=type(error).__name__)
        return []

    def _write(self, connection: Connection, answered: Sequence[Answered]) -> list[int]:
        """Of leases that are still ours."""
        leases = [batch.lease for batch, _ in answered]
        held = datasets.hold_leases(connection, leases, owner=self.owner, seconds=LEASE_SECONDS)
        mine = [(batch, answer) for batch, answer in answered if batch.dataset.id in held]
        for batch, _ in answered:
            if batch.dataset.id not in held:
                logger("deliver").warning("lease lost, outcome not written", dataset=batch.dataset.id)
        Clerk(connection, self.chance).write(mine)
        datasets.release(connection, sorted(held), owner=self.owner)
        return [len(batch.told) if answer.counted is Counted.YES else 0 for batch, answer in mine]

    def _give_back(self) -> None:
        """Leases taken ahead and not begun with."""
        if self._ahead:
            pks = [lease.dataset.id for lease in self._ahead]
            transact(self.engine, lambda connection: datasets.release(connection, pks, owner=self.owner))
