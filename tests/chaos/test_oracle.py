"""The oracle sees what it is there to see: a verdict that can only be good would prove nothing."""

from collections import Counter

import pytest

from tests.chaos import plan
from tests.chaos.oracle import judge
from tests.rig.senders import BROKEN, Promise, Record, Try, Webhook

ONE, TWO = Promise("1", "Purchase", "a"), Promise("1", "Purchase", "b")


def record(*answers: str, promises: tuple[Promise, ...] = (ONE,), at: float = 100.0) -> Record:
    told = Webhook("shopify", "/webhooks/shopify", {}, b"{}", promises)
    return Record(told, [Try(at + number, 0.01, answer) for number, answer in enumerate(answers)])


def copy(promise: Promise, *, counted: bool = True, at: float = 101.0) -> dict:
    return {**promise._asdict(), "counted": counted, "received_at": at}


def test_all_is_well_where_each_promise_was_counted_once() -> None:
    verdict = judge([record("503", BROKEN, "200")], {ONE: "delivered"}, [copy(ONE, at=102.5)], 0)
    assert verdict.faults == []
    assert (verdict.sent, verdict.accepted, verdict.promised, verdict.delivered) == (1, 1, 1, 1)
    assert verdict.to_meta[0] == pytest.approx(0.5)
    assert verdict.answers == {"503": 1, BROKEN: 1, "200": 1}


@pytest.mark.parametrize(
    ("ledger", "journal", "fault"),
    [
        ({}, [], "1 lost"),
        ({}, [copy(ONE)], "1 lost"),
        ({ONE: "delivered"}, [], "1 lost"),
        ({ONE: "pending"}, [], "1 not settled"),
        ({ONE: "sending"}, [copy(ONE)], "1 not settled"),
        ({ONE: "dead"}, [], "1 given up"),
        ({ONE: "skipped"}, [], "1 given up"),
        ({ONE: "delivered"}, [copy(ONE), copy(TWO)], "1 told to Meta that nobody sold"),
    ],
)
def test_each_broken_promise_is_named(ledger: dict, journal: list, fault: str) -> None:
    assert judge([record("200")], ledger, journal, 9).faults == [fault]


def test_what_was_never_answered_200_is_no_promise_and_may_be_told_all_the_same() -> None:
    assert judge([record(BROKEN, "503")], {}, [], 0).faults == []
    assert judge([record(BROKEN)], {ONE: "delivered"}, [copy(ONE)], 0).faults == []


def test_a_second_copy_is_forgiven_once_for_each_event_in_doubt() -> None:
    twice = [copy(ONE), copy(ONE, counted=False)]
    assert judge([record("200")], {ONE: "delivered"}, twice, 1).faults == []
    assert judge([record("200")], {ONE: "delivered"}, twice, 0).faults == [
        "1 posted again, and only 0 of unknown outcome"
    ]


def test_a_second_copy_that_counts_is_never_forgiven() -> None:
    assert judge([record("200")], {ONE: "delivered"}, [copy(ONE), copy(ONE)], 9).faults == ["1 counted twice"]


@pytest.mark.parametrize("answer", ["500", "302", "401", "200 ignored", "200 quarantined"])
def test_an_answer_that_no_webhook_may_get_is_named(answer: str) -> None:
    (fault,) = judge([record(answer)], {ONE: "delivered"}, [copy(ONE)], 0).faults
    assert answer in fault


def test_a_seed_deals_the_same_blows_every_time_and_another_seed_others() -> None:
    one, again, other = (plan.blows(seed, kills=100, seconds=60) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_a_full_plan_is_what_a_release_asks_for() -> None:
    """The goal: 500 processes, 20 times the broker, 10 times the database."""
    dealt = Counter(blow.kind for blow in plan.blows(1, kills=520, seconds=390))
    assert sum(dealt[kind] for kind in plan.KILLS) >= 500
    assert dealt[plan.BROKER] + dealt[plan.FLUSH] >= 20
    assert dealt[plan.DATABASE] >= 10
    assert dealt[plan.SLEEPER]


def test_a_short_plan_has_every_kind_of_blow() -> None:
    dealt = Counter(blow.kind for blow in plan.blows(1, kills=30, seconds=30))
    assert set(dealt) == {*plan.KILLS, *plan.OUTAGES, *plan.PAUSES, plan.META}
    assert sum(dealt[kind] for kind in plan.KILLS) < 40
