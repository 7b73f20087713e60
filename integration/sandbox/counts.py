"""Sums over what was told, per dataset and event name: who told it, what counted, what it was worth."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

SERVER = "server"
BROWSER = "browser"
BOTH = "both"


@dataclass(slots=True)
class Tally:
    """The sums of one event name in one dataset. What counted was told by the server, the browser or both."""

    received: dict[str, int] = field(default_factory=lambda: {SERVER: 0, BROWSER: 0})
    told_by: dict[str, int] = field(default_factory=lambda: {SERVER: 0, BROWSER: 0, BOTH: 0})
    duplicates: int = 0
    value: dict[str, Decimal] = field(default_factory=dict)

    def count(self, source: str, value: float | None, currency: str | None) -> None:
        """A first copy."""
        self.received[source] += 1
        self.told_by[source] += 1
        if value is not None and currency is not None:
            # By way of its text: the float 0.1 is not a tenth, but what was told was.
            self.value[currency] = self.value.get(currency, Decimal(0)) + Decimal(str(value))

    def repeat(self, source: str, heard: str) -> str:
        """A later copy from `source` of what was `heard` from someone already; who it was heard from now."""
        self.received[source] += 1
        self.duplicates += 1
        if heard in (source, BOTH):
            return heard
        self.told_by[heard] -= 1
        self.told_by[BOTH] += 1
        return BOTH

    def shown(self) -> dict[str, Any]:
        """For JSON; money as text, in major units."""
        return {
            "received": dict(self.received),
            "counted": sum(self.told_by.values()),
            "duplicates": self.duplicates,
            "told_by_server_only": self.told_by[SERVER],
            "told_by_browser_only": self.told_by[BROWSER],
            "told_by_both": self.told_by[BOTH],
            "value": {currency: str(total) for currency, total in sorted(self.value.items())},
        }
