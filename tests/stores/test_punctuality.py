"""How orders come, as a merchant reads it: a table of what came and what is said."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.access import Told
from integration.db import chores, sweeps, transaction
from integration.db.events import Received
from integration.stores import punctuality
from integration.stores.punctuality import MOST, Arrival, Found, compare, interval, sentence, stuck
from tests.rig.shop import Bench

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PAGE_BEFORE = NOW - timedelta(seconds=20)
MISSED = None
WHY = "Either Tandem could not be reached, or the shop's scheduled tasks, which send them, did not run."
ALSO = "Tandem also asks your shop every 15 minutes."
OFTEN = f"{WHY} Tandem asks your shop every 5 minutes."


def came(*seconds: float | None) -> list[Arrival]:
    return [Arrival(str(number), one) for number, one in enumerate(seconds)]


@pytest.mark.parametrize(
    ("arrivals", "said"),
    [
        ((), f"How soon orders come by webhook is not known yet. {ALSO}"),
        ((3,), f"Webhooks arrive 3 seconds after the order. {ALSO}"),
        ((0,), f"Webhooks arrive 1 second after the order. {ALSO}"),
        ((3, 5, 400), f"Webhooks arrive 5 seconds after the order. {ALSO}"),
        ((60, 60), f"Webhooks arrive 1 minute after the order. {ALSO}"),
        ((90,), f"Webhooks arrive 90 seconds after the order. {ALSO}"),
        ((300,), f"Webhooks arrive 5 minutes after the order. {ALSO}"),
        ((301,), f"Webhooks arrive 5 minutes after the order, which is late. {ALSO}"),
        ((7_300,), f"Webhooks arrive 2 hours after the order, which is late. {ALSO}"),
        (
            (3, MISSED, 3, MISSED),
            f"Webhooks arrive 3 seconds after the order; 2 of the last 4 orders came only by asking. {ALSO}",
        ),
        (
            (3, MISSED, MISSED, MISSED),
            f"The last 3 orders did not come by webhook; Tandem found them by asking your shop. {OFTEN}",
        ),
        ((MISSED,), f"The last order did not come by webhook; Tandem found it by asking your shop. {OFTEN}"),
        (
            (MISSED, MISSED, MISSED, 8),
            f"Webhooks arrive 8 seconds after the order; 3 of the last 4 orders came only by asking. {ALSO}",
        ),
    ],
)
def test_what_the_merchant_reads(arrivals: tuple[float | None, ...], said: str) -> None:
    assert sentence(came(*arrivals)) == said


@pytest.mark.parametrize("arrivals", [(), (3,), (MISSED,)])
def test_a_shop_that_cannot_be_asked_is_not_said_to_be_asked(arrivals: tuple[float | None, ...]) -> None:
    said = sentence(came(*arrivals), asking=False)
    assert "At the moment your shop cannot be asked" in said
    assert "every" not in said


@pytest.mark.parametrize(
    ("arrivals", "missed", "minutes"),
    [
        ((), 0, 15),
        ((3,), 0, 15),
        ((MISSED,), 1, 5),  # none ever came
        ((MISSED, MISSED), 2, 5),
        ((3, MISSED), 0, 15),
        ((3, MISSED, MISSED), 0, 15),
        ((3, MISSED, MISSED, MISSED), 3, 5),
        ((3, MISSED, MISSED, MISSED, 900), 0, 15),
    ],
)
def test_when_webhooks_are_taken_for_stuck_and_how_often_the_shop_is_asked_then(
    arrivals: tuple[float | None, ...], missed: int, minutes: int
) -> None:
    assert (stuck(came(*arrivals)), interval(came(*arrivals))) == (missed, timedelta(minutes=minutes))


def test_the_last_orders_are_kept_each_once() -> None:
    before = punctuality.joined("[]", came(*range(MOST)))
    after = punctuality.decoded(punctuality.joined(before, [Arrival("3", 99), Arrival("new", None)]))

    assert len(after) == MOST
    assert after[-1] == Arrival("new", None)
    assert after[0] == Arrival("1", 1)
    assert Arrival("3", 3) in after


def test_a_text_that_is_not_ours_is_no_arrival() -> None:
    assert punctuality.decoded('{"a": 1}') == punctuality.decoded("") == ()


def order(*, changed: float = 300, placed: float | None = 300, paid: float | None = None) -> Told:
    """One that changed, was placed and paid so many seconds ago."""
    times = (None if seconds is None else NOW - timedelta(seconds=seconds) for seconds in (placed, paid))
    return Told("order.updated", b"{}", "71", NOW - timedelta(seconds=changed), *times)


def row(*, received: float = 0, placed: float = 300, ended: bool = False) -> dict[str, Received]:
    """In the ledger since so many seconds."""
    return {"71": Received(NOW - timedelta(seconds=received), NOW - timedelta(seconds=placed), ended)}


LATE, NOTHING = Found(["71"], [Arrival("71", None)]), Found()


def took(seconds: float) -> Found:
    return Found([], [Arrival("71", seconds)])


@pytest.mark.parametrize(
    ("told", "known", "there", "found"),
    [
        (order(), {}, row(), LATE),
        (order(changed=121), {}, row(), LATE),
        (order(changed=120), {}, row(), NOTHING),  # it may still come
        (order(changed=-3_600), {}, row(), NOTHING),
        (order(), {}, {}, NOTHING),  # a draft
        (order(), {}, row(ended=True), NOTHING),  # cancelled before anybody told us
        (order(), {}, row(placed=7_201), NOTHING),  # placed before the store was connected
        (order(), {}, row(received=1), took(299)),  # its webhook came while the page was on its way
        (order(), row(), row(), NOTHING),  # told again on the next page
        (order(), row(received=20), row(received=20), NOTHING),
        (order(), row(received=290), row(received=290), took(10)),
        (order(placed=300, paid=200), row(received=190), row(received=190), took(10)),  # it waited for its payment
        (order(placed=300, paid=200), row(received=290), row(received=290), took(10)),  # paid on delivery
        (order(placed=None), row(received=290), row(received=290), took(10)),
        (order(placed=280), row(received=290), row(received=290), took(0)),  # the shop's clock is ahead
        (order(placed=3_600), row(received=3_590), row(received=3_590), NOTHING),  # seen in an earlier reading
    ],
)
def test_which_orders_webhooks_had_missed(
    told: Told, known: dict[str, Received], there: dict[str, Received], found: Found
) -> None:
    since, seen_to = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    assert compare([told], known, there, since=since, seen_to=seen_to, swept_at=PAGE_BEFORE, now=NOW) == found


def test_an_order_told_twice_on_a_page_counts_once() -> None:
    since, seen_to = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    assert compare([order(), order()], {}, row(), since=since, seen_to=seen_to, swept_at=PAGE_BEFORE, now=NOW) == LATE


def test_of_a_store_that_is_not_asked_nothing_is_said(bench: Bench) -> None:
    shop = bench.shop("woocommerce", dataset=None)

    def said() -> str | None:
        with transaction(bench.engine) as connection:
            return punctuality.of_store(connection, shop.row)

    assert said() is None
    with transaction(bench.engine) as connection:
        sweeps.begin(connection, shop.id, NOW)
    assert said() is None
    with transaction(bench.engine) as connection:
        chores.plan(connection, shop.id, chores.ORDERS)
    assert said() == f"How soon orders come by webhook is not known yet. {ALSO}"


def test_of_a_store_that_refuses_to_be_asked_that_is_said(bench: Bench) -> None:
    shop = bench.shop("woocommerce", dataset=None)
    with transaction(bench.engine) as connection:
        sweeps.begin(connection, shop.id, NOW)
        chores.plan(connection, shop.id, chores.ORDERS)
        chore = chores.claim(connection, "one", timedelta(seconds=60))
        assert chore
        chores.failed(connection, chore, "one", trouble="Connect it again.", again=timedelta(minutes=5))
        said = punctuality.of_store(connection, shop.row)

    assert (
        said == "How soon orders come by webhook is not known yet. At the moment your shop cannot be asked for orders."
    )
