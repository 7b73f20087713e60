"""What a page says of moments and amounts: in the store's zone, with the currency's own decimals, never more than is so."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from integration.web import times

AT = datetime(2026, 10, 25, 0, 30, 7, tzinfo=UTC)
BERLIN, KIRITIMATI = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Kiritimati")


def test_a_moment_is_in_the_stores_zone_and_only_utc_is_named() -> None:
    assert times.moment(AT, BERLIN) == "25 October, 02:30"
    assert times.dated(AT, KIRITIMATI) == "25 October 2026, 14:30"
    assert times.moment(AT) == times.moment(AT, ZoneInfo("UTC")) == "25 October, 00:30 UTC"
    assert (times.clock(AT, BERLIN), times.brief(AT, BERLIN)) == ("02:30:07", "25 Oct, 02:30:07")


def test_the_hour_that_comes_twice_can_be_told_apart() -> None:
    later = AT + timedelta(hours=1)
    assert times.clock(AT, BERLIN) == times.clock(later, BERLIN)
    assert times.exact(AT, BERLIN) == "25 October 2026, 02:30:07 CEST"
    assert times.exact(later, BERLIN) == "25 October 2026, 02:30:07 CET"
    assert times.stamp(AT.astimezone(BERLIN)) == "2026-10-25T00:30:07Z"


def test_what_has_not_happened_is_not_said() -> None:
    said = (times.moment, times.clock, times.dated, times.brief, times.exact, times.stamp, times.day, times.lasting)
    assert {say(None) for say in said} == {""}
    assert times.ago(None, AT) == times.money(None, "EUR") == times.money("", "EUR") == times.number(None) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "just now"), (59, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (90_000, "1 day ago"), (-30, "in a moment"), (-300, "in 5 minutes")],
)  # fmt: skip
def test_how_long_ago(seconds: int, words: str) -> None:
    assert times.ago(AT, AT + timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.44, "0.4 s"), (9.96, "10 s"), (59.7, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (360_000, "4 d 4 h"), (timedelta(hours=3), "3 h")],
)  # fmt: skip
def test_how_long(seconds: float | timedelta, words: str) -> None:
    assert times.lasting(seconds) == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1234.5", "EUR", "EUR 1,234.50"),
        (Decimal("1E+4"), "JPY", "JPY 10,000"),
        ("1.5", "KWD", "KWD 1.500"),
        ("0.125", "USD", "USD 0.125"),  # what was told is shown, even where no till would
        ("-3", "CHF", "CHF -3.00"),
        ("nothing", "EUR", "EUR nothing"),
        ("NaN", "EUR", "EUR NaN"),
        ("5", None, "5.00"),
    ],
)
def test_an_amount_has_its_currencys_decimals_and_loses_none(
    amount: Decimal | str, currency: str | None, words: str
) -> None:
    assert times.money(amount, currency) == words


def test_a_share_never_reads_as_all_or_more_than_it_is() -> None:
    assert times.percent(9_999_999, 10_000_000) == "99.9 %"
    assert times.percent(2, 3) == "66.6 %"
    assert times.percent(3, 3) == "100 %"
    assert (times.percent(0, 3), times.percent(0, 0)) == ("0 %", "")
