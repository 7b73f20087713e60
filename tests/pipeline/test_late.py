"""What does not leave in time: notices at 24 hours, 72 hours and 6 days, and the end at 7 days; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from integration.db import reading, transaction
from integration.db.alerts import alerts
from integration.db.events import events
from integration.pipeline import late
from tests.rig.shop import Bench, Shop

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """A store whose dataset is paused: what it tells is held."""
    found = bench.shop("shopify", consent_mode="assumed", dataset=None)
    found.attach(token="bad-token")
    tell(found, "1")
    bench.deliver()
    return found


def tell(shop: Shop, order_id: str) -> None:
    shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=order_id))


def aged(bench: Bench, age: timedelta, *, received: timedelta | None = None) -> None:
    """Everything happened that long ago, and was received then unless told otherwise."""
    now = datetime.now(UTC)
    with transaction(bench.engine) as connection:
        values = {"event_time": now - age, "placed_at": now - age, "received_at": now - (received or age)}
        connection.execute(sa.update(events).values(values))


def said(bench: Bench) -> dict[str, str]:
    with reading(bench.engine) as connection:
        return {row.kind: row.sentence for row in connection.execute(sa.select(alerts))}


@pytest.mark.parametrize(
    ("age", "notices"),
    [
        (23 * HOUR, []),
        (25 * HOUR, ["late_24_hours"]),
        (73 * HOUR, ["late_24_hours", "late_72_hours"]),
        (6 * DAY + HOUR, ["late_24_hours", "late_6_days", "late_72_hours"]),
    ],
    ids=str,
)
def test_the_merchant_is_told_how_long_events_have_been_waiting(
    bench: Bench, shop: Shop, age: timedelta, notices: list[str]
) -> None:
    aged(bench, age)
    late.look(bench.engine)

    assert sorted(set(said(bench)) - {"dataset_paused"}) == notices
    assert [state for state, _ in bench.states()] == ["held"]


def test_a_notice_says_how_many_since_when_and_why(bench: Bench, shop: Shop) -> None:
    tell(shop, "2")
    aged(bench, 25 * HOUR)
    late.look(bench.engine)

    assert said(bench)["late_24_hours"] == (
        "2 events have not reached Meta for more than 24 hours (Meta refused the access token. Paste a new one; "
        "nothing is lost). Nothing is lost yet; Meta takes none older than 7 days."
    )


def test_a_notice_is_given_once_and_taken_back_when_the_events_have_left(bench: Bench, shop: Shop) -> None:
    aged(bench, 25 * HOUR)
    for _ in range(3):
        late.look(bench.engine)
    with reading(bench.engine) as connection:
        kept = connection.execute(sa.select(alerts.c.times).where(alerts.c.kind == "late_24_hours")).scalar_one()
    assert kept == 1

    shop.attach(token="good-token")
    assert bench.deliver() == 1
    late.look(bench.engine)
    assert said(bench) == {}


def test_an_old_order_that_has_just_come_in_is_not_late(bench: Bench, shop: Shop) -> None:
    aged(bench, 3 * DAY, received=timedelta(minutes=5))
    late.look(bench.engine)

    assert set(said(bench)) == {"dataset_paused"}


def test_at_seven_days_what_is_held_ends_and_the_merchant_is_told(bench: Bench, shop: Shop) -> None:
    aged(bench, 7 * DAY + HOUR)
    tell(shop, "2")
    late.look(bench.engine)

    assert {row["event_id"]: row["status"] for row in bench.rows()} == {"1": "expired", "2": "held"}
    assert said(bench)["expired"].startswith("1 event was not told to Meta within the 7 days")

    shop.attach(token="good-token")
    assert bench.deliver() == 1
    assert [told["event_id"] for told in bench.sandbox.told()] == ["2"]


def test_what_is_expired_is_no_longer_late(bench: Bench, shop: Shop) -> None:
    aged(bench, 7 * DAY + HOUR)
    late.look(bench.engine)

    assert set(said(bench)) == {"dataset_paused", "expired"}
