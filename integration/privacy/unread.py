"""Bodies that nobody could read, kept in a store's quarantine: which of them may tell of a person. One at a time, for they
are large.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from connectors.event import PrivacyRequest
from integration.crypto import Sealer
from integration.db.erasing import Quarantined
from integration.errors import SealBroken
from integration.privacy.traces import surely_of, tells_of

_BODY = "quarantine.body"

# The store's next body after that one.
Following = Callable[[int], Quarantined | None]


class Unread(NamedTuple):
    """One that may tell of them. `body`: None where it does not open. `surely`: it is of nobody else."""

    id: int
    topic: str
    received_at: datetime
    body: bytes | None
    surely: bool


def of_person(following: Following, sealer: Sealer, store_id: str, demand: PrivacyRequest) -> Iterator[Unread]:
    """What tells of them, and what nobody can open any more, for it may. Raises what `following` raises."""
    pk = 0
    while found := following(pk):
        pk = found.id
        body = _opened(sealer, store_id, found.body)
        if body is None or tells_of(body, demand):
            surely = body is not None and surely_of(body, demand)
            yield Unread(found.id, found.topic, found.received_at, body, surely)


def _opened(sealer: Sealer, store_id: str, sealed: str) -> bytes | None:
    try:
        return sealer.unseal(sealed, store=store_id, column=_BODY)
    except SealBroken:
        return None
