"""By whose clock a shop's days begin, by WordPress's index, which is open to everybody.

WordPress names a zone (`timezone_string`), or has no name and only the hours that the merchant chose (`gmt_offset`). Such
hours get the name of a zone that keeps them all year; the few that no zone keeps are not told.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Http
from connectors.woocommerce import answers

_INDEX = "/wp-json/?_fields=timezone_string,gmt_offset"
_LONGEST = 64
_WESTMOST, _EASTMOST = -12, 14
_PARTS_OF_HOURS: Mapping[float, str] = MappingProxyType(
    {
        -9.5: "Pacific/Marquesas",
        4.5: "Asia/Kabul",
        5.5: "Asia/Kolkata",
        5.75: "Asia/Kathmandu",
        6.5: "Asia/Yangon",
        8.75: "Australia/Eucla",
        9.5: "Australia/Darwin",
    }
)


class _Index(msgspec.Struct):
    timezone_string: Any = None
    gmt_offset: Any = None


def asked(http: Http, base: str) -> str | None:
    """The name of the zone of the shop at `base`; None where it does not say. Raises what `answers.understood` does."""
    answer = http.request("GET", base + _INDEX, headers={"Accept": "application/json"})
    told = answers.read(answers.understood(answer), _Index)
    return wild.text(told.timezone_string, _LONGEST) or fixed(told.gmt_offset)


def fixed(hours: Any) -> str | None:
    """The name of a zone that is so many hours ahead of UTC all year. Pure."""
    number = _number(hours)
    return None if number is None else _PARTS_OF_HOURS.get(number) or _whole(number)


def _whole(number: float) -> str | None:
    """Names of this kind count westward: Etc/GMT-2 is two hours ahead of UTC."""
    if not number.is_integer() or not _WESTMOST <= number <= _EASTMOST:
        return None
    return f"Etc/GMT{-int(number):+d}" if number else "UTC"


def _number(told: Any) -> float | None:
    """WordPress writes a number, and could write it as text, as it keeps it."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        return float(told)
    except (ValueError, OverflowError):
        return None
