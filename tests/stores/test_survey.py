"""The last 30 days, read page by page: each once, whatever happens in between; on both databases."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.access import Page
from connectors.errors import Throttled
from connectors.event import Source
from integration import db
from integration.db import chores, reading, surveys, transaction
from integration.db.alerts import alerts
from integration.db.stores import Store
from integration.db.surveys import Survey
from integration.stores import settings, survey, tally
from integration.stores.tally import Tally
from tests.rig.shop import Bench
from tests.stores.past_orders import NOW, Shelf, past

NO_TIME, HOURS = 0.0, 3_600.0
APP = past(source="6167201", door=Source.OTHER)


@pytest.fixture
def store(bench: Bench) -> Store:
    return bench.shop("shopify", dataset=None).row


def read_on(engine: db.Engine, store: Store, shelf: Shelf, seconds: float = HOURS, **more: Any) -> bool:
    return survey.read_on(engine, store, shelf, now=more.pop("now", NOW), seconds=seconds, **more)


def found(engine: db.Engine, store: Store) -> Survey:
    with reading(engine) as connection:
        row = surveys.of_store(connection, store.id)
    assert row
    return row


def counted(engine: db.Engine, store: Store) -> Tally:
    told = tally.decode(found(engine, store).counts)
    assert told
    return told


def said(engine: db.Engine) -> dict[str, str]:
    with reading(engine) as connection:
        return {row.kind: row.sentence for row in connection.execute(sa.select(alerts))}


def change(engine: db.Engine, store: Store, **values: str) -> Store:
    with transaction(engine) as connection:
        settings.change(connection, store, values, now=NOW)
        [changed] = db.stores.named(connection, store.id)
    return changed


def throttled_at(*calls: int) -> Callable[[int], None]:
    def trouble(call: int) -> None:
        if call in calls:
            raise Throttled("Later.", after=2.0)

    return trouble


def test_the_last_30_days_are_read_to_the_end(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([past(), APP, past(region="DE")] * 8, size=5)

    assert read_on(engine, store, shelf)
    row, told = found(engine, store), counted(engine, store)
    assert row.since == NOW - timedelta(days=30)
    assert row.done_at is not None
    assert row.cursor is None
    assert row.orders == told.orders == 24
    assert {since for since, _ in shelf.asked} == {row.since}
    assert [cursor for _, cursor in shelf.asked] == [None, "5", "10", "15", "20"]
    assert told.sources.keys() == {"web", "6167201"}
    assert tally.by_fate(tally.total(told.regions.values())) == {"sent": 8, "not yet": 0, "skipped": 8, "withheld": 8}


def test_a_survey_that_is_done_is_not_read_again(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([past()])
    assert read_on(engine, store, shelf)
    assert read_on(engine, store, shelf)
    assert len(shelf.asked) == 1


def test_a_store_without_orders_is_done_at_once(engine: db.Engine, store: Store) -> None:
    assert read_on(engine, store, Shelf([]))
    assert counted(engine, store).orders == 0
    assert said(engine) == {}


def test_without_time_one_page_is_read_and_kept(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([past()] * 12, size=5)

    assert [read_on(engine, store, shelf, NO_TIME) for _ in range(3)] == [False, False, True]
    assert [cursor for _, cursor in shelf.asked] == [None, "5", "10"]
    assert counted(engine, store).orders == 12


def test_reading_ends_when_the_time_is_over(engine: db.Engine, store: Store) -> None:
    shelf, seconds = Shelf([past()] * 50, size=1), count()

    assert not read_on(engine, store, shelf, 4.0, clock=lambda: next(seconds))
    assert len(shelf.asked) == 4
    assert found(engine, store).orders == 4


def test_one_that_was_interrupted_goes_on_where_it_was(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([past()] * 12, size=5, trouble=throttled_at(2, 3))
    for _ in range(2):
        with pytest.raises(Throttled):
            read_on(engine, store, shelf)
    assert found(engine, store).orders == 5
    assert read_on(engine, store, shelf)
    assert [cursor for _, cursor in shelf.asked] == [None, "5", "5", "5", "10"]
    assert counted(engine, store).orders == 12


def test_a_page_that_two_read_at_once_counts_once(engine: db.Engine, store: Store) -> None:
    """While one waits for a page, another reads that page too, and the next one."""
    orders = [APP] * 16

    def overtaken(call: int) -> None:
        if call == 2:
            for _ in range(2):
                read_on(engine, store, Shelf(orders, size=4), NO_TIME)

    shelf = Shelf(orders, size=4, trouble=overtaken)
    assert read_on(engine, store, shelf)
    assert [cursor for _, cursor in shelf.asked] == [None, "4", "12"]
    assert found(engine, store).orders == counted(engine, store).orders == 16
    assert said(engine)["skipped_source"].startswith("16 of your last 16 orders")


@pytest.mark.parametrize("during", [1, 2])
def test_settings_that_decide_otherwise_have_all_orders_judged_alike(
    engine: db.Engine, store: Store, during: int
) -> None:
    """They are changed while a page is on its way: it is forgotten, and who reads goes on with the new survey."""

    def changed(call: int) -> None:
        if call == during:
            time.sleep(0.005)  # a survey is known by the millisecond in which it was begun
            change(engine, store, include_sources="other")

    shelf = Shelf([APP] * 9, size=5, trouble=changed)
    assert read_on(engine, store, shelf)
    assert [cursor for _, cursor in shelf.asked] == [*[None, "5"][:during], None, "5"]
    assert counted(engine, store).sources == {"6167201": {"sent": 9}}
    assert said(engine) == {}


def test_settings_that_decide_nothing_of_it_change_nothing(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([past()] * 9, size=5)
    read_on(engine, store, shelf, NO_TIME)
    changed = change(engine, store, value_basis="subtotal", refunds="off")

    assert read_on(engine, changed, shelf)
    assert [cursor for _, cursor in shelf.asked] == [None, "5"]


def test_a_cursor_that_was_left_lying_for_days_is_not_followed(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([past()] * 9, size=5)
    read_on(engine, store, shelf, NO_TIME)

    assert read_on(engine, store, shelf, now=NOW + timedelta(days=2))
    assert [cursor for _, cursor in shelf.asked] == [None, None, "5"]
    assert found(engine, store).since == NOW - timedelta(days=28)
    assert counted(engine, store).orders == 9


def test_a_cursor_that_leads_to_itself_is_not_followed_for_ever(engine: db.Engine, store: Store) -> None:
    class Circle(Shelf):
        def orders(self, since: datetime, cursor: str | None) -> Page:
            self.asked.append((since, cursor))
            return Page([past()], "here")

    circle = Circle([])
    assert read_on(engine, store, circle)
    assert len(circle.asked) == 2


def nearly_full(engine: db.Engine, store: Store) -> None:
    """Ten orders fewer than the most are read."""
    with transaction(engine) as connection:
        survey.begin(connection, store, NOW)
    before, orders = found(engine, store), survey.MOST_ORDERS - 10
    told = Tally(tally.deciding(store.settings), orders, *[{"web": {"sent": orders}}] * 3)
    with transaction(engine) as connection:
        assert surveys.go_on(connection, before, cursor="0", orders=orders, counts=told.encoded())


@pytest.mark.parametrize(("orders", "size", "more"), [(9, 9, 0), (10, 10, 0), (11, 11, 1), (11, 10, 1), (20, 5, 1)])
def test_at_most_20_000_orders_are_read_and_it_says_when_there_are_more(
    engine: db.Engine, store: Store, orders: int, size: int, more: int
) -> None:
    nearly_full(engine, store)
    shelf = Shelf([past()] * orders, size=size)

    assert read_on(engine, store, shelf)
    told = counted(engine, store)
    assert told.orders == found(engine, store).orders == min(20_000, 19_990 + orders)
    assert told.more == more
    assert len(shelf.asked) <= 2


def test_a_source_that_is_left_out_is_told_when_all_is_read_and_not_before(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([APP] * 3 + [past()] * 97, size=50)

    read_on(engine, store, shelf, NO_TIME)
    assert said(engine) == {}
    read_on(engine, store, shelf)
    assert list(said(engine)) == ["skipped_source"]
    assert said(engine)["skipped_source"].startswith("3 of your last 100 orders (3.0 %) came from app 6167201 and")


def test_two_per_cent_raise_no_alert(engine: db.Engine, store: Store) -> None:
    assert read_on(engine, store, Shelf([APP] * 2 + [past()] * 98, size=50))
    assert said(engine) == {}


def test_including_the_source_has_it_counted_again_and_clears_the_alert(engine: db.Engine, store: Store) -> None:
    shelf = Shelf([APP] * 3)
    read_on(engine, store, shelf)
    changed = change(engine, store, include_sources="other")

    with reading(engine) as connection:
        assert [one.kind for one in chores.of_store(connection, store.id)] == [chores.SURVEY]
    assert found(engine, store).done_at is None
    assert read_on(engine, changed, shelf)
    assert said(engine) == {}


def test_a_store_that_was_never_counted_is_not_counted_for_its_settings(engine: db.Engine, store: Store) -> None:
    change(engine, store, include_sources="other")

    with reading(engine) as connection:
        assert surveys.of_store(connection, store.id) is None
        assert list(chores.of_store(connection, store.id)) == []


def test_a_store_that_was_removed_is_not_counted_for_its_settings(engine: db.Engine, store: Store) -> None:
    read_on(engine, store, Shelf([APP]))
    with transaction(engine) as connection:
        db.stores.mark_uninstalled(connection, store, NOW)
        [removed] = db.stores.named(connection, store.id)
    change(engine, removed, include_sources="other")

    with reading(engine) as connection:
        assert list(chores.of_store(connection, store.id)) == []
    assert found(engine, store).done_at is not None


HOSTILE = (
    '"><svg/onload=alert(1)>',
    "</script>",
    "'; DROP TABLE surveys; --",
    "a\x00b",
    "\ud800",
    "%s {0}",
    "🧵" * 500,
)


def test_hostile_names_are_stored_as_names(engine: db.Engine, store: Store) -> None:
    odd = [past(source=name, payment=name, status=name, door=Source.OTHER) for name in HOSTILE]

    assert read_on(engine, store, Shelf(odd))
    assert counted(engine, store).sources.keys() == {tally.word(name) for name in HOSTILE}
    assert said(engine)["skipped_source"].startswith("1 of your last 7 orders (14 %) came from “")
