"""What a store's Home tells: how it stands, its figures of the last days, what needs attention, its last orders. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from integration.db import Connection, browse, chores, datasets
from integration.db.chores import Chore
from integration.db.stores import Store
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE
from integration.monitor import attention, counted, coverage_days, figures, live_events, quality_report
from integration.monitor.attention import Matter
from integration.monitor.counted import Span
from integration.monitor.coverage import Value
from integration.monitor.coverage_days import Sum
from integration.monitor.day_parts import Outcome, Part
from integration.monitor.figures import Orders, Say
from integration.monitor.live_events import Line
from integration.store_settings import PixelOwner
from integration.stores.zone import zone_of

DAYS = 7
SPOKEN = "7 days"
_PARTS = (Part.OUTCOMES, Part.WEBHOOKS, Part.KEYS, Part.COVERAGE)
# Of the newest events, checkouts begun among them, so many orders are shown.
_LOOKED_THROUGH, _LAST = 100, 10


@dataclass(frozen=True, slots=True)
class Home:
    """`says`: what is wrong, the worst first, and last how the orders fared. `told`: purchases by who told Meta of them.
    `quality`: our estimate for purchases; None where none was told.
    """

    span: Span
    says: Sequence[Say]
    orders: Orders
    told: Mapping[Value, Sum]
    quality: float | None
    matters: Sequence[Matter]


def of_store(connection: Connection, store: Store, now: datetime, reconnect: str | None) -> Home:
    """All of it but the last orders. `reconnect`: why the merchant has to connect the store again. Raises Unavailable."""
    since, until = counted.last_days(store, DAYS, now)
    span = counted.span(connection, store, _PARTS, since=since, until=until, now=now)
    told = _told(span)
    facts = figures.Facts(
        live=store.live,
        datasets=datasets.of_store(connection, store.id),
        outcomes=span.outcomes(),
        only_server=told[Value.SERVER_ONLY].events,
        reconnect=reconnect,
        webhooks=_trouble(chores.of_store(connection, store.id)),
        silent=store.settings.pixel is PixelOwner.OURS and not store.hears_browsers,
        span=SPOKEN,
        zone=zone_of(store),
    )
    by_day: dict[date, Sequence[Outcome]] = {day: span.outcomes(day) for day in span.days}
    return Home(
        span=span,
        says=figures.standing(facts),
        orders=figures.orders(span.outcomes()),
        told=told,
        quality=_estimate(span, store),
        matters=attention.matters(by_day, span.webhooks(), until),
    )


def last_orders(connection: Connection, store: Store, now: datetime) -> Sequence[Line]:
    """Of the newest orders and refunds those placed last, each with who told Meta of it. Raises Unavailable."""
    newest = browse.look(connection, store.id, most=_LOOKED_THROUGH).rows
    orders = [one for one in newest if one.event_name != INITIATE_CHECKOUT]
    rows = sorted(orders, key=lambda row: (row.placed_at, row.id), reverse=True)[:_LAST]
    return live_events.judged(connection, store, rows, now)


def _told(span: Span) -> Mapping[Value, Sum]:
    sums = coverage_days.Day()
    for day in span.judged.values():
        sums.add(day, 0)
    return sums.totals.get(PURCHASE) or {value: Sum() for value in Value}


def _estimate(span: Span, store: Store) -> float | None:
    found = quality_report.report(span.customer_keys(), store.settings.leave_out)
    return next((one.estimate for one in found if one.event_name == PURCHASE), None)


def _trouble(planned: Sequence[Chore]) -> str | None:
    return next((one.trouble for one in planned if one.kind == chores.SUBSCRIPTIONS), None)
