"""What a merchant is told before going live: in numbers, by whose silence, and never blaming a refusal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors import registry
from connectors.event import Stated
from integration.db import Engine, events, reading, transaction
from integration.db import foresight as known_orders
from integration.db.foresight import Known
from integration.db.surveys import Survey
from integration.meta.event import PURCHASE
from integration.monitor import foresight
from integration.monitor.foresight import Foresight
from integration.pipeline.statements import Said, Statements, Voice
from integration.store_settings import StoreSettings
from integration.stores import tally
from integration.stores.survey import LOOKS_BACK
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench
from tests.stores.past_orders import NOW, past

WOO, SHOPIFY = registry.get("woocommerce").half, registry.get("shopify").half
YES, NO = Stated.GRANTED, Stated.REFUSED
INSTALL = (
    "Install the plugin, connect your banner to the WP Consent API, or vouch that your shoppers consent: choose "
    "the consent mode Assumed in Settings."
)
A_CHOICE = "would be withheld because the shopper refused. That is a choice and no fault: nothing has to be done."


def order(
    region: str, marketing: Stated | None = None, sale: Stated | None = None, *states: str, age: int = 3
) -> Known:
    """One of the ledger, so many days old."""
    said = [None if one is None else Said(one, Voice.ORDER) for one in (marketing, sale)]
    return Known(NOW - timedelta(days=age), region, Statements(*said).encoded(), frozenset(states or ("observed",)))


def told(known: Sequence[Known], mode: str = "regional", half=WOO, **values: str) -> Foresight | None:
    settings = StoreSettings().changed({"consent_mode": mode, **values})
    counted = foresight.of_ledger(known, settings, NOW)
    assert counted is not None
    return foresight.foretold(counted, settings.consent_mode, half)


def test_it_says_how_many_of_how_many_from_where_why_and_what_to_do() -> None:
    known = [*[order("EEA")] * 100, *[order("UK")] * 20, *[order("CH")] * 8, *[order("US")] * 22]
    assert told(known) == Foresight(
        "128 of your last 150 orders are from the EEA, the UK or Switzerland and would be withheld: no consent reaches "
        f"us. {INSTALL}",
        "",
    )
    assert (
        "Paste the Pixel, connect your banner to Shopify’s customer privacy API, or"
        in told(known, half=SHOPIFY).silence
    )


@pytest.mark.parametrize(
    ("one", "mode", "silence", "refusals"),
    [
        (order("EEA"), "regional", "1 of your last 10 orders is from the EEA and would be withheld: no consent", ""),
        (order("US"), "regional", None, None),
        (order("unknown"), "regional", None, None),
        (order("other"), "strict", "10 of your last 10 orders would be withheld: no consent reaches us.", ""),
        (order("EEA"), "assumed", None, None),
        (order("EEA", YES), "regional", None, None),
        (order("EEA", NO), "regional", "", f"1 of your last 10 orders {A_CHOICE}"),
        (order("US", NO), "assumed", "", f"1 of your last 10 orders {A_CHOICE}"),
        (order("UK", None, NO), "regional", "", f"1 of your last 10 orders {A_CHOICE}"),
        (order("US", None, NO), "regional", None, None),  # limited data use, and it leaves
        (order("EEA", None, None, "skipped"), "regional", None, None),
        (order("EEA", NO, None, "skipped"), "regional", None, None),
        (order("EEA", None, None, "skipped", "withheld"), "regional", "1 of your last 10 orders is from the EEA", ""),
    ],
)
def test_each_order_is_judged_as_the_road_would(
    one: Known, mode: str, silence: str | None, refusals: str | None
) -> None:
    found = told([one, *[order("US")] * 9], mode)
    if silence is None:
        assert found is None
        return
    assert found.silence.startswith(silence)
    assert bool(found.silence) == bool(silence)
    assert found.refusals == refusals


def test_where_consent_reaches_us_for_some_it_is_not_said_that_none_does() -> None:
    found = told([order("EEA", YES), *[order("EEA")] * 9])
    assert "would be withheld: their shoppers said neither yes nor no, though others did." in found.silence


def test_too_few_orders_of_late_are_no_ledger_to_judge_by() -> None:
    old = [order("EEA", age=31)] * 100
    assert foresight.of_ledger([*[order("EEA")] * 9, *old], StoreSettings(), NOW) is None
    assert foresight.of_ledger([*[order("EEA")] * 10, *old], StoreSettings(), NOW).orders == 110


def survey(*, done: bool = True, more: bool = False, mode: str = "regional") -> Survey:
    orders = [*[past(region="DE")] * 3, *[past(region="US")] * 4, past(region="FR", marketing=NO)]
    counted = tally.count(orders, StoreSettings().changed({"consent_mode": mode}), NOW)
    text = tally.merged(counted, tally.Tally({}, more=more)).encoded()
    return Survey("s", NOW - LOOKS_BACK, None, 8, text, NOW, NOW if done else None)


def test_the_survey_speaks_of_the_last_thirty_days() -> None:
    counted = foresight.of_survey(survey(), StoreSettings())
    found = foresight.foretold(counted, StoreSettings().consent_mode, WOO)
    assert found.silence.startswith("3 of your 8 orders of the last 30 days are from the EEA and would be withheld:")
    assert found.refusals == f"1 of your 8 orders of the last 30 days {A_CHOICE}"
    assert foresight.of_survey(survey(more=True), StoreSettings()).those == "the first 8 orders of the last 30 days"


@pytest.mark.parametrize("told_so_far", [None, survey(done=False), survey(mode="strict")])
def test_a_survey_that_is_half_read_or_judged_otherwise_says_nothing(told_so_far: Survey | None) -> None:
    assert foresight.of_survey(told_so_far, StoreSettings()) is None


def test_the_last_orders_come_from_the_ledger_with_their_deliveries(engine: Engine, meta: Sandbox) -> None:
    shop = Bench(engine, meta).shop("woocommerce", dataset=None)
    now = datetime.now(UTC)
    for number in range(12):
        body = shop.sample("order.created", "card", order_id=str(7000 + number), age=timedelta(minutes=5 + number))
        assert shop.tell("order.created", body).status == "accepted"
    with transaction(engine) as connection:
        connection.execute(events.events.update().values(region="EEA", stated=None))
    with reading(engine) as connection:
        newest = known_orders.last(connection, shop.id, PURCHASE, 3)
        assert len(newest) == 3
        assert newest == sorted(newest, key=lambda one: one.placed_at, reverse=True)
        assert all(one.states for one in newest)
        found = foresight.of_store(connection, shop.row, now)
    assert found.silence.startswith("12 of your last 12 orders are from the EEA and would be withheld")
