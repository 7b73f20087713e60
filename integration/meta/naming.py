"""Items that a merchant never names: patterns of ids and SKUs, `*` for any text and every other sign for itself. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple


class Unnamed(NamedTuple):
    """Patterns made ready: whole ids, and of those with `*` the texts between."""

    ids: frozenset[str]
    texts: tuple[tuple[str, ...], ...]

    def has(self, ids: Iterable[str | None]) -> bool:
        """Whether one of a line's ids is one of these, in upper or lower case."""
        return any(self._fits(one.lower()) for one in ids if one)

    def _fits(self, text: str) -> bool:
        return text in self.ids or any(_in_turn(texts, text) for texts in self.texts)


@lru_cache(maxsize=1_024)
def unnamed(patterns: tuple[str, ...]) -> Unnamed:
    """A store's patterns, made ready once."""
    small = [one.lower() for one in patterns]
    return Unnamed(
        frozenset(one for one in small if "*" not in one), tuple(tuple(one.split("*")) for one in small if "*" in one)
    )


def _in_turn(texts: Sequence[str], text: str) -> bool:
    """Whether the text begins with the first, ends with the last, and has the others in turn. Each is looked for once from
    where the one before ended, so no pattern takes long.
    """
    first, *between, last = texts
    place, end = len(first), len(text) - len(last)
    if place > end or not text.startswith(first) or not text.endswith(last):
        return False
    for one in between:
        found = text.find(one, place, end)
        if found < 0:
            return False
        place = found + len(one)
    return True
