"""What is told of somebody who asked to be forgotten: it happened, and it is nobody's. What they do later is a deed of its
own.
"""

from collections.abc import Sequence
from datetime import datetime

from connectors.event import Event
from integration.crypto import fingerprint
from integration.db import Connection, tombstones
from integration.pipeline.ledger import Told


def order_hmac(secret_key: str, store_id: str, event: Event) -> str | None:
    """By which a tombstone of its order is found."""
    if event.order_id is None:
        return None
    return fingerprint(secret_key, store=store_id, kind=tombstones.ORDER, value=event.order_id)


def without_erased(connection: Connection, secret_key: str, store_id: str, told: Sequence[Told]) -> list[Told]:
    """The same, without the person where they were erased after it was done."""
    by_person = [prepared.fingerprints.values() for _, prepared in told]
    by_order = [order_hmac(secret_key, store_id, event) for event, _ in told]
    hmacs = [[one for one in (*some, order) if one] for some, order in zip(by_person, by_order, strict=True)]
    erased = tombstones.of_hmacs(connection, store_id, {one for some in hmacs for one in some})
    return [
        (event, prepared.forgotten if _is_erased(event, [erased[one] for one in some if one in erased]) else prepared)
        for (event, prepared), some in zip(told, hmacs, strict=True)
    ]


def _is_erased(event: Event, erased: Sequence[datetime]) -> bool:
    return bool(erased) and (event.placed_at is None or event.placed_at <= max(erased))
