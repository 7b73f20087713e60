"""A silent Pixel is waited for an hour; in a demonstration, which says so on each page, for less."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from integration.monitor import settling

PLACED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    yield
    settling.hasten(0)


@pytest.mark.parametrize(
    ("seconds", "minutes", "settled"), [(0, 59, False), (0, 60, True), (60, 0, False), (60, 1, True)]
)
def test_silence_counts_after_its_time_and_not_before(seconds: int, minutes: int, *, settled: bool) -> None:
    settling.hasten(seconds)
    now = PLACED + timedelta(minutes=minutes)
    assert settling.is_settled(PLACED, PLACED, now) is settled
    assert settling.is_hastened() is bool(seconds)


def test_an_order_that_came_to_us_late_is_waited_for_from_then() -> None:
    received = PLACED + timedelta(hours=5)
    assert not settling.is_settled(PLACED, received, received + timedelta(minutes=59))
