"""What the figures say: the worst first, orders at the dataset that fares worst, the way of events, match quality. Pure."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integration.db.datasets import PAUSED, Dataset
from integration.meta import quality
from integration.monitor import attention, delivery_report, figures, quality_report
from integration.monitor.day_parts import LIMITS, Answers, Keys, Latency, Outcome, Webhooks
from integration.monitor.figures import Facts, Orders
from integration.store_settings import Field

DAY = date(2026, 11, 30)


def came(
    state: str, events: int = 1, *, reason: str | None = None, pk: int | None = 1, name: str = "Purchase"
) -> Outcome:
    return Outcome(pk, name, state, reason, "EUR", events, Decimal(events * 10))


def dataset(pk: int = 1, **more: Any) -> Dataset:
    return Dataset(
        pk, "st_1", f"10000000000000{pk}", "sealed", None, more.pop("state", "active"), **{"reason": None, **more}
    )


def facts(*outcomes: Outcome, **more: Any) -> Facts:
    usual: dict[str, Any] = {
        "live": True,
        "datasets": [dataset()],
        "only_server": 0,
        "reconnect": None,
        "webhooks": None,
    }
    rest = {"silent": False, "span": "7 days", "zone": ZoneInfo("Europe/Berlin")}
    return Facts(**{**usual, **rest, **more}, outcomes=outcomes)


def first(*outcomes: Outcome, **more: Any) -> str:
    return figures.standing(facts(*outcomes, **more))[0].sentence


def test_all_well_is_one_sentence_that_claims_no_more_than_was_seen() -> None:
    said = first(came("delivered", 214), came("delivered", 500, name="InitiateCheckout"), only_server=31)
    assert said == "All 214 orders of the last 7 days reached Meta; 31 of them only the server told."
    assert first(came("delivered")) == "The one order of the last 7 days reached Meta."


def test_what_is_not_told_on_purpose_is_said_apart_and_is_no_failure() -> None:
    said = figures.standing(facts(came("delivered", 9), came("withheld", 2), came("skipped", 1)))[0]
    assert said.kind == figures.GOOD
    assert said.sentence == (
        "All 9 orders of the last 7 days reached Meta. 3 more were not to be told: 2 without the shopper’s consent, "
        "1 not the website’s, or not to be counted."
    )


def test_what_failed_and_what_waits_are_said_with_their_numbers() -> None:
    said = figures.standing(facts(came("delivered", 5), came("held", 2), came("dead", 1)))[0]
    assert said.sentence == "5 of 8 orders of the last 7 days reached Meta. 2 are on the way, 1 came to nothing."
    assert (said.kind, said.path) == (figures.WARNS, "/delivery")


def test_a_dead_token_comes_before_all_else_but_the_store_itself() -> None:
    reason = "Meta refused the access token. Paste a new one; nothing is lost."
    at = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    dead = [dataset(state=PAUSED, reason=reason, paused_at=at)]
    said = figures.standing(facts(came("held", 12), datasets=dead, webhooks="The shop does not answer.", silent=True))
    assert [one.path for one in said] == ["/dataset", "/setup", "/pixel", ""]
    assert said[0].sentence == (
        "Meta refused the access token on 21 November at 14:05. 12 purchases are waiting. Paste a new one; nothing is lost."
    )
    gone = figures.standing(facts(datasets=dead, reconnect="Shopify no longer lets Tandem read it."))
    assert gone[0].sentence == "The store has to be connected again. Shopify no longer lets Tandem read it."


@pytest.mark.parametrize(
    ("outcomes", "more", "begin"),
    [
        ((came("held", 3, pk=None),), {"datasets": []}, "No dataset of Meta’s is attached: 3 purchases are waiting"),
        (
            (came("observed", 4),),
            {"live": False},
            "Tandem is observing: 4 orders of the last 7 days would have been told, and nothing goes to Meta yet.",
        ),
        (
            (came("delivered", 8), came("observed", 1)),
            {"live": False},
            (
                "Tandem is observing: 1 order of the last 7 days would have been told, and nothing goes to Meta now. "
                "8 reached Meta before that."
            ),
        ),
        ((), {}, "No order came in during the last 7 days."),
        ((came("skipped", 2),), {}, "No order of the last 7 days may be told to Meta: 2 not the website’s"),
    ],
)
def test_each_standing_has_its_sentence(outcomes: tuple[Outcome, ...], more: dict[str, Any], begin: str) -> None:
    assert first(*outcomes, **more).startswith(begin)


def test_of_several_datasets_the_one_that_fares_worst_is_spoken_of() -> None:
    told = [came("delivered", 10), came("delivered", 7, pk=2), came("dead", 3, pk=2)]
    assert figures.orders(told) == Orders(due=10, delivered=7, failed=3)
    assert figures.orders(told, 1) == Orders(due=10, delivered=10)


def test_what_needs_attention_says_until_when_it_has_to_leave() -> None:
    by_day = {
        DAY - timedelta(days=2): [came("held", 2)],
        DAY: [came("held", 1), came("pending", 5), came("ambiguous"), came("dead", 2)],
    }
    found = attention.matters(by_day, [Webhooks("quarantined", "no JSON", 2, 0)], DAY)
    assert [one.state for one in found] == ["dead", "ambiguous", "held", ""]
    assert found[2].sentence == "3 events are held; the oldest is of 28 November, and Meta takes it until 5 December."
    assert "pending" not in str(found), "what came today is not late"


def test_the_funnel_names_every_drop_and_adds_up() -> None:
    webhooks = [Webhooks("accepted", None, 8, 2), Webhooks("quarantined", "no JSON", 1, 0)]
    outcomes = [
        came("delivered", 4),
        came("skipped", 2, reason="draft"),
        came("skipped", 1, reason="pos"),
        came("held", 1),
    ]
    steps = delivery_report.funnel(webhooks, outcomes)
    assert [(one.name, one.number) for one in steps] == [
        ("webhooks received", 11),
        ("webhooks read", 8),
        ("events in the ledger", 8),
        ("events to be told", 5),
        ("events delivered", 4),
    ]
    for step, following in ((steps[0], steps[1]), (steps[2], steps[3]), (steps[3], steps[4])):
        assert step.number - sum(drop.number for drop in step.drops) == following.number
    assert [(drop.state, drop.reason) for drop in steps[2].drops] == [("skipped", "draft"), ("skipped", "pos")]


def test_percentiles_are_read_of_the_steps_of_time() -> None:
    place = LIMITS.index(2_000)
    rows = [Latency("Purchase", place, 90), Latency("Purchase", len(LIMITS), 10)]
    usual, slow = delivery_report.percentile(rows, 0.5), delivery_report.percentile(rows, 0.95)
    assert usual is not None
    assert LIMITS[place - 1] / 1000 < usual <= 2.0
    assert slow == LIMITS[-1] / 1000
    assert delivery_report.percentile([], 0.5) is None


def test_what_meta_did_not_take_has_a_meaning_and_a_mend() -> None:
    rows = [
        Answers(1, "no", 400, 190, None, 3),
        Answers(1, "unknown", None, None, None, 9),
        Answers(1, "yes", 200, None, None, 50),
    ]
    silence, token = delivery_report.troubles([*rows, Answers(2, "no", 400, 190, None, 1)])
    assert (silence.code, silence.calls, silence.waits_for_merchant) == (None, 9, False)
    assert (token.code, token.calls, token.waits_for_merchant) == (190, 4, True)
    assert "Paste a new one" in token.meaning


def test_the_estimate_lies_between_nothing_and_all_and_gains_add_up_to_the_rest() -> None:
    assert quality.estimate(3, dict.fromkeys(quality.WEIGHTS, 3)) == 10
    assert quality.estimate(0, {}) is None
    some = {"em": 4, "ph": 3}
    present = quality.presence(4, some)
    assert quality.estimate(4, some) == pytest.approx(10 - sum(one.gain for one in present), abs=0.06)
    by_key = {one.key: (one.events, one.of) for one in present}
    assert (by_key["em"], by_key["ph"], by_key["fbc"]) == ((4, 4), (3, 4), (0, 4))


def test_hints_name_the_greatest_gains_and_respect_what_the_merchant_keeps_back() -> None:
    rows = [Keys("Purchase", "", 10), Keys("Purchase", "ph", 10), Keys("InitiateCheckout", "", 2)]
    [purchases, _] = quality_report.report(rows, [Field.EMAIL])
    assert (purchases.event_name, purchases.events) == ("Purchase", 10)
    assert {one.key for one in purchases.hints[:2]} == {"em", "fbc"}
    kept_back = next(one for one in purchases.hints if one.key == "em")
    assert kept_back.sentence.startswith("Your settings keep it back.")
