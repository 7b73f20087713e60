"""Why an order that somebody looks for is not in the ledger, as far as it can be known. Reads."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from integration.db import Connection, receipts
from integration.db.stores import Store

_NOT_YET = "not yet: "


class Missing(NamedTuple):
    """What is known that may be the cause. `last`: when the shop last told us of anything; `looked`: of how many of its
    last webhooks the others are; `not_yet`: how many of them were about orders that did not count yet, by the shop's word;
    `unread`: how many are set aside because nobody could read them.
    """

    since: datetime
    last: datetime | None
    looked: int
    not_yet: Mapping[str, int]
    unread: int


def missing(connection: Connection, store: Store) -> Missing:
    """Of a store, at this moment."""
    found = receipts.newest(connection, store.id)
    reasons = Counter(one.reason for one in found if one.reason)
    not_yet = {reason.removeprefix(_NOT_YET): number for reason, number in reasons.items() if _NOT_YET in reason[:9]}
    last = max((one.received_at for one in found), default=None)
    return Missing(store.since, last, len(found), not_yet, receipts.unread(connection, store.id))
