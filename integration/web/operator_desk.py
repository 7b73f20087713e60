"""An operator's desk: what one of the operator's own pages knows of who asks for it. The kit reads it as it does a visit.

Who is not signed in gets none. Times are UTC here: stores of many zones stand beside one another.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template

from integration.db import Connection, Engine, reading
from integration.web import csv_lines, operator_way, places
from integration.web.csv_lines import Cell
from integration.web.security import scripted, with_forms
from integration.web.visit import Item

T = TypeVar("T")

MENU = (
    Item("", "Stores"),
    Item("/queues", "Queues"),
    Item("/dead-letters", "Dead letters"),
    Item("/alerts", "Alerts"),
    Item("/system", "System"),
)
ROWS_A_PAGE = 50
_UTC = ZoneInfo("UTC")
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Desk:
    """`who`: the operator's name; `here`: the path of the page that is shown."""

    engine: Engine
    who: str
    here: str
    now: datetime
    base: str = operator_way.BASE
    surface: str = "operators"
    may_write: bool = True
    frame: None = None
    zone: ZoneInfo = _UTC
    zone_name: str = "UTC"
    menu: Sequence[Item] = MENU
    sign_out_at: str = operator_way.SIGN_OUT

    def at(self, path: str = "", **query: object) -> str:
        """The address of a page of ours. What is None or empty is left out of the query."""
        told = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{self.base}{path}?{urlencode(told)}" if told else f"{self.base}{path}"

    def store_at(self, store_id: str, path: str = "") -> str:
        """The address of a store's own page, to look at."""
        return f"{self.base}/stores/{store_id}{path}"

    def reading(self) -> AbstractContextManager[Connection]:
        """One transaction that only reads. Raises Unavailable."""
        return reading(self.engine)

    def page(self, template: str, **told: object) -> Response:
        """A whole page."""
        return scripted(with_forms(make_response(render_template(template, visit=self, **told))))

    def download(self, chunks: Iterable[bytes], name: str, mimetype: str) -> Response:
        """A file, bit by bit. Raises Throttled where other files take all the places there are for them."""
        return places.file(chunks, name, mimetype)

    def csv(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
        """A table as a file."""
        return csv_lines.download(self, name, heads, rows)

    def all_of(self, page: Callable[[Connection, T | None, int], Sequence[T]]) -> Iterator[T]:
        """The rows of all pages: `page` gives so many behind a row, or the first ones. No transaction is open between two."""
        last = None
        while True:
            with self.reading() as connection:
                rows = page(connection, last, _ROWS_AT_ONCE)
            yield from rows
            if len(rows) < _ROWS_AT_ONCE:
                return
            last = rows[-1]


def moment() -> datetime:
    """The time of a page."""
    return datetime.now(UTC)
