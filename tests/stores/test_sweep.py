"""Orders that got lost on their way are found by asking the shop: each told once, whatever happened; on both databases.

Longer than other test files: each row of the list of what may go wrong between a shop and us is one test here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.access import Changes
from connectors.errors import CredentialsRejected, Throttled
from integration import failpoints
from integration.crypto import Sealer, new_key
from integration.db import chores, reading, sweeps, transaction
from integration.db import stores as db_stores
from integration.db.alerts import alerts
from integration.db.sweeps import Sweep
from integration.db.webhooks import quarantine
from integration.errors import SealBroken, Unavailable
from integration.failpoints import Struck
from integration.stores import punctuality
from integration.stores.punctuality import WHILE_THEY_ARRIVE, WHILE_THEY_DO_NOT
from integration.stores.sweep import ORDERS_RECOVERED, OVERLAP, sweep_on
from tests.rig.shop import Bench, Shop
from tests.stores.changed_orders import Counter, Shelf, receiver

NOW = datetime.now(UTC).replace(microsecond=0)
NO_TIME, HOURS = 0.0, 3_600.0
AGO = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """Connected a day ago."""
    return connected(bench, ago(days=1))


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop)


def connected(bench: Bench, at: datetime, **more: Any) -> Shop:
    shop = bench.shop("woocommerce", since=at, consent_mode="assumed", **more)
    with transaction(bench.engine) as connection:
        db_stores.mark_connected(connection, shop.id, since=at, at=at)
    return shop


def sweep(counter: Counter, now: datetime = NOW, seconds: float = HOURS, **more: Any) -> timedelta:
    return sweep_on(receiver(counter.shop), counter.shop.row, counter, now=now, seconds=seconds, **more)


def kept(shop: Shop) -> Sweep:
    with reading(shop.bench.engine) as connection:
        row = sweeps.of_store(connection, shop.id)
    assert row
    return row


def arrivals(shop: Shop) -> list[tuple[str, float | None]]:
    return [(one.order_id, one.seconds) for one in punctuality.decoded(kept(shop).arrivals)]


def purchases(shop: Shop) -> dict[str, tuple[str, str | None]]:
    """State and reason of each order's one delivery."""
    rows = shop.bench.rows("Purchase")
    assert len(rows) == len({row["order_id"] for row in rows})
    return {row["order_id"]: (row["status"], row["reason"]) for row in rows}


def told(shop: Shop) -> list[str]:
    """Event ids, as Meta got them."""
    shop.bench.deliver()
    return sorted(event["event_id"] for event in shop.bench.sandbox.events())


def said(shop: Shop) -> dict[str, str]:
    with reading(shop.bench.engine) as connection:
        return {row.kind: row.sentence for row in connection.execute(sa.select(alerts))}


def planned(shop: Shop) -> list[str]:
    with reading(shop.bench.engine) as connection:
        return [one.kind for one in chores.of_store(connection, shop.id)]


def at_question(number: int, deed: Callable[[], None]) -> Callable[[int], None]:
    return lambda asked: deed() if asked == number else None


def refused() -> None:
    raise CredentialsRejected("Connect it again.")


def throttled() -> None:
    raise Throttled("Later.", after=2.0)


@pytest.fixture
def spell() -> Iterator[Callable[[str], None]]:
    yield failpoints.arm
    failpoints.arm("")


def test_an_order_whose_webhook_got_lost_is_told_once_however_often_we_ask(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=5))

    for minutes in (0, 5, 20):
        sweep(counter, NOW + timedelta(minutes=minutes))

    assert purchases(shop) == {"71": ("pending", None)}
    assert told(shop) == ["71"]


def test_the_first_reading_begins_an_hour_before_the_store_was_connected(counter: Counter, shop: Shop) -> None:
    sweep(counter)
    since = counter.asked[0][0]
    assert ago(days=1, hours=1, minutes=10) <= since <= ago(days=1, hours=1)


def test_each_reading_begins_ten_minutes_before_what_the_last_one_saw(counter: Counter) -> None:
    counter.sell(71, ago(hours=3))
    sweep(counter)
    counter.sell(72, ago(minutes=1))
    sweep(counter, NOW + timedelta(minutes=15))
    sweep(counter, NOW + timedelta(minutes=30))

    assert [since for since, _ in counter.asked[1:]] == [ago(hours=3) - OVERLAP, ago(minutes=1) - OVERLAP]


@pytest.mark.parametrize("first", ["webhook", "sweep"])
def test_an_order_is_told_once_whichever_way_it_comes_first(counter: Counter, shop: Shop, first: str) -> None:
    counter.sell(71, ago(minutes=5))
    ways = [lambda: counter.post(71, NOW), lambda: sweep(counter)]
    for way in ways if first == "webhook" else reversed(ways):
        way()

    assert told(shop) == ["71"]


def test_an_order_is_told_once_where_webhook_and_sweep_come_at_the_same_moment(bench: Bench) -> None:
    shop = connected(bench, ago(days=1))
    counter, orders = Counter(shop, size=3), range(71, 83)
    for order_id in orders:
        counter.sell(order_id, ago(minutes=5))
    start = threading.Barrier(3)

    def post() -> None:
        start.wait()
        for order_id in orders:
            counter.post(order_id, NOW, "order.created")

    def ask() -> None:
        start.wait()
        while sweep(counter) == timedelta(0):
            pass

    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(post), threads.submit(ask), threads.submit(ask)]:
            done.result(60)

    assert purchases(shop).keys() == {str(one) for one in orders}
    assert told(shop) == sorted(str(one) for one in orders)


def test_one_that_is_killed_between_a_page_and_its_progress_loses_and_doubles_nothing(
    counter: Counter, shop: Shop, spell: Callable[[str], None]
) -> None:
    counter.size = 4
    for order_id in range(71, 81):
        counter.sell(order_id, ago(minutes=90 - order_id))
    spell("sweep.before_progress:raise@2")
    with pytest.raises(Struck):
        sweep(counter)
    spell("")
    assert len(purchases(shop)) == 8

    assert sweep(counter) > timedelta(0)
    assert [cursor for _, cursor in counter.asked][1] == [cursor for _, cursor in counter.asked][2]
    assert told(shop) == sorted(str(one) for one in range(71, 81))


def test_without_time_one_page_is_read_and_the_next_reading_goes_on_there(counter: Counter, shop: Shop) -> None:
    counter.size = 4
    for order_id in range(71, 81):
        counter.sell(order_id, ago(minutes=90 - order_id))

    again = [sweep(counter, seconds=NO_TIME) for _ in range(3)]

    assert again[:2] == [timedelta(0), timedelta(0)]
    assert again[2] > timedelta(0)
    assert len({since for since, _ in counter.asked}) == 1
    assert len(purchases(shop)) == 10
    assert kept(shop).seen_to == ago(minutes=10)


def test_reading_ends_when_the_time_is_over(counter: Counter, shop: Shop) -> None:
    counter.size, seconds = 1, count()
    for order_id in range(71, 91):
        counter.sell(order_id, ago(minutes=100 - order_id))

    assert sweep(counter, seconds=4.0, clock=lambda: next(seconds)) == timedelta(0)
    assert len(purchases(shop)) == len(counter.asked) == 4


def test_a_cursor_that_was_left_lying_for_days_is_not_followed(counter: Counter, shop: Shop) -> None:
    counter.size = 4
    for order_id in range(71, 81):
        counter.sell(order_id, ago(minutes=90 - order_id))
    sweep(counter, seconds=NO_TIME)
    sweep(counter, NOW + timedelta(days=2))

    assert [cursor for _, cursor in counter.asked][1] is None
    assert len(purchases(shop)) == 10


def test_one_that_is_broken_off_before_it_came_to_the_bin_has_not_seen_the_bin(bench: Bench) -> None:
    shop = connected(bench, ago(days=1))
    shelf = Shelf(shop)
    shelf.sell(71, ago(hours=3))
    shelf.post(71, ago(hours=3))
    shelf.change(71, ago(hours=2), status="trash")
    shelf.sell(72, ago(minutes=5))
    sweep(shelf, seconds=NO_TIME)
    assert purchases(shop).keys() == {"71", "72"}
    sweep(shelf, NOW + timedelta(days=2))

    assert purchases(shop)["71"] == ("skipped", "deleted")


def test_what_was_seen_is_the_newest_of_all_pages_and_not_of_the_last(bench: Bench) -> None:
    """The last is the bin's."""
    shop = connected(bench, ago(days=1))
    shelf = Shelf(shop)
    shelf.sell(71, ago(minutes=5))
    sweep(shelf)

    assert kept(shop).seen_to == ago(minutes=5)


def test_a_thousand_orders_many_of_them_in_one_second_are_all_found(shop: Shop) -> None:
    shelf = Shelf(shop)
    for order_id in range(1, 1_001):
        shelf.sell(order_id, ago(minutes=30) if order_id % 4 else ago(minutes=30 + order_id / 60))

    sweep(shelf)

    assert purchases(shop).keys() == {str(one) for one in range(1, 1_001)}
    assert kept(shop).recovered == 1_000
    assert {seconds for _, seconds in arrivals(shop)} == {None}


def test_orders_that_change_while_they_are_read_are_not_missed(shop: Shop) -> None:
    """An order that moves to the end lets the others move up by one."""
    moment = count(1)

    def meanwhile(_question: int) -> None:
        for order_id in (71, 72, 73):
            shelf.change(order_id, NOW + timedelta(seconds=next(moment)), status="completed")

    shelf = Shelf(shop, trouble=meanwhile)
    for order_id in range(71, 371):
        shelf.sell(order_id, ago(minutes=30 - order_id / 60))

    sweep(shelf)

    assert len(purchases(shop)) == 300


@pytest.mark.parametrize("hours", [1, -1])
def test_a_shops_clock_that_is_wrong_by_an_hour_costs_no_order(bench: Bench, hours: int) -> None:
    shop = connected(bench, ago(hours=7))
    counter = Counter(shop, size=3, ahead=timedelta(hours=hours))
    for step in range(24):
        at = ago(minutes=15 * (24 - step))
        counter.sell(100 + step, at)
        sweep(counter, at + timedelta(minutes=7))

    assert len(told(shop)) == 24


def test_a_shops_clock_that_is_set_right_costs_no_order(bench: Bench) -> None:
    """It was an hour ahead: what it sells from now on seems older than what we saw."""
    shop = connected(bench, ago(hours=7))
    counter = Counter(shop, ahead=HOUR)
    counter.sell(71, ago(minutes=90))
    sweep(counter, ago(minutes=85))
    counter.ahead = timedelta(0)
    counter.sell(72, ago(minutes=75))
    sweep(counter, ago(minutes=70))

    assert purchases(shop).keys() == {"71", "72"}


def test_an_order_of_next_year_stops_nothing(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=40))
    counter.change(71, NOW + timedelta(days=365))
    sweep(counter)
    counter.sell(72, ago(minutes=5))
    sweep(counter, NOW + timedelta(minutes=15))

    assert purchases(shop).keys() == {"71", "72"}
    assert kept(shop).seen_to < NOW


def test_what_was_seen_is_never_less_than_before(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=5))
    sweep(counter)
    counter.orders.clear()
    sweep(counter, NOW + timedelta(minutes=15))

    assert kept(shop).seen_to == ago(minutes=5)


def test_an_order_in_the_bin_is_not_told_unless_it_was(bench: Bench) -> None:
    counter = Counter(connected(bench, ago(days=1)))
    for order_id in (71, 72):
        counter.sell(order_id, ago(minutes=30))
        counter.post(order_id, ago(minutes=30))
        if order_id == 71:
            assert told(counter.shop) == ["71"]
        counter.change(order_id, ago(minutes=5), status="trash")
    sweep(counter)

    assert purchases(counter.shop) == {"71": ("delivered", None), "72": ("skipped", "deleted")}
    assert kept(counter.shop).recovered == 0


def test_an_order_back_from_the_bin_is_told(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=30))
    counter.change(71, ago(minutes=20), status="trash")
    sweep(counter, ago(minutes=15))
    counter.change(71, ago(minutes=10), status="processing")
    sweep(counter)

    assert told(shop) == ["71"]


def test_orders_from_before_the_store_was_connected_are_skipped_and_said_of_nobody(bench: Bench) -> None:
    shop = connected(bench, ago(minutes=30))
    counter = Counter(shop)
    counter.sell(71, ago(minutes=45))
    sweep(counter)

    assert purchases(shop) == {"71": ("skipped", "placed before the store was connected")}
    assert told(shop) == []
    assert (kept(shop).recovered, arrivals(shop), said(shop)) == (0, [], {})


def test_what_a_store_sold_while_it_was_away_is_not_even_read(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(hours=20))
    sweep(counter, ago(hours=19))
    counter.sell(72, ago(hours=10))
    with transaction(shop.bench.engine) as connection:
        db_stores.save(connection, shop.id, settings=shop.row.settings, state="live", since=ago(hours=3))
    sweep(counter)

    assert counter.asked[-1][0] == ago(hours=4)
    assert purchases(shop).keys() == {"71"}


@pytest.mark.parametrize(
    ("topic", "case"),
    [("order.updated", "checkout_draft"), ("order.created", "pending_wallet"), ("order.created", "payment_failed")],
)
def test_what_is_no_order_yet_leaves_nothing(counter: Counter, shop: Shop, topic: str, case: str) -> None:
    counter.sell(71, ago(minutes=30), case, topic)
    sweep(counter)

    assert purchases(shop) == {}
    assert (kept(shop).recovered, arrivals(shop)) == (0, [])


def test_a_refund_of_an_order_that_was_told_is_found(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=30))
    sweep(counter, ago(minutes=25))
    assert told(shop) == ["71"]
    counter.change(71, ago(minutes=5), refunds=[{"id": 901, "reason": "", "total": "-10.00"}])
    sweep(counter)

    assert told(shop) == ["71", "refund_901"]
    assert shop.bench.states("Refund") == [("delivered", None)]


def test_an_order_nobody_can_read_is_kept_aside_once_and_the_others_are_told(counter: Counter, shop: Shop) -> None:
    for order_id in (71, 72, 73):
        counter.sell(order_id, ago(minutes=5))
    counter.orders[72]["currency"] = {"not": "a currency"}
    for minutes in (0, 5):
        sweep(counter, NOW + timedelta(minutes=minutes))

    assert told(shop) == ["71", "73"]
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(quarantine)).scalar_one() == 1


def forget_keys(shop: Shop) -> None:
    """What was sealed so far opens no more."""
    shop.bench.sealer = Sealer([new_key()])


def test_an_order_that_breaks_us_is_kept_aside_and_the_others_are_told(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=30))
    counter.post(71, ago(minutes=30))
    forget_keys(shop)
    counter.change(71, ago(minutes=5))
    counter.sell(72, ago(minutes=4))
    sweep(counter)

    assert purchases(shop)["72"] == ("pending", None)
    with reading(shop.bench.engine) as connection:
        (aside,) = connection.execute(sa.select(quarantine)).all()
    assert aside.reason.startswith("Something went wrong on our side")


def test_where_every_order_breaks_us_none_is_passed_over(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=30))
    counter.post(71, ago(minutes=30))
    forget_keys(shop)
    counter.change(71, ago(minutes=5))
    with pytest.raises(SealBroken):
        sweep(counter)

    assert kept(shop).seen_to < ago(hours=1)


def test_a_database_that_is_away_for_a_moment_has_no_order_kept_aside(counter: Counter, shop: Shop) -> None:
    """One order cannot be written; the others could."""
    holding = threading.Event()

    def hold() -> None:
        with transaction(shop.bench.engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("LOCK TABLE webhooks IN ACCESS EXCLUSIVE MODE"))
            holding.set()
            time.sleep(2.5)  # above what a writer waits

    def lock() -> None:
        threads.submit(hold)
        assert holding.wait(5)

    for order_id in (71, 72, 73):
        counter.sell(order_id, ago(minutes=5))
    counter.trouble = at_question(1, lock)
    with ThreadPoolExecutor(1) as threads, pytest.raises(Unavailable):
        sweep(counter)
    sweep(counter)

    assert purchases(shop).keys() == {"71", "72", "73"}
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(quarantine)).all() == []


@pytest.mark.parametrize("trouble", [refused, throttled])
@pytest.mark.parametrize("question", [1, 2, 3])
def test_a_shop_that_refuses_us_for_days_is_read_on_without_a_gap(
    counter: Counter, shop: Shop, trouble: Callable[[], None], question: int
) -> None:
    counter.size, counter.trouble = 4, at_question(question, trouble)
    for order_id in range(71, 81):
        counter.sell(order_id, ago(minutes=90 - order_id))
    with pytest.raises((CredentialsRejected, Throttled)):
        sweep(counter)
    later = NOW + timedelta(days=3)
    for order_id in range(81, 91):
        counter.sell(order_id, later - timedelta(minutes=90 - order_id / 60))
    sweep(counter, later)

    assert len(purchases(shop)) == 20


def test_after_six_hours_without_us_every_order_is_told_exactly_once(bench: Bench) -> None:
    """Reliability G7. WooCommerce posts each order once, to nobody; a part of them is changed or posted again later."""
    shop = connected(bench, ago(hours=8))
    shelf = Shelf(shop)
    for order_id in range(1, 181):
        at = ago(hours=8) + timedelta(minutes=2 * order_id)
        shelf.sell(order_id, at)
        if order_id < 30:
            shelf.post(order_id, at + timedelta(seconds=3), "order.created")
        if order_id == 30:
            sweep(shelf, ago(hours=7))
    for order_id in range(31, 181, 7):
        shelf.change(order_id, ago(minutes=30), status="completed")
    sweep(shelf, NOW)
    for order_id in range(31, 181, 14):
        shelf.post(order_id, NOW)

    assert purchases(shop).keys() == {str(one) for one in range(1, 181)}
    assert told(shop) == sorted(str(one) for one in range(1, 181))
    assert (kept(shop).recovered, kept(shop).recovered_at) == (150, NOW)


def test_found_orders_are_counted_the_merchant_is_told_and_the_webhooks_are_looked_after(
    counter: Counter, shop: Shop
) -> None:
    noon = NOW.replace(hour=12)
    for order_id in (71, 72):
        counter.sell(order_id, noon - timedelta(minutes=5))
    sweep(counter, noon)

    assert (kept(shop).recovered, kept(shop).recovered_at) == (2, noon)
    assert (
        f"On {noon:%-d %B}, 2 orders had not been told by WooCommerce's webhooks and were"
        in said(shop)[ORDERS_RECOVERED]
    )
    assert planned(shop) == [chores.SUBSCRIPTIONS]


def test_the_alert_counts_by_the_day_and_goes_after_a_week_without_any(counter: Counter, shop: Shop) -> None:
    noon = NOW.replace(hour=12)
    for order_id, moment in (
        (71, noon),
        (72, noon + timedelta(minutes=15)),
        (73, noon + timedelta(days=1)),
    ):
        counter.sell(order_id, moment - timedelta(minutes=5))
        sweep(counter, moment)
        assert f"On {moment:%-d %B}, {2 if order_id == 72 else 1} order" in said(shop)[ORDERS_RECOVERED]
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(alerts.c.times)).scalars().all() == [2]

    sweep(counter, noon + timedelta(days=7))
    assert ORDERS_RECOVERED in said(shop)
    sweep(counter, noon + timedelta(days=9))
    assert said(shop) == {}


def test_an_order_that_may_still_come_by_webhook_is_taken_and_blamed_on_nobody(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(seconds=100))
    sweep(counter)
    counter.post(71, NOW + timedelta(seconds=20))
    sweep(counter, NOW + timedelta(minutes=15))

    assert told(shop) == ["71"]
    assert (kept(shop).recovered, said(shop), planned(shop)) == (0, {}, [])


def test_it_is_kept_how_long_after_the_order_its_webhook_came_and_each_order_counts_once(
    counter: Counter, shop: Shop
) -> None:
    for order_id, seconds in ((71, 3), (72, 40)):
        counter.sell(order_id, ago(minutes=20))
        counter.post(order_id, ago(minutes=20) + timedelta(seconds=seconds))
    counter.sell(73, ago(minutes=10))
    sweep(counter)
    for order_id in (71, 72, 73):
        counter.change(order_id, NOW + timedelta(minutes=5), status="completed")
        counter.post(order_id, NOW + timedelta(minutes=6))
    sweep(counter, NOW + timedelta(minutes=15))

    assert arrivals(shop) == [("71", 3.0), ("72", 40.0), ("73", None)]


def test_an_order_paid_days_later_is_timed_from_its_payment(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(hours=20), "bank_transfer_on_hold")
    counter.post(71, ago(hours=20))
    paid = ago(minutes=10)
    counter.change(71, paid, status="processing", date_paid_gmt=f"{paid:%Y-%m-%dT%H:%M:%S}")
    counter.post(71, paid + timedelta(seconds=5))
    sweep(counter)

    assert arrivals(shop) == [("71", 5.0)]


def test_the_last_twenty_are_kept(counter: Counter, shop: Shop) -> None:
    for order_id in range(71, 101):
        counter.sell(order_id, ago(minutes=120 - order_id))
    sweep(counter)

    assert [order_id for order_id, _ in arrivals(shop)] == [str(one) for one in range(81, 101)]


def test_a_shop_is_asked_more_often_while_its_webhooks_do_not_arrive(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=40))
    counter.post(71, ago(minutes=40))
    assert sweep(counter, ago(minutes=35)) == WHILE_THEY_ARRIVE
    for order_id in (72, 73, 74):
        counter.sell(order_id, ago(minutes=30))
    assert sweep(counter, ago(minutes=20)) == WHILE_THEY_DO_NOT
    counter.sell(75, ago(minutes=10))
    counter.post(75, ago(minutes=10))
    assert sweep(counter) == WHILE_THEY_ARRIVE


@pytest.mark.parametrize("seconds", [NO_TIME, HOURS])
@pytest.mark.parametrize("later", [0, 1])
def test_a_page_that_two_read_at_once_is_counted_once(counter: Counter, shop: Shop, seconds: float, later: int) -> None:
    """While one waits for a page, another reads that page, or all of them."""
    counter.size = 4
    for order_id in range(71, 81):
        counter.sell(order_id, ago(minutes=90 - order_id))

    def overtake() -> None:
        sweep(counter, NOW + timedelta(seconds=later), seconds)

    counter.trouble = at_question(2, overtake)

    assert sweep(counter) == timedelta(0)
    sweep(counter)
    assert kept(shop).cursor is None
    assert kept(shop).recovered == 10
    assert len(purchases(shop)) == 10


def test_what_two_find_at_once_behind_what_was_seen_is_counted(counter: Counter, shop: Shop) -> None:
    counter.sell(71, ago(minutes=5))
    sweep(counter, ago(minutes=4))
    counter.sell(72, ago(minutes=8))
    counter.trouble = at_question(2, lambda: sweep_later(counter))
    sweep(counter)

    assert kept(shop).recovered == 1


def sweep_later(counter: Counter) -> None:
    sweep(counter, NOW + timedelta(seconds=1))


def test_a_cursor_that_leads_to_itself_is_not_followed_for_ever(counter: Counter, shop: Shop) -> None:
    class Circle(Counter):
        def changed(self, since: datetime, cursor: str | None) -> Changes:
            self.asked.append((since, cursor))
            return Changes([], "here")

    circle, seconds = Circle(shop), count()
    sweep(circle, seconds=5.0, clock=lambda: next(seconds))
    assert len(circle.asked) == 2


def test_an_observing_store_sees_what_would_be_sent(bench: Bench) -> None:
    shop = connected(bench, ago(days=1))
    with transaction(bench.engine) as connection:
        db_stores.save(connection, shop.id, settings=shop.row.settings, state="observing", since=shop.row.since)
    counter = Counter(shop)
    counter.sell(71, ago(minutes=5))
    sweep(counter)

    assert purchases(shop) == {"71": ("observed", "would be sent")}
    assert told(shop) == []
