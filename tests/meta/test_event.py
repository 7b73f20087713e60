"""What leaves: one server event in Meta's shape, and whether the stand-in for Meta takes it. Constructed throughout."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.event import Amounts, Browser, Consent, Customer, Event, Kind, Line, Order, Source, Standing, Stated
from connectors.money import Money
from integration.meta import mapping
from integration.meta.event import USER_DATA_KEYS, LimitedData, ServerEvent, is_sufficient, key_mask
from integration.meta.hashing import sha256
from integration.pipeline.prepare import StoreView, prepare
from integration.pipeline.qualify import Counts, Horizon
from integration.store_settings import StoreSettings, ValueBasis

ADDRESS = {"client_ip_address": "192.0.2.7"}
PERSON = {"em": sha256("ada@example.com"), **ADDRESS, "client_user_agent": "Test/1.0"}
LDU_KEYS = ("data_processing_options", "data_processing_options_country", "data_processing_options_state")


@pytest.fixture(scope="module")
def clean(meta):
    """The stand-in without anything an earlier test left, for a property that may not ask for it each time."""
    meta.reset()
    return meta


def payload(person=None, limited=None, event_time=None, **more):
    """A good purchase of now."""
    purchase = {
        "event_name": "Purchase",
        "event_id": "5001",
        "event_time": event_time or datetime.now(UTC),
        "action_source": "website",
        "user_data": PERSON if person is None else person,
        "custom_data": {"value": 12.5, "currency": "EUR", "order_id": "5001"},
        "event_source_url": "https://shop.example.com/",
        "limited": limited,
    }
    return ServerEvent(**{**purchase, **more}).payload()


def judged(sandbox, *payloads):
    """What the stand-in for Meta has against these events; nothing, if it took them."""
    body = {"data": list(payloads), "access_token": "good-token"}
    response = sandbox.pool.request("POST", f"{sandbox.url}/v26.0/100000000000001/events", json=body)
    answer = json.loads(response.data)
    if response.status == 200:
        assert answer["events_received"] == len(payloads)
    return answer.get("error", {})


def test_a_payload_has_metas_keys_and_none_without_a_value():
    assert payload().keys() == {
        *("event_name", "event_id", "event_time", "action_source", "user_data", "custom_data", "event_source_url")
    }
    assert "event_source_url" not in payload(event_source_url=None)


@pytest.mark.parametrize("microsecond", [0, 1, 500_000, 999_999])
def test_the_time_is_in_whole_seconds_and_never_rounded_into_the_future(microsecond):
    event_time = payload(event_time=datetime(2026, 11, 20, 9, 30, 15, microsecond, tzinfo=UTC))["event_time"]

    assert type(event_time) is int
    assert event_time == 1_795_167_015


def test_a_payload_is_a_copy_that_nobody_can_change_afterwards():
    event = ServerEvent("Purchase", "1", datetime.now(UTC), "website", {"em": "a"}, {"value": 1})
    event.payload()["user_data"]["em"] = "b"
    event.payload()["custom_data"]["value"] = 2

    assert (event.payload()["user_data"], event.payload()["custom_data"]) == ({"em": "a"}, {"value": 1})


# Limited data use


def test_limited_data_use_names_all_three_keys_and_otherwise_none():
    assert not set(LDU_KEYS) & payload().keys()
    assert [payload(limited=LimitedData())[key] for key in LDU_KEYS] == [["LDU"], 0, 0]
    assert [payload(limited=LimitedData(1, 1000))[key] for key in LDU_KEYS] == [["LDU"], 1, 1000]


def test_meta_takes_limited_data_use_with_an_address_or_with_a_state(sandbox):
    no_address = {"em": PERSON["em"]}

    assert judged(sandbox, payload(limited=LimitedData())) == {}
    for code in range(1000, 1014):
        assert judged(sandbox, payload(no_address, LimitedData(1, code))) == {}
    assert judged(sandbox, payload(no_address, LimitedData())) != {}, "the stand-in does look at it"


# Customer information


def test_the_mask_has_one_bit_for_each_key_and_the_bits_stay_where_they_are():
    assert key_mask({}) == 0
    assert key_mask(dict.fromkeys(USER_DATA_KEYS, "x")) == 2 ** len(USER_DATA_KEYS) - 1
    assert [key_mask({key: "x"}) for key in ("em", "ph", "country", "external_id", "fbp")] == [1, 2, 512, 1024, 16384]


@pytest.mark.parametrize(
    ("keys", "enough"),
    [
        ("", False),
        ("ct country st zp ge client_user_agent", False),
        ("client_user_agent", False),
        ("db client_user_agent", False),
        ("fn ge", False),
        ("ln ge", False),
        ("fn ln", True),
        ("db ge", True),
        ("ct country st zp ge client_user_agent client_ip_address", True),
        ("client_ip_address client_user_agent", True),
        ("em", True),
        ("ph", True),
        ("external_id", True),
        ("fbp", True),
        ("fbc", True),
    ],
)
def test_too_little_customer_information_is_known_before_meta_refuses_it(sandbox, keys, enough):
    """Subcode 2804050. The stand-in for Meta has its own list, and must agree."""
    readable = {**ADDRESS, "client_user_agent": "Test/1.0", "fbp": "fb.1.1763600000000.1", "fbc": "fb.1.1.AbC"}
    person = {key: readable.get(key, sha256(key)) for key in keys.split()}

    assert is_sufficient(person) is enough
    assert judged(sandbox, payload(person)).get("error_subcode") == (None if enough else 2804050)


# Whatever happened in a store, Meta takes what we make of it

texts = st.text(max_size=40)
ids = st.from_regex(r"[1-9][0-9]{0,18}", fullmatch=True)
sums = st.decimals(-(10**9), 10**9, places=4)
currencies = st.sampled_from("EUR USD JPY KWD CLF XXX".split())


def maybe(strategy):
    return st.none() | strategy


# Not around seven days: there a second more or less, on the way to Meta, decides.
ages = st.timedeltas(timedelta(days=-1), timedelta(days=6, hours=20)) | st.timedeltas(
    timedelta(days=7), timedelta(days=12)
)
moments = maybe(ages.map(lambda past: datetime.now(UTC) - past))
# With the amounts that every connector demands of a sale: what becomes of one without is test_prepare's.
money = st.builds(Amounts, st.builds(Money, sums, currencies), sums, sums, sums)
lines = st.builds(Line, st.integers(0, 10**6), sums, product_id=maybe(ids), variant_id=maybe(ids), sku=maybe(texts))
browsers = st.builds(
    Browser,
    ip=maybe(st.ip_addresses().map(str) | texts),
    **dict.fromkeys(("user_agent", "page", "fbp", "fbc", "fbclid"), maybe(texts)),
    landed_at=moments,
)
customers = st.builds(
    Customer,
    email=maybe(texts | st.emails()),
    phone=maybe(texts | st.from_regex(r"\+?[0-9 ()-]{3,18}", fullmatch=True)),
    country=maybe(texts | st.sampled_from(["US", "DE", "GB", "JP"])),
    **dict.fromkeys(("id", "first_name", "last_name", "city", "state", "postcode"), maybe(texts)),
)
orders = st.builds(
    Order,
    id=ids,
    number=maybe(texts),
    status=texts,
    standing=st.sampled_from([Standing.PAID, *Standing]),
    source=st.sampled_from([Source.WEBSITE, *Source]),
    cash_on_delivery=st.booleans(),
    test=st.booleans(),
)
happened = {
    "placed_at": moments,
    "paid_at": moments,
    "updated_at": moments,
    "amounts": money,
    "lines": st.lists(lines, max_size=4).map(tuple),
    "customer": customers,
    "browser": browsers,
    "consent": st.builds(Consent, st.sampled_from(Stated), st.sampled_from(Stated)),
    "region": st.tuples(maybe(texts), maybe(texts)),
}
deeds = st.one_of(
    orders.flatmap(
        lambda order: st.builds(
            Event, st.just(Kind.ORDER), st.just(order.id), order_id=st.just(order.id), order=st.just(order), **happened
        )
    ),
    st.builds(Event, st.just(Kind.CHECKOUT_STARTED), ids, **happened),
    st.builds(Event, st.just(Kind.REFUND), ids, order_id=ids, **happened),
)
stores = st.builds(
    StoreSettings,
    event_id_template=st.sampled_from(["{order_id}", "{store_key}_{order_id}", "{order_number}/{order_id}"]),
    value_basis=st.sampled_from(ValueBasis),
    content_id_template=st.sampled_from(["{variant_id}", "{product_id}", "{sku}", "a_{product_id}_{variant_id}"]),
    include_sources=st.just(frozenset(Source) - {Source.WEBSITE}),
    phone_country=maybe(st.sampled_from(["US", "DE", "GB"])),
)


@hypothesis_settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(event=deeds, store=stores)
def test_nothing_that_happens_in_a_store_makes_the_mapping_fail_or_meta_refuse(clean, event, store):
    now = datetime.now(UTC)
    one = prepare(event, StoreView("shop.example.com", "abcdefgh", store), Horizon(now, now - timedelta(days=30)))
    told = mapping.server_event(
        event_name=one.event_name,
        event_id=one.event_id,
        event_time=one.verdict.event_time if isinstance(one.verdict, Counts) else now,
        kept=mapping.decode_facts(one.facts.encoded()),
        person=PERSON if one.borrows_person else one.person.user_data,
        settings=store,
    ).payload()

    assert json.loads(json.dumps(told, allow_nan=False)) == told
    if isinstance(one.verdict, Counts):
        assert judged(clean, told) == {}


def test_the_stand_in_would_have_said_so(sandbox):
    """The property above can fail: each of these is one mistake away from a good payload."""
    good = payload()

    assert judged(sandbox, good) == {}
    assert judged(sandbox, {**good, "event_time": good["event_time"] + 0.5})["code"] == 100
    assert judged(sandbox, {**good, "event_time": good["event_time"] - 8 * 86_400})["error_subcode"] == 2804003
    assert judged(sandbox, {**good, "user_data": {"em": "ada@example.com"}})["error_subcode"] == 2804016
    assert judged(sandbox, {**good, "custom_data": {"currency": "EUR"}})["error_subcode"] == 2804009
    assert judged(sandbox, {**good, "custom_data": {"value": 1}})["error_subcode"] == 2804010
