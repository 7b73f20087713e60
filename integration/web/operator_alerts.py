"""`/operator/alerts`: what is wrong in any store, the last said first; an alert goes away when what it is about is mended."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import Response, request

from integration.db import Connection, alerts, from_ms, to_ms
from integration.db.alerts import Raised
from integration.web import asked
from integration.web.csv_lines import Cell
from integration.web.operator_desk import ROWS_A_PAGE, Desk
from integration.web.operator_pages import Room

PATH = "/alerts"
_LAST_MS = 253_402_300_799_000  # the end of the year 9999, beyond which there are no dates
_HEADS = ("Store", "Domain", "Kind", "What is wrong", "Times", "First said", "Last said")


def rooms() -> Sequence[Room]:
    """The page, and the same as a file."""
    return [Room(PATH, show, PATH), Room(f"{PATH}.csv", download, PATH)]


def words_of(kind: str) -> str:
    """A kind of alert for people."""
    return kind.replace("_", " ").capitalize()


def show(desk: Desk) -> Response:
    """A page of them."""
    kind, store_id, before = _word("kind"), _word("store"), _before()
    with desk.reading() as connection:
        found = alerts.page(connection, store_id=store_id, kind=kind, before=before, most=ROWS_A_PAGE + 1)
        kinds = alerts.kinds(connection)
    shown = found[:ROWS_A_PAGE]
    last = shown[-1] if len(found) > len(shown) else None
    kept = {"kind": kind, "store": store_id}
    every = [("All", desk.at(PATH), kind is None and store_id is None)]
    each = [(f"{words_of(one)} ({number})", desk.at(PATH, kind=one), one == kind) for one, number in kinds]
    return desk.page(
        "operator/alerts.html",
        alerts=shown,
        words_of=words_of,
        kinds=[*every, *each],
        older=desk.at(PATH, **kept, said=to_ms(last.last_at), id=last.id) if last else "",
        newest=desk.at(PATH, **kept) if before else "",
        csv_at=desk.at(f"{PATH}.csv", **kept),
        narrowed=bool(kind or store_id),
    )


def download(desk: Desk) -> Response:
    """All of those."""
    kind, store_id = _word("kind"), _word("store")

    def page(connection: Connection, last: Raised | None, most: int) -> Sequence[Raised]:
        before = (last.last_at, last.id) if last else None
        return alerts.page(connection, store_id=store_id, kind=kind, before=before, most=most)

    return desk.csv("alerts", _HEADS, _cells(desk.all_of(page)))


def _cells(found: Iterator[Raised]) -> Iterator[Sequence[Cell]]:
    for one in found:
        yield one.store_id, one.domain, one.kind, one.sentence, one.times, one.first_at, one.last_at


def _word(name: str) -> str | None:
    return request.args.get(name, "").replace("\x00", "")[:50] or None


def _before() -> tuple[datetime, int] | None:
    at, pk = (asked.row_id(request.args.get(name, "")) for name in ("said", "id"))
    return None if at is None or pk is None else (from_ms(min(at, _LAST_MS)), pk)
