"""/coverage: who told Meta of the store's events, and with which evidence."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from flask import Response

from integration.db import Connection, browse, ledger_rows
from integration.db.deliveries import State
from integration.meta.event import PURCHASE
from integration.monitor import coverage_report, day_parts, riders
from integration.monitor.counted import Span
from integration.monitor.coverage import SENTENCES, Cause, Value, value_of
from integration.monitor.coverage_report import LEAST_ORDERS, Report
from integration.monitor.day_parts import Part
from integration.monitor.live_events import Line
from integration.web import charts, csv_lines, event_lines, spans
from integration.web.charts import Chart, Share
from integration.web.event_lines import Shown
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/coverage"
# Words of the columns, from the Pixel's side to the server's; a value is what the code and the command line call it.
WORDS = {
    Value.PIXEL_ONLY: "Pixel only",
    Value.BOTH: "Both",
    Value.SERVER_ONLY: "Server only",
    Value.UNKNOWN: "Unknown",
}
# Of the newest purchases so many are looked through for those of which only the server told, and so many are shown.
_LOOKED_THROUGH, _SHOWN = 200, 20


class Covered(NamedTuple):
    """Of one event name: the whole of it, day by day, and why, value by value, the most frequent first."""

    event_name: str
    share: Share
    chart: Chart
    causes: Sequence[tuple[Value, Cause, int]]


class Alone(NamedTuple):
    """An event of which only the server told, with the evidence for that."""

    line: Shown
    evidence: str


def doors() -> Sequence[Door]:
    """The page, and its days as a table."""
    return [Door("GET", PATH, show), Door("GET", f"{PATH}.csv", table)]


def show(visit: Visit) -> Response:
    """The last days, as many as the address asks for."""
    with visit.reading() as connection:
        span = spans.read(visit, connection, [Part.COVERAGE])
        made = _report(visit, connection, span)
        only_server = made.totals.get(PURCHASE, {}).get(Value.SERVER_ONLY)
        alone = _alone(visit, connection, span) if only_server and only_server.events else []
    return visit.page(
        "coverage.html",
        made=made,
        span=span,
        chips=spans.chips(visit, PATH),
        covered=[_covered(name, made, span) for name in coverage_report.EVENT_NAMES if name in made.totals],
        alone=alone,
        words=WORDS,
        events_of=partial(spans.events_of, visit, span),
        sentences=SENTENCES,
        least=LEAST_ORDERS,
        csv=visit.at(f"{PATH}.csv", days=spans.asked()),
    )


def table(visit: Visit) -> Response:
    """The same days: a line for each day, event name, value and currency."""
    with visit.reading() as connection:
        made = _report(visit, connection, spans.read(visit, connection, [Part.COVERAGE]))
    heads = ("Day", "Event", "Told by", "Events", "Currency", "Value in that currency")
    return csv_lines.download(visit, "coverage", heads, _lines(made))


def _report(visit: Visit, connection: Connection, span: Span) -> Report:
    last_heard = coverage_report.pixel_seen(connection, visit.store)
    return coverage_report.of_days(span.judged, since=span.since, until=span.until, last_heard=last_heard)


def _covered(event_name: str, made: Report, span: Span) -> Covered:
    points = [(day, _on(made, day, event_name)) for day in span.days]
    whole = {value.value: total.events for value, total in made.totals[event_name].items()}
    words = {value.value: name for value, name in WORDS.items()}
    found = [(value_of(cause), cause, number) for cause, number in made.causes[event_name].items()]
    causes = sorted(found, key=lambda one: (list(WORDS).index(one[0]), -one[2]))
    return Covered(event_name, charts.share(whole, words), charts.stacked(points, words), causes)


def _on(made: Report, day: date, event_name: str) -> Mapping[str, int] | None:
    found = made.days.get(day, {}).get(event_name)
    return None if found is None else {value.value: number for value, number in found.items()}


def _alone(visit: Visit, connection: Connection, span: Span) -> Sequence[Alone]:
    """Some of the purchases of which only the server told, the newest first."""
    begin, *_ = day_parts.bounds([span.since], visit.zone)
    wanted = ledger_rows.Wanted(states=(State.DELIVERED,), event_name=PURCHASE, test=False, since=begin)
    rows = browse.look(connection, visit.store.id, wanted, most=_LOOKED_THROUGH, budget=_LOOKED_THROUGH).rows
    told = riders.told(connection, visit.store, rows, visit.now)
    found = [Line(row, told[row.id]) for row in rows if row.id in told]
    newest = sorted(found, key=lambda line: line.row.placed_at, reverse=True)
    verdicts = [(line, told[line.row.id].verdict) for line in newest]
    alone = [(line, cause) for line, (value, cause) in verdicts if value is Value.SERVER_ONLY][:_SHOWN]
    return [Alone(event_lines.shown(line), SENTENCES[cause]) for line, cause in alone]


def _lines(made: Report) -> Iterator[csv_lines.Row]:
    for day, sums in sorted(made.by_day.items()):
        for event_name, by_value in sums.totals.items():
            for value, total in by_value.items():
                yield (day.isoformat(), event_name, WORDS[value], total.events, None, None)
                for currency, amount in sorted(total.worth.items()):
                    yield (day.isoformat(), event_name, WORDS[value], None, currency, amount)
