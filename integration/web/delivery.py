"""/delivery: how the store's events fare on their way to Meta, where some are left behind, and what to do about it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from flask import Response

from integration.db import freshness
from integration.db.deliveries import State
from integration.meta.event import PURCHASE
from integration.monitor import attention, delivery_report
from integration.monitor.counted import Span
from integration.monitor.day_parts import Part
from integration.monitor.delivery_report import DELIVERED, FAILED, LEFT_OUT, ON_THE_WAY, Drop
from integration.web import charts, csv_lines, reason_words, spans
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/delivery"
_PARTS = (Part.OUTCOMES, Part.WEBHOOKS, Part.LATENCY, Part.ANSWERS)
# The kinds of the kit's charts, bottom up.
_KINDS: Mapping[str, tuple[str, str]] = {
    DELIVERED: ("delivered", "Delivered"),
    ON_THE_WAY: ("waiting", "On the way"),
    FAILED: ("dead", "Came to nothing"),
    LEFT_OUT: ("unknown", "Not to be told"),
}
_TITLES = {
    "webhooks received": "Webhooks received",
    "webhooks read": "Webhooks read",
    "events in the ledger": "Events in the ledger",
    "events to be told": "Events that may be told",
    "events delivered": "Events delivered",
}


class Left(NamedTuple):
    """Some that went no further: what became of them, why, how many, and the way to them."""

    words: str
    why: str
    number: int
    href: str


class Step(NamedTuple):
    """How many came so far, and those that were left behind there."""

    title: str
    number: int
    left: Sequence[Left]


def doors() -> Sequence[Door]:
    """The page, and its days as a table."""
    return [Door("GET", PATH, show), Door("GET", f"{PATH}.csv", table)]


def show(visit: Visit) -> Response:
    """The last days, as many as the address asks for."""
    with visit.reading() as connection:
        span = spans.read(visit, connection, _PARTS)
        newest = freshness.newest_told(connection, visit.store.id)
    latencies = span.latencies()
    return visit.page(
        "delivery.html",
        span=span,
        chips=spans.chips(visit, PATH),
        something=bool(span.rows),
        steps=[_step(visit, span, one) for one in delivery_report.funnel(span.webhooks(), span.outcomes())],
        usual=delivery_report.percentile(latencies, 0.5),
        slow=delivery_report.percentile(latencies, 0.95),
        newest=newest,
        age=visit.now - newest.placed_at if newest else None,
        troubles=delivery_report.troubles(span.answers()),
        chart=_chart(span),
        taken=sum(one.events for one in span.outcomes() if one.event_name == PURCHASE and one.state == State.DELIVERED),
        csv=visit.at(f"{PATH}.csv", days=spans.asked()),
    )


def table(visit: Visit) -> Response:
    """The same days: a line for each day, event, state, reason and currency."""
    with visit.reading() as connection:
        span = spans.read(visit, connection, [Part.OUTCOMES])
    heads = ("Day", "Event", "State", "Reason", "Events", "Currency", "Value in that currency")
    return csv_lines.download(visit, "delivery", heads, _lines(span))


def _step(visit: Visit, span: Span, step: delivery_report.Step) -> Step:
    return Step(_TITLES[step.name], step.number, [_left(visit, span, one) for one in step.drops])


def _left(visit: Visit, span: Span, drop: Drop) -> Left:
    """Webhooks have no page of their own; events are shown where all of them are."""
    if drop.state not in set(State):
        words = {attention.QUARANTINED: "could not be read", "duplicate": "came once more"}
        return Left(words.get(drop.state, drop.state), drop.reason or "", drop.number, "")
    why = reason_words.of(drop.state, drop.reason).why
    return Left(drop.state, why, drop.number, spans.events_of(visit, span, state=drop.state, reason=drop.reason))


def _chart(span: Span) -> charts.Chart:
    points: list[tuple[date | str, Mapping[str, int] | None]] = []
    for day in span.days:
        found = delivery_report.groups(span.outcomes(day))
        points.append((day, found and {kind: found[group] for group, (kind, _) in _KINDS.items()}))
    return charts.stacked(points, dict(_KINDS.values()))


def _lines(span: Span) -> Iterator[csv_lines.Row]:
    for day in span.days:
        for one in span.outcomes(day):
            yield (day.isoformat(), one.event_name, one.state, one.reason, one.events, one.currency, one.worth)
