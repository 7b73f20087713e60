"""/coverage: who told Meta of the store's events, and with which evidence."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, request

from integration.monitor import coverage_report
from integration.monitor.coverage import SENTENCES, Value
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/coverage"
# Words of the columns; a value is what the code and the command line call it.
WORDS = {
    Value.BOTH: "Both",
    Value.PIXEL_ONLY: "Pixel only",
    Value.SERVER_ONLY: "Server only",
    Value.UNKNOWN: "Unknown",
}
SPANS = (1, 7, 30)
_USUAL = 7


def doors() -> Sequence[Door]:
    """The page."""
    return [Door("GET", PATH, show)]


def show(visit: Visit) -> Response:
    """The last days, as many as the address asks for: one of a few."""
    days = _span(request.args.get("days", ""))
    today = visit.now.date()
    with visit.reading() as connection:
        since = today - timedelta(days=days - 1)
        made = coverage_report.report(connection, visit.store, since=since, until=today, now=visit.now)
    every_day = [made.since + timedelta(days=n) for n in range((made.until - made.since).days + 1)]
    shown: list[date] = [day for day in reversed(every_day) if day in made.days]
    told: dict[str, Any] = {
        "made": made,
        "days": shown,
        "span": days,
        "spans": SPANS,
        "words": WORDS,
        "sentences": SENTENCES,
    }
    return visit.page("coverage.html", least=coverage_report.LEAST_ORDERS, **told)


def _span(asked_for: str) -> int:
    return int(asked_for) if asked_for in map(str, SPANS) else _USUAL
