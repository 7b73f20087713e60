"""/quality: which keys of its customers the store tells Meta, what Meta may make of it (an estimate), and what would help."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flask import Response

from integration.meta import quality
from integration.meta.event import USER_DATA_KEYS
from integration.monitor import quality_report
from integration.monitor.counted import Span
from integration.monitor.day_parts import Part
from integration.monitor.quality_report import Quality
from integration.web import charts, consent_words, csv_lines, spans
from integration.web.charts import Spark
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/quality"
WORDS: Mapping[str, str] = {key: consent_words.capital(consent_words.KEYS.get(key, key)) for key in USER_DATA_KEYS}


class Run(NamedTuple):
    """An event name with its estimate day by day."""

    quality: Quality
    spark: Spark


def doors() -> Sequence[Door]:
    """The page, and its keys as a table."""
    return [Door("GET", PATH, show), Door("GET", f"{PATH}.csv", table)]


def show(visit: Visit) -> Response:
    """The last days, as many as the address asks for."""
    with visit.reading() as connection:
        span = spans.read(visit, connection, [Part.KEYS])
    found = quality_report.report(span.customer_keys(), visit.store.settings.leave_out)
    return visit.page(
        "quality.html",
        span=span,
        chips=spans.chips(visit, PATH),
        runs=[Run(one, charts.sparkline(_by_day(span, one.event_name))) for one in found],
        words=WORDS,
        target=quality.TARGET,
        csv=visit.at(f"{PATH}.csv", days=spans.asked()),
    )


def table(visit: Visit) -> Response:
    """A line for each day, event name and key."""
    with visit.reading() as connection:
        span = spans.read(visit, connection, [Part.KEYS])
    heads = ("Day", "Event", "Key", "Told with", "Events", "Estimate of the event's match quality")
    return csv_lines.download(visit, "match-quality", heads, _lines(span))


def _by_day(span: Span, event_name: str) -> Sequence[float | None]:
    each = (quality_report.report(span.customer_keys(day), frozenset()) for day in span.days)
    return [next((one.estimate for one in found if one.event_name == event_name), None) for found in each]


def _lines(span: Span) -> Iterator[csv_lines.Row]:
    for day in span.days:
        for of in quality_report.report(span.customer_keys(day), frozenset()):
            for one in of.presence:
                yield (day.isoformat(), of.event_name, WORDS[one.key], one.events, of.events, f"{of.estimate}")
