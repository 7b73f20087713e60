"""Walk 2, inside an RQ job: due deliveries of many datasets leave for Meta, one batch in flight per dataset.

The main thread alone talks to the database; the threads only hold HTTP calls. Every step is fenced by the lease:
who lost it may not write. The intent is committed before a call, its outcome before the next call of that dataset.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from integration.crypto import Sealer
from integration.db import (
    Connection,
    Engine,
    alerts,
    attempts,
    datasets,
    deliveries,
    events,
    held,
    reading,
    stores,
    transact,
    transaction,
)
from integration.db import now as database_now
from integration.db.datasets import SEALED_TOKEN, Dataset, Lease
from integration.db.deliveries import Due, State
from integration.db.stores import Store
from integration.errors import SealBroken, Unavailable
from integration.log import logger
from integration.meta.client import MAX_BATCH, GraphClient
from integration.meta.errors import Accepted, Answer, Counted, Paused, Refused, Retryable
from integration.meta.event import PURCHASE, REFUND
from integration.pipeline import identity, schedule
from integration.pipeline.dispatch import Set, Told, View, decide, next_batch
from integration.pipeline.ledger import unseal_person
from integration.pipeline.qualify import PURCHASE_NOT_TOLD
from integration.pipeline.schedule import TOO_OLD

LEASE_SECONDS = 60
IN_FLIGHT = 64
BUDGET_SECONDS = 8.0
LINGER_SECONDS = 1.0
UNREACHABLE = "Meta could not be reached before the event was too old"
_STRAGGLER_SECONDS = 20.0
# One bad event costs two refusals in a row at most, sixteen bad ones spread evenly thirty-one.
_REFUSALS_IN_A_ROW = 32
_TICK_SECONDS = 0.02
_REST_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Batch:
    """One call: some events of one dataset. `attempt` is the row of the written intent."""

    lease: Lease
    attempt: int
    told: Sequence[Told]
    test_event_code: str | None

    @property
    def pks(self) -> list[int]:
        """The deliveries in it."""
        return [one.due.id for one in self.told]


@dataclass(slots=True)
class Drain:
    """Empties what is due, for some seconds; then another job goes on. `owner` is unique to this run."""

    engine: Engine
    sealer: Sealer
    client: GraphClient
    owner: str
    chance: Callable[[], float] = random.random
    in_flight: int = IN_FLIGHT
    _calls: dict[Future[Answer], Batch] = field(default_factory=dict)
    _answered: list[tuple[Batch, Answer]] = field(default_factory=list)  # and not written down yet

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
                    return delivered
                else:
                    time.sleep(_REST_SECONDS)

    def _start(self, threads: ThreadPoolExecutor) -> int:
        """Fill the free places with batches of datasets that have something due; how many were taken up."""
        free = self.in_flight - len(self._calls)
        try:
            leases = self._lease(free) if free and self._anything_due() else []
            for lease in leases:
                batch = self._prepare_alone(lease)
                if batch:
                    self._calls[threads.submit(self._call, batch)] = batch
        except Unavailable:
            if not self._calls and not self._answered:
                raise
            return 0  # what is under way has answers to be written first
        return len(leases)

    def _lease(self, limit: int) -> Sequence[Lease]:
        with transaction(self.engine) as connection:
            return datasets.lease(
                connection, owner=self.owner, due=deliveries.is_due(), limit=limit, seconds=LEASE_SECONDS
            )

    def _anything_due(self) -> bool:
        # Looked up first without a write lock: on SQLite a webhook may be waiting for it.
        with reading(self.engine) as connection:
            return deliveries.anything_due(connection)

    def _call(self, batch: Batch) -> Answer:
        dataset = batch.lease.dataset
        try:
            token = self._token(dataset)
        except SealBroken as error:
            return Answer(Counted.NO, Paused(str(error)))
        told = [one.event for one in batch.told]
        return self.client.send(dataset.dataset_id, token, told, test_event_code=batch.test_event_code)

    def _token(self, dataset: Dataset) -> str:
        return self.sealer.unseal(dataset.sealed_token, store=dataset.store_id, column=SEALED_TOKEN).decode()

    def _finish(self) -> list[int]:
        """Write down the outcomes of the calls that have ended; how many events each delivered.

        Each by itself: a database that is busy is asked again for this one, and an answer that cannot be written must
        not take the others along.
        """
        if self._calls:
            ended, _ = wait(self._calls, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            self._answered += [(self._calls.pop(call), call.result()) for call in ended]
        answered, self._answered = self._answered, []
        written = []
        for batch, answer in answered:
            try:
                written.append(self._settle(batch, answer))
            except Unavailable:
                self._answered.append((batch, answer))
            except Exception as error:  # noqa: BLE001
                kind = type(error).__name__
                logger("deliver").error("an outcome cannot be written", dataset=batch.lease.dataset.id, kind=kind)
        return written

    def _prepare_alone(self, lease: Lease) -> Batch | None:
        """One dataset's broken row must not stop the others; its lease runs out, and the log says where it broke."""
        try:
            return self._prepare(lease)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001
            logger("deliver").error("a dataset cannot be served", dataset=lease.dataset.id, kind=type(error).__name__)
            return None

    def _prepare(self, lease: Lease) -> Batch | None:
        """Decide on what is due; the intent for what may leave is committed before anything leaves."""
        with reading(self.engine) as connection:
            now = database_now(connection)
            store = stores.by_id(connection, lease.dataset.store_id)
            rows = deliveries.due(connection, lease.dataset.id, MAX_BATCH)
            orders = [row.order_id for row in rows if row.event_name == REFUND and row.order_id]
            purchasers = deliveries.purchasers(connection, lease.dataset.id, PURCHASE, orders) if orders else {}
        if store is None:
            return None
        view = View(store, lease.dataset, purchasers, self._person(store), now)
        decided = {row: decide(row, view) for row in rows}
        return transact(self.engine, lambda connection: self._write_intent(connection, lease, decided))

    def _write_intent(self, connection: Connection, lease: Lease, decided: Mapping[Due, Told | Set]) -> Batch | None:
        if not datasets.hold_lease(connection, lease, owner=self.owner, seconds=LEASE_SECONDS):
            return None
        self._write_decisions(connection, decided)
        told = next_batch([one for one in decided.values() if isinstance(one, Told)])
        pks = [one.due.id for one in told]
        attempt, taken = attempts.begin(connection, dataset_pk=lease.dataset.id, fence=lease.fence, pks=pks)
        if not taken:
            datasets.release(connection, lease)
            return None
        code = lease.dataset.test_event_code if told[0].due.test else None
        return Batch(lease, attempt, [one for one in told if one.due.id in taken], code)

    def _person(self, store: Store) -> Callable[[str], identity.Person]:
        return lambda sealed: unseal_person(self.sealer, store.id, sealed)

    def _write_decisions(self, connection: Connection, decided: Mapping[Due, Told | Set]) -> None:
        wiped = [row.event_pk for row, one in decided.items() if isinstance(one, Set) and one.wipe]
        events.lock_many(connection, wiped)
        # Their sender died between intent and outcome: nobody knows whether Meta counted them.
        orphaned = [row.id for row in decided if row.state == State.SENDING]
        deliveries.change(connection, orphaned, state=State.PENDING, doubtful=True)
        for row, one in decided.items():
            if isinstance(one, Set):
                values = {"state": one.state, "reason": one.reason, "next_at": one.next_at}
                seen = State.PENDING if row.state == State.SENDING else row.state
                deliveries.decide(connection, row.id, seen=seen, **values)
        if wiped:
            events.wipe(connection, deliveries.only_withheld(connection, wiped))

    def _settle(self, batch: Batch, answer: Answer) -> int:
        """Write down what came of a call, unless the lease is lost; how many events were delivered."""
        written = transact(self.engine, lambda connection: self._write_outcome(connection, batch, answer))
        if not written:
            logger("deliver").warning("lease lost, outcome not written", dataset=batch.lease.dataset.id)
        return len(batch.told) if written and answer.counted is Counted.YES else 0

    def _write_outcome(self, connection: Connection, batch: Batch, answer: Answer) -> bool:
        if not datasets.hold_lease(connection, batch.lease, owner=self.owner, seconds=LEASE_SECONDS):
            return False
        attempts.end(
            connection,
            batch.attempt,
            counted=answer.counted,
            http_status=answer.http_status,
            code=answer.code,
            subcode=answer.subcode,
            fbtrace_id=answer.fbtrace_id,
        )
        self._apply(connection, batch, answer)
        datasets.release(connection, batch.lease)
        return True

    def _apply(self, connection: Connection, batch: Batch, answer: Answer) -> None:
        now = database_now(connection)
        match answer.next:
            case Accepted():
                self._delivered(connection, batch, answer, now)
            case Retryable(after):
                self._retry(connection, batch, now, after=after, doubtful=answer.counted is Counted.UNKNOWN)
            case Paused(reason):
                self._pause(connection, batch, reason, now)
            case Refused(advice):
                self._refused(connection, batch, advice, now)

    def _delivered(self, connection: Connection, batch: Batch, answer: Answer, now: datetime) -> None:
        values = {"state": State.DELIVERED, "reason": None, "delivered_at": now, "fbtrace_id": answer.fbtrace_id}
        deliveries.change(connection, batch.pks, next_at=None, **values)
        datasets.forget_refusals(connection, batch.lease.dataset.id)
        if any(one.due.event_name == PURCHASE for one in batch.told):
            release_refunds(connection, now, dataset_pk=batch.lease.dataset.id)

    def _retry(
        self, connection: Connection, batch: Batch, now: datetime, *, after: float | None, doubtful: bool
    ) -> None:
        if doubtful:
            deliveries.change(connection, batch.pks, doubtful=True)
        tried = {one.due.attempts + 1 for one in batch.told}
        when = {n: schedule.next_attempt(n, now, chance=self.chance(), not_before=after) for n in tried}
        over = {one.due.id for one in batch.told if schedule.is_over(one.due.event_time, when[one.due.attempts + 1])}
        deliveries.change(connection, sorted(over), state=State.EXPIRED, reason=UNREACHABLE, next_at=None)
        for tries, at in when.items():
            pks = [one.due.id for one in batch.told if one.due.attempts + 1 == tries and one.due.id not in over]
            deliveries.change(connection, pks, state=State.PENDING, reason=None, next_at=at)

    def _pause(self, connection: Connection, batch: Batch, reason: str, now: datetime) -> None:
        """The dataset rests; its events are held, none is dropped."""
        dataset = batch.lease.dataset
        if not datasets.pause(connection, dataset, reason):
            # The merchant pasted a new token while this call was under way with the old one.
            deliveries.change(connection, batch.pks, state=State.PENDING, reason=None, next_at=now)
            return
        deliveries.change(connection, batch.pks, state=State.HELD, reason=reason)
        held.hold_dataset(connection, dataset.id, reason)
        alerts.raise_one(connection, store_id=dataset.store_id, kind="dataset_paused", sentence=reason, at=now)

    def _refused(self, connection: Connection, batch: Batch, advice: str, now: datetime) -> None:
        """Meta rejects a whole batch for one bad event: halved again and again, only the bad one dies. Where nothing is
        taken any more, the fault is not in single events, and the dataset rests.
        """
        if len(batch.told) == 1:
            deliveries.change(connection, batch.pks, state=State.DEAD, reason=advice, next_at=None)
        elif datasets.count_refusal(connection, batch.lease.dataset.id) >= _REFUSALS_IN_A_ROW:
            self._pause(connection, batch, f"Meta refuses all that is sent. {advice}", now)
        else:
            middle = (len(batch.told) + 1) // 2
            for place, half in enumerate((batch.pks[:middle], batch.pks[middle:])):
                share = 2 * batch.attempt + place
                deliveries.change(connection, half, state=State.PENDING, share=share, next_at=now)


def release_refunds(connection: Connection, now: datetime, *, dataset_pk: int | None = None) -> None:
    """Refunds that waited for their Purchase, at one dataset or at all: due where it was told, skipped where it was
    not or never came.
    """
    deliveries.settle_dependents(
        connection,
        event_name=REFUND,
        upon=PURCHASE,
        reason_untold=PURCHASE_NOT_TOLD,
        given_up_before=now - TOO_OLD,
        dataset_pk=dataset_pk,
    )
