"""The proof: the first real order after going live, who told Meta of it and when, each claim with its evidence.

It is weighed until the Pixel's word is known or an hour has passed, and then kept as it was known.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from integration.db import Connection, proofs
from integration.db import coverage as rows
from integration.db.proofs import Candidate
from integration.db.stores import Store
from integration.meta import mapping
from integration.meta.event import PURCHASE
from integration.monitor import coverage_report, evidence, settling
from integration.monitor.coverage import SENTENCES, Cause, Value, Verdict
from integration.stores.zone import zone_of

# Signals are let go after two weeks: of an older order nobody can say any more what its browser told.
_STILL_KNOWN = timedelta(days=14)
_MOMENT = timedelta(milliseconds=1)
_FADED = "What browsers told then is not kept any more."


class Proof(msgspec.Struct, frozen=True):
    """What is known of that order. `order`: as the shop calls it; `pixel_at`: when the Pixel's request left, under the
    same id; `trace`: by which Meta finds the server's call; `cause`: the evidence.
    """

    order: str
    event_id: str
    dataset_id: str
    placed_at: datetime
    server_at: datetime
    pixel_at: datetime | None
    trace: str | None
    value: Value
    cause: Cause | None = None


class Shown(NamedTuple):
    """A proof for people. `event_pk`: of the ledger, for a link; `at`: when it was known; `mailed_at` and `trouble`: what
    became of the mail.
    """

    sentence: str
    proof: Proof
    event_pk: int
    at: datetime | None
    mailed_at: datetime | None
    trouble: str | None


def of_store(connection: Connection, store: Store, now: datetime) -> Shown | None:
    """The proof that is kept, or the one that can be given now; None while there is nothing to prove yet."""
    kept = proofs.of_store(connection, store.id)
    if kept is not None:
        told = msgspec.json.decode(kept.told, type=Proof)
        said = sentence(told, zone_of(store))
        return Shown(said, told, kept.event_pk, kept.proven_at, kept.mailed_at, kept.trouble)
    found = _weighed(connection, store, now)
    if found is None:
        return None
    first, made = found
    return Shown(sentence(made, zone_of(store)), made, first.event_pk, None, None, None)


def prove(connection: Connection, store: Store, now: datetime) -> bool:
    """Keep the proof, if it can be given. False where there is none yet."""
    if proofs.of_store(connection, store.id) is not None:
        return True
    found = _weighed(connection, store, now)
    if found is not None:
        proofs.keep(connection, store.id, found[0].event_pk, msgspec.json.encode(found[1]).decode())
    return found is not None


def _weighed(connection: Connection, store: Store, now: datetime) -> tuple[Candidate, Proof] | None:
    first = proofs.candidate(connection, store.id, PURCHASE, since=store.since) if store.live else None
    if first is None:
        return None
    pixel_at = _pixel_at(connection, store, first)
    if pixel_at is not None:
        return first, _proof(first, Value.BOTH, Cause.TOLD_BY_BOTH, pixel_at)
    if not settling.is_settled(first.placed_at, first.received_at, now):
        return None
    if now - first.placed_at > _STILL_KNOWN:
        return first, _proof(first, Value.UNKNOWN, None)
    return first, _proof(first, *_verdict(connection, store, first, now))


def _verdict(connection: Connection, store: Store, first: Candidate, now: datetime) -> Verdict:
    """As coverage judges it: there is one judgement, wherever it is shown."""
    judged = coverage_report.judged(connection, store, since=first.placed_at, until=first.placed_at + _MOMENT, now=now)
    same = [one for one in judged if (one.told.event_pk, one.told.dataset_id) == (first.event_pk, first.dataset_id)]
    return same[0].verdict


def _pixel_at(connection: Connection, store: Store, first: Candidate) -> datetime | None:
    seen = rows.proven(connection, store.id, evidence.keys(first))
    same = (PURCHASE, first.event_id, first.dataset_id)
    sent = [one.sent_at for one in seen if (one.event_name, one.event_id, one.dataset_id) == same and one.sent_at]
    return min(sent, default=None)


def _proof(first: Candidate, value: Value, cause: Cause | None, pixel_at: datetime | None = None) -> Proof:
    return Proof(
        order=mapping.decode_facts(first.facts).number or first.order_id or first.event_id,
        event_id=first.event_id,
        dataset_id=first.dataset_id,
        placed_at=first.placed_at,
        server_at=first.delivered_at,
        pixel_at=pixel_at,
        trace=first.fbtrace_id,
        value=value,
        cause=cause,
    )


def sentence(told: Proof, zone: ZoneInfo) -> str:
    """What may be claimed of it, and no more. Pure."""
    trace = f", trace {told.trace}" if told.trace else ""
    if told.pixel_at is not None:
        both = f"Told by Pixel {_clock(told.pixel_at, zone)}, by server {_clock(told.server_at, zone)}"
        return f"{both}, same id {told.event_id}, Meta accepted{trace}."
    server = f"{_clock(told.server_at, zone)}, id {told.event_id}, Meta accepted{trace}"
    evidence = SENTENCES[told.cause] if told.cause else _FADED
    if told.value is Value.SERVER_ONLY:
        return f"Only the server told Meta of order {told.order}: {server}. {evidence}"
    return f"The server told Meta of order {told.order}: {server}. Of the Pixel nothing is claimed. {evidence}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def day(told: Proof, zone: ZoneInfo) -> str:
    """The day on which the order was placed, in words. Pure."""
    placed = told.placed_at.astimezone(zone)
    return f"{placed.day} {placed:%B %Y}"
