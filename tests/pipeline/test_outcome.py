"""What Meta's answers do to a dataset and its deliveries, on both databases against the stand-in for Meta."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import clock, reading, transaction
from integration.db.alerts import alerts
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.meta.client import GraphClient
from integration.pipeline.deliver import Drain, give_up, succeed
from integration.pipeline.dispatch import CRASHES_OF_ONE
from integration.pipeline.intent import CRASHES
from integration.pipeline.schedule import OPEN_AFTER
from tests.rig.shop import DATASET, Bench, Shop

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


def tell(shop: Shop, *order_ids: object) -> None:
    for order_id in order_ids:
        shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=str(order_id)))


def dataset(bench: Bench) -> Any:
    with reading(bench.engine) as connection:
        return connection.execute(sa.select(datasets).where(datasets.c.dataset_id == DATASET)).one()


def rested(bench: Bench) -> None:
    """The dataset has rested, and everything that is to be tried again is due."""
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(datasets).values(rest_until=None))
        connection.execute(sa.update(deliveries).where(deliveries.c.state == "pending").values(next_at=clock()))


def rest_of(bench: Bench) -> timedelta | None:
    until = dataset(bench).rest_until
    return None if until is None else until - datetime.now(UTC)


def counts(bench: Bench) -> Counter[str]:
    return Counter(state for state, _ in bench.states())


def refuse(bench: Bench, **more: Any) -> None:
    bench.sandbox.fail(**{"kind": "error", "code": 100, "subcode": 2804019, "status": 400, "times": None, **more})


# Throttled


def test_a_throttled_dataset_rests_whichever_of_its_events_is_due(bench: Bench, shop: Shop) -> None:
    bench.sandbox.fail(kind="error", code=80004, status=400, times=1)
    tell(shop, 1)
    bench.deliver()
    tell(shop, 2)

    assert bench.deliver() == 0
    assert len(bench.sandbox.requests()) == 1
    assert 25 * SECOND < rest_of(bench) < 40 * SECOND

    rested(bench)
    assert bench.deliver() == 2
    assert rest_of(bench) is None


def test_the_rest_lasts_as_long_as_metas_headers_ask(bench: Bench, shop: Shop) -> None:
    usage = {"9": [{"call_count": 100, "estimated_time_to_regain_access": 12}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    bench.sandbox.fail(kind="error", code=4, status=403, times=1, headers=headers)
    tell(shop, 1)
    bench.deliver()

    assert 11 * MINUTE < rest_of(bench) < 13 * MINUTE


def test_a_taken_call_near_the_limit_makes_the_next_one_wait(bench: Bench, shop: Shop) -> None:
    headers = {"X-App-Usage": '{"call_count": 90, "total_time": 20, "total_cputime": 20}'}
    bench.sandbox.fail(kind="slow", seconds=0.0, times=1, headers=headers)
    tell(shop, 1)
    assert bench.deliver() == 1
    tell(shop, 2)

    assert bench.deliver() == 0
    assert 50 * SECOND < rest_of(bench) < 61 * SECOND


# The circuit


def fail_until_open(bench: Bench) -> None:
    for _ in range(OPEN_AFTER):
        rested(bench)
        bench.deliver()


def test_after_five_failed_calls_in_a_row_one_event_at_a_time_asks_whether_meta_is_back(
    bench: Bench, shop: Shop
) -> None:
    bench.sandbox.fail(kind="status", status=503, times=None)
    tell(shop, *range(1, 11))
    fail_until_open(bench)
    assert [call["events"] for call in bench.sandbox.requests()] == [10] * OPEN_AFTER
    assert 25 * SECOND < rest_of(bench) < 40 * SECOND
    assert bench.deliver() == 0, "while it rests nothing is sent"

    rested(bench)
    bench.deliver()
    assert [call["events"] for call in bench.sandbox.requests()][OPEN_AFTER:] == [1]

    bench.sandbox.reset()
    rested(bench)
    assert bench.deliver() == 10
    assert [call["events"] for call in bench.sandbox.requests()] == [1, 9]
    assert dataset(bench).failures == 0


def test_a_dataset_whose_circuit_is_open_leaves_its_neighbours_alone(bench: Bench, shop: Shop) -> None:
    bench.sandbox.fail(kind="status", status=503, times=None, dataset=DATASET)
    tell(shop, 1)
    fail_until_open(bench)
    other = bench.shop("shopify", "other.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    tell(other, 2)

    assert bench.deliver() == 1


def test_hanging_neighbours_never_take_all_places_of_a_worker(bench: Bench, shop: Shop) -> None:
    """Eight places, and twelve datasets whose calls hang by now: the thirteenth does not wait for theirs."""
    tell(shop, 1)
    for number in range(12):
        other = bench.shop("shopify", f"h{number}.myshopify.com", consent_mode="assumed", dataset=f"9{number:03}")
        tell(other, 100 + number)
    for number in range(12):
        bench.sandbox.fail(kind="hang", seconds=4.0, dataset=f"9{number:03}", times=None)
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(datasets).where(datasets.c.dataset_id != DATASET).values(failures=1))
        connection.execute(sa.update(datasets).where(datasets.c.dataset_id == DATASET).values(leased_at=clock()))
    client = GraphClient(bench.sandbox.url, "v26.0")
    drain = Drain(bench.engine, bench.sealer, client, owner="one", in_flight=8)
    thread = threading.Thread(target=lambda: drain.run(budget=1.0, linger=0))
    thread.start()
    thread.join(3.0)
    assert thread.is_alive(), "the hanging calls are still under way"
    assert [call["dataset_id"] for call in bench.sandbox.requests() if call["status"] == 200] == [DATASET]
    thread.join()


# Paused


def test_a_paused_dataset_asks_with_one_held_event_and_goes_on_when_its_token_works_again(
    bench: Bench, shop: Shop
) -> None:
    bench.sandbox.fail(kind="error", code=190, status=401, times=None)
    tell(shop, 1, 2, 3)
    bench.deliver()
    tell(shop, 4)
    assert counts(bench) == {"held": 4}
    assert bench.deliver() == 0
    assert len(bench.sandbox.requests()) == 1, "it rests before it asks"

    rested(bench)
    bench.deliver()
    assert [call["events"] for call in bench.sandbox.requests()] == [3, 1]
    assert counts(bench) == {"held": 4}
    assert 100 * SECOND < rest_of(bench) < 150 * SECOND

    bench.sandbox.reset()
    rested(bench)
    assert bench.deliver() == 4
    assert [call["events"] for call in bench.sandbox.requests()] == [1, 3]
    assert dataset(bench).state == "active"
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(alerts)).all() == []


def test_a_pause_is_said_once_however_often_it_is_asked(bench: Bench, shop: Shop) -> None:
    bench.sandbox.fail(kind="error", code=190, status=401, times=None)
    tell(shop, 1)
    for _ in range(3):
        bench.deliver()
        rested(bench)

    with reading(bench.engine) as connection:
        (alert,) = connection.execute(sa.select(alerts)).all()
    assert (alert.kind, alert.times) == ("dataset_paused", 1)
    assert DATASET in alert.sentence


def test_while_it_is_paused_an_unknown_answer_to_the_question_leaves_doubt_and_the_pause(
    bench: Bench, shop: Shop
) -> None:
    bench.sandbox.fail(kind="error", code=190, status=401, times=1)
    tell(shop, 1)
    bench.deliver()
    bench.sandbox.fail(kind="accept_then_reset", times=1)
    rested(bench)
    bench.deliver()

    assert counts(bench) == {"held": 1}
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(deliveries.c.doubtful)).scalar_one() is True

    rested(bench)
    assert bench.deliver() == 1
    assert [event["counted"] for event in bench.sandbox.events()] == [True, False]


def test_the_end_of_an_api_version_pauses_and_kills_nothing(bench: Bench, shop: Shop) -> None:
    bench.sandbox.fail(kind="error", code=2635, status=400, times=1)
    tell(shop, 1, 2)
    bench.deliver()

    assert counts(bench) == {"held": 2}
    assert "META_GRAPH_VERSION" in (bench.states()[0][1] or "")


# Refused


@pytest.mark.parametrize("number", [3, 5, 12, 60])
def test_where_all_are_refused_none_dies_and_the_dataset_pauses(bench: Bench, shop: Shop, number: int) -> None:
    refuse(bench)
    tell(shop, *range(1, number + 1))
    bench.deliver()

    assert counts(bench) == {"held": number}
    assert "Meta refuses all that is sent" in (bench.states()[0][1] or "")
    assert len(bench.sandbox.requests()) <= 25


def test_after_such_a_pause_each_question_is_another_event_and_one_good_one_frees_the_rest(
    bench: Bench, shop: Shop
) -> None:
    for bad in (1, 2, 3):
        refuse(bench, poison=str(bad))
        tell(shop, bad)
        bench.deliver()
    tell(shop, 4)
    assert counts(bench) == {"held": 4}

    for _ in range(8):
        rested(bench)
        bench.deliver()

    states = {row["event_id"]: row["status"] for row in bench.rows()}
    assert states["4"] == "delivered"


@pytest.mark.parametrize("bad", [{"5"}, {"5", "6", "7", "8"}, {"1", "20"}, {"9", "10", "11"}], ids=len)
def test_where_others_are_taken_only_the_bad_ones_die(bench: Bench, shop: Shop, bad: set[str]) -> None:
    for one in bad:
        refuse(bench, poison=one)
    tell(shop, *range(1, 21))
    bench.deliver()

    assert {row["event_id"] for row in bench.rows() if row["status"] == "dead"} == bad
    assert counts(bench) == {"delivered": 20 - len(bad), "dead": len(bad)}


def test_one_bad_event_by_itself_dies_with_advice(bench: Bench, shop: Shop) -> None:
    refuse(bench, subcode=2804050)
    tell(shop, 1)
    bench.deliver()

    assert bench.states() == [("dead", "Meta cannot match the customer: there is too little customer information.")]


# Senders that die


def crash(bench: Bench, times: int) -> None:
    """So many owners of the dataset's lease died, and their leases ran out."""
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(datasets).values(crashes=times))


def test_a_lease_nobody_gave_back_is_counted_and_one_given_back_is_not(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    assert bench.deliver() == 1
    assert dataset(bench).crashes == 0
    with transaction(bench.engine) as connection:
        past = datetime.now(UTC) - SECOND
        connection.execute(sa.update(datasets).values(lease_owner="dead", lease_until=past))
    tell(shop, 2)
    drain = Drain(bench.engine, bench.sealer, client=None, owner="one")  # type: ignore[arg-type]
    (lease,) = drain._lease(5, ailing=False)

    assert lease.dataset.crashes == 1


def test_the_event_that_seems_to_kill_its_senders_waits_and_the_others_go_on(bench: Bench, shop: Shop) -> None:
    tell(shop, 1, 2, 3)
    crash(bench, CRASHES_OF_ONE)

    assert bench.deliver() == 2
    assert [call["events"] for call in bench.sandbox.requests()] == [1, 1]
    assert counts(bench) == {"pending": 1, "delivered": 2}
    assert bench.states()[0] == ("pending", CRASHES)


def test_senders_killed_again_and_again_cost_no_event(bench: Bench, shop: Shop) -> None:
    """A machine without memory kills whoever is at work, whatever the work is."""
    tell(shop, 1, 2)
    for _ in range(3):
        crash(bench, CRASHES_OF_ONE)
        bench.deliver()
        rested(bench)
    bench.deliver()

    assert counts(bench) == {"delivered": 2}


def test_the_leases_of_an_owner_who_is_known_to_be_dead_run_out_at_once(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    Drain(bench.engine, bench.sealer, client=None, owner="dead")._lease(5, ailing=False)  # type: ignore[arg-type]
    assert bench.deliver() == 0

    succeed(bench.engine, "live-2", family="live")
    give_up(bench.engine, "another")
    assert bench.deliver() == 0
    give_up(bench.engine, "dead")
    assert bench.deliver() == 1


def test_a_horse_frees_what_an_earlier_one_of_its_worker_had_leased_and_not_its_own(bench: Bench, shop: Shop) -> None:
    tell(shop, 1)
    Drain(bench.engine, bench.sealer, client=None, owner="worker_1-7")._lease(5, ailing=False)  # type: ignore[arg-type]
    succeed(bench.engine, "worker_1-7", family="worker_1")
    succeed(bench.engine, "workerx1-8", family="workerx1")
    assert bench.deliver() == 0

    succeed(bench.engine, "worker_1-8", family="worker_1")
    assert bench.deliver() == 1
