"""Plain texts are normalised by a short way; here each is held against the whole rule, spelled out once more."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.money import minor_units, round_to_currency
from integration.meta import addresses, contents, hashing, places
from integration.meta.event import _TOO_BROAD, USER_DATA_KEYS, is_sufficient

SPACE = hashing._SPACE
PUNCTUATION = r"""!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~"""

# Plain words and codes, and signs each rule takes out or stops at, near one another.
WORDS = st.text(st.sampled_from("aZ09éßŁİ -_.'&\u00a0\u3000\x00\x7f\ud800-ÅÄ"), max_size=8) | st.text(max_size=12)
WORDS |= st.sampled_from(
    ["Ann", "US", "us", "Us", "uk", "UK", "GB", "CA", "ca", "NY", "12345", "12345-6789", "SW1A", "xk"]
)
unhurried = settings(max_examples=1_000, deadline=None)


def whole(text):
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@unhurried
@given(WORDS)
def test_names(text):
    rule = re.sub(f"[{SPACE}{PUNCTUATION}]+", "", whole(text)).lower() or None
    assert hashing.name(text) == rule


@unhurried
@given(WORDS)
def test_cities(text):
    letters = re.sub(r"[^a-zA-Z0-9]+", "", whole(text)).lower()
    assert hashing.city(text) == (letters if letters[:1].isalpha() else None)


@unhurried
@given(WORDS, st.sampled_from([None, "us", "DE", "ca"]))
def test_postcodes(text, country):
    code = re.sub(f"[{SPACE}]+", "", whole(text).lower().partition("-")[0])
    if country == "us" and re.match("[0-9]{5}", code):
        code = code[:5]
    assert hashing.postcode(text, country) == (code if len(code) > 1 else None)


@unhurried
@given(WORDS)
def test_external_ids(text):
    assert hashing.external_id(text) == (re.sub(f"[{SPACE}]+", "", whole(text)).lower() or None)


@unhurried
@given(WORDS | st.text("Mozilla/5.0 (X)\n", min_size=990, max_size=1_010))
def test_user_agents(text):
    rule = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", whole(text)).strip()[:1_000].strip() or None
    assert hashing.user_agent(text) == rule


@unhurried
@given(WORDS)
def test_countries(text):
    letters = re.sub(r"[\W\d_]+", "", text.lower().replace("&", "and"))
    if len(letters) == 2:
        code = "gb" if letters == "uk" else letters
        assert places.country_code(text) == (code if code in places._ISO_COUNTRIES else None)


def test_every_written_code_is_the_country_it_spells():
    for written, code in places._WRITTEN_CODES.items():
        assert places.country_code(f" {written} ") == code == places.country_code(written)


@unhurried
@given(WORDS, st.sampled_from([None, "us", "ca", "de", "gb"]))
def test_states(text, country):
    plain = unicodedata.normalize("NFKD", text.strip().lower()).encode("ascii", "ignore").decode().replace("&", "and")
    plain = plain.removeprefix(f"{country}-") if country else plain
    letters, spelled = re.sub("[^a-z]+", "", plain), re.sub("[^a-z0-9]+", "", plain)
    rule = None if not spelled or spelled.isdigit() else spelled
    if country in (None, "us", "ca") and (len(letters) == 2 or letters in places._STATE_CODES):
        rule = places._STATE_CODES.get(letters, letters)
    assert places.state_code(text, country) == rule


def public_by_the_blocks(text):
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if address.version == 6:
        if address.scope_id is not None:
            return False
        address = address.ipv4_mapped or address
    return not any(address in block for block in addresses._NO_SHOPPERS)


_octets = st.integers(0, 255) | st.sampled_from([0, 10, 100, 127, 169, 172, 192, 223, 224, 240, 256, 999])
_spelled = st.builds(lambda n, front: f"{front}{n}", _octets, st.sampled_from(["", "", "", "", "0", " ", "+", "١"]))
_addresses = (
    st.lists(_spelled, min_size=3, max_size=5).map(".".join)
    | st.ip_addresses().map(str)
    | st.ip_addresses(v=6).map(lambda address: address.exploded)
    | st.sampled_from([str(ip_network(block)[at]) for block in addresses._NO_SHOPPERS for at in (0, -1)])
    | st.sampled_from(
        ["::ffff:10.0.0.1", "::ffff:8.8.8.8", "2001:db8::1%eth0", "1.2.3.4\n", "1.2.3", "3fff::", "4000::"]
    )
)


@unhurried
@given(_addresses)
def test_addresses(text):
    assert addresses.is_public(text) == public_by_the_blocks(text)


@pytest.mark.parametrize("block", addresses._NO_SHOPPERS, ids=str)
def test_no_end_of_a_block_of_no_shoppers_is_public(block):
    assert not addresses.is_public(str(block[0]))
    assert not addresses.is_public(str(block[-1]))


_amounts = (
    st.decimals(-(10**12), 10**12, places=6) | st.decimals(0, 1_000, places=2) | st.integers(0, 10**6).map(Decimal)
)
_amounts |= st.sampled_from([Decimal("999999999999.9999"), Decimal("0.005"), Decimal("1E+3"), Decimal("-0.00")])


@unhurried
@given(_amounts, st.sampled_from(["EUR", "JPY", "KWD", "CLF", "???"]))
def test_amounts_as_numbers(amount, currency):
    exact = amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP)
    number = int(exact) if exact == exact.to_integral_value() else float(exact)
    told = contents.told(amount, currency)
    assert round_to_currency(amount, currency) == exact
    assert (told, type(told)) == (number, type(number))


@given(st.sets(st.sampled_from(USER_DATA_KEYS)))
def test_enough_customer_information(keys):
    assert is_sufficient(dict.fromkeys(keys, "x")) == (bool(keys) and not any(keys <= broad for broad in _TOO_BROAD))
