"""What past orders would come to: the road's own rules, and sums that always add up. Constructed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.access import PastOrder
from connectors.event import Source, Standing, Stated
from integration.store_settings import StoreSettings
from integration.stores import tally
from integration.stores.tally import Fate, Tally
from tests.stores.past_orders import NOW, past

REFUSED, GRANTED = Stated.REFUSED, Stated.GRANTED
OUTCOMES: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({}, {}, "sent"),
    ({"standing": Standing.PLACED, "status": "pending"}, {}, "not yet: pending"),
    ({"standing": Standing.PLACED, "status": "pending"}, {"purchase_when": "placed"}, "sent"),
    ({"standing": Standing.PLACED, "cod": True}, {}, "sent"),
    ({"standing": Standing.PLACED, "cod": True, "status": "pending"}, {"cod_when": "paid"}, "not yet: pending"),
    ({"standing": Standing.UNPLACED, "status": "expired"}, {"purchase_when": "placed"}, "not yet: expired"),
    ({"standing": Standing.CANCELLED}, {}, "skipped: cancelled"),
    ({"test": True}, {}, "skipped: test order"),
    ({"door": Source.POS}, {}, "skipped: sold in a shop, not on the website"),
    ({"door": Source.POS}, {"include_sources": "pos"}, "sent"),
    ({"door": Source.POS}, {"include_sources": "draft,other"}, "skipped: sold in a shop, not on the website"),
    ({"door": Source.DRAFT}, {}, "skipped: made by hand, not on the website"),
    ({"door": Source.SUBSCRIPTION}, {}, "skipped: a subscription's renewal"),
    ({"door": Source.OTHER}, {}, "skipped: made by another app, not on the website"),
    ({"region": "DE"}, {}, "withheld: no consent was stated"),
    ({"region": "DE", "marketing": GRANTED}, {}, "sent"),
    ({"region": "DE"}, {"consent_mode": "assumed"}, "sent"),
    ({"region": "US"}, {"consent_mode": "strict"}, "withheld: no consent was stated"),
    ({"region": "US", "marketing": REFUSED}, {"consent_mode": "assumed"}, "withheld: consent was refused"),
    ({"region": None}, {}, "sent"),
    ({"region": None}, {"phone_country": "FR"}, "withheld: no consent was stated"),
    ({"region": "DE", "sale_of_data": REFUSED}, {}, "withheld: the sale of data was refused"),
    # On the website's orders the webhook will bring the address by which Meta limits the use of data.
    ({"region": "US"}, {"limited_data_use": "always"}, "sent"),
    (
        {"region": "US", "door": Source.DRAFT},
        {"limited_data_use": "always", "include_sources": "draft"},
        "withheld: limited data use cannot be asked for without an address or a state",
    ),
]


def settings(**values: str) -> StoreSettings:
    return StoreSettings().changed(values)


def counted(*orders: PastOrder, **values: str) -> Tally:
    return tally.count(orders, settings(**values), NOW)


@pytest.mark.parametrize(("order", "values", "expected"), OUTCOMES)
def test_a_past_order_comes_to_what_the_road_would_do_with_it(
    order: dict[str, Any], values: dict[str, str], expected: str
) -> None:
    assert tally.outcome(past(**order).event, settings(**values), NOW) == expected


@pytest.mark.parametrize(
    ("country", "region"),
    [("DE", "EEA"), ("NO", "EEA"), ("GB", "UK"), ("CH", "CH"), ("US", "US"), ("CA", "other"), (None, "unknown")],
)
def test_regions_are_those_that_matter_to_consent(country: str | None, region: str) -> None:
    assert counted(past(region=country)).regions.keys() == {region}


@pytest.mark.parametrize("country", ["de", "DE", "Germany"])
def test_a_country_is_read_as_the_road_reads_it(country: str) -> None:
    assert counted(past(region=country)).regions == {"EEA": {"withheld: no consent was stated": 1}}


def test_every_table_crosses_its_property_with_the_outcome() -> None:
    told = counted(past(), past(payment="cash", region="DE"), past(source="pos", door=Source.POS, payment="cash"))

    shop, silent = "skipped: sold in a shop, not on the website", "withheld: no consent was stated"
    assert told.orders == 3
    assert told.sources == {"web": {"sent": 1, silent: 1}, "pos": {shop: 1}}
    assert told.payments == {"card": {"sent": 1}, "cash": {silent: 1, shop: 1}}
    assert told.regions == {"US": {"sent": 1, shop: 1}, "EEA": {silent: 1}}


def test_that_orders_were_left_unread_is_not_forgotten() -> None:
    unread = msgspec.structs.replace(counted(past()), more=True)

    assert tally.merged(unread, counted(past())).more
    assert tally.merged(counted(past()), unread).more
    assert not tally.merged(counted(past()), counted(past())).more


WORDS = st.text(max_size=6) | st.sampled_from(["web", "pos", "", "\x00", "6167201", "\ud800", "\u202e", " "])
ORDERS = st.builds(
    past,
    source=WORDS,
    payment=WORDS,
    status=st.sampled_from(["paid", "pending", "", "\x00", ": ", "sent"]),
    door=st.sampled_from(Source),
    region=st.sampled_from(["DE", "GB", "CH", "US", "IN", "", "?", None]),
    standing=st.sampled_from(Standing),
    cod=st.booleans(),
    test=st.booleans(),
    marketing=st.sampled_from(Stated),
    sale_of_data=st.sampled_from(Stated),
)
CHOICES = st.fixed_dictionaries(
    {
        "purchase_when": st.sampled_from(["paid", "placed"]),
        "include_sources": st.sampled_from(["", "pos", "other,draft"]),
        "consent_mode": st.sampled_from(["regional", "strict", "assumed"]),
        "limited_data_use": st.sampled_from(["auto", "always", "never"]),
    }
)


@given(st.lists(st.lists(ORDERS, max_size=8), max_size=6), CHOICES)
def test_totals_always_add_up_however_the_orders_are_paged(
    pages: list[list[PastOrder]], values: dict[str, str]
) -> None:
    by_page = Tally(tally.deciding(settings(**values)))
    for page in pages:
        by_page = tally.merged(by_page, counted(*page, **values))
    at_once = counted(*(order for page in pages for order in page), **values)

    assert by_page == at_once
    for table in (at_once.sources, at_once.payments, at_once.regions):
        assert sum(map(tally.size, table.values())) == at_once.orders == sum(map(len, pages))
        assert tally.by_fate(tally.total(table.values())) == tally.by_fate(tally.total(at_once.regions.values()))


@given(st.lists(st.integers(1, 300), max_size=400), st.integers(1, 80))
def test_folding_forgets_no_order(sizes: list[int], most: int) -> None:
    table = {f"app {place}": {"sent": orders} for place, orders in enumerate(sizes)}
    shown = tally.folded(table, most)

    assert sum(map(tally.size, shown.values())) == sum(sizes)
    assert len(shown) <= most + 1
    assert tally.folded(shown, most) == shown
    named = [tally.size(of) for label, of in shown.items() if label != tally.REST]
    assert named == sorted(sizes, reverse=True)[:most]


def test_hundreds_of_apps_are_kept_as_the_largest_and_the_rest() -> None:
    many = [past(source=str(app), door=Source.OTHER) for app in range(300)]
    told = tally.merged(counted(*many), counted(*[past(source="0", door=Source.OTHER)] * 5))

    assert len(told.sources) == tally.MAX_LABELS + 1
    assert tally.size(told.sources["0"]) == 6
    assert tally.size(told.sources[tally.REST]) == 305 - 6 - (tally.MAX_LABELS - 1)
    assert len(told.encoded()) < 10_000


def test_statuses_without_number_are_counted_together_and_stay_not_yet() -> None:
    many = [past(standing=Standing.PLACED, status=f"status {number}") for number in range(90)]
    [numbers] = counted(*many).sources.values()

    assert len(numbers) == tally.MAX_OUTCOMES + 1
    assert tally.by_fate(numbers)[Fate.NOT_YET] == 90


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("web", "web"),
        ("  two   words ", "two words"),
        ("", "unknown"),
        ("\x00\x1f\u200b", "unknown"),
        ("a\nb\x00c", "a b c"),
        ("\ud800pos", "pos"),
        ("right \u202eto left", "right to left"),
        ("x" * 5_000, "x" * tally.MAX_WORD),
        ('"><svg/onload=alert(1)>', '"><svg/onload=alert(1)>'),
    ],
)
def test_a_source_has_a_printable_name_of_one_line(text: str, label: str) -> None:
    assert tally.word(text) == label


def test_a_source_that_is_named_like_the_rest_is_not_counted_as_the_rest() -> None:
    assert tally.word(tally.REST) != tally.REST


@given(st.lists(ORDERS, max_size=20))
def test_a_tally_is_stored_as_it_is_and_holds_nothing_of_an_order(orders: list[PastOrder]) -> None:
    marked = [renumbered(order, "8675309") for order in orders]
    told = counted(*marked)

    assert tally.decode(told.encoded()) == told
    assert "8675309" not in told.encoded()


def renumbered(order: PastOrder, order_id: str) -> PastOrder:
    """The same order with an id that nothing else looks like."""
    assert order.event.order
    what = msgspec.structs.replace(order.event.order, id=order_id, number=order_id)
    return PastOrder(
        msgspec.structs.replace(order.event, subject=order_id, order_id=order_id, order=what),
        order.source,
        order.payment,
    )


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"judged_by": {}, "version": 2}', '{"judged_by": {}, "orders": "x"}']
)
def test_what_another_version_stored_is_not_read(text: str) -> None:
    assert tally.decode(text) is None
