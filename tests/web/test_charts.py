"""Where a chart's marks stand: as high as their amounts, within the drawing, and none where nothing is known."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.web import charts

DAY = date(2026, 11, 28)
SERIES = {"both": "Both", "server_only": "Server only"}


def across(place: str) -> float:
    return float(place.removesuffix("%"))


@given(st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 10**7), st.integers(0, 10**7))), min_size=1, max_size=40))
def test_bars_stand_on_the_line_side_by_side_and_end_below_the_top(amounts: list[tuple[int, int] | None]) -> None:
    points = [(DAY, it and dict(zip(SERIES, it, strict=True))) for it in amounts]
    chart = charts.stacked(points, SERIES)
    highest = max((sum(it) for it in amounts if it), default=0)
    edge = 0.0
    for bar, amount in zip(chart.bars, amounts, strict=True):
        assert edge <= across(bar.x) + 0.001
        edge = across(bar.x) + across(bar.width)
        assert bar.known is (amount is not None)
        assert [it.kind for it in bar.parts] == [kind for kind, it in zip(SERIES, amount or (), strict=False) if it]
        foot = float(charts.BASE)
        for part in bar.parts:
            assert part.y + part.height == pytest.approx(foot, abs=0.11)
            assert part.height >= 1
            foot = part.y
        assert foot >= charts.TOP - 2  # a pixel for each part that would be less than one
    assert edge <= 100
    assert (chart.peak is None) is (highest == 0)
    assert len(chart.lines) in {0, 3}


def test_a_bar_is_as_high_as_its_amount_is_of_the_highest_line() -> None:
    chart = charts.bars([(DAY, 5), (DAY + timedelta(days=1), 10)], "Orders")
    assert [line.words for line in chart.lines] == ["0", "5", "10"]
    assert chart.bars[1].parts[0].height == 2 * chart.bars[0].parts[0].height == charts.BASE - charts.TOP
    assert chart.bars[0].top == chart.lines[1].y
    assert chart.peak
    assert chart.peak.words == "10"


def test_a_day_without_data_is_not_a_day_of_nothing() -> None:
    chart = charts.bars([(DAY, None), (DAY, 0)], "Orders")
    assert [(bar.known, bar.parts, bar.said) for bar in chart.bars] == [
        (False, [], "28 November. No data"),
        (True, [], "28 November. Orders: 0"),
    ]
    assert chart.lines == []


def test_a_week_names_each_day_and_a_month_its_ends() -> None:
    week, month = ([(DAY + timedelta(days=n), 1) for n in range(length)] for length in (7, 31))
    assert [it.words for it in charts.bars(week, "Orders").below] == ["28 Nov", "29", "30", "1 Dec", "2", "3", "4"]
    assert [(it.words, it.x) for it in charts.bars(month, "Orders").below] == [
        ("28 Nov", "0%"),
        ("13 Dec", "50%"),
        ("28 Dec", "100%"),
    ]
    assert charts.bars([], "Orders").below == []


def test_the_pieces_of_a_whole_fill_it_in_order() -> None:
    share = charts.share({"server_only": 1, "both": Decimal(2)}, {**SERIES, "unknown": "Unknown"})
    assert [(it.kind, it.x, it.width, it.share) for it in share.pieces] == [
        ("both", "0%", "66.667%", "66.6 %"),
        ("server_only", "66.667%", "33.333%", "33.3 %"),
        ("unknown", "100%", "0%", "0 %"),
    ]
    assert share.said == "Both: 2, Server only: 1, Unknown: 0"
    assert {it.width for it in charts.share({}, SERIES).pieces} == {"0%"}


def test_a_spark_has_a_gap_where_a_value_is_missing_and_ends_in_the_last_one_known() -> None:
    spark = charts.sparkline([1, None, 2, 4, None])
    assert [len(line.split()) for line in spark.lines] == [1, 2]
    assert spark.last
    assert f"{spark.last[0]},{spark.last[1]}" == spark.lines[-1].split()[-1]
    assert spark.last[1] == 3
    assert charts.sparkline([None, 3]) == ((), None)
