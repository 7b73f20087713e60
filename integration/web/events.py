"""/events: what happened in the store, the newest first, while it happens; what is asked for stands in the address."""

from collections.abc import Iterator, Sequence

from flask import Response, request

from integration.db import Connection, browse, finding
from integration.db.ledger_rows import Row
from integration.meta.event import PURCHASE
from integration.monitor import live_events, missing
from integration.monitor.live_events import Bounds, Ledger, Line, Page
from integration.web import csv_lines, event_filter, event_lines, reason_words
from integration.web.asked import row_id
from integration.web.event_filter import Asked
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/events"
NEWER, CSV = f"{PATH}/newer", f"{PATH}.csv"


def doors() -> Sequence[Door]:
    """The page, what it asks again, and the file."""
    return [Door("GET", PATH, show), Door("GET", NEWER, newer, part=True), Door("GET", CSV, download)]


def show(visit: Visit) -> Response:
    """A page of them; or what was looked for, and if that is not there, why it may not be."""
    asked = event_filter.read(request.args, visit.zone)
    before, after = (row_id(request.args.get(name, "")) for name in ("before", "after"))
    with visit.reading() as connection:
        if asked.sought:
            found, lost = _sought(connection, visit, asked)
        else:
            found, lost = _ledger(connection, visit, asked).page(before=before, after=after), None
    follows = not asked.sought and before is None and found.newer is None
    return visit.page(
        "events.html",
        asked=asked,
        lines=list(map(event_lines.shown, found.lines)),
        page=found,
        lost=lost,
        words=event_filter,
        reasons=_reasons(asked),
        follow=_followed(visit, asked, found) if follows else "",
        older=_at(visit, asked, before=found.older),
        newer=_at(visit, asked, after=found.newer),
        csv=visit.at(CSV, **asked.typed),
    )


def newer(visit: Visit) -> Response:
    """The rows that were shown, as they are now, and those above them."""
    asked = event_filter.read(request.args, visit.zone)
    oldest, newest = (row_id(request.args.get(name, "")) or 0 for name in ("oldest", "newest"))
    with visit.reading() as connection:
        lines = _ledger(connection, visit, asked).since(oldest)
    return visit.part("_events.html", lines=list(map(event_lines.shown, lines)), newest=newest)


def download(visit: Visit) -> Response:
    """All that are asked for."""
    asked = event_filter.read(request.args, visit.zone)
    rows = map(event_lines.cells, _all(visit, asked))
    return csv_lines.download(visit, "events", event_lines.HEADS, rows)


def _all(visit: Visit, asked: Asked) -> Iterator[Line]:
    """No transaction is open between two batches."""
    if asked.sought:
        with visit.reading() as connection:
            yield from _sought(connection, visit, asked)[0].lines
        return
    within: Bounds | None = None
    while True:
        with visit.reading() as connection:
            lines, within = _ledger(connection, visit, asked).batch(within)
        yield from lines
        if within is None:
            return


def _ledger(connection: Connection, visit: Visit, asked: Asked) -> Ledger:
    return Ledger(connection, visit.store, asked.wanted, asked.told_by, visit.now)


def _sought(connection: Connection, visit: Visit, asked: Asked) -> tuple[Page, missing.Missing | None]:
    """By ids, which an index has; else by the order's number. What else was asked for is left aside."""
    store = visit.store
    number, subjects = event_filter.subjects(asked.sought, store.settings.event_id_template, store.short_key)
    rows, back_to = finding.exactly(connection, store.id, number, subjects), None
    if not rows:
        looked = finding.by_number(connection, store.id, PURCHASE, number)
        rows = _of_orders(connection, store.id, looked.rows)
        if not rows and not looked.ended and looked.at is not None:
            back_to = browse.received_at(connection, store.id, looked.at)
    page = Page(live_events.judged(connection, store, rows, visit.now), None, None, back_to)
    return page, None if rows else missing.missing(connection, store)


def _of_orders(connection: Connection, store_id: str, rows: Sequence[Row]) -> list[Row]:
    """With the refunds of the same orders."""
    orders = dict.fromkeys(row.order_id for row in rows if row.order_id)
    return [row for order_id in orders for row in browse.of_order(connection, store_id, order_id)]


def _at(visit: Visit, asked: Asked, **place: int | None) -> str:
    """The address of another page of them; empty where there is none."""
    (number,) = place.values()
    return "" if number is None else visit.at(PATH, **asked.typed, **place)


def _followed(visit: Visit, asked: Asked, found: Page) -> str:
    """What the page asks again: all rows from its last one on, and which of them are new."""
    ids = [line.row.id for line in found.lines]
    oldest, newest = (ids[-1], ids[0]) if ids else (0, 0)
    return visit.at(NEWER, **asked.typed, oldest=oldest, newest=newest)


def _reasons(asked: Asked) -> Sequence[tuple[str, str]]:
    """What may be chosen; a reason that an address names is among them."""
    known = {reason: words.why for reason, words in reason_words.BY_REASON.items()}
    named = asked.typed.get("reason")
    if named and named not in known:
        known[named] = reason_words.of("skipped", named).why
    return [("", "Any"), *sorted(known.items(), key=lambda one: one[1])]
