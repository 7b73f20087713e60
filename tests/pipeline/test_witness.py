"""What sightings prove of a Pixel that was silent about an order, on both databases. Constructed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import reading, transaction
from integration.db import sightings as room
from integration.db.deliveries import FAILED
from integration.db.events import events
from integration.db.replays import Selection
from integration.db.sightings import Seen, Stage, sightings
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.pipeline.replay import Prospect, foresee, replay
from integration.pipeline.schedule import PixelOwner, Witnessed, may_have_told
from integration.pipeline.witness import witnessed
from tests.pipeline.test_signals import hearing, paid, statements
from tests.rig.hasten import make_everything_due
from tests.rig.shop import DATASET, Bench, Shop

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AGE = 3 * timedelta(days=1)


@pytest.mark.parametrize(
    ("pixel", "seen", "may"),
    [
        ("none", None, False),
        ("other", None, True),
        ("ours", None, True),
        ("ours", (False, True, True), False),
        ("ours", (True, True, True), True),
        ("ours", (False, True, False), True),
        ("ours", (False, False, True), True),
        ("other", (False, True, True), True),
    ],
    ids=str,
)
def test_the_browser_surely_did_not_tell_only_where_nothing_speaks_for_it(
    *, pixel: str, seen: tuple[bool, bool, bool] | None, may: bool
) -> None:
    assert may_have_told(PixelOwner(pixel), None if seen is None else Witnessed(*seen)) is may


PLACED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "before", "after"),
    [
        ([], False, False),
        ([-60], True, False),
        ([-61], False, False),
        ([60], False, True),
        ([61], False, False),
        ([-59, 59], True, True),
        ([-300, -61, 61, 300], False, False),
        ([0], True, True),
    ],
    ids=str,
)
def test_alive_is_within_the_hour_before_and_within_the_hour_after(
    *, minutes: list[int], before: bool, after: bool
) -> None:
    alive = [PLACED + one * MINUTE for one in minutes]

    assert witnessed(PLACED, alive, sighted=False) == Witnessed(sighted=False, before=before, after=after)


# On the road


def old_order(shop: Shop, order_id: str = "77", age: timedelta = AGE) -> None:
    """An order that was held for days: its shop told us in time, and Meta could not be reached."""
    placed = datetime.now(UTC) - age
    at = placed.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    shop.tell("orders/paid", paid(shop, order_id, created_at=at, processed_at=at, updated_at=at, **tokens(order_id)))


def tokens(order_id: str) -> dict[str, Any]:
    return {"checkout_token": f"token{order_id}", "cart_token": f"cart{order_id}"}


def see(shop: Shop, order_id: str, *, away: timedelta, **odd: Any) -> None:
    """The Pixel's word about an order, so long after (or before) the old one was placed."""
    words = {"dataset": DATASET, "name": "Purchase", "proof": joining.key(By.CHECKOUT, f"token{order_id}"), **odd}
    with transaction(shop.bench.engine) as connection:
        seen = Seen(shop.id, words["dataset"], words["name"], order_id, words["proof"])
        room.keep(connection, seen, words.get("stage", Stage.SENT))
        at = datetime.now(UTC) - AGE + away
        mine = sa.and_(sightings.c.event_id == order_id, sightings.c.proof_key == words["proof"])
        connection.execute(sa.update(sightings).where(mine).values(first_at=at))


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """A store of which two other orders were told to Meta, one before the old order and one after."""
    shop = hearing(bench)
    for order_id in ("1", "2"):
        shop.tell("orders/paid", paid(shop, order_id, **tokens(order_id)))
    make_everything_due(bench.engine)
    bench.deliver()
    return shop


def outcome(shop: Shop) -> tuple[str, str | None]:
    old_order(shop)
    make_everything_due(shop.bench.engine)
    shop.bench.deliver()
    return next((row["status"], row["reason"]) for row in shop.bench.rows() if row["order_id"] == "77")


def alive(shop: Shop, **odd: Any) -> None:
    see(shop, "1", away=-30 * MINUTE, **odd)
    see(shop, "2", away=30 * MINUTE, **odd)


def test_an_old_order_leaves_where_the_pixel_told_its_neighbours_and_nothing_of_it(shop: Shop) -> None:
    alive(shop)

    assert outcome(shop) == ("delivered", None)


def test_without_any_word_of_the_pixel_it_is_ambiguous(shop: Shop) -> None:
    assert outcome(shop)[0] == "ambiguous"


@pytest.mark.parametrize("stage", [Stage.CALLED, Stage.LOADED, Stage.SENT])
@pytest.mark.parametrize("proof", ["", "p" * 64, joining.key(By.CHECKOUT, "token77")], ids=["none", "odd", "its own"])
def test_any_sighting_of_the_order_itself_is_a_doubt(shop: Shop, stage: Stage, proof: str) -> None:
    alive(shop)
    see(shop, "77", away=MINUTE, stage=stage, proof=proof)

    assert outcome(shop)[0] == "ambiguous"


def test_a_sighting_under_another_id_is_a_doubt_too(shop: Shop) -> None:
    alive(shop)
    see(shop, "gid-77", away=MINUTE, proof=joining.key(By.CHECKOUT, "token77"))

    assert outcome(shop)[0] == "ambiguous"


@pytest.mark.parametrize(
    "odd",
    [
        {"proof": ""},
        {"proof": joining.key(By.CHECKOUT, "of nobody")},
        {"proof": joining.key(By.ORDER, "3")},  # a page token of another order than the id it came with
        {"stage": Stage.LOADED},
        {"dataset": "100000000000009"},
        {"name": "InitiateCheckout"},
    ],
    ids=str,
)
def test_what_proves_nothing_shows_no_pixel_alive(shop: Shop, odd: dict[str, Any]) -> None:
    alive(shop, **odd)

    assert outcome(shop)[0] == "ambiguous"


def test_one_side_is_not_enough_and_two_hours_are_too_far(shop: Shop) -> None:
    see(shop, "1", away=-30 * MINUTE)
    see(shop, "2", away=2 * HOUR)

    assert outcome(shop)[0] == "ambiguous"


def test_the_page_of_an_order_proves_as_its_checkout_does(shop: Shop) -> None:
    see(shop, "1", away=-30 * MINUTE, proof=joining.key(By.ORDER, "1"))
    see(shop, "2", away=30 * MINUTE, proof=joining.key(By.ORDER, "2"))

    assert outcome(shop) == ("delivered", None)


def test_a_hundred_words_in_five_minutes_do_not_hide_the_hours_around(shop: Shop) -> None:
    alive(shop)
    for n in range(100):
        see(shop, f"{1000 + n}", away=-5 * HOUR, proof=joining.key(By.ORDER, f"{1000 + n}"))

    assert outcome(shop) == ("delivered", None)


def test_nothing_is_asked_of_sightings_while_orders_are_young(shop: Shop) -> None:
    shop.tell("orders/paid", paid(shop, "3", **tokens("3")))
    make_everything_due(shop.bench.engine)
    with statements(shop.bench) as said:
        assert shop.bench.deliver() == 1

    assert not [one for one in said if "FROM sightings" in one and "UPDATE" not in one]


def test_a_shop_of_which_nothing_is_known_asks_once_for_all_its_old_orders(shop: Shop) -> None:
    for n in range(5):
        old_order(shop, f"{90 + n}")
    make_everything_due(shop.bench.engine)
    with statements(shop.bench) as said:
        shop.bench.deliver()

    assert len([one for one in said if "sightings" in one and "UPDATE" not in one]) <= 3
    with reading(shop.bench.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(sightings)).scalar_one() == 0


def test_what_became_ambiguous_may_be_sent_again_once_the_pixel_is_proven_silent(shop: Shop) -> None:
    assert outcome(shop)[0] == "ambiguous"
    everything = Selection(states=FAILED)
    assert foresee(shop.bench.engine, everything).by_prospect == {Prospect.TWICE: 1}
    alive(shop)

    assert foresee(shop.bench.engine, everything).by_prospect == {Prospect.GOES: 1}
    assert replay(shop.bench.engine, everything, insist=False) == 1
    assert shop.bench.deliver() == 1


def test_a_replay_asks_for_the_pixels_word_of_none_that_is_too_old_anyway(shop: Shop) -> None:
    assert outcome(shop)[0] == "ambiguous"
    everything = Selection(states=FAILED)
    with statements(shop.bench) as said:
        foresee(shop.bench.engine, everything)
    assert [one for one in said if "sightings" in one]
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(events).values(event_time=datetime.now(UTC) - timedelta(days=8)))

    with statements(shop.bench) as said:
        assert foresee(shop.bench.engine, everything).by_prospect == {Prospect.TOO_OLD: 1}
    assert not [one for one in said if "sightings" in one]
