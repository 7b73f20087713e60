"""What is withheld keeps nobody: neither the person in the ledger nor what their browser told. And a yes that comes later
is noted, so that the order is read again from its store.

Whoever withholds locks the event, looks once more for what browsers said, and only then forgets; whoever keeps a signal
looks for such events after its own commit, and locks them first. So one of the two always sees the other.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from connectors.event import Stated
from integration.crypto import Sealer
from integration.db import Connection, chores, events, grants, signals, withheld
from integration.db import heard as heard_room
from integration.db.events import Learnt
from integration.db.signals import Kept
from integration.errors import SealBroken
from integration.pipeline import browsing, statements
from integration.pipeline.browsing import Heard
from integration.pipeline.scribe import seal_person, unseal_person


class Silenced(NamedTuple):
    """An event about to be withheld: its store, its sealed person, and the seals that were read by its keys."""

    event_pk: int
    store_id: str
    person: str | None
    keys: Sequence[str]
    seen: Mapping[str, str]


def undecided(connection: Connection, about: Sequence[Silenced]) -> set[int]:
    """Those of them of which a browser, or their shop, told something since they were decided on. The events are locked
    by the caller.
    """
    if not about:
        return set()
    persons = withheld.persons(connection, [one.event_pk for one in about])
    wanted: dict[str, list[str]] = {}
    for one in about:
        wanted.setdefault(one.store_id, []).extend(one.keys)
    told = heard_room.by_keys(connection, wanted)

    def unchanged(one: Silenced) -> bool:
        now = {key: told[one.store_id, key].sealed for key in one.keys if (one.store_id, key) in told}
        return now == one.seen and persons.get(one.event_pk) == one.person

    return {one.event_pk for one in about if not unchanged(one)}


def forget_browsers(connection: Connection, sealer: Sealer, store_id: str, keys: Collection[str]) -> None:
    """Of what browsers told by these keys, keep only what they said of their data."""
    for key in sorted(set(keys)):
        kept = signals.lock(connection, store_id, key)
        if kept is not None and kept.sealed:
            _strip(connection, sealer, kept)


def _strip(connection: Connection, sealer: Sealer, kept: Kept) -> None:
    heard = _opened(sealer, kept)
    alone = heard.statements_alone if heard else Heard()
    if alone == Heard():
        signals.drop(connection, kept.store_id, [kept.join_key])
    elif alone != heard:
        sealed = sealer.seal(alone.encoded(), store=kept.store_id, column=signals.SEALED)
        signals.keep(connection, kept.store_id, kept.join_key, sealed)


def _opened(sealer: Sealer, kept: Kept) -> Heard | None:
    try:
        return browsing.decode(sealer.unseal(kept.sealed, store=kept.store_id, column=signals.SEALED))
    except (SealBroken, msgspec.DecodeError):
        return None


def note_refusals(
    connection: Connection, sealer: Sealer, store_id: str, keys: Collection[str], order_id: str | None, heard: Heard
) -> None:
    """A browser refused something after its order was told: the ledger keeps that as long as the person, for a refund may
    come when the browser's own words are forgotten.
    """
    learnt = []
    for row in withheld.known_by(connection, store_id, keys, order_id):
        try:
            person = unseal_person(sealer, store_id, row.user_data)
        except SealBroken:
            continue
        known = statements.decode(row.stated) if row.stated else person.stated
        stated = known.refusals(heard)
        if stated != known:
            sealed = seal_person(sealer, store_id, person.saying(stated))
            learnt.append(Learnt(row.id, row.user_data, sealed, row.key_mask, stated.encoded()))
    events.learn(connection, learnt)


def hear_of_withheld(
    connection: Connection, sealer: Sealer, store_id: str, keys: Collection[str], pks: Sequence[int], heard: Heard
) -> None:
    """A browser told something of events that may be withheld: its yes lets their orders be read again, and of anything
    else nothing but the answer is kept where nobody is. The events are locked by the caller.
    """
    silenced = withheld.among(connection, pks)
    if not silenced:
        return
    if heard.marketing is not Stated.GRANTED:
        if None in silenced.values():
            forget_browsers(connection, sealer, store_id, keys)
        return
    events.mark_granted(connection, list(silenced))
    if grants.of_store(connection, store_id) is not None:
        chores.plan(connection, store_id, chores.REREAD)
