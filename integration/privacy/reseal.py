"""Seals are made anew with the newest of ENCRYPTION_KEYS, so that the older ones can be taken away; while all is running.

Nothing is remembered of how far it came: a seal tells which key it is of, so whoever begins again goes on where it ended.
A row that changes meanwhile keeps what was written; a seal that opens with none of the keys is counted and left alone.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from integration.crypto import Sealer
from integration.db import Engine, reading, sealed, transact
from integration.db.sealed import PLACES, Anew, Place, Row
from integration.errors import SealBroken, Unavailable

# A row that changed while it was sealed anew is looked at again. What is still of an older key after so many walks comes
# from a process that does not know the newest.
_WALKS = 5
# SQLite has one writer, and a webhook that waits for its turn only looks from time to time whether it has come.
_BREATH_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Tally:
    """How many seals are of the newest key, of an older one, and of no key we have (or altered, or in another's place)."""

    newest: int = 0
    older: int = 0
    unreadable: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.newest + other.newest, self.older + other.older, self.unreadable + other.unreadable)


class Rotated(NamedTuple):
    """`resealed`: seals made anew, by column; `found`: what the last walk met, by column. If it is settled, no seal is of
    an older key any more.
    """

    resealed: Mapping[str, int]
    found: Mapping[str, Tally]

    @property
    def settled(self) -> bool:
        """Whether the older keys can go."""
        return not any(tally.older for tally in self.found.values())


def status(engine: Engine, sealer: Sealer) -> Mapping[str, Tally]:
    """What each sealed column holds; changes nothing. Raises Unavailable."""
    return {place.spot: _count(engine, sealer, place) for place in PLACES}


def _count(engine: Engine, sealer: Sealer, place: Place) -> Tally:
    tally = Tally()
    for rows in _pages(engine, sealer, place):
        tally += _tally(rows, _anew(sealer, place, rows))
    return tally


def rotate(engine: Engine, sealer: Sealer) -> Rotated:
    """Make all seals anew that are not of the newest key, and look whether others came meanwhile. Raises Unavailable."""
    resealed = {place.spot: 0 for place in PLACES}
    found: dict[str, Tally] = {}
    for _ in range(_WALKS):
        for place in PLACES:
            found[place.spot], written = _walk(engine, sealer, place)
            resealed[place.spot] += written
        if not any(tally.older for tally in found.values()):
            break
    return Rotated(resealed, found)


def _walk(engine: Engine, sealer: Sealer, place: Place) -> tuple[Tally, int]:
    """What it met, and how much of that it made anew."""
    tally, written = Tally(), 0
    for rows in _pages(engine, sealer, place):
        made = _anew(sealer, place, rows)
        tally += _tally(rows, made)
        if made:
            written += _write(engine, place, made)
            time.sleep(_BREATH_SECONDS)
    return tally, written


def _write(engine: Engine, place: Place, made: Sequence[Anew]) -> int:
    """How many were put in their places. Where others are in the way for seconds, the next walk comes by; and a database
    that is away is found out when the next rows are read.
    """
    try:
        return transact(engine, partial(sealed.replace, place=place, made=made))
    except Unavailable:
        return 0


def _pages(engine: Engine, sealer: Sealer, place: Place) -> Iterator[Sequence[Row]]:
    """All rows, in reads of their own: nobody waits while seals are opened."""
    after = None
    while True:
        with reading(engine) as connection:
            rows = sealed.page(connection, place, sealer.beginning, after)
        if not rows:
            return
        yield rows
        after = rows[-1].key


def _anew(sealer: Sealer, place: Place, rows: Sequence[Row]) -> list[Anew]:
    """The seals of older keys among them, made anew."""
    return [
        Anew(row.key, row.store, row.seal, sealer.seal(plain, store=row.store, column=place.name))
        for row in rows
        if row.seal is not None and (plain := _opened(sealer, place, row.store, row.seal)) is not None
    ]


def _opened(sealer: Sealer, place: Place, store: str, seal: str) -> bytes | None:
    try:
        return sealer.unseal(seal, store=store, column=place.name)
    except SealBroken:
        return None


def _tally(rows: Sequence[Row], made: Sequence[Anew]) -> Tally:
    others = sum(row.seal is not None for row in rows)
    return Tally(sum(row.newest for row in rows), len(made), others - len(made))
