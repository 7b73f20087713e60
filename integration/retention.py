"""For how many days each kind of row is kept. Pure. Short on purpose, and shown on the merchant's page as they are here.

What is told is kept for refunds, which are told of the same person; what was never told is of no use once Meta takes it
no more, which is after seven days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from integration.errors import Misconfigured

_LONGEST = 3_650


@dataclass(frozen=True, slots=True)
class Retention:
    """Days, by kind. `told`: the person of an event that Meta was told of; `untold`: of any other."""

    quarantine: int = 3
    untold: int = 8
    signals: int = 14
    told: int = 30
    exports: int = 30
    left: int = 30  # all of a store, after our app was removed there
    receipts: int = 30
    sightings: int = 40
    attempts: int = 90

    def of(self, kind: str) -> timedelta:
        """How long that kind is kept."""
        days: int = getattr(self, kind)
        return timedelta(days=days)

    def by_kind(self) -> Mapping[str, int]:
        """All of them."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def parse(text: str) -> Retention:
    """The defaults with what `RETENTION` says, such as `told=60,receipts=14`. Raises Misconfigured.

    Quarantine holds whole bodies, so it must not be kept longer than anything else.
    """
    days: dict[str, int] = {}
    for word in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = word.partition("=")
        if name not in {one.name for one in fields(Retention)} or not number.isascii() or not number.isdigit():
            kinds = ", ".join(one.name for one in fields(Retention))
            raise Misconfigured(f"RETENTION is a list like told=30,quarantine=3, in days; its kinds are {kinds}.")
        days[name] = int(number)
    told = replace(Retention(), **days)
    if not all(1 <= number <= _LONGEST for number in told.by_kind().values()):
        raise Misconfigured(f"RETENTION takes 1 to {_LONGEST} days.")
    if told.quarantine > min(told.by_kind().values()):
        raise Misconfigured("RETENTION must not keep quarantine, which holds whole bodies, longer than anything else.")
    return told
