"""The person behind an event: region, statements, keys, fingerprints. Constructed people."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from connectors.event import Consent, Customer, Event, Kind, Stated
from integration.meta.event import LimitedData
from integration.pipeline.browsing import Heard
from integration.pipeline.consent import Limited, Shopper, decide
from integration.pipeline.identity import Person, decode, fingerprints, person
from integration.pipeline.statements import SILENCE
from integration.store_settings import ConsentMode, Field, LimitedDataUse, StoreSettings

ADA = Customer(id="77", email=" Ada@Example.com ", phone="(415) 555-0132", country="US")
BROWSER = {"client_ip_address": "192.0.2.7", "client_user_agent": "Test/1.0"}


def event(
    region: tuple[str | None, str | None] = (None, None), consent: Consent | None = None, **more: object
) -> Event:
    at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    return Event(Kind.ORDER, "5001", placed_at=at, region=region, consent=consent or Consent(), **more)


def settings(**values: str) -> StoreSettings:
    return StoreSettings().changed(values)


def region_of(region: tuple[str | None, str | None], **values: str) -> tuple[str | None, str | None]:
    found = person(event(region), {}, settings(**values))
    return found.country, found.state


# Region


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (("DE", "BY"), ("DE", "BY")),
        (("de", None), ("DE", None)),
        (("UK", None), ("GB", None)),
        (("Germany", None), ("DE", None)),
        (("US", "CA"), ("US", "CA")),
        ((None, None), (None, None)),
    ],
    ids=str,
)
def test_the_region_is_the_one_the_order_tells(told: tuple[str | None, str | None], known: tuple[str | None, ...]):
    assert region_of(told) == known


@pytest.mark.parametrize("told", [None, "", "Atlantis"])
def test_without_a_country_in_the_order_the_stores_own_counts(told: str | None) -> None:
    assert region_of((told, None), phone_country="de") == ("DE", None)
    assert region_of(("FR", None), phone_country="de") == ("FR", None)


def test_a_british_store_is_in_great_britain_however_its_code_was_typed() -> None:
    """`UK` is taken as a setting; the countries that need a yes are ISO codes, and there it is GB."""
    assert region_of((None, None), phone_country="GB") == ("GB", None)
    assert region_of((None, None), phone_country="UK") == ("GB", None)


@pytest.mark.parametrize("state", ["CA", "ca", "California"])
def test_a_state_is_known_by_its_code_however_it_was_told(state: str) -> None:
    """Limited data use wants the code, and a payload without province_code has only the name."""
    opted_out = person(event(("US", state), Consent(sale_of_data=Stated.REFUSED)), {"em": "a" * 64}, StoreSettings())

    decision = decide(opted_out.shopper, ConsentMode.REGIONAL, LimitedDataUse.AUTO, patience_over=False)
    assert decision == Limited(LimitedData(1, 1000), "the sale of data was refused")


# What is kept, and what the decision rests on


def test_a_person_survives_the_seal() -> None:
    whole = Person({"em": "a" * 64, **BROWSER}, Stated.GRANTED, Stated.REFUSED, "US", "CA")

    assert decode(whole.encoded()) == whole
    assert decode(Person({}).encoded()) == Person({})


def test_what_is_sealed_is_json_that_holds_only_what_is_known() -> None:
    assert json.loads(Person({"em": "a" * 64}).encoded()) == {"user_data": {"em": "a" * 64}}


def test_what_is_no_person_does_not_open_as_one() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b'{"user_data": 7}')


def test_the_statements_of_an_event_are_its_persons() -> None:
    told = person(event(consent=Consent(Stated.GRANTED, Stated.REFUSED)), {"em": "a" * 64}, StoreSettings())

    assert (told.marketing, told.sale_of_data) == (Stated.GRANTED, Stated.REFUSED)
    assert told.user_data == {"em": "a" * 64}


def test_a_shopper_has_an_address_only_if_meta_is_told_one() -> None:
    assert Person({"em": "a" * 64, **BROWSER}, country="US", state="CA").shopper == Shopper(
        Stated.UNSTATED, Stated.UNSTATED, "US", "CA", has_ip=True
    )
    assert not Person({"client_user_agent": "Test/1.0"}).shopper.has_ip


def test_without_the_browser_everything_else_stays() -> None:
    whole = Person({"em": "a" * 64, "fbp": "fb.1.1.1", **BROWSER}, Stated.GRANTED, Stated.REFUSED, "US", "CA")
    without = whole.without_browser()

    assert without == msgspec.structs.replace(whole, user_data={"em": "a" * 64, "fbp": "fb.1.1.1"})
    assert not without.shopper.has_ip
    assert whole.user_data.keys() >= BROWSER.keys()


# A newer account of the same person


def test_the_newer_account_wins_and_keeps_what_only_the_older_one_knew() -> None:
    older = Person({"em": "old", "ph": "old", "client_ip_address": "192.0.2.7"}, country="DE")
    newer = Person({"em": "new", "zp": "new"}, country="FR")

    both = newer.enriched(older)
    assert both.user_data == {"em": "new", "zp": "new", "ph": "old", "client_ip_address": "192.0.2.7"}
    assert both.country == "FR"


@pytest.mark.parametrize("statement", [Stated.GRANTED, Stated.REFUSED])
@pytest.mark.parametrize("purpose", ["marketing", "sale_of_data"])
def test_a_statement_outweighs_silence_and_a_newer_one_an_older_one(purpose: str, statement: Stated) -> None:
    other = Stated.REFUSED if statement is Stated.GRANTED else Stated.GRANTED
    stated, silent, changed = (Person({}, **{purpose: one}) for one in (statement, Stated.UNSTATED, other))

    assert getattr(silent.enriched(stated), purpose) is statement
    assert getattr(stated.enriched(silent), purpose) is statement
    assert getattr(changed.enriched(stated), purpose) is other


def test_a_newer_account_without_an_address_does_not_forget_the_region() -> None:
    """Else a payload whose address was taken out would lift the need for a yes from a European's event."""
    older = Person({"em": "a" * 64}, country="DE", state="BY")
    newer = Person({"em": "a" * 64})

    assert (newer.enriched(older).country, newer.enriched(older).state) == ("DE", "BY")


def test_a_newer_region_is_taken_whole() -> None:
    moved = Person({}, country="FR").enriched(Person({}, country="US", state="CA"))

    assert (moved.country, moved.state) == ("FR", None)


# Fingerprints


def marked(kind: str, value: str) -> str:
    return f"<{kind} of {value}>"


def test_fingerprints_are_of_the_normalised_address_number_and_id() -> None:
    assert fingerprints(event(customer=ADA), StoreSettings(), marked) == {
        "email_hmac": "<email of ada@example.com>",
        "phone_hmac": "<phone of 14155550132>",
        "customer_hmac": "<customer of 77>",
    }


def test_what_is_missing_or_no_address_has_no_fingerprint() -> None:
    nobody = {"email_hmac": None, "phone_hmac": None, "customer_hmac": None}

    assert fingerprints(event(), StoreSettings(), marked) == nobody
    assert fingerprints(event(customer=Customer(email="not given", phone="n/a")), StoreSettings(), marked) == nobody


def test_one_person_has_one_fingerprint_however_they_typed() -> None:
    typed = Customer(id="77", email="ADA@example.com", phone="+1 415-555-0132", country="US")
    abroad = Customer(id="77", email="ada@EXAMPLE.com\n", phone="001 415 555 0132", country="DE")

    first, second = (fingerprints(event(customer=one), StoreSettings(), marked) for one in (typed, abroad))
    assert first == second == fingerprints(event(customer=ADA), StoreSettings(), marked)


def test_a_number_typed_without_a_country_is_read_in_the_stores_own() -> None:
    typed = event(customer=Customer(phone="020 7946 0958"))

    for code in ("GB", "UK"):
        found = fingerprints(typed, settings(phone_country=code), marked)
        assert found["phone_hmac"] == "<phone of 442079460958>"


# What a browser told of itself

GRANTED, REFUSED, UNSTATED = Stated.GRANTED, Stated.REFUSED, Stated.UNSTATED


def test_a_person_says_what_counts_of_all_that_was_said() -> None:
    heard = Heard(fbp="fb.1.1794854000500.7", marketing=GRANTED, sale_of_data=REFUSED)
    person = Person({"em": "x"})
    joined = person.joined(heard, person.stated.heard(heard), website=True)

    assert joined == Person({"em": "x", "fbp": "fb.1.1794854000500.7"}, marketing=GRANTED, sale_of_data=REFUSED)
    assert joined.joined(heard, joined.stated.heard(heard), website=True) == joined, "to be told twice changes nothing"


def test_what_the_merchant_keeps_of_nobody_is_not_taken_from_a_browser_either() -> None:
    heard = Heard(fbp="fb.1.1794854000500.7", fbc="fb.1.1794854000500.click", ip="198.51.100.7", user_agent="a browser")
    left_out = frozenset({Field.BROWSER_ID, Field.CLICK, Field.IP, Field.USER_AGENT})

    assert Person({}).joined(heard, SILENCE, website=True, leave_out=left_out).user_data == {}
    assert len(Person({}).joined(heard, SILENCE, website=True).user_data) == 4


def test_an_address_that_is_none_is_not_joined() -> None:
    assert Person({}).joined(Heard(ip="not an address", user_agent=" "), SILENCE, website=True).user_data == {}
