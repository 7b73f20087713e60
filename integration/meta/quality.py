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


def presence(masks: Mapping[int, int]) -> list[Presence]:
    """Key by key, the weightiest first. `masks`: how many events told which keys, by the ledger's bit mask."""
    of = sum(masks.values())
    counts = {
        key: sum(number for mask, number in masks.items() if mask >> place & 1)
        for place, key in enumerate(USER_DATA_KEYS)
        if key in WEIGHTS or any(mask >> place & 1 for mask in masks)
    }
    found = [Presence(key, count, of, _points(WEIGHTS.get(key, 0), of - count, of)) for key, count in counts.items()]
    return sorted(found, key=lambda one: -WEIGHTS.get(one.key, 0))


def estimate(masks: Mapping[int, int]) -> float | None:
    """Our estimate of Meta's event match quality, 0 to 10; None where there are no events."""
    of = sum(masks.values())
    if not of:
        return None
    return round(sum(_points(WEIGHTS.get(one.key, 0), one.events, of) for one in presence(masks)), 1)


def _points(weight: int, events: int, of: int) -> float:
    return MOST * weight * events / (_WHOLE * of) if of else 0.0
