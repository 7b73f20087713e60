"""How well Meta can tell a customer by the keys it is told: an estimate on its scale of 0 to 10, and what is missing. Pure.

Meta publishes which keys weigh more and not by how much: https://www.facebook.com/business/help/765081237991954 names three
classes, and https://developers.facebook.com/docs/marketing-api/conversions-api/best-practices another choice. The weights
are ours, so whatever comes of them is shown as an estimate. Meta's own number is made of the last 48 hours.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from integration.meta.event import USER_DATA_KEYS

HIGH, MEDIUM, LOW = 3, 2, 1
# Keys that nobody we read from tells (db, ge), or that Meta weighs not at all by that page (agent), weigh nothing here.
# IP address: in the second of the two pages only.
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("em", "fbc"), HIGH),
        **dict.fromkeys(("ph", "external_id", "country", "fbp"), MEDIUM),
        **dict.fromkeys(("fn", "ln", "ct", "st", "zp", "client_ip_address"), LOW),
    }
)
MOST = 10
# What Meta calls good enough.
TARGET = 6.0
_WHOLE = sum(WEIGHTS.values())


class Presence(NamedTuple):
    """In how many of so many events a key was told. `gain`: by how much the estimate would grow if it were in all."""

    key: str
    events: int
    of: int
    gain: float

    @property
    def share(self) -> float:
        """Of all events, 0 to 1."""
        return self.events / self.of if self.of else 0.0


def presence(of: int, told: Mapping[str, int]) -> list[Presence]:
    """Key by key, the weightiest first. `told`: with how many of so many events each key was told."""
    shown = [key for key in USER_DATA_KEYS if key in WEIGHTS or told.get(key)]
    found = [Presence(key, told.get(key, 0), of, _points(key, of - told.get(key, 0), of)) for key in shown]
    return sorted(found, key=lambda one: -WEIGHTS.get(one.key, 0))


def estimate(of: int, told: Mapping[str, int]) -> float | None:
    """Our estimate of Meta's event match quality, 0 to 10; None where there are no events."""
    return round(sum(_points(key, told.get(key, 0), of) for key in WEIGHTS), 1) if of else None


def _points(key: str, events: int, of: int) -> float:
    return MOST * WEIGHTS.get(key, 0) * events / (_WHOLE * of) if of else 0.0
