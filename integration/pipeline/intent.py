"""What is about to leave: due rows of many datasets are read, decided on, and the intent to send them written down."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from integration.crypto import Sealer
from integration.db import Connection, attempts, datasets, deliveries, dependents, due, events, heard, leasing, stores
from integration.db import now as database_now
from integration.db.attempts import Intent
from integration.db.deliveries import State
from integration.db.dependents import Purchaser
from integration.db.due import Due
from integration.db.events import Learnt
from integration.db.leasing import Lease
from integration.db.stores import Store
from integration.log import logger
from integration.meta.event import MAX_BATCH, PURCHASE, REFUND, encode, key_mask
from integration.pipeline import identity, joining, schedule, withholding
from integration.pipeline.dispatch import (
    CRASHES_OF_ONE,
    ONE_AT_A_TIME,
    Packed,
    Set,
    View,
    decide,
    most_events,
    next_batch,
)
from integration.pipeline.listening import Ear, listen
from integration.pipeline.outcome import Batch
from integration.pipeline.schedule import Trouble
from integration.pipeline.scribe import seal_person, unseal_person
from integration.pipeline.withholding import Silenced
from integration.pipeline.witness import Witnesses, witnesses

UNREADABLE = "This event cannot be read. This is a fault of ours: please report it."
CRASHES = "whoever tried to send this event died; it is tried again later, by itself"
# With how many held events a paused dataset is looked at: most of them only to find one that may still leave.
_QUESTIONS = 20


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for some leases; `left` are those for which there was no room in one look.

    `keys`: by delivery, the keys by which browsers may have told of it, of stores of which any browser told anything.
    """

    now: datetime
    rows: Mapping[Lease, Sequence[Due]]
    stores: Mapping[str, Store]
    purchasers: Mapping[int, Mapping[str, Purchaser]]
    left: Sequence[Lease]
    keys: Mapping[int, Sequence[str]]
    ear: Ear
    witnesses: Mapping[Lease, Witnesses]

    @classmethod
    def of(cls, connection: Connection, leases: Sequence[Lease], sealer: Sealer) -> "Read":
        """Read it, without locking anything."""
        asking = [lease.dataset.id for lease in leases if lease.dataset.paused]
        telling = [lease.dataset.id for lease in leases if not lease.dataset.paused]
        found = due.due_of(connection, telling, each=MAX_BATCH) if telling else {}
        if asking:
            found |= due.due_of(connection, asking, each=_QUESTIONS, held=True)
        rows = {lease: found[lease.dataset.id] for lease in leases if lease.dataset.id in found}
        now = database_now(connection)
        known = stores.by_ids(connection, {lease.dataset.store_id for lease in rows})
        purchasers = {lease.dataset.id: _purchasers(connection, lease, found) for lease, found in rows.items()}
        keys, ear = _listen(connection, sealer, rows, known, purchasers)
        return cls(
            now=now,
            rows=rows,
            stores=known,
            purchasers=purchasers,
            left=[lease for lease in leases if lease.dataset.id not in found],
            keys=keys,
            ear=ear,
            witnesses={
                lease: witnesses(connection, store, lease.dataset, some, purchasers[lease.dataset.id], now)
                for lease, some in rows.items()
                if (store := known.get(lease.dataset.store_id)) is not None
            },
        )


def _listen(
    connection: Connection,
    sealer: Sealer,
    rows: Mapping[Lease, Sequence[Due]],
    known: Mapping[str, Store],
    purchasers: Mapping[int, Mapping[str, Purchaser]],
) -> tuple[Mapping[int, Sequence[str]], Ear]:
    """What browsers told of these rows. Of a store whose script is silent something may be kept from before, and a no is a
    no: but nothing is looked for by thousands of keys where nothing is.
    """
    silent = {one.id for one in known.values() if not one.hears_browsers}
    told = (known.keys() - silent) | (heard.stores_with_any(connection, silent) if silent else set())
    keys: dict[int, Sequence[str]] = {}
    wanted: dict[str, list[str]] = {}
    for lease, some in rows.items():
        if lease.dataset.store_id in told:
            mine = {row.id: _keys(row, purchasers[lease.dataset.id]) for row in some}
            keys |= mine
            wanted.setdefault(lease.dataset.store_id, []).extend(key for those in mine.values() for key in those)
    return keys, listen(connection, sealer, wanted) if wanted else Ear(sealer)


def _keys(row: Due, purchasers: Mapping[str, Purchaser]) -> list[str]:
    """A refund has its Purchase's."""
    of = purchasers.get(row.order_id or "", row) if row.event_name == REFUND else row
    return joining.keys(of.checkout_key, of.cart_key, row.order_id)


def _purchasers(connection: Connection, lease: Lease, rows: Sequence[Due]) -> Mapping[str, Purchaser]:
    orders = [row.order_id for row in rows if row.event_name == REFUND and row.order_id]
    return dependents.purchasers(connection, lease.dataset.id, PURCHASE, orders) if orders else {}


@dataclass(frozen=True, slots=True)
class Decided:
    """One dataset's due rows and what becomes of each now. `learnt`: the persons of what is told that browsers told of;
    `silenced`: what is withheld, and what browsers had told of it.
    """

    lease: Lease
    told: Sequence[Packed]
    put: Sequence[tuple[Due, Set]]
    learnt: Sequence[Learnt] = ()
    silenced: Sequence[Silenced] = ()


@dataclass(frozen=True, slots=True)
class Intents:
    """Decides and writes, for one owner of leases. `chance` gives a number from 0 to 1."""

    sealer: Sealer
    owner: str
    lease_seconds: int
    chance: Callable[[], float]

    def decide(self, read: Read) -> list[Decided]:
        """Without the database: what leaves in each dataset's next call, and what becomes of the rest."""
        return [self._decide(lease, rows, read) for lease, rows in read.rows.items()]

    def _decide(self, lease: Lease, rows: Sequence[Due], read: Read) -> Decided:
        store = read.stores.get(lease.dataset.store_id)
        if store is None:
            return Decided(lease, (), ())
        view = self._view(lease, store, read)
        if lease.dataset.crashes >= CRASHES_OF_ONE and rows:
            return Decided(lease, (), [(rows[0], self._set_aside(rows[0], read.now))])
        verdicts = [(row, _decide_on(row, view)) for row in rows]
        told = next_batch([one for _, one in verdicts if isinstance(one, Packed)], most_events(lease.dataset))
        put = [(row, one) for row, one in verdicts if isinstance(one, Set)]
        silenced = [_silenced(row, store, read.ear) for row, one in put if one.wipe]
        return Decided(lease, told, put, [self._learnt(one, store) for one in told if one.learnt], silenced)

    def _view(self, lease: Lease, store: Store, read: Read) -> View:
        seen = read.witnesses[lease]
        return View(
            store=store,
            dataset=lease.dataset,
            purchasers=read.purchasers[lease.dataset.id],
            unseal=self._person(store),
            now=read.now,
            heard=lambda row: read.ear.heard(store.id, read.keys.get(row.id, ())),
            witnessed=lambda row: seen.of.get(row.id),
            told_by_pixel=seen.told_by_pixel,
        )

    def _learnt(self, told: Packed, store: Store) -> Learnt:
        person = told.learnt or identity.Person({})
        sealed = seal_person(self.sealer, store.id, person)
        mask, words = key_mask(person.user_data), told.stated.encoded()
        return Learnt(told.due.event_pk, told.due.user_data or "", sealed, mask, words)

    def _set_aside(self, row: Due, now: datetime) -> Set:
        """It may be what kills its senders, or they may have been killed while it was its turn. So it does not end: it
        waits by the timetable, and the others go on.
        """
        return Set(State.PENDING, CRASHES, schedule.next_attempt(row.attempts, now, chance=self.chance()))

    def _person(self, store: Store) -> Callable[[str], identity.Person]:
        return lambda sealed: unseal_person(self.sealer, store.id, sealed)

    def write(self, connection: Connection, decided: Sequence[Decided]) -> list[Batch]:
        """Write decisions and intents; the batches that may leave once this is committed."""
        leases = [one.lease for one in decided]
        ours = leasing.hold(connection, leases, owner=self.owner, seconds=self.lease_seconds)
        mine = [one for one in decided if one.lease.dataset.id in ours]
        # What leaves is written down as it was told: its refunds are told of the same person.
        events.learn(connection, [learnt for one in mine for learnt in one.learnt])
        self._write_decisions(connection, mine)
        _write_rulings(connection, [told for one in mine for told in one.told])
        intents = [
            Intent(one.lease.dataset.id, one.lease.fence, [told.due.id for told in one.told])
            for one in mine
            if one.told
        ]
        by_dataset, taken = attempts.begin(connection, intents)
        batches = [_batch(one, by_dataset[one.lease.dataset.id], taken) for one in mine if one.told]
        leaving = [batch for batch in batches if batch.told]
        self._let_go(connection, mine, {batch.dataset.id for batch in leaving})
        return leaving

    def _write_decisions(self, connection: Connection, mine: Sequence[Decided]) -> None:
        """What is withheld is written only where nothing was told of it in the meantime, and then forgotten."""
        silenced = [one for decided in mine for one in decided.silenced]
        events.lock_many(connection, [one.event_pk for one in silenced])
        again = withholding.undecided(connection, silenced)
        put = [(row, one) for decided in mine for row, one in decided.put if row.event_pk not in again or not one.wipe]
        deliveries.change(connection, _orphaned(mine), state=State.PENDING, doubtful=True)
        _write_states(connection, put)
        gone = deliveries.only_withheld(connection, [row.event_pk for row, one in put if one.wipe])
        if gone:
            events.wipe(connection, gone)
            stated = {row.event_pk: one.stated.encoded() for row, one in put if row.event_pk in gone and one.stated}
            events.note_statements(connection, stated)
            for one in silenced:
                if one.event_pk in gone:
                    withholding.forget_browsers(connection, self.sealer, one.store_id, one.seen)

    def _let_go(self, connection: Connection, mine: Sequence[Decided], leaving: set[int]) -> None:
        """Of these datasets nothing leaves now."""
        idle = [one.lease.dataset for one in mine if one.lease.dataset.id not in leaving]
        for dataset in idle:
            if dataset.crashes >= CRASHES_OF_ONE:
                datasets.forgive_crashes(connection, dataset.id, to=ONE_AT_A_TIME)
            if dataset.paused:  # nothing to ask with: later perhaps
                wait = schedule.rest(Trouble.PAUSED, dataset.failures + 1, chance=self.chance())
                datasets.rest(connection, dataset.id, wait, failures=dataset.failures + 1)
        if idle:
            leasing.release(connection, [dataset.id for dataset in idle], owner=self.owner)


def _decide_on(row: Due, view: View) -> Packed | Set:
    """A row that breaks the rules of reading must not keep the others of its dataset from leaving.

    What leaves is packed at once: bytes cost less to hold by the thousand than what they are made from.
    """
    try:
        decision = decide(row, view)
        if isinstance(decision, Set):
            return decision
        return Packed(row, encode(decision.event), decision.ruling, decision.learnt, decision.stated)
    except Exception as error:  # noqa: BLE001
        logger("intent").error("an event cannot be read", delivery=row.id, kind=type(error).__name__)
        return Set(State.DEAD, UNREADABLE)


def _batch(one: Decided, attempt: int, taken: frozenset[int]) -> Batch:
    code = one.lease.dataset.test_event_code if one.told[0].due.test else None
    return Batch(one.lease, attempt, [told for told in one.told if told.due.id in taken], code)


def _orphaned(decided: Sequence[Decided]) -> list[int]:
    """Their sender died between intent and outcome: nobody knows whether Meta counted them."""
    rows = [told.due for one in decided for told in one.told] + [row for one in decided for row, _ in one.put]
    return [row.id for row in rows if row.state == State.SENDING]


def _silenced(row: Due, store: Store, ear: Ear) -> Silenced:
    keys = joining.keys(row.checkout_key, row.cart_key, row.order_id)
    seen = {key: ear.found[store.id, key].sealed for key in keys if (store.id, key) in ear.found}
    return Silenced(row.event_pk, store.id, row.user_data, keys, seen)


def _write_states(connection: Connection, put: Sequence[tuple[Due, Set]]) -> None:
    alike: dict[tuple[str, Set], list[int]] = defaultdict(list)
    for row, one in put:
        seen = State.PENDING if row.state == State.SENDING else row.state
        alike[seen, one].append(row.id)
    for (seen, one), pks in alike.items():
        ruling = {"ruling": one.ruling} if one.ruling else {}
        deliveries.decide(connection, pks, seen=seen, state=one.state, reason=one.reason, next_at=one.next_at, **ruling)


def _write_rulings(connection: Connection, told: Sequence[Packed]) -> None:
    """Why consent lets them leave, where it is not what was written when they came."""
    changed: dict[str, list[int]] = defaultdict(list)
    for one in told:
        if one.ruling != one.due.ruling:
            changed[one.ruling].append(one.due.id)
    for ruling, pks in changed.items():
        deliveries.change(connection, pks, ruling=ruling)
