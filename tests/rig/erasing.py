"""Erasure from beginning to end, as the desk does it in parts."""

from collections import Counter
from datetime import datetime
from functools import partial

from connectors.event import PrivacyRequest
from integration.crypto import Sealer
from integration.db import Engine, transact
from integration.db.stores import Store
from integration.privacy import erasure, store_erasure
from integration.privacy.erasure import Eraser

_ALL = 10_000


def erase_person(
    engine: Engine, sealer: Sealer, secret_key: str, store: Store, demand: PrivacyRequest, now: datetime
) -> dict[str, int]:
    """Forbid and erase them; the rows by table."""
    whole = transact(engine, partial(erasure.forbid, secret_key=secret_key, store=store, demand=demand, at=now))
    return Eraser(engine, sealer, secret_key, store, whole, now).erase()


def erase_store(engine: Engine, store_id: str) -> dict[str, int]:
    """All of a store; the rows by table."""
    rows: Counter[str] = Counter()
    over = False
    while not over:
        part = store_erasure.erase_some(engine, store_id, most=_ALL)
        rows.update(part.rows)
        over = part.over
    return dict(rows)
