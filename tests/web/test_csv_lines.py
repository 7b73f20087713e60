"""Tables as CSV: read back by a CSV reader as they were, and no text of them a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from integration.web import csv_lines
from integration.web.csv_lines import Row

BERLIN = ZoneInfo("Europe/Berlin")


def read(rows: Iterable[Row], most: int = csv_lines.MOST) -> list[list[str]]:
    sent = b"".join(csv_lines.chunks(("order", "value"), rows, BERLIN, most))
    assert sent.startswith(b"\xef\xbb\xbf")
    assert sent.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(sent.decode("utf-8-sig"), newline="")))[1:]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-12.50", "@SUM(A1)", "\t1", "\r1", "\n1", "＝1"])
def test_a_text_that_a_spreadsheet_would_reckon_with_stays_a_text(text: str) -> None:
    assert read([(text, None)]) == [[f"'{text}", ""]]


@pytest.mark.parametrize(
    "text", ["a;=1+1", "a; +1", 'a;"=1+1', "a\n@SUM(A1)", "a\r\n-1", "a\t=1", "a|=1", "a;＝1", 'x";=1;"']
)
def test_nor_does_a_part_of_it_where_a_spreadsheet_parts_lines_at_semicolons(text: str) -> None:
    """As one does whose language has a decimal comma: it then takes our quotes for letters."""
    sent = b"".join(csv_lines.chunks(("order", "value"), [("1", text)], BERLIN)).decode("utf-8-sig")
    cells = re.split(r"[;\t\r\n|]", sent)
    assert [cell for cell in cells if cell.lstrip(' "').startswith(tuple("=+-@＝"))] == []


def test_quotes_commas_and_line_ends_come_back_as_they_were() -> None:
    assert read([('says "no", twice\r\nand leaves', "Øre €")]) == [['says "no", twice\r\nand leaves', "Øre €"]]


def test_a_number_stays_one_and_a_time_names_its_zone() -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, 900_000, tzinfo=UTC)
    assert read([(Decimal("-12.50"), -3), (Decimal("1E+3"), at)]) == [
        ["-12.50", "-3"],
        ["1000", "2026-07-01T14:00:05+02:00"],
    ]


def test_a_list_too_long_ends_with_a_line_that_says_so() -> None:
    assert read([("a", 1), ("b", 2)], most=2) == [["a", "1"], ["b", "2"]]
    *told, last = read([("a", 1), ("b", 2), ("c", 3)], most=2)
    assert told == [["a", "1"], ["b", "2"]]
    assert "Only the first 2 rows" in last[0]


def test_rows_are_read_as_they_are_sent() -> None:
    taken = []

    def rows() -> Iterator[Row]:
        for number in range(1_000):
            taken.append(number)
            yield (number,)

    next(csv_lines.chunks(("n",), rows(), BERLIN))
    assert len(taken) < 300
