"""Coverage by what the ledger, sightings and signals hold, on both databases. Constructed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integration.db import reading, stores, transaction
from integration.db import sightings as room
from integration.db import signals as heard
from integration.db.sightings import Seen, Stage
from integration.monitor.coverage import Cause, Value
from integration.monitor.coverage_report import Report, Sum, pixel_seen, report, sentence
from integration.pipeline import joining
from integration.pipeline.joining import By
from tests.pipeline.test_signals import hearing, paid
from tests.rig.hasten import make_everything_due
from tests.rig.shop import DATASET, Bench, Shop

HOUR = timedelta(hours=1)


def order(shop: Shop, order_id: str) -> None:
    """An order that the server told just now."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    times = {"created_at": at, "processed_at": at, "updated_at": at}
    shop.tell("orders/paid", paid(shop, order_id, checkout_token=f"token{order_id}", cart_token=None, **times))
    make_everything_due(shop.bench.engine)
    shop.bench.deliver()


def see(shop: Shop, order_id: str, stage: Stage, *, event_id: str | None = None, proof: str | None = None) -> None:
    """The Pixel's word of it."""
    key = joining.key(By.CHECKOUT, f"token{order_id}") if proof is None else proof
    with transaction(shop.bench.engine) as connection:
        room.keep(connection, Seen(shop.id, DATASET, "Purchase", event_id or order_id, key), stage)


def later(shop: Shop, after: timedelta = 2 * HOUR) -> Report:
    """The report as it is read so much later."""
    now = datetime.now(UTC)
    day = timedelta(days=1)
    with reading(shop.bench.engine) as connection:
        store = stores.by_id(connection, shop.id)
        assert store is not None
        return report(connection, store, since=now.date() - day, until=now.date() + day, now=now + after)


def only(made: Report) -> tuple[Value, Cause]:
    """The verdict of the one order there is."""
    [value] = [value for value, found in made.totals["Purchase"].items() if found.events]
    [cause] = made.causes["Purchase"]
    assert made.totals["Purchase"][value].events == 1
    return value, cause


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return hearing(bench)


def test_what_both_told_under_one_id_is_both(shop: Shop) -> None:
    order(shop, "77")
    see(shop, "77", Stage.SENT)
    assert only(later(shop)) == (Value.BOTH, Cause.TOLD_BY_BOTH)


def test_what_proves_nothing_counts_for_nothing(shop: Shop) -> None:
    order(shop, "77")
    see(shop, "77", Stage.SENT, proof="")
    assert only(later(shop)) == (Value.UNKNOWN, Cause.PIXEL_SILENT)


def test_another_order_s_proof_does_not_speak_for_this_one(shop: Shop) -> None:
    order(shop, "77")
    see(shop, "77", Stage.SENT, proof=joining.key(By.CHECKOUT, "token78"))
    assert only(later(shop)) == (Value.UNKNOWN, Cause.PIXEL_SILENT)


@pytest.mark.parametrize(
    ("stage", "value", "cause"),
    [
        (Stage.CALLED, Value.SERVER_ONLY, Cause.BLOCKED),
        (Stage.LOADED, Value.UNKNOWN, Cause.DID_NOT_LEAVE),
    ],
)
def test_a_pixel_that_was_blocked_is_evidence_and_one_that_ran_is_none(
    shop: Shop, stage: Stage, value: Value, cause: Cause
) -> None:
    """A page cannot see every way in which Meta's script may tell."""
    order(shop, "77")
    see(shop, "77", stage)
    assert only(later(shop)) == (value, cause)
    assert only(later(shop, timedelta(minutes=10))) == (Value.UNKNOWN, Cause.TOO_EARLY)


def test_a_signal_of_the_checkout_is_evidence_that_the_script_ran(shop: Shop) -> None:
    order(shop, "77")
    with transaction(shop.bench.engine) as connection:
        heard.keep(connection, shop.id, joining.key(By.CHECKOUT, "token77"), "sealed")
    assert only(later(shop)) == (Value.SERVER_ONLY, Cause.NO_THANK_YOU_PAGE)


def test_two_ids_for_one_order_are_shown_as_a_pair_and_never_both(shop: Shop) -> None:
    order(shop, "77")
    see(shop, "77", Stage.SENT, event_id="order_77")
    made = later(shop)
    assert only(made) == (Value.UNKNOWN, Cause.OTHER_ID)
    assert made.pairs == [("Purchase", "77", "77", "order_77")]


def test_a_rate_is_said_of_twenty_orders_and_of_no_fewer(shop: Shop) -> None:
    for number in range(19):
        order(shop, str(100 + number))
        see(shop, str(100 + number), Stage.SENT)
    [few] = later(shop).rates
    assert (few.orders, few.by_pixel, few.share) == (19, 19, None)
    order(shop, "119")
    [enough] = later(shop).rates
    assert (enough.orders, enough.by_pixel, enough.share) == (20, 19, 0.95)


def test_when_the_script_was_last_heard_of(shop: Shop) -> None:
    with reading(shop.bench.engine) as connection:
        store = stores.by_id(connection, shop.id)
        assert store is not None
        assert pixel_seen(connection, store) is None
    see(shop, "77", Stage.CALLED)
    seen = later(shop).last_heard
    assert seen is not None
    assert abs(datetime.now(UTC) - seen) < HOUR


def test_the_sentence_claims_what_was_seen_and_no_more() -> None:
    assert sentence(Sum(41, {"EUR": Decimal(3120)})) == (
        "Told to Meta only by the server: 41 orders, EUR 3,120. Without it we saw no other report of them. "
        "This is not extra sales and not attributed sales."
    )
    assert sentence(Sum(1, {"EUR": Decimal("12.50"), "CHF": Decimal(3)})).startswith(
        "Told to Meta only by the server: 1 order, CHF 3, EUR 12.50. Without it we saw no other report of it."
    )
    assert sentence(Sum()) == "No order is known to have been told to Meta only by the server."
