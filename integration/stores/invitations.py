"""A link for the merchant's agency: whoever has it may add one dataset and its token to one store, once, and see nothing.

What is kept of the code is a hash. It is used up by a token that Meta confirms, and by nothing else.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from integration.crypto import Sealer
from integration.db import Connection, changes, invitations, stores
from integration.db.changes import By
from integration.db.datasets import Dataset
from integration.db.invitations import Open
from integration.db.stores import Store
from integration.errors import NotFound
from integration.meta.inspect import Inspection
from integration.stores import datasets_at_meta
from integration.stores.datasets_at_meta import Given

LASTING = timedelta(days=7)
_CODE_BYTES = 32
_WHAT = "agency link"
OVER = "This link is over. It works once, for seven days, and until the shop makes another: ask the shop for a new one."


def make(connection: Connection, store: Store, by: By) -> str:
    """A new code, in place of any that is open. It is told here once, and known by nobody later."""
    code = secrets.token_urlsafe(_CODE_BYTES)
    invitations.keep(connection, _digest(code), store.id, by.who, LASTING)
    changes.record(connection, store.id, by, _WHAT, {"link": None}, {"link": f"made, for {LASTING.days} days"})
    return code


def revoke(connection: Connection, store: Store, by: By) -> None:
    """No link of this store works any more."""
    if invitations.end_all(connection, store.id):
        changes.record(connection, store.id, by, _WHAT, {"link": "open"}, {"link": "revoked"})


def open_of(connection: Connection, store: Store) -> Open | None:
    """The store's link, where one works."""
    return invitations.open_of(connection, store.id)


def shop_of(connection: Connection, code: str) -> str:
    """The domain of the shop whose link it is. Raises NotFound, with the same words for every code that is none."""
    store_id = invitations.look(connection, _digest(code))
    store = stores.by_id(connection, store_id) if store_id else None
    if store is None:
        raise NotFound(OVER)
    return store.domain


def redeem(
    connection: Connection, code: str, given: Given, seen: Inspection, *, sealer: Sealer, now: datetime
) -> Dataset:
    """The dataset, added by somebody who has the link; only what Meta confirmed is.

    Raises NotFound for a code that is none any more, NotTaken, Unproven and Conflict: the link then still works.
    """
    taken = invitations.take(connection, _digest(code))
    store = stores.by_id(connection, taken[0]) if taken else None
    if taken is None or store is None:
        raise NotFound(OVER)
    by = By(f"whoever has the link made by {taken[1]}", changes.LINK)
    return datasets_at_meta.save(connection, store, given, seen, sealer=sealer, by=by, now=now)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
