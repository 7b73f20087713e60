"""What whoever runs Tandem sees of all stores: how each stands, what failed, what is due. Orders come as webhooks do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import Engine, alerts, backlog, dead_letters, reading, standings, transaction
from integration.db import attempts as calls
from integration.db.datasets import datasets
from integration.db.dead_letters import Wanted as Letters
from integration.db.deliveries import deliveries
from integration.db.standings import Only, Standing, Wanted
from integration.db.stores import stores
from tests.rig.shop import Bench, Shop


def told(shop: Shop, number: int, first: int = 1) -> None:
    for order in range(first, first + number):
        shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=str(order)))


def set_state(engine: Engine, shop: Shop, state: str, most: int, **more: Any) -> None:
    """So many of a store's pending deliveries come to this."""
    mine = sa.select(deliveries.c.id).where(deliveries.c.store_id == shop.id, deliveries.c.state == "pending")
    some = mine.order_by(deliveries.c.id).limit(most)
    with transaction(engine) as connection:
        values = {"state": state, "next_at": None, **more}
        connection.execute(sa.update(deliveries).where(deliveries.c.id.in_(some)).values(values))


def seen(engine: Engine, wanted: Wanted | None = None) -> dict[str, Standing]:
    with reading(engine) as connection:
        return {one.id: one for one in standings.page(connection, wanted or Wanted(), after_=None, most=50)}


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop(domain="b.myshopify.com", consent_mode="assumed")


@pytest.fixture
def other(bench: Bench) -> Shop:
    return bench.shop("woocommerce", "a.example.com", dataset=None)


def test_how_a_store_stands_is_told_by_its_own_rows_alone(bench: Bench, shop: Shop, other: Shop) -> None:
    told(shop, 2)
    bench.deliver()
    told(shop, 6, first=10)
    set_state(bench.engine, shop, "dead", 2, reason="No.")
    set_state(bench.engine, shop, "ambiguous", 1)
    set_state(bench.engine, shop, "expired", 1)
    set_state(bench.engine, shop, "held", 1)
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(datasets).values(state="paused", reason="The token is dead."))
        alerts.raise_one(connection, store_id=shop.id, kind="a", sentence="A.", at=datetime.now(UTC))

    found = seen(bench.engine)
    assert list(found) == [other.id, shop.id], "by domain"
    mine, its = found[shop.id], found[other.id]
    assert (mine.delivered, mine.held, mine.dead, mine.ambiguous, mine.expired, mine.alerts) == (2, 1, 2, 1, 1, 1)
    assert (mine.datasets, mine.paused, mine.pause) == (1, 1, "The token is dead.")
    moments = [mine.oldest_due, mine.last_webhook]
    assert all(
        at and datetime.now(UTC) - timedelta(minutes=1) < at <= datetime.now(UTC) + timedelta(seconds=5)
        for at in moments
    )
    assert its[6:] == (None, None, 0, 0, None, 0, 0, 0, 0, 0, 0)


def test_what_was_delivered_a_day_ago_and_what_is_due_later_is_not_counted(bench: Bench, shop: Shop) -> None:
    told(shop, 1)
    bench.deliver()
    told(shop, 1, first=10)
    with transaction(bench.engine) as connection:
        earlier = datetime.now(UTC) - timedelta(hours=24, minutes=1)
        connection.execute(sa.update(calls.attempts).values(started_at=earlier, ended_at=earlier))
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        connection.execute(sa.update(deliveries).where(deliveries.c.state == "pending").values(next_at=tomorrow))
    assert (seen(bench.engine)[shop.id].delivered, seen(bench.engine)[shop.id].oldest_due) == (0, None)


def test_stores_are_found_by_words_and_by_kind(bench: Bench, shop: Shop, other: Shop) -> None:
    told(shop, 1)
    set_state(bench.engine, shop, "dead", 1)
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(stores).where(stores.c.id == other.id).values(state="observing"))
    for wanted, expected in (
        (Wanted("MYSHOPIFY"), {shop.id}),
        (Wanted(other.id), {other.id}),
        (Wanted("%"), set()),
        (Wanted("_.example"), set()),
        (Wanted(only=Only.LIVE), {shop.id}),
        (Wanted(only=Only.OBSERVING), {other.id}),
        (Wanted(only=Only.FAILED), {shop.id}),
        (Wanted(only=Only.ALERTED), set()),
        (Wanted(only=Only.GONE), set()),
    ):
        assert set(seen(bench.engine, wanted)) == expected, wanted
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(stores).where(stores.c.id == shop.id).values(uninstalled_at=datetime.now(UTC)))
        assert standings.numbers(connection) == {"observing": 1, "disconnected": 1}
    assert set(seen(bench.engine, Wanted(only=Only.GONE))) == {shop.id}


def test_pages_of_stores_follow_one_another_without_a_gap(bench: Bench) -> None:
    ids = {bench.shop("woocommerce", f"{name}.example.com", dataset=None).id for name in "cab"}
    ids.add(bench.shop("shopify", "a.example.com", dataset=None).id)  # the same domain on another platform
    found, behind = [], None
    with reading(bench.engine) as connection:
        while page := standings.page(connection, Wanted(), after_=behind, most=1):
            found.append(page[0])
            behind = (page[0].domain, page[0].id)
    assert [one.domain[0] for one in found] == ["a", "a", "b", "c"]
    assert {one.id for one in found} == ids


def test_counts_end_where_nobody_reads_on(bench: Bench, shop: Shop) -> None:
    told(shop, 4)
    set_state(bench.engine, shop, "dead", 4)
    with reading(bench.engine) as connection:
        (found,) = standings.page(connection, Wanted(), after_=None, most=9, counted=2)
    assert found.dead == 3


def test_what_failed_is_found_newest_first_over_all_stores_and_no_other_state_with_it(bench: Bench, shop: Shop) -> None:
    second = bench.shop(domain="z.myshopify.com", consent_mode="assumed", dataset="2002")
    for place, one in enumerate((shop, second)):
        told(one, 4)
        set_state(bench.engine, one, "dead", 1, reason=f"No {place}.")
        set_state(bench.engine, one, "ambiguous", 1, reason="Perhaps.")
        set_state(bench.engine, one, "held", 1)
    with reading(bench.engine) as connection:
        newest = dead_letters.page(connection, Letters(), before=None, most=3)
        rest = dead_letters.page(connection, Letters(), before=newest[-1].id, most=3)
        assert [(one.domain[0], one.state) for one in (*newest, *rest)] == [
            *(("z", "ambiguous"), ("z", "dead")),
            *(("b", "ambiguous"), ("b", "dead")),
        ]
        mine = dead_letters.page(connection, Letters(shop.id, "dead", "No 0."), before=None, most=9)
        assert [(one.store_id, one.dataset_id, one.order_id) for one in mine] == [(shop.id, "100000000000001", "1")]
        assert dead_letters.page(connection, Letters(shop.id, "dead", "No 1."), before=None, most=9) == []
        why = dead_letters.reasons(connection, None, newest=100)
        assert (why[0].reason, why[0].number, why[0].stores) == ("Perhaps.", 2, 2)
        assert {one.reason for one in dead_letters.reasons(connection, shop.id, newest=100)} == {"No 0.", "Perhaps."}


def test_what_is_due_longest_comes_first_and_what_is_due_later_not_at_all(bench: Bench, shop: Shop) -> None:
    second = bench.shop(domain="z.myshopify.com", consent_mode="assumed", dataset="2002")
    third = bench.shop(domain="y.myshopify.com", consent_mode="assumed", dataset="3003")
    for one in (shop, second, third):
        told(one, 2)
    now = datetime.now(UTC)
    with transaction(bench.engine) as connection:
        for one, at in ((shop, -1), (second, -60), (third, 60)):
            mine = sa.update(deliveries).where(deliveries.c.store_id == one.id)
            connection.execute(mine.values(next_at=now + timedelta(minutes=at)))
        assert [one.domain[0] for one in backlog.latest_datasets(connection, 9)] == ["z", "b"]
        assert [one.domain[0] for one in backlog.latest_datasets(connection, 1)] == ["z"]
        assert backlog.deliveries_due(connection) == 4


def test_alerts_of_all_stores_come_the_last_said_first_page_by_page(bench: Bench, shop: Shop, other: Shop) -> None:
    now = datetime.now(UTC)
    with transaction(bench.engine) as connection:
        for place, (one, kind) in enumerate(((shop, "a"), (other, "a"), (shop, "b"))):
            at = now - timedelta(minutes=place // 2)  # two of them at the same moment
            alerts.raise_one(connection, store_id=one.id, kind=kind, sentence=f"{place}.", at=at)
        found, before = [], None
        while page := alerts.page(connection, store_id=None, kind=None, before=before, most=1):
            found.append(page[0].sentence)
            before = (page[0].last_at, page[0].id)
        assert found == ["1.", "0.", "2."]
        of_one = alerts.page(connection, store_id=shop.id, kind="b", before=None, most=9)
        assert [(one.sentence, one.domain) for one in of_one] == [("2.", "b.myshopify.com")]
        assert alerts.kinds(connection) == [("a", 2), ("b", 1)]
