"""Moments, amounts and numbers as a page says them, in the store's zone and in English. Pure; the kit's filters.

A moment in UTC says so; one in a store's zone is bare, for the page names that zone once. Clocks and columns are
always bare.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from connectors.money import minor_units

_STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
_TENTH = Decimal("0.1")


def clock(at: datetime | None, zone: tzinfo | None = None) -> str:
    """14:02:07; nothing for None, as of all that follow."""
    return _in(zone, at).strftime("%H:%M:%S") if at else ""


def moment(at: datetime | None, zone: tzinfo | None = None) -> str:
    """21 November, 14:05"""
    return _said(at, zone, "{day} %B, %H:%M")


def brief(at: datetime | None, zone: tzinfo | None = None) -> str:
    """21 Nov, 14:05:07: for a column, under a head or above a foot that names the zone."""
    there = _in(zone, at) if at else None
    return f"{there.day} {there:%b, %H:%M:%S}" if there else ""


def dated(at: datetime | None, zone: tzinfo | None = None) -> str:
    """21 November 2026, 14:05: what may be read long after."""
    return _said(at, zone, "{day} %B %Y, %H:%M")


def exact(at: datetime | None, zone: tzinfo | None = None) -> str:
    """21 November 2026, 14:05:09 CET: what a pointer that rests on a time is told."""
    there = _in(zone, at) if at else None
    return f"{there.day} {there:%B %Y, %H:%M:%S %Z}" if there else ""


def stamp(at: datetime | None) -> str:
    """2026-11-21T13:05:09Z: the `datetime` of a <time>."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def day(on: date | None) -> str:
    """21 November"""
    return f"{on.day} {on:%B}" if on else ""


def ago(at: datetime | None, now: datetime) -> str:
    """Such as "just now", "4 minutes ago", "2 days ago"; "in 5 minutes" of what is to come."""
    if at is None:
        return ""
    seconds = int((now - at).total_seconds())
    for size, name in _STEPS:
        if abs(seconds) >= size:
            count = abs(seconds) // size
            words = f"{count} {name}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds > -10 else "in a moment"


def lasting(span: timedelta | float | None) -> str:
    """How long, of seconds or a timedelta: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"."""
    if span is None:
        return ""
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, name, smaller, small in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def money(amount: Decimal | str | None, currency: str | None) -> str:
    """EUR 1,234.50: with the currency's own number of decimals, or more where the amount has more; never fewer, for
    a page shows what was told. What is no amount stays as it is.
    """
    if amount is None or amount == "":
        return ""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return f"{currency or ''} {amount}".strip()
    if not value.is_finite():
        return f"{currency or ''} {amount}".strip()
    decimals = max(minor_units(currency or ""), -int(value.normalize().as_tuple().exponent))
    return f"{currency or ''} {value:,.{decimals}f}".strip()


def number(count: float | Decimal | None) -> str:
    """12,345"""
    return "" if count is None else f"{count:,}"


def percent(part: float, whole: float) -> str:
    """99.4 %, rounded down so that what is not all never reads as all; nothing of nothing."""
    if not whole:
        return ""
    share = (Decimal(str(part)) * 100 / Decimal(str(whole))).quantize(_TENTH, ROUND_DOWN)
    return f"{share.normalize():f} %"


# As Jinja calls them.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "clock": clock,
    "moment": moment,
    "brief": brief,
    "dated": dated,
    "exact": exact,
    "stamp": stamp,
    "day": day,
    "ago": ago,
    "lasting": lasting,
    "money": money,
    "number": number,
    "percent": percent,
}


def _said(at: datetime | None, zone: tzinfo | None, shape: str) -> str:
    if at is None:
        return ""
    there = _in(zone, at)
    words = there.strftime(shape.replace("{day}", str(there.day)))
    return f"{words} UTC" if str(there.tzinfo) == "UTC" else words


def _in(zone: tzinfo | None, at: datetime) -> datetime:
    return at.astimezone(zone or UTC)
