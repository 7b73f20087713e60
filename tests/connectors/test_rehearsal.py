from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rehearsal import moved

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-10-31T23:30:00Z", "2026-11-01T00:30:00Z"),
        ("2026-10-31T23:30:00+01:00", "2026-11-01T00:30:00+01:00"),
        ("2026-10-31T23:30:00-0500", "2026-11-01T00:30:00-0500"),
        ("2026-10-31T23:30:00", "2026-11-01T00:30:00"),
        ("2026-10-31 23:30:00", "2026-11-01 00:30:00"),
        ("2026-10-31T23:30:00.123Z", "2026-11-01T00:30:00.123Z"),
        ("2026-10-31T23:30:00.123456789Z", "2026-11-01T00:30:00.123456789Z"),
    ],
)
def test_each_time_keeps_its_own_format_zone_or_lack_of_one(before, after):
    assert moved(before, HOUR) == after


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-31",
        "23:30:00",
        "2026-13-31T23:30:00Z",
        "2026-10-31T24:30:00Z",
        "2026-10-31T23:59:60Z",
        "paid at 2026-10-31T23:30:00Z",
        "2026-10-31T23:30:00Z\n",
        "2026-10-31T23:30:00 Europe/Berlin",
        "٢٠٢٦-10-31T23:30:00Z",
        "#1001",
        "",
    ],
)
def test_plain_dates_and_other_texts_stay_untouched(text):
    assert moved(text, HOUR) == text


def test_every_level_of_a_document_moves_and_nothing_but_times():
    document = {
        "2026-10-31T23:30:00Z": 20261031,
        "lines": [{"at": "2026-01-01T00:00:00Z", "gift": True}, None, 1.5],
        "meta": {"deep": [["2026-01-01T00:00:00"]]},
    }
    assert moved(document, -HOUR) == {
        "2026-10-31T23:30:00Z": 20261031,
        "lines": [{"at": "2025-12-31T23:00:00Z", "gift": True}, None, 1.5],
        "meta": {"deep": [["2025-12-31T23:00:00"]]},
    }


def test_the_given_document_is_not_changed():
    document = {"lines": [{"at": "2026-01-01T00:00:00Z"}]}
    moved(document, HOUR)
    assert document == {"lines": [{"at": "2026-01-01T00:00:00Z"}]}


def test_parts_of_a_second_are_rounded_down_so_that_no_time_comes_later_than_asked():
    assert moved("2026-01-01T00:00:00Z", timedelta(seconds=1, microseconds=999_999)) == "2026-01-01T00:00:01Z"
    assert moved("2026-01-01T00:00:00Z", -timedelta(microseconds=1)) == "2025-12-31T23:59:59Z"


@pytest.mark.parametrize(("text", "delta"), [("9999-12-31T23:30:00Z", HOUR), ("0001-01-01T00:30:00Z", -HOUR)])
def test_a_time_that_would_leave_the_calendar_stays(text, delta):
    assert moved(text, delta) == text


_moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(microsecond=0))  # noqa: DTZ001
_deltas = st.integers(-(10**9), 10**9).map(lambda seconds: timedelta(seconds=seconds))


@given(_moments, _deltas, st.sampled_from(["", "Z", "+05:45", ".5-03:00"]))
def test_the_distance_is_exactly_the_delta_and_going_back_gives_the_same_text(moment, delta, rest):
    text = moment.isoformat() + rest
    there = moved(text, delta)
    assert there.endswith(rest)
    assert datetime.fromisoformat(there[:19]) - moment == delta
    assert moved(there, -delta) == text
