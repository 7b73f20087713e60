"""What whoever asks for a person's data is answered: all that would be erased of them, and how many rows of which table."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from connectors.event import PrivacyRequest
from integration.crypto import Sealer
from integration.db import Connection, erasing, theirs
from integration.db.stores import Store
from integration.privacy import access, erasure, person, unread


class Answer(NamedTuple):
    """`export`: to be read by the person. `people`: keyed HMACs by which it is found once they are erased."""

    export: bytes
    rows: Mapping[str, int]
    people: frozenset[str]


def answer(
    connection: Connection, sealer: Sealer, secret_key: str, store: Store, demand: PrivacyRequest, now: datetime
) -> Answer:
    """What is kept of them until now. Raises Unavailable."""
    whole = erasure.with_all_orders(connection, store, demand, secret_key, now)
    wanted = person.wanted(whole, store, secret_key)
    following = partial(erasing.quarantined, connection, store.id)
    bodies = list(unread.of_person(following, sealer, store.id, whole))
    export = access.of_person(connection, sealer, store, wanted, now, bodies)
    found = theirs.of_person(connection, store.id, wanted.hmacs, wanted.order_ids, now)
    keys = person.keys(found, wanted.order_ids)
    rows = erasing.count(connection, store.id, [one.id for one in found], keys)
    # Whoever is erased later by one of these orders alone is found here, too.
    people = person.people(wanted, secret_key, store.id)
    return Answer(export, {**rows, "quarantine": len(bodies)}, people)
