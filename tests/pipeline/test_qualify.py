"""What counts, not yet, or never: DESIGN's "what counts, and how it is told", as a table. Constructed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.event import Amounts, Browser, Customer, Event, Kind, Order, Source, Standing
from connectors.money import Money
from integration.pipeline.qualify import Counts, Horizon, Never, NotYet, Verdict, qualify
from integration.store_settings import StoreSettings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
PREVIEW = Horizon(NOW, since=None)
CONNECTED = Horizon(NOW, since=NOW - 30 * DAY)

NOT_WEBSITE = (Source.POS, Source.DRAFT, Source.SUBSCRIPTION, Source.OTHER)

# Settings, then what becomes of an order by its standing: first of one paid in any other way, then of cash on delivery.
WHEN_IT_COUNTS = """
    purchase_when cod_when : unplaced placed  paid   cancelled : unplaced placed  paid   cancelled
    paid          placed   : not-yet  not-yet counts cancelled : not-yet  counts  counts cancelled
    paid          paid     : not-yet  not-yet counts cancelled : not-yet  not-yet counts cancelled
    placed        placed   : not-yet  counts  counts cancelled : not-yet  counts  counts cancelled
    placed        paid     : not-yet  counts  counts cancelled : not-yet  not-yet counts cancelled
"""


def when_it_counts() -> list[tuple[dict[str, str], bool, Standing, str]]:
    """Each cell of the table: settings, cash on delivery, standing, outcome."""
    head, *rows = [[part.split() for part in line.split(":")] for line in WHEN_IT_COUNTS.strip().splitlines()]
    return [
        (dict(zip(head[0], row[0], strict=True)), cash, Standing(standing), outcome)
        for row in rows
        for cash, words, outcomes in ((False, head[1], row[1]), (True, head[2], row[2]))
        for standing, outcome in zip(words, outcomes, strict=True)
    ]


def settings(**values: str) -> StoreSettings:
    return StoreSettings().changed(values)


def order(
    standing: Standing = Standing.PAID,
    source: Source = Source.WEBSITE,
    *,
    cash_on_delivery: bool = False,
    test: bool = False,
    **more: Any,
) -> Event:
    what = Order("5001", "1001", "its status", standing, source, cash_on_delivery, test)
    money = Amounts(Money(Decimal("12.50"), "EUR"), Decimal("12.50"), Decimal(0), Decimal(0))
    return Event(Kind.ORDER, "5001", order_id="5001", order=what, amounts=money, **{"placed_at": NOW - MINUTE, **more})


def checkout(customer: Customer | None = None, **more: Any) -> Event:
    return Event(
        Kind.CHECKOUT_STARTED, "token-1", customer=customer or Customer(), **{"placed_at": NOW - MINUTE, **more}
    )


def refund(**more: Any) -> Event:
    return Event(Kind.REFUND, "9001", order_id="5001", **more)


def outcome(verdict: Verdict) -> str:
    match verdict:
        case Counts():
            return "counts"
        case NotYet("its status"):
            return "not-yet"
        case Never("cancelled", ended=True, late=False):
            return "cancelled"
        case Never(reason, ended=False, late=False) if "website" in reason or "subscription" in reason:
            return "not-website"
    return repr(verdict)


@pytest.mark.parametrize(("chosen", "cash", "standing", "wanted"), when_it_counts())
@pytest.mark.parametrize("test", [False, True], ids=["real", "test"])
def test_when_an_order_counts_by_standing_settings_and_way_of_payment(
    *, chosen: dict[str, str], cash: bool, standing: Standing, wanted: str, test: bool
) -> None:
    verdict = qualify(order(standing, cash_on_delivery=cash, test=test), settings(**chosen), CONNECTED)

    assert outcome(verdict) == wanted
    assert getattr(verdict, "test", test) is test


@pytest.mark.parametrize(("chosen", "cash", "standing", "wanted"), when_it_counts())
@pytest.mark.parametrize("source", NOT_WEBSITE)
def test_what_would_count_but_was_not_bought_on_the_website_is_never_told_unless_included(
    *, chosen: dict[str, str], cash: bool, standing: Standing, wanted: str, source: Source
) -> None:
    event = order(standing, source, cash_on_delivery=cash)
    others = ",".join(set(NOT_WEBSITE) - {source})

    by_itself = "not-website" if wanted == "counts" else wanted
    assert outcome(qualify(event, settings(**chosen), CONNECTED)) == by_itself
    assert outcome(qualify(event, settings(**chosen, include_sources=others), CONNECTED)) == by_itself
    assert outcome(qualify(event, settings(**chosen, include_sources=source), CONNECTED)) == wanted


def test_each_door_that_is_not_the_website_has_its_own_reason() -> None:
    verdicts = [qualify(order(source=source), StoreSettings(), CONNECTED) for source in NOT_WEBSITE]

    assert len({verdict.reason for verdict in verdicts if isinstance(verdict, Never)}) == len(NOT_WEBSITE)


def test_by_default_cash_on_delivery_counts_from_placement_and_a_bank_transfer_from_payment() -> None:
    assert outcome(qualify(order(Standing.PLACED, cash_on_delivery=True), StoreSettings(), CONNECTED)) == "counts"
    assert outcome(qualify(order(Standing.PLACED), StoreSettings(), CONNECTED)) == "not-yet"


def test_a_deleted_order_is_over_whatever_else_is_said() -> None:
    gone = Event(Kind.ORDER_DELETED, "5001", order_id="5001")

    for horizon, chosen in product((PREVIEW, CONNECTED), (StoreSettings(), settings(purchase_when="placed"))):
        assert qualify(gone, chosen, horizon) == Never("deleted", ended=True)


def test_a_cancellation_is_heard_however_old_the_order_and_whatever_its_door() -> None:
    for source, age in product(Source, (MINUTE, 8 * DAY, 60 * DAY)):
        event = order(Standing.CANCELLED, source, placed_at=NOW - age)
        assert qualify(event, StoreSettings(), CONNECTED) == Never("cancelled", ended=True)


def test_an_order_event_without_its_order_counts_for_nothing_yet() -> None:
    assert isinstance(qualify(Event(Kind.ORDER, "5001", placed_at=NOW), StoreSettings(), CONNECTED), NotYet)


# Checkouts


@pytest.mark.parametrize(
    ("customer", "counts"),
    [
        (Customer(email="ada@example.com"), True),
        (Customer(phone="+1 415 555 0132"), True),
        (Customer(email="ada@example.com", phone="+1 415 555 0132"), True),
        (Customer(), False),
        (Customer(email="", phone=""), False),
        (Customer(first_name="Ada", last_name="Example", city="Bonn", postcode="53111", country="DE"), False),
        (Customer(id="77"), False),
    ],
    ids=["e-mail", "phone", "both", "nothing", "empty", "name and address", "an id"],
)
def test_a_checkout_counts_once_it_has_contact_data(*, customer: Customer, counts: bool) -> None:
    verdict = qualify(checkout(customer), StoreSettings(), CONNECTED)

    assert verdict == (Counts(NOW - MINUTE, NOW - MINUTE) if counts else NotYet("no contact data yet"))


def test_an_address_and_an_agent_are_no_contact_data() -> None:
    begun = checkout(browser=Browser(ip="192.0.2.7", user_agent="Test/1.0"))

    assert isinstance(qualify(begun, StoreSettings(), CONNECTED), NotYet)


def test_no_setting_about_orders_touches_a_checkout() -> None:
    begun = checkout(Customer(email="ada@example.com"))

    for chosen in (settings(purchase_when="placed"), settings(cod_when="paid"), settings(refunds="off")):
        assert outcome(qualify(begun, chosen, CONNECTED)) == "counts"


# Refunds


def test_refunds_can_be_switched_off() -> None:
    made = refund(placed_at=NOW - HOUR)

    assert qualify(made, StoreSettings(), CONNECTED) == Counts(NOW - HOUR, NOW - HOUR)
    assert qualify(made, settings(refunds="off"), CONNECTED) == Never("refunds are switched off")


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({"placed_at": NOW - 3 * DAY, "updated_at": NOW - HOUR}, NOW - 3 * DAY),
        ({"updated_at": NOW - HOUR}, NOW - HOUR),
        ({}, NOW),
        ({"placed_at": NOW + HOUR}, NOW),
    ],
    ids=["its own", "the payload's", "receipt", "never the future"],
)
def test_a_refund_has_its_own_time_else_the_payloads_else_the_receipts(times: dict[str, datetime], told: datetime):
    verdict = qualify(refund(**times), StoreSettings(), CONNECTED)

    assert isinstance(verdict, Counts)
    assert verdict.event_time == told


def test_a_refund_made_before_the_connection_is_left_to_the_fate_of_its_purchase() -> None:
    verdict = qualify(refund(placed_at=NOW - 2 * DAY), StoreSettings(), Horizon(NOW, since=NOW - DAY))

    assert outcome(verdict) == "counts"


def test_a_refund_older_than_seven_days_is_too_late() -> None:
    assert qualify(refund(placed_at=NOW - 7 * DAY), StoreSettings(), CONNECTED) == Never("older than 7 days", late=True)


# Times


@pytest.mark.parametrize(
    ("placed", "paid", "updated", "told"),
    [
        (5 * MINUTE, None, None, 5 * MINUTE),
        (5 * MINUTE, None, MINUTE, 5 * MINUTE),
        (3 * DAY, 3 * DAY - MINUTE, MINUTE, 3 * DAY),
        (3 * DAY, 3 * DAY - 47 * HOUR, MINUTE, 3 * DAY),
        (3 * DAY, 3 * DAY - 47 * HOUR - SECOND, MINUTE, 3 * DAY - 47 * HOUR - SECOND),
        (6 * DAY, 2 * DAY, MINUTE, 2 * DAY),
        (20 * DAY, HOUR, MINUTE, HOUR),
        (3 * DAY, None, 2 * DAY, 3 * DAY),
        (3 * DAY, None, HOUR, HOUR),
        (DAY, 2 * DAY, MINUTE, DAY),
    ],
    ids=[
        "at once",
        "at once, updated",
        "paid a minute later",
        "paid 47 h later",
        "paid a second after the 47 h",
        "paid four days later",
        "paid weeks later",
        "no payment time, updated a day later",
        "no payment time, updated much later",
        "paid before it was placed",
    ],
)
def test_an_order_has_the_time_of_its_placement_if_it_counted_within_47_hours_of_it_else_of_its_payment(
    placed: timedelta, paid: timedelta | None, updated: timedelta | None, told: timedelta
) -> None:
    times = {"placed_at": placed, "paid_at": paid, "updated_at": updated}
    event = order(**{name: None if ago is None else NOW - ago for name, ago in times.items()})

    assert qualify(event, StoreSettings(), CONNECTED) == Counts(NOW - told, NOW - placed)


@pytest.mark.parametrize(
    "counting_from_placement",
    [({"purchase_when": "placed"}, False), ({"cod_when": "placed"}, True)],
    ids=["bank transfer", "cash on delivery"],
)
def test_where_orders_count_from_placement_a_late_payment_does_not_move_their_time(
    counting_from_placement: tuple[dict[str, str], bool],
) -> None:
    """The Pixel told it at placement; first heard of late, it is the same deed of the same time."""
    chosen, cash = counting_from_placement
    heard_late = order(cash_on_delivery=cash, placed_at=NOW - 3 * DAY, paid_at=NOW - HOUR, updated_at=NOW - HOUR)

    assert qualify(heard_late, settings(**chosen), CONNECTED) == Counts(NOW - 3 * DAY, NOW - 3 * DAY)


@pytest.mark.parametrize("horizon", [PREVIEW, CONNECTED], ids=["preview", "connected"])
def test_nothing_happens_in_the_future(horizon: Horizon) -> None:
    ahead = {"placed_at": NOW + DAY, "paid_at": NOW + 2 * DAY, "updated_at": NOW + 3 * DAY}

    assert qualify(order(**ahead), StoreSettings(), horizon) == Counts(NOW, NOW)
    assert qualify(order(placed_at=NOW - 3 * DAY, paid_at=NOW + DAY), StoreSettings(), horizon) == Counts(
        NOW, NOW - 3 * DAY
    )


@given(*[st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))] * 3)  # noqa: DTZ001 (hypothesis wants naive bounds)
def test_no_time_of_a_payload_makes_an_event_of_the_future(
    placed: datetime | None, paid: datetime | None, updated: datetime | None
) -> None:
    times = {"placed_at": placed, "paid_at": paid, "updated_at": updated}
    for event in (order(**times), checkout(Customer(email="ada@example.com"), **times), refund(**times)):
        verdict = qualify(event, StoreSettings(), PREVIEW)
        assert isinstance(verdict, Counts)
        assert verdict.placed_at <= verdict.event_time <= NOW


@pytest.mark.parametrize(
    ("times", "placed"),
    [({"updated_at": NOW - HOUR}, NOW - HOUR), ({}, NOW), ({"paid_at": NOW - HOUR}, NOW)],
    ids=["the payload's time", "now", "a payment alone"],
)
def test_without_a_placement_time_the_payloads_stands_in_else_now(times: dict[str, datetime], placed: datetime) -> None:
    assert qualify(order(**{"placed_at": None, **times}), StoreSettings(), CONNECTED) == Counts(placed, placed)


# Age and connection


@pytest.mark.parametrize("event", [order(), checkout(Customer(email="ada@example.com"))], ids=["order", "checkout"])
def test_what_was_begun_before_the_store_was_connected_is_not_ours_to_tell(event: Event) -> None:
    assert event.placed_at
    before, at = Horizon(NOW, event.placed_at + SECOND), Horizon(NOW, event.placed_at)

    assert qualify(event, StoreSettings(), before) == Never("placed before the store was connected", late=True)
    assert outcome(qualify(event, StoreSettings(), at)) == "counts"


def test_an_order_placed_before_the_connection_and_paid_after_it_is_not_ours_either() -> None:
    event = order(placed_at=NOW - 5 * DAY, paid_at=NOW - HOUR)

    assert qualify(event, StoreSettings(), Horizon(NOW, NOW - DAY)) == Never(
        "placed before the store was connected", late=True
    )


@pytest.mark.parametrize(
    ("times", "counts"),
    [
        ({"placed_at": NOW - 7 * DAY + SECOND, "updated_at": NOW - 7 * DAY + SECOND}, True),
        ({"placed_at": NOW - 7 * DAY, "updated_at": NOW - 7 * DAY}, False),
        ({"placed_at": NOW - 9 * DAY, "paid_at": NOW - 8 * DAY}, False),
        ({"placed_at": NOW - 9 * DAY, "paid_at": NOW - HOUR}, True),
    ],
    ids=["a second before 7 days", "7 days", "paid, both long ago", "placed long ago, paid now"],
)
def test_a_deed_of_seven_days_ago_is_too_late_to_begin_with(*, times: dict[str, datetime], counts: bool) -> None:
    verdict = qualify(order(**times), StoreSettings(), CONNECTED)

    assert outcome(verdict) == "counts" if counts else verdict == Never("older than 7 days", late=True)


def test_a_preview_judges_neither_age_nor_connection() -> None:
    old = {"placed_at": NOW - 400 * DAY, "paid_at": NOW - 400 * DAY}

    for event in (order(**old), checkout(Customer(email="ada@example.com"), **old), refund(placed_at=NOW - 400 * DAY)):
        assert qualify(event, StoreSettings(), PREVIEW) == Counts(NOW - 400 * DAY, NOW - 400 * DAY)
    assert outcome(qualify(order(Standing.PLACED, **old), StoreSettings(), PREVIEW)) == "not-yet"
    assert outcome(qualify(order(source=Source.POS, **old), StoreSettings(), PREVIEW)) == "not-website"


def test_what_is_too_late_is_told_apart_from_what_the_store_took_back() -> None:
    too_old = qualify(order(placed_at=NOW - 8 * DAY, updated_at=NOW - 8 * DAY), StoreSettings(), CONNECTED)
    taken_back = qualify(order(Standing.CANCELLED), StoreSettings(), CONNECTED)

    assert (too_old.late, too_old.ended) == (True, False)
    assert (taken_back.late, taken_back.ended) == (False, True)
