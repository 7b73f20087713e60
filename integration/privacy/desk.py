"""Where requests about personal data are carried out, one after the other, each with the proof of what was done.

A request is ours while its lease lasts; who dies over it is followed by another, and whatever was done is done again.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from connectors.event import PrivacyKind, PrivacyRequest
from integration.crypto import Sealer
from integration.db import (
    Connection,
    Engine,
    after,
    erasing,
    privacy_requests,
    reading,
    stores,
    tasks,
    transact,
)
from integration.db.privacy_requests import OPERATOR, SEALED_DEMAND, SEALED_EXPORT, Request
from integration.db.stores import Store
from integration.errors import SealBroken, Unavailable
from integration.log import logger
from integration.privacy import answering, departure, erasure, person, store_erasure
from integration.privacy.departure import Standing
from integration.privacy.erasure import Eraser

CONNECTED_AGAIN = "the store was connected again"
BY_COMMAND = (
    "The store was connected by command and still is: if it is gone, run tandem erase STORE --everything --yes."
)
# What a demand is called that does not open: what it asks is inside. It is sealed as the task that it came as.
UNREADABLE = "unreadable"
LATER, TOMORROW = timedelta(minutes=5), timedelta(days=1)
# A webhook that looked for a tombstone before there was one has written by then, or never will.
_ONCE_MORE = timedelta(seconds=60)
_LEASE = timedelta(minutes=5)  # above a job's time
_ROWS = 20_000


def sealed_demand(sealer: Sealer, demand: PrivacyRequest, store_id: str) -> str:
    """A demand as its column holds it."""
    return sealer.seal(msgspec.json.encode(demand), store=store_id, column=SEALED_DEMAND)


def opened_demand(sealer: Sealer, sealed: str | None, store_id: str, column: str) -> PrivacyRequest:
    """The demand in a sealed column. Raises SealBroken, also for what holds none."""
    try:
        return msgspec.json.decode(sealer.unseal(sealed or "", store=store_id, column=column), type=PrivacyRequest)
    except msgspec.DecodeError:
        raise SealBroken(f"A sealed {column} holds no demand.") from None


def note(connection: Connection, counts: Mapping[str, int], pk: int) -> None:
    """Add to a request's proof, in the transaction that does what is counted."""
    row = privacy_requests.by_id(connection, pk)
    total = Counter[str](json.loads(row.proof or "{}") if row else {})
    total.update(counts)
    privacy_requests.change(connection, pk, proof=json.dumps(total, sort_keys=True))


def finish(connection: Connection, pk: int, now: datetime, **also: Any) -> None:
    """It is done: what was asked is forgotten, its proof stays."""
    note(connection, {}, pk)
    values = {"done_at": now, "next_at": None, "demand": None, "trouble": None, **also}
    privacy_requests.change(connection, pk, **values)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are carried out, one after the other."""

    engine: Engine
    sealer: Sealer
    secret_key: str
    now: datetime
    deadline: float

    def attend(self, pk: int) -> bool:
        """Go on with one, unless another does. Whatever is wrong with it, the others must not wait. Raises Unavailable."""
        row = transact(self.engine, partial(self._claim, pk=pk))
        if row is None:
            return False
        try:
            self._go_on(row)
        except Unavailable:
            raise
        except SealBroken as error:
            self._change(row, next_at=after(LATER), trouble=str(error))
        except Exception as error:  # noqa: BLE001
            kind = type(error).__name__
            logger("privacy").error("a request cannot be carried out", request=row.id, kind=kind)
            self._change(
                row, next_at=after(LATER), trouble=f"It could not be carried out ({kind}), and is tried again."
            )
        return True

    def _claim(self, connection: Connection, pk: int) -> Request | None:
        claimed = erasing.claim(connection, pk, _LEASE)
        return privacy_requests.by_id(connection, pk) if claimed else None

    def _go_on(self, row: Request) -> None:
        demand = self._demand(row)
        with reading(self.engine) as connection:
            store = self._store(connection, row, demand)
        if store is None:  # erased meanwhile
            transact(self.engine, partial(finish, pk=row.id, now=self.now))
        else:
            ways = {PrivacyKind.CUSTOMER_DATA: self._export, PrivacyKind.CUSTOMER_ERASURE: self._erase}
            ways.get(demand.kind, self._erase_store)(row, store, demand)

    def _demand(self, row: Request) -> PrivacyRequest:
        if row.kind != UNREADABLE:
            return opened_demand(self.sealer, row.demand, row.store_id or "", SEALED_DEMAND)
        demand = opened_demand(self.sealer, row.demand, row.store_id or "", tasks.SEALED_PAYLOAD)
        sealed = sealed_demand(self.sealer, demand, row.store_id or "")
        self._change(row, kind=demand.kind, demand=sealed)
        return demand

    def _store(self, connection: Connection, row: Request, demand: PrivacyRequest) -> Store | None:
        """By its domain, where the request has been parted from the store that is being erased."""
        if row.store_id:
            return stores.by_id(connection, row.store_id)
        parted = demand.kind is PrivacyKind.STORE_ERASURE and demand.site
        found = stores.by_domain(connection, row.platform, demand.site or "") if parted else None
        # Whoever died right after the last of it may find that a new store has its domain by now.
        return found if found and found.created_at <= row.asked_at else None

    def _export(self, row: Request, store: Store, demand: PrivacyRequest) -> None:
        transact(self.engine, partial(self._export_on, row=row, store=store, demand=demand))

    def _export_on(self, connection: Connection, row: Request, store: Store, demand: PrivacyRequest) -> None:
        told = answering.answer(connection, self.sealer, self.secret_key, store, demand, self.now)
        note(connection, told.rows, row.id)
        export = self.sealer.seal(told.export, store=store.id, column=SEALED_EXPORT)
        finish(connection, row.id, self.now, export=export, people=json.dumps(sorted(told.people)))

    def _erase(self, row: Request, store: Store, demand: PrivacyRequest) -> None:
        """Begun at the tombstones; a time that begins after them by a minute finds what was under way then."""
        at = row.begun_at or self.now
        whole = transact(self.engine, partial(self._forbid, row=row, store=store, demand=demand, at=at))
        Eraser(self.engine, self.sealer, self.secret_key, store, whole, at, partial(note, pk=row.id)).erase()
        if row.begun_at is None:
            self._change(row, next_at=after(_ONCE_MORE), trouble=None)
        else:
            transact(self.engine, partial(finish, pk=row.id, now=self.now))

    def _forbid(
        self, connection: Connection, row: Request, store: Store, demand: PrivacyRequest, at: datetime
    ) -> PrivacyRequest:
        whole = erasure.forbid(connection, secret_key=self.secret_key, store=store, demand=demand, at=at)
        people = sorted(person.people(person.wanted(whole, store, self.secret_key), self.secret_key, store.id))
        sealed = sealed_demand(self.sealer, whole, store.id)
        privacy_requests.change(connection, row.id, begun_at=at, demand=sealed, people=json.dumps(people))
        return whole

    def _erase_store(self, row: Request, store: Store, demand: PrivacyRequest) -> None:
        by_operator = row.asked_by == OPERATOR
        standing = Standing.GONE if by_operator else transact(self.engine, partial(departure.of, store=store, row=row))
        if standing is Standing.ASKED:
            self._change(row, begun_at=row.begun_at or self.now, next_at=after(LATER), trouble=None)
            return
        if standing is Standing.UNKNOWN:
            self._change(row, next_at=after(TOMORROW), trouble=BY_COMMAND)
            return
        if standing is Standing.BACK:
            self._stays(row, store)
            return
        # The store goes last, and all that is its own with it: this row must not be.
        sealed = sealed_demand(self.sealer, msgspec.structs.replace(demand, site=store.domain), "")
        self._change(row, store_id=None, demand=sealed, people="[]", begun_at=row.begun_at or self.now)
        self._in_parts(row, store, None if by_operator else self.now)

    def _in_parts(self, row: Request, store: Store, left_before: datetime | None) -> None:
        over = False
        while not over:
            if time.monotonic() > self.deadline:
                self._change(row, next_at=self.now)
                return
            part = store_erasure.erase_some(self.engine, store.id, most=_ROWS, left_before=left_before)
            transact(self.engine, partial(note, counts=part.rows, pk=row.id))
            over = part.over
        with reading(self.engine) as connection:
            still_there = stores.by_id(connection, store.id)
        if still_there:
            self._stays(row, store)
        else:
            transact(self.engine, partial(finish, pk=row.id, now=self.now))

    def _stays(self, row: Request, store: Store) -> None:
        done = partial(finish, pk=row.id, now=self.now, store_id=store.id, trouble=CONNECTED_AGAIN)
        transact(self.engine, done)

    def _change(self, row: Request, **values: Any) -> None:
        transact(self.engine, partial(privacy_requests.change, pk=row.id, **values))
