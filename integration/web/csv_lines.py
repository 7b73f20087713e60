"""Tables as CSV, for whoever opens them in a spreadsheet: RFC 4180, and no text of it is taken for a formula.

They begin with UTF-8's mark: Excel takes a file without one for the alphabet of its own machine, and its reader is a
merchant. Programs read it as "utf-8-sig".
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import Response

# Of text, these begin a formula somewhere; the last four are their wide sisters, which spreadsheets narrow.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# A spreadsheet where the comma is for decimals parts lines at semicolons, and then knows no quotes of ours: what follows
# one, or a line's end, begins a cell there.
_INSIDE = re.compile(r"""([;\t\r\n|][\s"]*)(?=[=+\-@＝＋－＠])""")
_MARK = "\ufeff"
MOST = 100_000
_AT_ONCE = 200

Cell = str | int | Decimal | datetime | None
Row = Sequence[Cell]


class Offers(Protocol):
    """Of a visit, what a download needs."""

    @property
    def zone(self) -> ZoneInfo:
        """The store's."""

    @property
    def now(self) -> datetime:
        """When it was asked for."""

    def download(self, chunks: Iterable[bytes], name: str, mimetype: str) -> Response:
        """A file, bit by bit."""


def download(visit: Offers, name: str, heads: Sequence[str], rows: Iterable[Row]) -> Response:
    """The rows as `<name>-<date>.csv`, sent while they are read; at most 100,000, and a last line that says so.

    A number stays one if it comes as one (int, Decimal): give amounts as Decimal, and ids as text.
    """
    dated = f"{name}-{visit.now.astimezone(visit.zone):%Y-%m-%d}.csv"
    return visit.download(chunks(heads, rows, visit.zone), dated, "text/csv; charset=utf-8")


def chunks(heads: Sequence[str], rows: Iterable[Row], zone: ZoneInfo, most: int = MOST) -> Iterator[bytes]:
    """The same as bytes, a few hundred lines at a time."""
    coming = iter(rows)
    lines = chain([heads], islice(coming, most), _rest(coming, most))
    for place, some in enumerate(_parted(lines)):
        yield (("" if place else _MARK) + _written(some, zone)).encode()


def _rest(coming: Iterator[Row], most: int) -> Iterator[Row]:
    if next(coming, None) is not None:
        yield (f"Only the first {most:,} rows are here. Narrow the filters, for instance to fewer days, for the rest.",)


def _parted(lines: Iterable[Row]) -> Iterator[Sequence[Row]]:
    coming = iter(lines)
    while some := list(islice(coming, _AT_ONCE)):
        yield some


def _written(rows: Iterable[Row], zone: ZoneInfo) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(cell, zone) for cell in row] for row in rows)
    return text.getvalue()


def _cell(cell: Cell, zone: ZoneInfo) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:f}"
        case int():
            return str(cell)
        case datetime():
            return cell.astimezone(zone).isoformat(timespec="seconds")
        case str():
            inside = _INSIDE.sub(r"\1'", cell)
            return f"'{inside}" if cell.startswith(_FORMULA) else inside
