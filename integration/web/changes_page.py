"""/changes: who changed what of the store, when, and by which way in; also as CSV."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flask import Response, request

from integration.db import Connection, Engine, changes, reading
from integration.db.changes import Change
from integration.web import asked, consent_words, csv_lines, settings_words
from integration.web.settings_words import Side
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/changes"
CSV = f"{PATH}.csv"
MOST = 50
_HEADS = ("When", "Who", "By", "What", "Of what", "Before", "After")


class Line(NamedTuple):
    """A line of the log in words. `by`: the way in."""

    change: Change
    by: str
    what: str
    sides: Sequence[Side]


def doors() -> Sequence[Door]:
    """The page, and the file."""
    return [Door("GET", PATH, show), Door("GET", CSV, download)]


def show(visit: Visit) -> Response:
    """A page of the log, the newest first; where it begins stands in the address."""
    before, after = (asked.row_id(request.args.get(name, "")) for name in ("before", "after"))
    with visit.reading() as connection:
        found = _page(connection, visit.store.id, before, after)
        older = bool(found) and bool(changes.of_store(connection, visit.store.id, before=found[-1].id, most=1))
        newer = bool(found) and bool(changes.newer(connection, visit.store.id, after=found[0].id, most=1))
    back_at = visit.at(PATH, after=found[0].id) if newer else ""
    on_at = visit.at(PATH, before=found[-1].id) if older else ""
    return visit.page("changes.html", lines=list(map(_line, found)), csv_at=visit.at(CSV), newer=back_at, older=on_at)


def download(visit: Visit) -> Response:
    """All of it, a row for each value that changed."""
    return csv_lines.download(visit, "changes", _HEADS, _rows(visit.engine, visit.store.id))


def _page(connection: Connection, store_id: str, before: int | None, after: int | None) -> Sequence[Change]:
    if after is not None:
        return changes.newer(connection, store_id, after=after, most=MOST)
    return changes.of_store(connection, store_id, before=before, most=MOST)


def _line(one: Change) -> Line:
    what, by = consent_words.capital(one.what), settings_words.surface(one.surface)
    return Line(one, by, what, settings_words.sides(one.before, one.after))


def _rows(engine: Engine, store_id: str) -> Iterator[csv_lines.Row]:
    """No transaction is open between two pages."""
    before: int | None = None
    while True:
        with reading(engine) as connection:
            found = changes.of_store(connection, store_id, before=before, most=csv_lines.MOST // 100)
        for one in map(_line, found):
            head = (one.change.at, one.change.who, one.by, one.what)
            yield from ((*head, *side) for side in one.sides or (Side("", "", ""),))
        if not found:
            return
        before = found[-1].id
