"""A person erased from all that is kept of a store: first nobody may bring them back, then everything of theirs goes.

In steps, each committed with its count; broken off anywhere and begun anew, it ends the same.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice

import msgspec

from connectors.event import PrivacyRequest
from integration.crypto import Sealer
from integration.db import Connection, Engine, erasing, events, reading, stores, theirs, tombstones, transact
from integration.db.stores import Store
from integration.db.theirs import Theirs
from integration.pipeline.qualify import ERASED
from integration.privacy import person, unread

_SLICE = 200

Counts = Mapping[str, int]
Note = Callable[[Connection, Counts], None]


def _unnoted(_connection: Connection, _counts: Counts) -> None:
    pass


def forbid(
    connection: Connection, *, secret_key: str, store: Store, demand: PrivacyRequest, at: datetime
) -> PrivacyRequest:
    """Let nobody bring them back once this is committed, nor what they ordered; the demand with all their orders' ids,
    by which they are found when nothing else of them is left.
    """
    stores.touch(connection, store.id)
    found = _found(connection, store, demand, secret_key, at)
    whole = _with_orders(demand, found)
    mine = person.people(person.wanted(whole, store, secret_key), secret_key, store.id)
    # Whoever is named by an order, or by an address alone, comes back under the other names they had there.
    theirs_too = theirs.names(connection, [one.id for one in found])
    tombstones.add(connection, store.id, sorted(mine | theirs_too), at)
    return whole


def with_all_orders(
    connection: Connection, store: Store, demand: PrivacyRequest, secret_key: str, at: datetime
) -> PrivacyRequest:
    """The demand with the ids of all orders of theirs, until then."""
    return _with_orders(demand, _found(connection, store, demand, secret_key, at))


def _found(connection: Connection, store: Store, demand: PrivacyRequest, secret_key: str, at: datetime) -> list[Theirs]:
    wanted = person.wanted(demand, store, secret_key)
    return theirs.of_person(connection, store.id, wanted.hmacs, wanted.order_ids, at)


def _with_orders(demand: PrivacyRequest, found: Iterable[Theirs]) -> PrivacyRequest:
    named = {*demand.order_ids, *(one.order_id for one in found if one.order_id)}
    return msgspec.structs.replace(demand, order_ids=tuple(sorted(named)))


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases one person, who is forbidden already. `at`: what they do after it is a new purchase. `note` is told, within
    each step's transaction, how many rows of which table it took.
    """

    engine: Engine
    sealer: Sealer
    secret_key: str
    store: Store
    demand: PrivacyRequest
    at: datetime
    note: Note = _unnoted
    _total: Counter[str] = field(default_factory=Counter)

    def erase(self) -> dict[str, int]:
        """The rows by table. Raises Unavailable."""
        wanted = person.wanted(self.demand, self.store, self.secret_key)
        self._step(partial(self._orders_words, order_ids=wanted.order_ids))
        for some in _sliced(self._found(wanted)):
            self._step(partial(self._events, some=some))
        self._quarantine()
        people = person.people(wanted, self.secret_key, self.store.id)
        self._step(lambda on: {"privacy_requests": erasing.withdraw(on, self.store.id, people, self.at, ERASED)})
        return dict(self._total)

    def _step(self, work: Callable[[Connection], Counts]) -> None:
        def noted(connection: Connection) -> Counts:
            counts = work(connection)
            self.note(connection, counts)
            return counts

        self._total.update(transact(self.engine, noted))

    def _found(self, wanted: person.Wanted) -> list[Theirs]:
        with reading(self.engine) as connection:
            found = theirs.of_person(connection, self.store.id, wanted.hmacs, wanted.order_ids, self.at)
        return found[::-1]  # what is found by others goes before them

    def _events(self, connection: Connection, some: list[Theirs]) -> Counts:
        """The events before their deliveries, as every webhook locks them."""
        pks = [one.id for one in some]
        events.lock_many(connection, pks)
        stopped = erasing.stop(connection, pks, ERASED)
        emptied = erasing.empty(connection, pks)
        return {"events": emptied, "deliveries": stopped, **self._words(connection, person.keys(some))}

    def _orders_words(self, connection: Connection, order_ids: Iterable[str]) -> Counts:
        """What browsers told of orders that we may never have heard of otherwise."""
        return self._words(connection, person.keys((), order_ids))

    def _words(self, connection: Connection, keys: set[str]) -> Counts:
        return {
            "signals": erasing.forget_signals(connection, self.store.id, keys),
            "sightings": erasing.forget_sightings(connection, self.store.id, keys),
        }

    def _quarantine(self) -> None:
        for one in unread.of_person(self._following, self.sealer, self.store.id, self.demand):
            self._step(partial(self._discard, pk=one.id))

    def _following(self, pk: int) -> erasing.Quarantined | None:
        with reading(self.engine) as connection:
            return erasing.quarantined(connection, self.store.id, pk)

    def _discard(self, connection: Connection, pk: int) -> Counts:
        return {"quarantine": erasing.discard(connection, pk)}


def _sliced(found: list[Theirs]) -> Iterable[list[Theirs]]:
    rest = iter(found)
    while some := list(islice(rest, _SLICE)):
        yield some
