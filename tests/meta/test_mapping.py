"""An Event in Meta's words: names, ids, value, contents, person. Constructed people, shops and orders.

Long: a case for each field that Meta is told.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors import registry
from connectors.errors import ConnectorError
from connectors.event import Amounts, Browser, Customer, Event, Kind, Line, Order, Source, Standing
from connectors.money import Money
from integration.meta import mapping
from integration.meta.event import USER_DATA_KEYS
from integration.meta.hashing import sha256
from integration.store_settings import Field, StoreSettings

DOMAIN, STORE_KEY = "shop.example.com", "abcdefgh"
PLACED = datetime(2026, 11, 20, 9, 30, 15, 987_654, tzinfo=UTC)

ADA = Customer(
    id="77",
    email=" Ada@Example.com",
    phone="(415) 555-0132",
    first_name="Ada",
    last_name="O'Example",
    city="San Francisco",
    state="California",
    postcode="94107-1234",
    country="US",
)
VISIT = Browser(
    ip="192.0.2.7",
    user_agent="Test/1.0",
    page="https://shop.example.com/tea",
    fbp="fb.1.1763600000000.123456789",
    fbc="fb.1.1763600000000.AbC_aem_xYz",
)
MONEY = Amounts(Money(Decimal("119.00"), "EUR"), Decimal("95.00"), Decimal("9.00"), Decimal("19.00"))
TEA = Line(2, Decimal("40.00"), product_id="100", variant_id="101", sku="TEA-1")
CUP = Line(1, Decimal("15.00"), product_id="200", sku="CUP")
TIP = Line(1, Decimal("5.00"))


def order(source=Source.WEBSITE, *, number="1001", order_id="5001", **more):
    what = Order(order_id, number, "paid", Standing.PAID, source)
    whole = {"placed_at": PLACED, "amounts": MONEY, "lines": (TEA, CUP), "customer": ADA, "browser": VISIT, **more}
    return Event(Kind.ORDER, order_id, order_id=order_id, order=what, **whole)


def checkout(**more):
    whole = {"placed_at": PLACED, "amounts": MONEY, "lines": (TEA, CUP), "customer": ADA, "browser": VISIT, **more}
    return Event(Kind.CHECKOUT_STARTED, "token-1", **whole)


def refund(**more):
    whole = {"placed_at": PLACED, "amounts": MONEY, **more}
    return Event(Kind.REFUND, "9001", order_id="5001", **whole)


def chosen(**values):
    return StoreSettings().changed(values)


def told(event, limited=None, event_time=PLACED, **values):
    """The payload that leaves for `event`; a refund is told of Ada, as its Purchase was."""
    store = chosen(**values)
    person = mapping.user_data(order() if event.kind is Kind.REFUND else event, store)
    kept = mapping.decode_facts(mapping.facts(event, domain=DOMAIN).encoded())
    return mapping.server_event(
        event_name=mapping.EVENT_NAMES[event.kind],
        event_id=mapping.event_id(event, store, store_key=STORE_KEY),
        event_time=event_time,
        kept=kept,
        person=person,
        settings=store,
        limited=limited,
    ).payload()


# Names and ids


@pytest.mark.parametrize(
    ("event", "event_name"), [(order(), "Purchase"), (checkout(), "InitiateCheckout"), (refund(), "Refund")]
)
def test_each_deed_has_metas_name_and_a_refund_a_custom_one(event, event_name):
    assert told(event)["event_name"] == event_name


def test_every_kind_of_event_has_a_name():
    assert set(mapping.EVENT_NAMES) == set(Kind)


@pytest.mark.parametrize(
    ("template", "purchase", "money_back"),
    [
        ("{order_id}", "5001", "refund_9001"),
        ("order-{order_id}", "order-5001", "refund_9001"),
        ("{order_number}.{order_id}", "1001.5001", "refund_9001"),
        ("{store_key}_{order_id}", "abcdefgh_5001", "refund_abcdefgh_9001"),
        ("{order_id}@{store_key}", "5001@abcdefgh", "refund_abcdefgh_9001"),
    ],
)
def test_ids_follow_the_template_and_refunds_its_store_key(template, purchase, money_back):
    assert told(order(), event_id_template=template)["event_id"] == purchase
    assert told(refund(), event_id_template=template)["event_id"] == money_back
    assert told(checkout(), event_id_template=template)["event_id"] == "token-1"


def test_by_default_the_id_is_exactly_the_text_the_pixel_gives():
    assert told(order(order_id="6123456789012"))["event_id"] == "6123456789012"


def test_an_order_without_a_number_has_its_id_instead():
    assert told(order(number=None), event_id_template="{order_number}-{order_id}")["event_id"] == "5001-5001"


def test_a_number_with_braces_in_it_is_text_and_no_template():
    odd = order(number="{store_key}{0}{order_id.__class__}")

    wanted = "{store_key}{0}{order_id.__class__}/5001"
    assert told(odd, event_id_template="{order_number}/{order_id}")["event_id"] == wanted


# Where it was done


@pytest.mark.parametrize(
    ("source", "action_source"),
    [
        (Source.WEBSITE, "website"),
        (Source.POS, "physical_store"),
        (Source.DRAFT, "other"),
        (Source.SUBSCRIPTION, "system_generated"),
        (Source.OTHER, "system_generated"),
    ],
)
def test_the_action_source_is_true_and_only_the_website_has_a_page_an_address_and_an_agent(source, action_source):
    payload = told(order(source))
    website = source is Source.WEBSITE

    assert payload["action_source"] == action_source
    assert ("event_source_url" in payload) is website
    assert ({"client_ip_address", "client_user_agent"} <= payload["user_data"].keys()) is website
    assert ({"client_ip_address", "client_user_agent"} & payload["user_data"].keys() != set()) is website
    assert payload["user_data"]["em"] == sha256("ada@example.com")


def test_a_checkout_is_begun_on_the_website():
    payload = told(checkout())

    assert (payload["action_source"], payload["event_source_url"]) == ("website", "https://shop.example.com/tea")
    assert payload["user_data"]["client_ip_address"] == "192.0.2.7"


@pytest.mark.parametrize("browser", [Browser(), VISIT])
def test_a_refund_is_told_by_the_system_without_page_address_and_agent(browser):
    payload = told(refund(browser=browser))

    assert payload["action_source"] == "system_generated"
    assert "event_source_url" not in payload
    assert not {"client_ip_address", "client_user_agent"} & payload["user_data"].keys()
    assert payload["user_data"]["em"] == sha256("ada@example.com")


def test_without_a_page_of_its_own_a_website_order_has_the_stores_front_page():
    assert told(order(browser=Browser(ip="192.0.2.7")))["event_source_url"] == "https://shop.example.com/"


FIXTURES = [
    (connector.name, topic, path)
    for connector in registry.connectors()
    for topic in connector.topics
    for path in sorted((Path(registry.__file__).parent / connector.name / "fixtures").glob("*.json"))
    if path.name.startswith("".join(letter if letter.isalnum() else "_" for letter in topic) + "__")
    and not path.name.endswith(".event.json")
]
SECRETS = ("order_key", "token", "checkout_token", "cart_token", "cart_hash")


@pytest.mark.parametrize(
    ("platform", "topic", "path"), FIXTURES, ids=[f"{name}-{path.stem}" for name, _, path in FIXTURES]
)
def test_no_page_that_leaves_holds_an_order_key_or_a_token(platform, topic, path):
    try:
        messages = registry.get(platform).parse(topic, path.read_bytes())
    except ConnectorError:
        return
    body = json.loads(path.read_text())
    secrets = [body[name] for name in SECRETS if isinstance(body.get(name), str) and body[name]]
    for event in (one for one in messages if isinstance(one, Event) and one.kind is not Kind.ORDER_DELETED):
        page = told(event).get("event_source_url", "")
        assert not any(secret in page for secret in secrets)
        assert "?" not in page
        assert "key=" not in page


def test_the_fixtures_hold_keys_and_tokens_that_could_have_leaked():
    names = {name for _, _, path in FIXTURES for name in SECRETS if json.loads(path.read_text()).get(name)}

    assert {"order_key", "checkout_token", "cart_token", "token"} <= names


# Money


@pytest.mark.parametrize(
    ("basis", "value"), [("total", 119), ("without_shipping", 110), ("without_tax", 100), ("subtotal", 95)]
)
def test_a_purchase_is_worth_what_the_value_basis_says(basis, value):
    custom = told(order(), value_basis=basis)["custom_data"]

    assert (custom["value"], custom["currency"]) == (value, "EUR")


@pytest.mark.parametrize("basis", ["total", "without_shipping", "without_tax", "subtotal"])
def test_a_checkout_is_worth_its_items_and_a_refund_what_was_paid_back_whatever_the_basis(basis):
    assert told(checkout(), value_basis=basis)["custom_data"]["value"] == 95
    assert told(refund(), value_basis=basis)["custom_data"]["value"] == 119


@pytest.mark.parametrize(
    ("amount", "currency", "value"),
    [
        ("12.50", "EUR", 12.5),
        ("12.345", "EUR", 12.35),
        ("12.344999", "EUR", 12.34),
        ("0.005", "USD", 0.01),
        ("1980", "JPY", 1980),
        ("1980.00", "JPY", 1980),
        ("1980.5", "JPY", 1981),
        ("12.345", "KWD", 12.345),
        ("12.3455", "KWD", 12.346),
        ("0.12345", "CLF", 0.1235),
        ("0", "EUR", 0),
        ("999999999999.99", "EUR", 999_999_999_999.99),
    ],
)
def test_a_value_has_the_decimals_of_its_currency_rounded_half_up(amount, currency, value):
    money = Amounts(Money(Decimal(amount), currency), Decimal(amount), Decimal(0), Decimal(0))
    custom = told(order(amounts=money, lines=(Line(1, Decimal(amount), product_id="1"),)))["custom_data"]

    assert (custom["value"], custom["currency"]) == (value, currency)
    assert custom["contents"][0]["item_price"] == value
    assert json.loads(json.dumps(custom))["value"] == value


@pytest.mark.parametrize("currency", ["JPY", "KRW", "XOF"])
def test_a_currency_without_decimals_is_told_in_whole_numbers(currency):
    money = Amounts(Money(Decimal("1980.4"), currency), Decimal("1980.4"), Decimal(0), Decimal(0))

    assert type(told(order(amounts=money))["custom_data"]["value"]) is int


def test_a_value_is_never_negative():
    odd = Amounts(Money(Decimal("5.00"), "EUR"), Decimal("5.00"), Decimal("9.00"), Decimal(0))

    assert told(order(amounts=odd), value_basis="without_shipping")["custom_data"]["value"] == 0


def test_the_shops_own_currency_is_kept_and_never_told():
    both = Amounts(
        Money(Decimal("119.00"), "EUR"), Decimal(95), Decimal(9), Decimal(19), Money(Decimal("130.00"), "USD")
    )
    kept = mapping.facts(order(amounts=both), domain=DOMAIN)

    assert (kept.shop_total, kept.shop_currency) == (Decimal("130.00"), "USD")
    assert "130" not in json.dumps(told(order(amounts=both))["custom_data"])
    assert told(order(amounts=both))["custom_data"]["currency"] == "EUR"


def test_without_amounts_neither_value_nor_currency_is_invented():
    assert not {"value", "currency"} & told(checkout(amounts=None))["custom_data"].keys()


def test_the_order_id_goes_with_purchase_and_refund_and_a_checkout_has_none():
    assert told(order())["custom_data"]["order_id"] == "5001"
    assert told(refund())["custom_data"]["order_id"] == "5001"
    assert "order_id" not in told(checkout())["custom_data"]


# Contents


@pytest.mark.parametrize(
    ("template", "ids"),
    [
        ("{variant_id}", ["101", "200"]),
        ("{product_id}", ["100", "200"]),
        ("{sku}", ["TEA-1", "CUP"]),
        ("shopify_US_{product_id}_{variant_id}", ["shopify_US_100_101", "shopify_US_200_200"]),
        ("wc_post_id_{product_id}", ["wc_post_id_100", "wc_post_id_200"]),
        ("{sku}_{product_id}", ["TEA-1_100", "CUP_200"]),
    ],
)
def test_contents_have_the_catalogues_ids_and_a_line_without_variant_its_products(template, ids):
    for event in (order(), checkout()):
        custom = told(event, content_id_template=template)["custom_data"]
        assert custom["content_ids"] == ids
        assert [one["id"] for one in custom["contents"]] == ids
        assert custom["content_type"] == "product"


def test_each_line_has_its_quantity_and_the_price_of_one_piece():
    assert told(order())["custom_data"]["contents"] == [
        {"id": "101", "quantity": 2, "item_price": 40},
        {"id": "200", "quantity": 1, "item_price": 15},
    ]


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("{variant_id}", Line(1, Decimal(1), sku="X")),
        ("{product_id}", Line(1, Decimal(1), variant_id="9", sku="X")),
        ("{sku}", Line(1, Decimal(1), product_id="8", variant_id="9")),
        ("{sku}", Line(1, Decimal(1), product_id="8", sku="")),
        ("shopify_US_{product_id}_{variant_id}", Line(1, Decimal(1), variant_id="9")),
        ("wc_post_id_{product_id}", Line(1, Decimal(1), sku="X")),
    ],
)
def test_a_line_without_the_id_that_is_asked_for_is_left_out(template, line):
    custom = told(order(lines=(TEA, line)), content_id_template=template)["custom_data"]

    assert len(custom["contents"]) == len(custom["content_ids"]) == 1


def test_without_any_line_that_has_an_id_there_are_no_contents_at_all():
    for lines in ((), (TIP,)):
        custom = told(order(lines=lines))["custom_data"]
        assert not {"contents", "content_ids", "content_type", "num_items"} & custom.keys()


def test_the_same_product_in_two_lines_is_two_contents_and_one_id():
    custom = told(order(lines=(TEA, CUP, TEA)))["custom_data"]

    assert custom["content_ids"] == ["101", "200"]
    assert [one["id"] for one in custom["contents"]] == ["101", "200", "101"]


def test_num_items_counts_pieces_and_not_lines():
    assert told(order())["custom_data"]["num_items"] == 3
    assert told(order(lines=(TEA, CUP, TEA)))["custom_data"]["num_items"] == 5


def test_of_a_monstrous_order_the_first_five_hundred_lines_are_told():
    lines = tuple(Line(1, Decimal(1), product_id=str(number)) for number in range(1, 1_001))

    assert told(order(lines=lines))["custom_data"]["content_ids"] == [str(number) for number in range(1, 501)]


def test_a_refund_names_no_contents():
    assert told(refund(lines=(TEA,)))["custom_data"].keys() == {"value", "currency", "order_id"}


@pytest.mark.parametrize("pattern", ["101", "100", "tea-1", "TEA-*", "wc_post_id_100"])
def test_an_item_that_is_never_named_is_left_out_and_the_value_stays(pattern):
    for event in (order(), checkout()):
        plain = told(event, content_id_template="wc_post_id_{product_id}")["custom_data"]
        custom = told(event, content_id_template="wc_post_id_{product_id}", never_named=pattern)["custom_data"]
        assert custom["contents"] == [{"id": "wc_post_id_200", "quantity": 1, "item_price": 15}]
        assert (custom["content_ids"], custom["num_items"]) == (["wc_post_id_200"], 1)
        assert (custom["value"], custom["currency"]) == (plain["value"], plain["currency"])
        assert "TEA" not in json.dumps(custom)


def test_where_no_item_may_be_named_there_are_no_contents_at_all():
    custom = told(order(lines=(TEA, CUP)), never_named="TEA-*,200")["custom_data"]

    assert custom == {"value": 119, "currency": "EUR", "order_id": "5001"}


def test_an_sku_with_braces_in_it_is_text_and_no_template():
    odd = Line(1, Decimal(1), product_id="1", sku="{product_id}{0}")

    assert told(order(lines=(odd,)), content_id_template="{sku}")["custom_data"]["content_ids"] == ["{product_id}{0}"]


# The person


def test_the_person_is_hashed_as_meta_normalises_and_the_browser_goes_as_it_is():
    assert told(order())["user_data"] == {
        "em": sha256("ada@example.com"),
        "ph": sha256("14155550132"),
        "fn": sha256("ada"),
        "ln": sha256("oexample"),
        "ct": sha256("sanfrancisco"),
        "st": sha256("ca"),
        "zp": sha256("94107"),
        "country": sha256("us"),
        "external_id": sha256("77"),
        "client_ip_address": "192.0.2.7",
        "client_user_agent": "Test/1.0",
        "fbc": "fb.1.1763600000000.AbC_aem_xYz",
        "fbp": "fb.1.1763600000000.123456789",
    }


@pytest.mark.parametrize(
    ("left_out", "keys"),
    [
        ("name,click", {"fn", "ln", "fbc"}),
        ("browser_id,ip,user_agent", {"fbp", "client_ip_address", "client_user_agent"}),
        ("email,phone,city,state,postcode,country", {"em", "ph", "ct", "st", "zp", "country"}),
        ("customer_id", {"external_id"}),
    ],
)
def test_what_the_merchant_leaves_out_is_not_told_though_it_was_sealed(left_out, keys):
    whole = told(order())["user_data"]

    assert told(order(), leave_out=left_out)["user_data"] == {
        key: text for key, text in whole.items() if key not in keys
    }
    assert not keys & told(refund(), leave_out=left_out)["user_data"].keys()


def test_every_field_that_can_be_left_out_has_its_keys_and_every_key_its_field():
    """Birthday and gender, which no platform tells, have none."""
    assert set(mapping.KEYS_OF) == set(Field)
    assert {key for keys in mapping.KEYS_OF.values() for key in keys} == set(USER_DATA_KEYS) - {"db", "ge"}


def test_what_is_missing_or_no_value_is_absent_and_not_null():
    nobody = Customer(email="not an address", phone="n/a", first_name="", country="Atlantis")

    assert told(order(customer=nobody, browser=Browser(ip="10.0.0.7", user_agent=" ", fbp="x")))["user_data"] == {}


@pytest.mark.parametrize("who", ["jane@example.com", "jane%40example.com", "+4915127776661", "%2B4915127776661"])
def test_what_is_told_as_it_is_names_nobody(who):
    """Links in letters hold addresses, and where they are taken for a click they would leave unhashed."""
    seen = Browser(user_agent=f"Mozilla/5.0 ({who})", fbc=f"fb.1.1763600000000.{who}", fbclid=who, fbp=who)

    assert not {"fbc", "fbp", "client_user_agent"} & told(order(browser=seen))["user_data"].keys()
    beside = told(order(browser=Browser(fbc=VISIT.fbc, fbclid=who)))["user_data"]
    assert beside["fbc"] == VISIT.fbc


def test_a_number_without_a_country_of_its_own_is_read_in_the_stores():
    typed = order(customer=Customer(phone="020 7946 0958"))

    assert told(typed, phone_country="GB")["user_data"]["ph"] == sha256("442079460958")
    assert told(order(customer=Customer(phone="(415) 555-0132", country="US")), phone_country="GB")["user_data"][
        "ph"
    ] == sha256("14155550132")


def test_a_state_is_read_in_its_country():
    """Georgia is a state of the US with a code, and a text elsewhere."""
    for country, state in (("US", "ga"), ("DE", "georgia")):
        told_of = told(order(customer=Customer(state="Georgia", country=country)))["user_data"]
        assert told_of["st"] == sha256(state)


def test_an_id_that_looks_like_a_hash_is_hashed_all_the_same():
    digest = "a" * 64

    assert told(order(customer=Customer(id=digest)))["user_data"]["external_id"] == sha256(digest)


@pytest.mark.parametrize(
    ("landed_at", "milliseconds"), [(PLACED - timedelta(hours=2), 1_795_159_815_988), (None, 1_795_167_015_988)]
)
def test_a_click_is_timed_in_milliseconds_when_it_was_seen_else_when_the_order_was_placed(landed_at, milliseconds):
    clicked = Browser(fbclid="AbC_aem_xYz", landed_at=landed_at)

    assert told(order(browser=clicked))["user_data"]["fbc"] == f"fb.1.{milliseconds}.AbC_aem_xYz"


def test_nothing_of_the_buyer_is_in_the_facts_that_are_kept_readable():
    kept = mapping.facts(order(), domain=DOMAIN).encoded().lower()

    for word in ("ada", "example.com/?", "415", "o'example", "francisco", "94107", "192.0.2.7", "test/1.0", "fb.1."):
        assert word not in kept


def test_facts_survive_the_ledger_to_the_cent():
    for event in (order(), order(Source.POS, amounts=None), checkout(), refund()):
        kept = mapping.facts(event, domain=DOMAIN)
        assert mapping.decode_facts(kept.encoded()) == kept
