"""Sending again on an operator's word: what goes, what is refused, and that nothing is counted twice unasked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import transaction
from integration.db.deliveries import FAILED, State, deliveries
from integration.db.events import events
from integration.db.replays import Candidate, Selection
from integration.meta.event import PURCHASE, REFUND
from integration.pipeline.replay import Prospect, foresee, judge, replay
from integration.store_settings import PixelOwner
from tests.rig.shop import Bench, Shop

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def candidate(state: str, age: timedelta = HOUR, **more: Any) -> Candidate:
    fresh = Candidate(
        id=1,
        store_id="store",
        dataset_pk=1,
        state=state,
        doubtful=False,
        insisted=False,
        first_attempt_at=NOW - age,
        event_name=PURCHASE,
        placed_at=NOW - age,
        event_time=NOW - age,
        known=True,
    )
    return fresh._replace(**more)


OLD, OLDER = 48 * HOUR, 7 * DAY


@pytest.mark.parametrize(
    ("one", "pixel", "prospect"),
    [
        (candidate("dead"), "ours", Prospect.GOES),
        (candidate("dead", OLD), "none", Prospect.GOES),
        (candidate("dead", OLD), "ours", Prospect.TWICE),
        (candidate("dead", OLD), "other", Prospect.TWICE),
        (candidate("dead", OLD, doubtful=True), "none", Prospect.TWICE),
        (candidate("dead", OLDER), "none", Prospect.TOO_OLD),
        (candidate("dead", known=False), "none", Prospect.NOBODY),
        (candidate("ambiguous", OLD, doubtful=True), "none", Prospect.TWICE),
        (candidate("expired", OLDER), "none", Prospect.TOO_OLD),
        (candidate("expired", 6 * DAY + 21 * HOUR), "none", Prospect.GOES),
        # That Meta drops the second of two copies of the server's is documented nowhere.
        (candidate("delivered"), "none", Prospect.TWICE),
        (candidate("delivered", OLD), "none", Prospect.TWICE),
        (candidate("delivered", OLDER), "none", Prospect.TOO_OLD),
        (candidate("dead", OLD, event_name=REFUND, known=False), "ours", Prospect.GOES),
        (candidate("dead", OLD, event_name=REFUND, known=False, doubtful=True), "ours", Prospect.TWICE),
        *((candidate(state), "none", Prospect.UNDER_WAY) for state in ("pending", "sending", "waiting")),
        *((candidate(state), "none", Prospect.DECIDED) for state in ("observed", "withheld", "skipped")),
        (candidate("held"), "none", Prospect.HELD),
    ],
)
def test_what_a_replay_would_do(one: Candidate, pixel: str, prospect: Prospect) -> None:
    assert judge(one, PixelOwner(pixel), NOW) is prospect


def test_it_judges_every_state() -> None:
    for state in State:
        assert judge(candidate(state), PixelOwner.NONE, NOW) in Prospect


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


def tell(shop: Shop, *order_ids: int) -> None:
    for order_id in order_ids:
        shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=str(order_id)))


def kill(bench: Bench, *event_ids: str) -> None:
    """These events died, though Meta takes them by now."""
    found = sa.select(events.c.id).where(events.c.event_id.in_(event_ids))
    with transaction(bench.engine) as connection:
        mine = deliveries.c.event_pk.in_(found)
        connection.execute(sa.update(deliveries).where(mine).values(state="dead", reason="bad", next_at=None))


def age(bench: Bench, age: timedelta) -> None:
    with transaction(bench.engine) as connection:
        past = datetime.now(UTC) - age
        connection.execute(sa.update(events).values(event_time=past, placed_at=past))


def go(bench: Bench, states: Sequence[str] = FAILED, *, insist: bool = False, **more: Any) -> int:
    return replay(bench.engine, Selection(states, **more), insist=insist)


def test_the_dry_run_changes_nothing(bench: Bench, shop: Shop) -> None:
    tell(shop, 1, 2)
    kill(bench, "1")

    assert foresee(bench.engine, Selection(FAILED)).by_prospect == {Prospect.GOES: 1}
    assert [state for state, _ in bench.states()] == ["dead", "pending"]


def test_the_dead_leave_again_with_the_ids_they_have(bench: Bench, shop: Shop) -> None:
    tell(shop, 1, 2)
    kill(bench, "1", "2")

    assert go(bench) == 2
    assert bench.deliver() == 2
    assert sorted(told["event_id"] for told in bench.sandbox.told()) == ["1", "2"]


def test_the_same_replay_twice_is_one(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    kill(bench, "1")

    assert (go(bench), go(bench)) == (1, 0)
    assert bench.deliver() == 1
    assert go(bench) == 0
    assert len(bench.sandbox.events()) == 1


def test_what_was_delivered_goes_only_if_insisted_on_and_meta_sees_the_same_id(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    bench.deliver()
    assert go(bench, ["delivered"]) == 0

    assert go(bench, ["delivered"], insist=True) == 1
    bench.deliver()
    assert [event["counted"] for event in bench.sandbox.events()] == [True, False]


def test_what_is_ambiguous_leaves_only_if_insisted_on(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    age(bench, 3 * DAY)
    bench.deliver()
    assert [state for state, _ in bench.states()] == ["ambiguous"]
    assert foresee(bench.engine, Selection(FAILED)).by_prospect == {Prospect.TWICE: 1}
    assert go(bench) == 0

    assert go(bench, insist=True) == 1
    assert bench.deliver() == 1


def test_nothing_older_than_seven_days_leaves_however_much_one_insists(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    kill(bench, "1")
    age(bench, 7 * DAY)

    assert go(bench, insist=True) == 0


def test_on_a_paused_dataset_it_stays_held_and_no_call_is_made(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    kill(bench, "1")
    bench.sandbox.fail(kind="error", code=190, status=401, times=1)
    tell(shop, 2)
    bench.deliver()
    calls = len(bench.sandbox.requests())

    assert go(bench) == 1
    assert [state for state, _ in bench.states()] == ["held", "held"]
    bench.deliver()
    assert len(bench.sandbox.requests()) == calls

    shop.attach(token="new-token")
    assert bench.deliver() == 2


def test_an_order_cancelled_meanwhile_is_not_told_after_all(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    kill(bench, "1")
    shop.tell("orders/cancelled", shop.sample("orders/cancelled", "card", order_id="1"))

    go(bench)
    bench.deliver()
    assert bench.sandbox.events() == []


def test_a_store_and_a_span_of_time_narrow_it(bench: Bench, shop: Shop) -> None:
    other = bench.shop("shopify", "other.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    tell(shop, 1)
    tell(other, 2)
    kill(bench, "1", "2")
    now = datetime.now(UTC)

    assert foresee(bench.engine, Selection(FAILED, since=now)).by_prospect == {}
    assert foresee(bench.engine, Selection(FAILED, until=now - DAY)).by_prospect == {}
    assert foresee(bench.engine, Selection(FAILED, since=now - DAY, until=now)).by_prospect == {Prospect.GOES: 2}
    assert go(bench, store_id=other.id) == 1
    assert {row["event_id"]: row["status"] for row in bench.rows()} == {"1": "dead", "2": "pending"}
