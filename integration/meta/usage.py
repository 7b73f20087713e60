"""Meta's usage headers: how much of what a caller may do is used up, and how long to leave Meta alone. Pure.

X-App-Usage and X-Ad-Account-Usage hold one object of percentages, X-Business-Use-Case-Usage lists of such objects by
business, with `estimated_time_to_regain_access` in minutes.
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

HEADERS = ("X-App-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage")

_SHARES = ("call_count", "total_cputime", "total_time", "acc_id_util_pct")
_REGAIN = "estimated_time_to_regain_access"
# From three quarters on slowly, near the end slower: percent used, and seconds of rest. Ours; Meta names no figures.
_RESTS = ((95.0, 300.0), (85.0, 60.0), (75.0, 10.0))
_LONGEST = 3_600.0
_MAX_HEADER = 16 * 1024


def rest_seconds(headers: Mapping[str, str]) -> float | None:
    """For how many seconds, at most an hour, to leave Meta alone; None where the headers ask for nothing."""
    asked = [_rest(usage) for name in HEADERS for usage in _objects(headers.get(name, ""))]
    longest = max(asked, default=0.0)
    return min(longest, _LONGEST) if longest > 0 else None


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """Every object of percentages in a header, whatever a proxy may have made of it."""
    if not text or len(text) > _MAX_HEADER:
        return
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    if isinstance(told, dict):
        yield told
        for inner in told.values():
            yield from (one for one in inner if isinstance(one, dict)) if isinstance(inner, list) else ()


def _rest(usage: Mapping[str, Any]) -> float:
    used = max((_number(usage.get(share)) for share in _SHARES), default=0.0)
    by_share = next((seconds for percent, seconds in _RESTS if used >= percent), 0.0)
    return max(by_share, _number(usage.get(_REGAIN)) * 60)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0.0
