"""All that is kept of one store, for its merchant to take along: JSON lines, one object a row, a page at a time.

No secret, token or grant is among it, and nothing of another store's.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from integration.crypto import Sealer
from integration.db import Engine, archive, reading
from integration.db.archive import Part
from integration.db.stores import Store
from integration.errors import SealBroken

WHAT_THIS_IS = (
    "All that Tandem keeps of this store, one row a line, each with the name of its table. People are in Meta's keys: "
    "em, ph, fn, ln, ct, st, zp, country and external_id are SHA-256 hashes. A body that nobody could read (quarantine) "
    "is as it came, names and addresses included. Secrets, access tokens, sessions and the lists of work still to be done "
    "are not part of it. The last line counts the rows: without it this is not whole."
)
SEALED_SHUT = "does not open with the present ENCRYPTION_KEYS"

# Columns that hold JSON: in an export they are objects, and not texts of texts.
_JSON = frozenset(
    {"told", "settings", "facts", "stated", "people", "proof", "counts", "findings", "report", "before", "after"}
)


def _text(opened: bytes) -> str:
    return opened.decode(errors="replace")


# What is sealed, but no secret of anybody's: how it is called in an export, and how it is read.
_OPENED: Mapping[tuple[str, str], tuple[str, Callable[[bytes], Any]]] = {
    ("stores", "alert_emails"): ("alert_emails", _text),
    ("events", "user_data"): ("person", msgspec.json.decode),
    ("signals", "sealed"): ("heard", msgspec.json.decode),
    ("quarantine", "body"): ("body", _text),
}


def of_store(engine: Engine, sealer: Sealer, store: Store, now: datetime) -> Iterator[bytes]:
    """Lines of JSON, each ended: first what this is, then each row with its `table`, last how many there were of each.

    No transaction is open between two lines, and no more than a page is held. Raises Unavailable.
    """
    head = {"table": "export", "store_id": store.id, "domain": store.domain, "made_at": now}
    yield _line({**head, "what_this_is": WHAT_THIS_IS})
    counts: Counter[str] = Counter()
    for name, row in _rows(engine, store):
        counts[name] += 1
        yield _line({"table": name, **dict(_plain(sealer, store, name, row))})
    yield _line({"table": "end", "store_id": store.id, "rows": counts})


def _line(row: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(row) + b"\n"


_Row = tuple[str, dict[str, Any]]


def _rows(engine: Engine, store: Store) -> Iterator[_Row]:
    yield from _all(engine, archive.STORE, store.id)
    yield from _datasets(engine, store)
    yield from _events(engine, store)
    for part in archive.REST:
        yield from _all(engine, part, store.id)


def _datasets(engine: Engine, store: Store) -> Iterator[_Row]:
    for name, dataset in _all(engine, archive.DATASETS, store.id):
        yield name, dataset
        yield from _all(engine, archive.ATTEMPTS, dataset["id"])


def _events(engine: Engine, store: Store) -> Iterator[_Row]:
    """Each page with what became of it."""
    for page in _pages(engine, archive.EVENTS, store.id):
        yield from ((archive.EVENTS.name, row) for row in page)
        with reading(engine) as connection:
            found = archive.deliveries_of(connection, store.id, [row["id"] for row in page])
        yield from ((archive.DELIVERIES.name, row) for row in found)


def _all(engine: Engine, part: Part, owner: str | int) -> Iterator[_Row]:
    for page in _pages(engine, part, owner):
        yield from ((part.name, row) for row in page)


def _pages(engine: Engine, part: Part, owner: str | int) -> Iterator[Sequence[dict[str, Any]]]:
    after = None
    while True:
        with reading(engine) as connection:
            page = archive.page(connection, part, owner, after)
        if page:
            yield page
        if len(page) < part.most:
            return
        after = [page[-1][name] for name in part.by]


def _plain(sealer: Sealer, store: Store, table: str, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for column, value in row.items():
        if (table, column) in _OPENED:
            name, read = _OPENED[table, column]
            yield name, _opened(sealer, store, f"{table}.{column}", value, read)
        elif column in _JSON and value:
            yield column, msgspec.json.decode(value)
        else:
            yield column, value


def _opened(sealer: Sealer, store: Store, column: str, sealed: str | None, read: Callable[[bytes], Any]) -> Any:
    """A seal that does not open is said to be one: the rest of the store's is handed out all the same."""
    if sealed is None:
        return None
    try:
        return read(sealer.unseal(sealed, store=store.id, column=column))
    except SealBroken:
        return {"sealed": SEALED_SHUT}
