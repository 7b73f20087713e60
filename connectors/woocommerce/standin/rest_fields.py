"""`_fields`, as WordPress reads it. Pure.

A dotted name reaches into an object and not into a list: `line_items.sku` leaves of every order an empty list. And where
a name has been taken whole before, a dotted one below it ends the reading: what follows it is left out. Both read in the
source.
"""

import re
from typing import Any


def kept(content: Any, names: str) -> Any:
    """What of the content was asked for, in the content's own order; of a listing, of each of its things."""
    wanted = _keyed([name for name in re.split(r"[\s,]+", names) if name])
    if not wanted:
        return content
    return [_of(one, wanted) for one in content] if isinstance(content, list) else _of(content, wanted)


def _keyed(names: list[str]) -> dict[str, Any]:
    keyed: dict[str, Any] = {}
    for name in names:
        *parents, last = name.split(".")
        place = keyed
        for parent in parents:
            if place.get(parent) is True:
                return keyed
            place = place.setdefault(parent, {})
        place[last] = True
    return keyed


def _of(content: Any, wanted: dict[str, Any]) -> Any:
    """A list's members have numbers for names, which nobody asks for."""
    if isinstance(content, list):
        return []
    told = {key: value for key, value in content.items() if key in wanted}
    return {
        key: _of(value, wanted[key]) if isinstance(value, dict | list) and isinstance(wanted[key], dict) else value
        for key, value in told.items()
    }
