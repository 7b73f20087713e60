"""Walk 2 on both databases against the stand-in for Meta: what leaves, what it becomes, and what never happens twice.

Long: one walk, a case for each of its ends.
"""

import json
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from integration.db import clock, datasets, due, leasing, reading, transaction
from integration.db.attempts import Intent, attempts
from integration.db.attempts import begin as begin_attempt
from integration.db.deliveries import deliveries as table
from integration.db.events import events
from integration.db.leasing import Lease
from integration.meta.client import GraphClient
from integration.pipeline.deliver import Drain
from integration.stores import disconnect
from tests.rig.shop import DATASET, Bench, Shop


def paid(shop: Shop, order_id: str = "5001", **changes: object) -> bytes:
    body = json.loads(shop.sample("orders/paid", "card", order_id=order_id))
    return json.dumps({**body, **changes}).encode()


def tell(shop: Shop, *order_ids: str) -> None:
    for order_id in order_ids:
        shop.tell("orders/paid", paid(shop, order_id))


def assumed(bench: Bench, **more: object) -> Shop:
    return bench.shop("shopify", consent_mode="assumed", **more)


def make_due(bench: Bench) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(table).where(table.c.next_at.is_not(None)).values(next_at=clock()))


def test_what_is_due_is_delivered_in_one_call_with_metas_trace(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1", "2", "3")

    assert bench.deliver() == 3

    (call,) = bench.sandbox.requests()
    assert call["events"] == 3
    for row in bench.rows():
        assert (row["status"], row["attempts"]) == ("delivered", 1)
        assert row["fbtrace_id"]
        assert row["delivered_at"] is not None


def test_the_token_travels_in_the_body_and_the_agent_is_named(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    bench.deliver()

    (call,) = bench.sandbox.requests()
    assert "good-token" not in json.dumps(call)


def test_a_dead_token_holds_everything_and_a_new_one_lets_it_go(bench: Bench) -> None:
    shop = assumed(bench, dataset=None)
    shop.attach(token="bad-token")
    tell(shop, "1", "2")
    bench.deliver()
    assert {state for state, _ in bench.states()} == {"held"}
    tell(shop, "3")
    assert [state for state, _ in bench.states()] == ["held"] * 3
    assert "Meta refused the access token" in bench.states()[2][1]

    shop.attach(token="good-token")

    assert [state for state, _ in bench.states()] == ["pending"] * 3
    assert bench.deliver() == 3
    assert sorted(told["event_id"] for told in bench.sandbox.told()) == ["1", "2", "3"]


def test_one_poison_event_does_not_sink_the_others(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1", "2", "3")
    bench.sandbox.fail(kind="error", code=100, subcode=2804003, status=400, poison="2", times=None)

    bench.deliver()

    by_id = {row["event_id"]: row["status"] for row in bench.rows()}
    assert by_id == {"1": "delivered", "2": "dead", "3": "delivered"}
    assert next(row for row in bench.rows() if row["event_id"] == "2")["reason"]


def test_an_unknown_outcome_is_tried_again_by_the_timetable_and_counted_once(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    bench.sandbox.fail(kind="accept_then_reset", times=1)
    bench.deliver()
    (row,) = bench.rows()
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert bench.deliver() == 0, "not before its time"

    make_due(bench)
    assert bench.deliver() == 1

    assert [event["counted"] for event in bench.sandbox.events()] == [True, False]


def test_a_throttled_call_was_not_counted_and_waits(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    bench.sandbox.fail(kind="error", code=17, status=400, times=1)
    bench.deliver()

    with reading(bench.engine) as connection:
        (one,) = connection.execute(sa.select(table)).all()
        (attempt,) = connection.execute(sa.select(attempts)).all()
    assert (one.state, one.doubtful, attempt.counted, attempt.code) == ("pending", False, "no", 17)
    assert timedelta(seconds=20) < one.next_at - datetime.now(UTC) < timedelta(seconds=40)


def test_older_than_47_hours_and_perhaps_counted_is_ambiguous(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    bench.sandbox.fail(kind="accept_then_reset", times=1)
    bench.deliver()
    with transaction(bench.engine) as connection:
        past = datetime.now(UTC) - timedelta(hours=48)
        connection.execute(sa.update(events).values(placed_at=past, event_time=past))
    make_due(bench)

    bench.deliver()

    assert bench.states()[0][0] == "ambiguous"
    assert len(bench.sandbox.events()) == 1


def test_nothing_older_than_seven_days_leaves(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1", "2")
    with transaction(bench.engine) as connection:
        past = datetime.now(UTC) - timedelta(days=7, minutes=1)
        connection.execute(sa.update(events).where(events.c.subject == "1").values(placed_at=past, event_time=past))
    bench.deliver()

    assert {row["event_id"]: row["status"] for row in bench.rows()} == {"1": "expired", "2": "delivered"}


def test_a_worker_that_died_between_intent_and_outcome_leaves_a_doubtful_delivery_that_is_sent_again(
    bench: Bench,
) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    lease = take_lease(bench, "the dead worker")
    with transaction(bench.engine) as connection:
        (row,) = due.due_of(connection, [lease.dataset.id], each=10)[lease.dataset.id]
        begin_attempt(connection, [Intent(lease.dataset.id, lease.fence, [row.id])])
    assert bench.deliver() == 0, "the lease still holds"
    expire_leases(bench)

    assert bench.deliver() == 1

    with reading(bench.engine) as connection:
        (one,) = connection.execute(sa.select(table.c.doubtful, table.c.attempts)).all()
    assert one == (True, 2)


def take_lease(bench: Bench, owner: str) -> Lease:
    with transaction(bench.engine) as connection:
        (lease,) = leasing.lease(connection, owner=owner, work=due.work(), limit=5, seconds=60)
    return lease


def expire_leases(bench: Bench) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(datasets.datasets).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))


def test_one_dataset_is_leased_to_one_owner_at_a_time(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    take_lease(bench, "one")

    with transaction(bench.engine) as connection:
        assert leasing.lease(connection, owner="two", work=due.work(), limit=5, seconds=60) == []


def test_who_lost_the_lease_may_not_write(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    first = take_lease(bench, "one")
    expire_leases(bench)
    take_lease(bench, "two")

    with transaction(bench.engine) as connection:
        assert leasing.hold(connection, [first], owner="one", seconds=60) == set()


def test_two_workers_at_once_send_nothing_twice(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, *map(str, range(1, 30)))
    for number in range(2, 6):
        other = bench.shop("shopify", f"tea{number}.myshopify.com", consent_mode="assumed", dataset=f"10000{number}")
        tell(other, *(str(number * 100 + one) for one in range(10)))

    def work() -> None:
        client = GraphClient(bench.sandbox.url, "v26.0")
        Drain(bench.engine, bench.sealer, client, owner=secrets.token_hex(4)).run(budget=20, linger=0.3)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {state for state, _ in bench.states()} == {"delivered"}
    assert len(bench.sandbox.events()) == len(bench.rows()) == 69


def copies(bench: Bench, number: int) -> None:
    """Fill the ledger up to `number` events like the first one."""
    with transaction(bench.engine) as connection:
        (event,) = connection.execute(sa.select(events)).mappings().all()
        (one,) = connection.execute(sa.select(table)).mappings().all()
        more = range(2, number + 1)
        named = [{**event, "id": 10_000 + n, "subject": str(n), "event_id": str(n)} for n in more]
        connection.execute(sa.insert(events), named)
        connection.execute(sa.insert(table), [{**one, "id": 10_000 + n, "event_pk": 10_000 + n} for n in more])


def test_at_most_a_thousand_events_leave_in_one_call(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    copies(bench, 1_202)

    assert bench.deliver() == 1_202
    assert [call["events"] for call in bench.sandbox.requests()] == [1_000, 202]


def test_one_poison_event_among_a_thousand_costs_at_most_21_calls(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    copies(bench, 1_000)
    bench.sandbox.fail(kind="error", code=100, subcode=2804003, status=400, poison="667", times=None)

    assert bench.deliver() == 999

    assert len(bench.sandbox.requests()) <= 21
    assert [row["event_id"] for row in bench.rows() if row["status"] == "dead"] == ["667"]


def test_a_batch_in_which_all_are_bad_stops_being_halved_and_pauses(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    copies(bench, 1_000)
    bench.sandbox.fail(kind="error", code=100, subcode=2804016, status=400, times=None)

    bench.deliver()

    assert len(bench.sandbox.requests()) == 24
    assert {row["status"] for row in bench.rows()} == {"held"}
    assert bench.rows()[0]["reason"].startswith("Meta refuses all that is sent.")


def test_a_dataset_that_hangs_delays_no_other(bench: Bench) -> None:
    assumed_slow = assumed(bench)
    quick = bench.shop("shopify", "quick.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    bench.sandbox.fail(kind="hang", dataset=DATASET, seconds=3, times=1)
    tell(assumed_slow, "1")
    tell(quick, "2")

    bench.deliver()

    rows = {row["event_id"]: row for row in bench.rows()}
    assert rows["1"]["status"] == "pending"
    assert rows["2"]["delivered_at"] - rows["2"]["received_at"] < timedelta(seconds=2)


def test_test_orders_go_only_with_a_code_and_ordinary_orders_never_carry_it(bench: Bench) -> None:
    shop = assumed(bench, test_event_code="TEST123")
    tell(shop, "1")
    shop.tell("orders/create", shop.sample("orders/create", "test_order", order_id="2"))
    bench.deliver()

    assert {event["event_id"]: event["test"] for event in bench.sandbox.events()} == {"1": False, "2": True}


def test_a_test_order_without_a_code_is_skipped(bench: Bench) -> None:
    shop = assumed(bench)
    shop.tell("orders/create", shop.sample("orders/create", "test_order", order_id="2"))
    bench.deliver()

    assert bench.states() == [("skipped", "test order")]


def test_an_observing_store_shows_and_sends_nothing(bench: Bench) -> None:
    shop = assumed(bench, state="observing")
    tell(shop, "1")
    bench.deliver()

    assert bench.states() == [("observed", "would be sent")]
    assert bench.sandbox.events() == []


def test_going_live_makes_only_later_orders_ours(bench: Bench) -> None:
    shop = assumed(bench, state="observing")
    shop.set(state="live")
    tell(shop, "1")
    shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id="2", age=timedelta(0)))

    told = {row["event_id"]: row["status"] for row in bench.rows()}
    assert told == {"1": "skipped", "2": "pending"}


def test_a_changed_basis_reaches_everything_unsent(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    shop.set(value_basis="subtotal", content_id_template="{sku}")
    bench.deliver()

    (told,) = bench.sandbox.told()
    body = json.loads(paid(shop))
    assert told["custom_data"]["value"] == float(body["subtotal_price"])
    assert told["custom_data"]["content_ids"] == [line["sku"] for line in body["line_items"]]


def test_unstated_consent_waits_ten_minutes_and_is_then_withheld_and_forgotten(bench: Bench) -> None:
    shop = bench.shop("shopify")
    tell(shop, "1")
    bench.deliver()
    assert bench.states() == [("waiting", "waiting for consent")]

    with transaction(bench.engine) as connection:
        connection.execute(sa.update(events).values(received_at=datetime.now(UTC) - timedelta(minutes=11)))
    make_due(bench)
    bench.deliver()

    assert bench.states() == [("withheld", "no consent was stated")]
    with reading(bench.engine) as connection:
        (kept,) = connection.execute(sa.select(events.c.user_data, events.c.key_mask, events.c.email_hmac)).all()
    assert kept == (None, 0, None)


def test_a_refund_is_one_event_with_its_order_id_after_its_purchase(bench: Bench) -> None:
    shop = assumed(bench)
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))
    assert bench.states("Refund") == [("waiting", "waiting for its Purchase")]
    bench.deliver()
    assert bench.sandbox.told("Refund") == []

    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    bench.deliver()

    (purchase,), (refund,) = bench.sandbox.told("Purchase"), bench.sandbox.told("Refund")
    assert refund["custom_data"]["order_id"] == purchase["event_id"] == "5001"
    assert refund["event_id"].startswith("refund_")
    assert refund["custom_data"]["value"] > 0
    assert refund["action_source"] == "system_generated"
    assert refund["user_data"]["em"] == purchase["user_data"]["em"]
    assert not {"client_ip_address", "client_user_agent"} & refund["user_data"].keys()


def test_a_refund_of_an_order_that_was_not_told_is_skipped(bench: Bench) -> None:
    shop = assumed(bench, since=datetime.now(UTC))
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))

    assert bench.states("Refund") == [("skipped", "purchase not told")]


def test_a_refund_whose_purchase_dies_is_skipped(bench: Bench) -> None:
    shop = assumed(bench)
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))
    bench.sandbox.fail(kind="error", code=100, status=400, poison="5001", times=None)
    bench.deliver()
    bench.deliver()

    assert bench.states("Purchase")[0][0] == "dead"
    assert bench.states("Refund") == [("skipped", "purchase not told")]


def test_refunds_can_be_switched_off(bench: Bench) -> None:
    shop = assumed(bench, refunds="off")
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))

    assert bench.states("Refund") == [("skipped", "refunds are switched off")]


def test_a_checkout_waits_two_minutes_so_that_updates_enrich_it(bench: Bench) -> None:
    shop = assumed(bench)
    shop.tell("checkouts/create", shop.sample("checkouts/create", "with_email", order_id="9"))
    first = bench.rows("InitiateCheckout")[0]
    shop.tell("checkouts/update", shop.sample("checkouts/update", "with_address", order_id="9"))
    bench.deliver()
    assert bench.sandbox.told("InitiateCheckout") == []

    make_due(bench)
    bench.deliver()

    (told,) = bench.sandbox.told("InitiateCheckout")
    assert told["event_id"] == first["event_id"]
    assert {"em", "zp"} <= told["user_data"].keys()


def test_what_a_webhook_took_back_between_reading_and_intent_does_not_leave(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1", "2")
    lease = take_lease(bench, "one")
    with reading(bench.engine) as connection:
        seen = due.due_of(connection, [lease.dataset.id], each=10)[lease.dataset.id]
    shop.tell("orders/cancelled", shop.sample("orders/cancelled", "card", order_id="2", age=timedelta(0)))

    with transaction(bench.engine) as connection:
        pks = [row.id for row in seen]
        _, taken = begin_attempt(connection, [Intent(lease.dataset.id, lease.fence, pks)])

    assert taken == {row.id for row in seen if row.event_id == "1"}
    assert ("skipped", "cancelled") in bench.states()


def test_a_call_that_hangs_past_the_jobs_budget_delays_no_other_dataset(bench: Bench) -> None:
    hangs = assumed(bench)
    quick = bench.shop("shopify", "quick.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    bench.sandbox.fail(kind="hang", dataset=DATASET, seconds=4, times=1)
    tell(hangs, "1")
    client = GraphClient(bench.sandbox.url, "v26.0")
    drain = Drain(bench.engine, bench.sealer, client, owner="one")
    thread = threading.Thread(target=lambda: drain.run(budget=0.5, linger=0))
    thread.start()
    time.sleep(1.5)
    tell(quick, "2")
    thread.join()

    row = next(row for row in bench.rows() if row["event_id"] == "2")
    assert row["delivered_at"] - row["received_at"] < timedelta(seconds=1)


def test_a_broken_row_of_one_dataset_does_not_stop_the_others(bench: Bench) -> None:
    broken = assumed(bench)
    other = bench.shop("shopify", "other.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    tell(broken, "1")
    tell(other, "2")
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(events).where(events.c.subject == "1").values(facts="{broken"))

    assert bench.deliver() == 1


def test_an_event_that_saw_no_dataset_is_adopted_by_the_sweep(bench: Bench) -> None:
    """A webhook that began before the first dataset came may be written after it."""
    shop = assumed(bench, dataset=None)
    tell(shop, "1")
    with transaction(bench.engine) as connection:
        sealed = bench.sealer.seal(b"good-token", store=shop.id, column="datasets.token")
        datasets.add(
            connection,
            store_id=shop.id,
            dataset_id=DATASET,
            token=datasets.Token(sealed),
            test_event_code=None,
            at=datetime.now(UTC),
        )

    assert bench.deliver() == 1


def test_a_store_that_comes_back_goes_on_where_it_stopped(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop", order_id=None))
    disconnect.run_open_tasks(bench.engine, bench.sealer)

    again = bench.shop("shopify", consent_mode="assumed", dataset=None)

    assert again.id == shop.id
    assert bench.deliver() == 1


def test_after_an_uninstall_nothing_leaves_and_nothing_is_dropped(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop", order_id=None))
    disconnect.run_open_tasks(bench.engine, bench.sealer)
    bench.deliver()

    assert bench.states() == [("held", "the store is disconnected")]
    assert shop.tell("orders/paid", paid(shop, "2")).reason == "this store is not connected"
    assert bench.sandbox.events() == []


def test_a_second_copy_to_meta_after_a_reset_carries_the_same_id_and_time(bench: Bench) -> None:
    shop = assumed(bench)
    tell(shop, "1")
    bench.sandbox.fail(kind="accept_then_reset", times=1)
    bench.deliver()
    make_due(bench)
    bench.deliver()

    first, second = bench.sandbox.told()
    assert first == second
