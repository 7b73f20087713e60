"""What each choice would mean on a store's own last orders: the same as the road would tell, counted by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.event import Source, Stated
from integration.db import Engine, reading
from integration.db.last_orders import LastOrder
from integration.meta.contents import FactLine, called
from integration.meta.mapping import Facts
from integration.monitor import choices
from integration.monitor.choices import Moments, Withheld
from integration.pipeline.statements import Said, Statements, Voice
from integration.store_settings import ConsentMode, StoreSettings, ValueBasis
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MONEY = {"currency": "EUR", "total": Decimal(119), "shipping": Decimal(9), "tax": Decimal(19), "subtotal": Decimal(110)}


def order(subject: str = "5001", *, waited=timedelta(0), stated=(None, None), region="EEA", **facts) -> LastOrder:
    said = [None if one is None else Said(one, Voice.ORDER) for one in stated]
    kept = Facts(source=facts.pop("source", Source.WEBSITE), number=f"#{subject}", **{**MONEY, **facts})
    states = frozenset({"delivered"})
    words = (kept.encoded(), region, Statements(*said).encoded(), states)
    return LastOrder(subject, subject, NOON, NOON + waited, *words)


def weighed(*orders: LastOrder, **settings: str) -> choices.Choices:
    return choices.weighed(orders, StoreSettings().changed(settings))


def test_each_basis_is_worth_what_would_be_told_and_currencies_are_never_added_up() -> None:
    found = weighed(order(), order("5002", currency="JPY", total=Decimal(1000), shipping=Decimal(300), tax=None))
    assert found.orders[0].worth == {
        ValueBasis.TOTAL: Decimal(119),
        ValueBasis.WITHOUT_SHIPPING: Decimal(110),
        ValueBasis.WITHOUT_TAX: Decimal(100),
        ValueBasis.SUBTOTAL: Decimal(110),
    }
    assert {currency: sums[ValueBasis.WITHOUT_SHIPPING] for currency, sums in found.sums.items()} == {
        "EUR": Decimal(110),
        "JPY": Decimal(700),
    }


def test_an_order_whose_money_nobody_told_is_left_out_and_that_is_said() -> None:
    found = weighed(order(), order("5002", total=None))
    assert (found.read, found.left_out, len(found.orders)) == (2, 1, 1)


def test_an_order_from_elsewhere_counts_as_such_and_its_money_only_where_its_source_is_told() -> None:
    draft = order("5002", source=Source.DRAFT)
    for told, sums in (("", 119), ("draft", 238)):
        found = weighed(order(), draft, include_sources=told)
        assert (found.sums["EUR"][ValueBasis.TOTAL], found.sources) == (sums, {Source.DRAFT: 1})


def test_the_moment_at_which_orders_counted_is_told_of_those_that_say_so() -> None:
    orders = (
        order(paid=True, waited=timedelta(minutes=59)),
        order("2", paid=True, waited=timedelta(hours=2)),
        order("3", paid=False, waited=timedelta(hours=2)),
        order("4", paid=False, cash_on_delivery=True),
        order("5"),
    )
    assert weighed(*orders).moments == Moments(of=4, unpaid=1, cash=1, later=1)


def test_each_consent_mode_withholds_what_the_road_would() -> None:
    yes, no = Stated.GRANTED, Stated.REFUSED
    orders = [order(), order("2", region="US"), order("3", stated=(yes, None)), order("4", stated=(no, None))]
    found = weighed(*orders, order("5", region=None))
    assert found.asked == 4
    assert found.modes == {
        ConsentMode.REGIONAL: Withheld(1, 1),
        ConsentMode.STRICT: Withheld(2, 1),
        ConsentMode.ASSUMED: Withheld(0, 1),
    }


@pytest.mark.parametrize(
    ("template", "name"),
    [("{variant_id}", "11"), ("{product_id}", "1"), ("{sku}", None), ("p{product_id}-{sku}", None)],
)
def test_an_item_is_called_what_the_template_asks_for_or_nothing(template: str, name: str | None) -> None:
    line = FactLine("11", "1", None, 2, Decimal(5))
    assert called(weighed(order(lines=(line,))).items[0], template) == name


def test_of_a_real_store_the_newest_order_comes_first_and_is_called_as_it_was_told(
    engine: Engine, sandbox: Sandbox
) -> None:
    """Through the webhook, so that what the ledger keeps of a payment is what the choices read."""
    bench = Bench(engine, sandbox, app_secrets={"shopify": ["the app's secret"]})
    shop = bench.shop(event_id_template="{store_key}-{order_id}")
    for order_id, minutes in (("5001", 30), ("5002", 5)):
        shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=order_id, age=timedelta(minutes=minutes)))
    with reading(engine) as connection:
        found = choices.of_store(connection, shop.row)

    assert [one["order_id"] for one in bench.rows()] == ["5001", "5002"]
    assert found.last is not None
    assert found.last[0] == "5002"
    told = {row["event_id"] for row in bench.rows()}
    assert choices.event_id("{store_key}-{order_id}", found.last, shop.row) in told
    assert choices.event_id("{order_id}", found.last, shop.row) == "5002"
    assert (found.moments.of, found.moments.unpaid) == (2, 0)
