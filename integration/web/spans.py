"""The days a page shows: as many as its address asks for, one of a few; counted as they were last, or as they are now."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import request

from integration.db import Connection
from integration.monitor import counted
from integration.monitor.counted import Span
from integration.monitor.day_parts import Part
from integration.web.visit import Visit

SPANS = (1, 7, 30)
USUAL = 7


class Chip(NamedTuple):
    """One of the spans: its words, its address, and whether it is the one that is shown."""

    words: str
    href: str
    on: bool


def asked() -> int:
    """How many days the address asks for."""
    told = request.args.get("days", "")
    return int(told) if told in map(str, SPANS) else USUAL


def events_of(visit: Visit, span: Span, **wanted: str | None) -> str:
    """The address of these days' events as `wanted`, trials left out as everywhere in the numbers."""
    days = {"from": span.since.isoformat(), "until": span.until.isoformat()}
    return visit.at("/events", **wanted, test="no", **days)


def chips(visit: Visit, path: str) -> Sequence[Chip]:
    """The spans there are, as links to a page."""
    return [Chip(_label(each), visit.at(path, days=each), each == asked()) for each in SPANS]


def _label(number: int) -> str:
    return "Today" if number == 1 else f"{number} days"


def read(visit: Visit, connection: Connection, parts: Sequence[Part], number: int | None = None) -> Span:
    """These parts of the days that are asked for, or of so many. Raises Unavailable."""
    since, until = counted.last_days(visit.store, number or asked(), visit.now)
    return counted.span(connection, visit.store, parts, since=since, until=until, now=visit.now)
