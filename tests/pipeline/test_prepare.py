"""One event judged and put into Meta's words, as the ledger keeps it and as a preview shows it. Constructed people."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import registry
from connectors.errors import ConnectorError
from connectors.event import Amounts, Browser, Consent, Customer, Event, Kind, Line, Order, Source, Standing, Stated
from connectors.money import Money
from integration.meta.hashing import sha256
from integration.meta.mapping import FactLine
from integration.pipeline.prepare import Prepared, StoreView, prepare
from integration.pipeline.qualify import Counts, Horizon, Never, NotYet
from integration.store_settings import StoreSettings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PREVIEW, CONNECTED = Horizon(NOW, None), Horizon(NOW, NOW - 30 * DAY)

ADA = Customer(id="77", email="ada@example.com", first_name="Ada", last_name="Example", city="Bonn", country="DE")
VISIT = Browser(ip="192.0.2.7", user_agent="Test/1.0", page="https://shop.example.com/tea")
MONEY = Amounts(Money(Decimal("12.50"), "EUR"), Decimal("10.00"), Decimal("2.50"), Decimal("2.00"))

FIXTURES = [
    (connector.name, topic, path)
    for connector in registry.connectors()
    for topic in connector.topics
    for path in sorted((Path(registry.__file__).parent / connector.name / "fixtures").glob("*.json"))
    if path.name.startswith("".join(letter if letter.isalnum() else "_" for letter in topic) + "__")
    and not path.name.endswith(".event.json")
]


def order(
    standing: Standing = Standing.PAID, source: Source = Source.WEBSITE, *, test: bool = False, **more: Any
) -> Event:
    what = Order("5001", "1001", "its status", standing, source, test=test)
    whole = {"placed_at": NOW - HOUR, "amounts": MONEY, "customer": ADA, "browser": VISIT, **more}
    return Event(Kind.ORDER, "5001", order_id="5001", order=what, **whole)


def prepared(event: Event, horizon: Horizon = CONNECTED, **values: str) -> Prepared:
    return prepare(event, StoreView("shop.example.com", "abcdefgh", StoreSettings().changed(values)), horizon)


def test_a_purchase_is_judged_named_and_hashed() -> None:
    one = prepared(order())

    assert (one.event_name, one.event_id) == ("Purchase", "5001")
    assert one.verdict == Counts(NOW - HOUR, NOW - HOUR)
    assert one.person.user_data["em"] == sha256("ada@example.com")
    assert not one.borrows_person


def test_nothing_readable_of_the_buyer_is_left() -> None:
    said = repr(prepared(order(customer=msgspec.structs.replace(ADA, phone="+49 30 23125000", postcode="53111"))))

    for word in ("ada@", "Ada", "Example'", "Bonn", "53111", "23125000"):
        assert word not in said


def test_the_statements_and_the_region_go_with_the_person() -> None:
    said = order(consent=Consent(Stated.GRANTED, Stated.REFUSED), region=("us", "CA"))

    assert prepared(said).person.shopper.marketing is Stated.GRANTED
    assert prepared(said).person.shopper.sale_of_data is Stated.REFUSED
    assert (prepared(said).person.country, prepared(said).person.state) == ("US", "CA")


# Customer information


@pytest.mark.parametrize(
    ("customer", "browser", "enough"),
    [
        (ADA, VISIT, True),
        (Customer(email="ada@example.com"), Browser(), True),
        (Customer(), VISIT, True),
        (Customer(), Browser(fbp="fb.1.1700000000000.123"), True),
        (Customer(), Browser(), False),
        (Customer(), Browser(user_agent="Test/1.0"), False),
        (Customer(city="Bonn", postcode="53111", country="DE"), Browser(user_agent="Test/1.0"), False),
        (Customer(first_name="Ada"), Browser(), False),
        (Customer(first_name="Ada", last_name="Example"), Browser(), True),
        (Customer(email="not given", phone="n/a"), Browser(ip="10.0.0.7"), False),
    ],
    ids=[
        "all",
        "e-mail",
        "address and agent",
        "browser id",
        "nothing",
        "agent",
        "a place",
        "one name",
        "both names",
        "junk",
    ],
)
def test_an_order_is_told_only_of_someone_whom_meta_can_match(*, customer: Customer, browser: Browser, enough: bool):
    verdict = prepared(order(customer=customer, browser=browser)).verdict

    assert isinstance(verdict, Counts) if enough else verdict == Never("no customer information")


@pytest.mark.parametrize("source", [Source.POS, Source.DRAFT, Source.SUBSCRIPTION, Source.OTHER])
def test_an_address_and_an_agent_that_are_not_the_buyers_are_no_customer_information(source: Source) -> None:
    included = {"include_sources": source.value}

    assert prepared(order(source=source, customer=Customer()), **included).verdict == Never("no customer information")
    told = prepared(order(source=source), **included)
    assert isinstance(told.verdict, Counts)
    assert not {"client_ip_address", "client_user_agent"} & told.person.user_data.keys()


def test_what_does_not_count_yet_says_so_and_not_that_nobody_is_known() -> None:
    nobody = {"customer": Customer(), "browser": Browser()}

    assert prepared(order(Standing.PLACED, **nobody)).verdict == NotYet("its status")
    assert prepared(order(Standing.CANCELLED, **nobody)).verdict == Never("cancelled", ended=True)
    assert prepared(order(source=Source.POS, **nobody)).verdict == Never("sold in a shop, not on the website")


def test_a_checkout_with_an_unusable_address_has_nobody_to_match() -> None:
    begun = Event(Kind.CHECKOUT_STARTED, "token-1", placed_at=NOW - HOUR, customer=Customer(email="not an address"))

    assert prepared(begun).verdict == Never("no customer information")


def test_an_order_without_an_amount_is_not_told_since_meta_would_refuse_its_whole_batch() -> None:
    """Subcodes 2804009 and 2804010: a Purchase needs value and currency."""
    assert not isinstance(prepared(order(amounts=None)).verdict, Counts)


# Refunds, deletions, checkouts


def test_a_refund_borrows_the_person_of_its_purchase() -> None:
    one = prepared(Event(Kind.REFUND, "9001", order_id="5001", placed_at=NOW - HOUR, amounts=MONEY))

    assert (one.event_name, one.event_id, one.borrows_person) == ("Refund", "refund_9001", True)
    assert one.verdict == Counts(NOW - HOUR, NOW - HOUR)
    assert one.facts.order_id == "5001"


def test_a_deleted_order_is_the_end_of_its_purchase() -> None:
    one = prepared(Event(Kind.ORDER_DELETED, "5001", order_id="5001"))

    assert (one.event_name, one.event_id) == ("Purchase", "5001")
    assert one.verdict == Never("deleted", ended=True)


def test_a_checkout_is_told_under_its_token() -> None:
    one = prepared(Event(Kind.CHECKOUT_STARTED, "token-1", placed_at=NOW - HOUR, customer=ADA, amounts=MONEY))

    assert (one.event_name, one.event_id) == ("InitiateCheckout", "token-1")
    assert one.verdict == Counts(NOW - HOUR, NOW - HOUR)


def test_the_stores_settings_its_key_and_its_domain_are_used() -> None:
    one = prepared(order(browser=Browser(ip="192.0.2.7")), event_id_template="{store_key}-{order_id}")

    assert one.event_id == "abcdefgh-5001"
    assert one.facts.page == "https://shop.example.com/"
    assert prepared(order(Standing.PLACED), purchase_when="placed").verdict == Counts(NOW - HOUR, NOW - HOUR)


def test_a_test_order_is_marked() -> None:
    assert prepared(order(test=True)).verdict == Counts(NOW - HOUR, NOW - HOUR, test=True)


# The same road for receiver and preview


def test_a_preview_differs_in_age_and_connection_only() -> None:
    for event in (order(), order(Standing.PLACED), order(source=Source.POS), order(customer=Customer())):
        assert prepared(event, PREVIEW) == prepared(event, CONNECTED)
    old = order(placed_at=NOW - 40 * DAY, paid_at=NOW - 40 * DAY)
    assert isinstance(prepared(old, PREVIEW).verdict, Counts)
    assert isinstance(prepared(old, CONNECTED).verdict, Never)


@pytest.mark.parametrize(
    ("platform", "topic", "path"), FIXTURES, ids=[f"{name}-{path.stem}" for name, _, path in FIXTURES]
)
def test_every_fixture_of_every_platform_can_be_prepared(platform: str, topic: str, path: Path) -> None:
    try:
        messages = registry.get(platform).parse(topic, path.read_bytes())
    except ConnectorError:
        return
    for event in (one for one in messages if isinstance(one, Event)):
        one = prepared(event, PREVIEW)
        assert json.loads(one.facts.encoded())
        assert one.event_id
        assert isinstance(one.verdict, Counts | NotYet | Never)


def test_there_are_fixtures_of_every_platform() -> None:
    assert {name for name, _, _ in FIXTURES} == {one.name for one in registry.connectors()}


def test_the_lines_are_kept_as_impersonal_facts() -> None:
    lines = (Line(2, Decimal("5.00"), product_id="1", variant_id="11", sku="TEA"),)

    assert prepared(order(lines=lines)).facts.lines == (FactLine("11", "1", "TEA", 2, Decimal("5.00")),)
