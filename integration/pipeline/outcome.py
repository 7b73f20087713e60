"""What Meta's answers do to the ledger. In the caller's transaction, under leases that hold; no commit here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from integration.db import Connection, alerts, attempts, datasets, deliveries, dependents, held
from integration.db import now as database_now
from integration.db.attempts import Outcome
from integration.db.datasets import Dataset
from integration.db.deliveries import State
from integration.db.leasing import Lease
from integration.meta.errors import Accepted, Answer, Counted, Paused, Refused, Retryable
from integration.meta.event import PURCHASE, REFUND
from integration.pipeline import schedule
from integration.pipeline.dispatch import Packed
from integration.pipeline.late import EXPIRED, ended
from integration.pipeline.qualify import PURCHASE_NOT_TOLD
from integration.pipeline.schedule import TOO_OLD, Trouble

DATASET_PAUSED = "dataset_paused"
UNREACHABLE = "Meta could not be reached before the event was too old"
# One bad event costs two refusals in a row at most; halving finds eight that lie evenly within fifteen.
REFUSALS_IN_A_ROW = 24
# Single events that were refused one after the other, while nothing was taken: by then it is not about them.
DEAD_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """One call: some events of one dataset. `attempt` is the row of the written intent."""

    lease: Lease
    attempt: int
    told: Sequence[Packed]
    test_event_code: str | None

    @property
    def dataset(self) -> Dataset:
        """Whose events they are."""
        return self.lease.dataset

    @property
    def pks(self) -> list[int]:
        """The deliveries in it."""
        return [one.due.id for one in self.told]


Answered = tuple[Batch, Answer]


@dataclass(frozen=True, slots=True)
class Clerk:
    """Writes outcomes down. `chance` gives a number from 0 to 1."""

    connection: Connection
    chance: Callable[[], float]

    def write(self, answered: Sequence[Answered]) -> None:
        """Write down what came of calls, each of a dataset of its own."""
        attempts.end(self.connection, [_outcome(batch, answer) for batch, answer in answered])
        taken = [(batch, answer) for batch, answer in answered if isinstance(answer.next, Accepted)]
        if taken:
            self._delivered(taken)
        others = [(batch, answer) for batch, answer in answered if not isinstance(answer.next, Accepted)]
        now = database_now(self.connection) if others else None
        for batch, answer in others:
            self._not_taken(batch, answer, now or database_now(self.connection))

    def _delivered(self, taken: Sequence[Answered]) -> None:
        batches = [batch for batch, _ in taken]
        pks = [pk for batch in batches for pk in batch.pks]
        attempts.delivered(self.connection, [batch.attempt for batch in batches], pks)
        datasets.forget_trouble(self.connection, [batch.dataset.id for batch in batches])
        for batch, answer in taken:
            if batch.dataset.paused:
                self._resume(batch.dataset)
            if answer.rest:
                self._rest(batch.dataset, Trouble.FAILED, failures=0, asked=answer.rest)
        purchases = [one.dataset.id for one in batches if any(told.due.event_name == PURCHASE for told in one.told)]
        if purchases:
            release_refunds(self.connection, dataset_pks=purchases)

    def _not_taken(self, batch: Batch, answer: Answer, now: datetime) -> None:
        match answer.next:
            case Retryable(after, throttled):
                asked = max(after or 0, answer.rest or 0) or None
                self._retry(batch, now, after=asked, doubtful=answer.counted is Counted.UNKNOWN)
                trouble = Trouble.THROTTLED if throttled else Trouble.FAILED
                trouble = Trouble.PAUSED if batch.dataset.paused else trouble
                self._rest(batch.dataset, trouble, failures=batch.dataset.failures + 1, asked=asked)
            case Paused(reason):
                self._pause(batch, reason, now)
            case Refused(advice):
                self._refused(batch, advice, now)

    def _retry(self, batch: Batch, now: datetime, *, after: float | None, doubtful: bool) -> None:
        if doubtful:
            deliveries.change(self.connection, batch.pks, doubtful=True)
        if batch.dataset.paused:  # it only asked, and got no answer to that
            deliveries.change(self.connection, batch.pks, state=State.HELD, reason=batch.dataset.reason)
            return
        tried = {one.due.attempts + 1 for one in batch.told}
        when = {n: schedule.next_attempt(n, now, chance=self.chance(), not_before=after) for n in tried}
        over = {one.due.id for one in batch.told if schedule.is_over(one.due.event_time, when[one.due.attempts + 1])}
        if over:
            deliveries.change(self.connection, sorted(over), state=State.EXPIRED, reason=UNREACHABLE, next_at=None)
            self._say(batch.dataset, EXPIRED, ended(len(over)), now)
        for tries, at in when.items():
            pks = [one.due.id for one in batch.told if one.due.attempts + 1 == tries and one.due.id not in over]
            deliveries.change(self.connection, pks, state=State.PENDING, reason=None, next_at=at)

    def _rest(self, dataset: Dataset, trouble: Trouble, *, failures: int, asked: float | None = None) -> None:
        wait = schedule.rest(trouble, failures, chance=self.chance(), asked=asked)
        datasets.rest(self.connection, dataset.id, wait, failures=failures)

    def _pause(self, batch: Batch, reason: str, now: datetime) -> None:
        """The dataset rests until its token is renewed, or a single event is taken; its events are held."""
        dataset = batch.dataset
        if not datasets.pause(self.connection, dataset, reason):
            # The merchant pasted a new token while this call was under way with the old one.
            deliveries.change(self.connection, batch.pks, state=State.PENDING, reason=None, next_at=now)
            return
        deliveries.change(self.connection, batch.pks, state=State.HELD, reason=reason)
        held.hold_dataset(self.connection, dataset.id, reason)
        asked_before = dataset.failures if dataset.paused else 0
        self._rest(dataset, Trouble.PAUSED, failures=asked_before + 1)
        if not dataset.paused or dataset.reason != reason:
            self._say(dataset, DATASET_PAUSED, f"Dataset {dataset.dataset_id}: {reason}", now)

    def _say(self, dataset: Dataset, kind: str, sentence: str, now: datetime) -> None:
        alerts.raise_one(self.connection, store_id=dataset.store_id, kind=kind, sentence=sentence, at=now)

    def _resume(self, dataset: Dataset) -> None:
        """It works again without anybody having told us: what was held goes on."""
        if datasets.resume(self.connection, dataset):
            held.resume_dataset(self.connection, dataset.id)
            alerts.clear(self.connection, store_id=dataset.store_id, kind=DATASET_PAUSED)

    def _refused(self, batch: Batch, advice: str, now: datetime) -> None:
        """Meta rejects a whole batch for one bad event: halved again and again, only the bad one dies. Where nothing is
        taken any more, the fault is not in single events: the dataset is paused, and those that died of it are held.
        """
        whole = batch.told[0].due.share is None
        refusals, first = datasets.count_refusal(self.connection, batch.dataset.id, batch.attempt, whole=whole)
        if batch.dataset.paused:
            self._pause(batch, batch.dataset.reason or advice, now)
            # The next question is asked with another event: this one may be the only bad one.
            deliveries.change(self.connection, batch.pks, next_at=now)
        elif len(batch.told) == 1:
            deliveries.change(self.connection, batch.pks, state=State.DEAD, reason=advice, next_at=None)
            self._doubt_all(batch, advice, now, first, enough=DEAD_IN_A_ROW)
        elif refusals >= REFUSALS_IN_A_ROW:
            self._doubt_all(batch, advice, now, first, enough=0)
        else:
            self._halve(batch, now)

    def _doubt_all(self, batch: Batch, advice: str, now: datetime, first: int | None, *, enough: int) -> None:
        """Pause where nothing was taken while at least `enough` single events died: they did not die of themselves."""
        died = deliveries.dead_since(self.connection, batch.dataset.id, first) if first else []
        if len(died) >= enough:
            reason = f"Meta refuses all that is sent. {advice}"
            self._pause(batch, reason, now)
            deliveries.change(self.connection, died, state=State.HELD, reason=reason, next_at=now)

    def _halve(self, batch: Batch, now: datetime) -> None:
        middle = (len(batch.told) + 1) // 2
        for place, half in enumerate((batch.pks[:middle], batch.pks[middle:])):
            share = 2 * batch.attempt + place
            deliveries.change(self.connection, half, state=State.PENDING, share=share, next_at=now)


def _outcome(batch: Batch, answer: Answer) -> Outcome:
    return Outcome(batch.attempt, answer.counted, answer.http_status, answer.code, answer.subcode, answer.fbtrace_id)


def release_refunds(connection: Connection, *, dataset_pks: Sequence[int] | None = None) -> None:
    """Refunds that waited for their Purchase, at some datasets or at all: due where it was told, skipped where it was
    not or never came.
    """
    dependents.settle(
        connection,
        event_name=REFUND,
        upon=PURCHASE,
        reason_untold=PURCHASE_NOT_TOLD,
        given_up_before=database_now(connection) - TOO_OLD,
        dataset_pks=dataset_pks,
    )
