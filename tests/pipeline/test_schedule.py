"""When a delivery is tried again, and when it may no longer leave. The timetable is data here, and a table there."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.pipeline.schedule import OPEN_AFTER, Leave, Past, Trouble, is_over, may_leave, next_attempt, rest

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))

TIMETABLE = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR]
EVENLY = 0.5  # the chance that shifts nothing

chances = st.floats(0, 1)


def wait_after(attempts: int, *, chance: float = EVENLY, not_before: float | None = None) -> timedelta:
    return next_attempt(attempts, NOW, chance=chance, not_before=not_before) - NOW


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(TIMETABLE, start=1)))
def test_the_waits_follow_the_timetable(attempts: int, wait: timedelta) -> None:
    assert wait_after(attempts) == wait


@pytest.mark.parametrize("attempts", [9, 10, 40, 10**6])
def test_the_last_wait_repeats(attempts: int) -> None:
    assert wait_after(attempts) == 6 * HOUR


@pytest.mark.parametrize("attempts", [0, -1])
def test_before_the_first_attempt_it_is_the_first_wait(attempts: int) -> None:
    assert wait_after(attempts) == 30 * SECOND


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(TIMETABLE, start=1)))
def test_chance_moves_a_wait_by_a_fifth_either_way_and_reaches_both_ends(attempts: int, wait: timedelta) -> None:
    assert wait_after(attempts, chance=0) == wait * 0.8
    assert wait_after(attempts, chance=1) == wait * 1.2


@given(st.integers(1, 50), chances)
def test_jitter_never_leaves_its_bounds(attempts: int, chance: float) -> None:
    wait = TIMETABLE[min(attempts, len(TIMETABLE)) - 1]

    assert wait * 0.8 <= wait_after(attempts, chance=chance) <= wait * 1.2


@given(st.integers(1, 50), chances, st.floats(0, 3_600))
def test_what_meta_asks_for_can_only_lengthen_a_wait(attempts: int, chance: float, asked: float) -> None:
    plain = wait_after(attempts, chance=chance)

    assert wait_after(attempts, chance=chance, not_before=asked) == max(plain, timedelta(seconds=asked))


def test_a_retry_after_of_an_hour_lengthens_the_first_wait_and_leaves_a_longer_one() -> None:
    assert wait_after(1, not_before=3_600) == HOUR
    assert wait_after(8, not_before=3_600) == 6 * HOUR
    assert wait_after(1, not_before=0) == 30 * SECOND


def test_tries_go_on_until_the_last_call_and_not_beyond() -> None:
    """Untroubled by chance: seven growing waits, then every six hours, the last one within 6 d 20 h."""
    tries = [NOW]
    while not is_over(NOW, following := next_attempt(len(tries), tries[-1], chance=EVENLY)):
        tries.append(following)

    assert [later - sooner for sooner, later in pairwise(tries)][:7] == TIMETABLE[:7]
    assert 6 * DAY + 14 * HOUR < tries[-1] - NOW <= 6 * DAY + 20 * HOUR
    assert len(tries) == 8 + 26


def test_the_last_call_is_at_six_days_and_twenty_hours() -> None:
    last_call = NOW + 6 * DAY + 20 * HOUR

    assert not is_over(NOW, last_call)
    assert is_over(NOW, last_call + SECOND)


# May it leave?


def past(
    *,
    event: timedelta = MINUTE,
    safe_from: timedelta | None = None,
    attempted: bool = False,
    browser: bool = False,
    insisted: bool = False,
) -> Past:
    return Past(NOW - event, None if safe_from is None else NOW - safe_from, attempted, browser, insisted)


@pytest.mark.parametrize("attempted", [False, True])
@pytest.mark.parametrize("age", [7 * DAY, 8 * DAY, 400 * DAY], ids=str)
def test_nothing_of_seven_days_leaves(*, age: timedelta, attempted: bool) -> None:
    assert may_leave(past(event=age, safe_from=age, attempted=attempted), NOW) is Leave.EXPIRED


def test_a_minute_before_seven_days_it_may_leave() -> None:
    assert may_leave(past(event=7 * DAY - MINUTE), NOW) is Leave.GO


@pytest.mark.parametrize(
    ("since_the_first_copy", "leave"),
    [
        (MINUTE, Leave.GO),
        (46 * HOUR, Leave.GO),
        (47 * HOUR, Leave.GO),
        (47 * HOUR + SECOND, Leave.AMBIGUOUS),
        (48 * HOUR, Leave.AMBIGUOUS),
        (6 * DAY, Leave.AMBIGUOUS),
    ],
    ids=str,
)
def test_what_was_perhaps_counted_is_safe_to_repeat_for_47_hours_after_the_first_copy(
    since_the_first_copy: timedelta, leave: Leave
) -> None:
    assert may_leave(past(event=MINUTE, safe_from=since_the_first_copy, attempted=True), NOW) is leave


def test_the_47_hours_run_from_the_first_copy_and_not_from_the_events_own_time() -> None:
    """A bank transfer placed three days ago and paid now: the Pixel may have told the placement."""
    assert may_leave(past(event=MINUTE, safe_from=3 * DAY, attempted=True), NOW) is Leave.AMBIGUOUS
    assert may_leave(past(event=3 * DAY, safe_from=MINUTE, attempted=True), NOW) is Leave.GO


# The whole rule: hours since the first copy may have come, who may have told it, and what then.
YOUNG, LATE, OVER = 47 * HOUR, 47 * HOUR + SECOND, 7 * DAY
RULE = [
    # since, attempted, browser, insisted, leave
    *(
        (YOUNG, attempted, browser, insisted, Leave.GO)
        for attempted in (0, 1)
        for browser in (0, 1)
        for insisted in (0, 1)
    ),
    (LATE, 0, 0, 0, Leave.GO),
    (LATE, 0, 1, 0, Leave.AMBIGUOUS),
    (LATE, 1, 0, 0, Leave.AMBIGUOUS),
    (LATE, 1, 1, 0, Leave.AMBIGUOUS),
    *((LATE, attempted, browser, 1, Leave.GO) for attempted in (0, 1) for browser in (0, 1)),
    *(
        (OVER, attempted, browser, insisted, Leave.EXPIRED)
        for attempted in (0, 1)
        for browser in (0, 1)
        for insisted in (0, 1)
    ),
]


@pytest.mark.parametrize(("since", "attempted", "browser", "insisted", "leave"), RULE, ids=str)
def test_the_rule_of_what_must_never_be_counted_twice(
    since: timedelta, attempted: int, browser: int, insisted: int, leave: Leave
) -> None:
    told = past(event=since, safe_from=since, attempted=bool(attempted), browser=bool(browser), insisted=bool(insisted))

    assert may_leave(told, NOW) is leave


def test_the_table_says_something_of_every_case() -> None:
    assert len({tuple(map(str, row[:4])) for row in RULE}) == len(RULE) == 3 * 2 * 2 * 2


def test_too_old_comes_before_ambiguous() -> None:
    assert may_leave(past(event=7 * DAY, safe_from=7 * DAY, attempted=True), NOW) is Leave.EXPIRED


def test_without_a_first_copy_there_is_nothing_to_repeat() -> None:
    """A refund that was never attempted has no Pixel copy and none of ours."""
    assert may_leave(past(event=6 * DAY, safe_from=None, attempted=True), NOW) is Leave.GO


@given(
    event=st.timedeltas(timedelta(0), 30 * DAY),
    safe_from=st.none() | st.timedeltas(timedelta(0), 30 * DAY),
    attempted=st.booleans(),
)
def test_once_it_may_not_leave_time_alone_never_lets_it_leave_again(
    *, event: timedelta, safe_from: timedelta | None, attempted: bool
) -> None:
    one = past(event=event, safe_from=safe_from, attempted=attempted)
    verdicts = [may_leave(one, NOW + later) for later in (timedelta(0), HOUR, DAY, 3 * DAY, 30 * DAY)]

    order = [Leave.GO, Leave.AMBIGUOUS, Leave.EXPIRED]
    assert verdicts == sorted(verdicts, key=order.index)


# How long does a dataset rest?


@pytest.mark.parametrize("failures", range(1, OPEN_AFTER))
def test_a_few_failed_calls_are_single_calls_and_the_dataset_does_not_rest(failures: int) -> None:
    assert rest(Trouble.FAILED, failures, chance=1) is None


@given(st.integers(OPEN_AFTER, 10_000), chances)
def test_an_open_circuit_asks_at_most_once_in_30_seconds_and_notices_within_a_minute(
    failures: int, chance: float
) -> None:
    wait = rest(Trouble.FAILED, failures, chance=chance)

    assert wait is not None
    assert 30 * SECOND <= wait <= 36 * SECOND


@pytest.mark.parametrize(
    ("failures", "throttled", "paused"),
    [
        (1, 30 * SECOND, 30 * SECOND),
        (2, 2 * MINUTE, 2 * MINUTE),
        (3, 10 * MINUTE, 10 * MINUTE),
        (4, 15 * MINUTE, 30 * MINUTE),
        (5, 15 * MINUTE, HOUR),
        (50, 15 * MINUTE, HOUR),
    ],
)
def test_throttled_and_paused_datasets_are_asked_by_the_timetable_within_their_limits(
    failures: int, throttled: timedelta, paused: timedelta
) -> None:
    assert rest(Trouble.THROTTLED, failures, chance=0) == throttled
    assert rest(Trouble.PAUSED, failures, chance=0) == paused


@given(st.sampled_from(Trouble), st.integers(0, 20), chances, st.floats(0, 3_600))
def test_what_metas_headers_ask_can_only_lengthen_a_rest(
    trouble: Trouble, failures: int, chance: float, asked: float
) -> None:
    plain = rest(trouble, failures, chance=chance)
    longer = rest(trouble, failures, chance=chance, asked=asked)

    assert (longer or timedelta(0)) == max(plain or timedelta(0), timedelta(seconds=asked))
