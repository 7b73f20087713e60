"""Two things at once: a call under way, and a webhook, a command or another worker that meets it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from integration.db import clock, datasets, due, leasing, reading, transaction
from integration.db import tasks as tasks_room
from integration.db.attempts import Intent
from integration.db.attempts import begin as begin_attempt
from integration.db.deliveries import deliveries as table
from integration.db.events import events
from integration.db.tasks import tasks
from integration.meta.client import GraphClient
from integration.pipeline.deliver import Drain
from integration.stores import disconnect
from tests.rig.shop import DATASET, Bench, Shop


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


def told(shop: Shop, order_id: str = "1") -> None:
    shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=order_id))


@contextmanager
def call_under_way(bench: Bench, **fault: object) -> Iterator[None]:
    """A drain in another thread, whose call takes a second and then ends as scripted; joined at the end."""
    bench.sandbox.fail(**{"kind": "slow", "seconds": 1.0, "times": 1, **fault})
    drain = Drain(bench.engine, bench.sealer, GraphClient(bench.sandbox.url, "v26.0"), owner="one")
    thread = threading.Thread(target=lambda: drain.run(budget=0.2, linger=0))
    thread.start()
    deadline = time.monotonic() + 5
    while bench.states("Purchase")[0][0] != "sending" and time.monotonic() < deadline:
        time.sleep(0.02)
    yield
    thread.join()


def due_again(bench: Bench) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(table).where(table.c.next_at.is_not(None)).values(next_at=clock()))
        connection.execute(sa.update(datasets.datasets).values(rest_until=None))


def orphan(bench: Bench) -> None:
    """A worker wrote its intent, Meta counted it, and the worker died."""
    with transaction(bench.engine) as connection:
        (lease,) = leasing.lease(connection, owner="dead", work=due.work(), limit=1, seconds=60)
        pks = [row.id for row in due.due_of(connection, [lease.dataset.id], each=10)[lease.dataset.id]]
        begin_attempt(connection, [Intent(lease.dataset.id, lease.fence, pks)])
        connection.execute(sa.update(datasets.datasets).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))


def test_an_orphaned_call_stays_in_doubt_whatever_is_decided_next(bench: Bench, shop: Shop) -> None:
    told(shop)
    orphan(bench)
    shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop", order_id=None))
    disconnect.run_open_tasks(bench.engine, bench.sealer)
    bench.deliver()

    assert bench.states() == [("held", "the store is disconnected")]
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(table.c.doubtful)).scalar_one() is True


def test_a_cancellation_during_a_call_that_was_not_counted_stops_the_next_one(bench: Bench, shop: Shop) -> None:
    told(shop)
    with call_under_way(bench, kind="error", code=4, status=400, seconds=1.0):
        body = shop.sample("orders/cancelled", "card", order_id="1", age=timedelta(0))
        assert shop.tell("orders/cancelled", body).reason == "cancelled"
    due_again(bench)
    bench.deliver()

    assert bench.states() == [("skipped", "cancelled")]
    assert bench.sandbox.events() == []


def test_a_refusal_during_a_call_that_was_not_counted_stops_the_next_one(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    body = json.loads(shop.sample("order.created", "german_with_consent"))
    shop.tell("order.created", json.dumps(body).encode())
    with call_under_way(bench, kind="error", code=4, status=400, seconds=1.0):
        meta = [one for one in body["meta_data"] if one["key"] != "_tandem_consent"]
        refused = {"id": 9, "key": "_tandem_consent", "value": '{"marketing": false}'}
        later = {**body, "meta_data": [*meta, refused], "date_modified_gmt": body["date_modified_gmt"]}
        shop.tell("order.updated", json.dumps(later).encode())
    due_again(bench)
    bench.deliver()

    assert bench.states() == [("withheld", "consent was refused")]


def test_a_late_no_to_the_old_token_does_not_pause_a_renewed_dataset(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", dataset=None)
    shop.attach(token="old-token")
    told(shop)
    with call_under_way(bench, kind="error", code=190, status=401, seconds=1.0):
        shop.attach(token="new-token")
    bench.deliver()

    assert [state for state, _ in bench.states()] == ["delivered"]


def test_an_outcome_that_cannot_be_written_takes_no_other_along(bench: Bench, shop: Shop) -> None:
    """A proxy's answer may hold numbers and texts that no column takes."""
    other = bench.shop("shopify", "other.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    bench.sandbox.fail(kind="error", dataset=DATASET, code=2_147_483_648, status=400, times=1)
    told(shop, "1")
    told(other, "2")
    bench.deliver()

    assert {row["event_id"]: row["status"] for row in bench.rows()}["2"] == "delivered"
    assert "sending" not in {state for state, _ in bench.states()}


def test_events_held_before_a_shop_shared_its_dataset_are_not_told_under_the_others_numbers(bench: Bench) -> None:
    first = bench.shop("woocommerce", consent_mode="assumed")
    second = bench.shop("woocommerce", "second.example.com", dataset=None, consent_mode="assumed")
    for one in (first, second):
        one.tell("order.created", one.sample("order.created", "card", order_id="101"))
    second.set(event_id_template="{store_key}-{order_id}")
    second.attach(DATASET)
    bench.deliver()

    states = {row["store_id"]: (row["status"], row["reason"]) for row in bench.rows()}
    assert states[first.id] == ("delivered", None)
    assert states[second.id] == ("skipped", "its id could be another shop's at this dataset")


def test_the_same_farewell_is_carried_out_again_after_a_return(bench: Bench, shop: Shop) -> None:
    body = shop.sample("app/uninstalled", "shop", order_id=None)
    shop.tell("app/uninstalled", body)
    disconnect.run_open_tasks(bench.engine, bench.sealer)
    bench.shop("shopify", consent_mode="assumed", dataset=None)

    assert shop.tell("app/uninstalled", body, secret=shop_secret(bench)).status == "accepted"
    assert disconnect.run_open_tasks(bench.engine, bench.sealer) == 1


def shop_secret(bench: Bench) -> str:
    """The secret that the store signs with since it came back."""
    with reading(bench.engine) as connection:
        from integration.db import stores

        (store,) = stores.everyone(connection)
    return bench.sealer.unseal(store.sealed_secret, store=store.id, column=stores.SEALED_SECRET).decode()


def test_the_same_demand_is_open_once(bench: Bench, shop: Shop) -> None:
    body = shop.sample("shop/redact", "example", order_id=None)
    for _ in range(2):
        shop.tell("shop/redact", body)
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tasks)).scalar_one() == 1
        (open_one,) = tasks_room.open_ones(connection, [tasks_room.PRIVACY_REQUEST])
    with transaction(bench.engine) as connection:
        tasks_room.finish(connection, open_one.id)
    shop.tell("shop/redact", body)
    with reading(bench.engine) as connection:
        assert len(tasks_room.open_ones(connection, [tasks_room.PRIVACY_REQUEST])) == 1


def test_a_store_that_returns_tells_nothing_of_the_time_between(bench: Bench, shop: Shop) -> None:
    shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop", order_id=None))
    disconnect.run_open_tasks(bench.engine, bench.sealer)
    again = bench.shop("shopify", consent_mode="assumed", dataset=None, since=datetime.now(UTC))

    again.tell("orders/paid", again.sample("orders/paid", "card", order_id="1", age=timedelta(days=4)))

    assert bench.states() == [("skipped", "placed before the store was connected")]


def test_a_deletion_counts_though_the_shops_clock_runs_ahead(bench: Bench) -> None:
    shop = bench.shop("woocommerce", consent_mode="assumed")
    ahead = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    body = {**json.loads(shop.sample("order.created", "card")), "date_modified_gmt": ahead}
    shop.tell("order.created", json.dumps(body).encode())
    shop.tell("order.deleted", b'{"id":5001}')

    assert bench.states() == [("skipped", "deleted")]


def test_a_refusal_leaves_no_hmac_of_the_person(bench: Bench) -> None:
    shop = bench.shop("woocommerce")
    body = json.loads(shop.sample("order.created", "german_without_consent"))
    shop.tell("order.created", json.dumps(body).encode())
    refused = {"id": 9, "key": "_tandem_consent", "value": '{"marketing": false}'}
    shop.tell("order.updated", json.dumps({**body, "meta_data": [*body["meta_data"], refused]}).encode())

    columns = (events.c.user_data, events.c.email_hmac, events.c.phone_hmac, events.c.customer_hmac)
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(*columns)).one() == (None, None, None, None)


def test_a_batch_has_a_cap_of_bytes_too(bench: Bench, shop: Shop) -> None:
    told(shop, "1")
    told(shop, "2")
    with reading(bench.engine) as connection:
        pk = connection.execute(sa.select(table.c.dataset_pk)).scalars().first()
        assert len(due.due_of(connection, [pk], each=10, most_bytes=10)[pk]) == 1
        assert len(due.due_of(connection, [pk], each=10)[pk]) == 2


def test_a_refund_of_a_test_order_is_not_told_as_a_real_one(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", test_event_code="TEST1")
    shop.tell("orders/create", shop.sample("orders/create", "test_order"))
    bench.deliver()
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))
    bench.deliver()

    assert bench.states() == [("delivered", None), ("skipped", "test order")]
