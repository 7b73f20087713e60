"""Phone numbers. Constructed: all from ranges kept for fiction or with repeated digits."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.meta import hashing, phones


@pytest.mark.parametrize(
    ("typed", "country", "digits"),
    [
        ("(415) 555-0132", "US", "14155550132"),
        ("415.555.0132", "us", "14155550132"),
        ("+1 415 555 0132", "DE", "14155550132"),
        ("020 7946 0958", "GB", "442079460958"),
        ("020 7946 0958", "UK", "442079460958"),
        ("06 39 98 12 34", "France", "33639981234"),
        ("0041 44 668 18 00", "CH", "41446681800"),
        ("011 44 20 7946 0958", "US", "442079460958"),
        ("030/2301 25-0", "DE", "49302301250"),
        ("+٢٠ ١٠٠ ١٢٣ ٤٥٦٧", "EG", "201001234567"),
    ],
)
def test_a_number_gets_the_calling_code_of_the_buyers_country(typed, country, digits):
    assert hashing.phone(typed, country) == digits


@pytest.mark.parametrize("typed", ["+44 (0)7700 900123", "+4407700900123", "+44 07700 900123", "07700 900123"])
def test_the_trunk_zero_of_a_number_abroad_goes_with_brackets_or_without(typed):
    assert hashing.phone(typed, "GB") == "447700900123"


def test_the_zero_of_an_italian_number_is_no_trunk_prefix_and_stays():
    assert hashing.phone("06 6982 0000", "IT") == "390669820000"


def test_an_extension_is_no_part_of_the_number():
    assert hashing.phone("415-555-0132 ext. 12", "US") == "14155550132"
    assert hashing.phone("415.555.0132 #12", "US") == "14155550132"


def test_letters_on_the_keypad_are_digits_where_the_country_is_known():
    assert hashing.phone("1-800-CAR-HIRE", "US") == "18002274473"
    assert hashing.phone("1-800-CAR-HIRE", None) == "1800"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("(415) 555-0132", "4155550132"),
        ("+44 (0)7700 900123", "4407700900123"),
        ("0041 44 668 18 00", "41446681800"),
        ("000", None),
        ("n/a", None),
        ("", None),
    ],
)
def test_without_a_country_it_is_all_digits_less_the_zeros_in_front(typed, digits):
    assert hashing.phone(typed, None) == digits
    assert hashing.phone(typed, "Atlantis") == digits


@pytest.mark.parametrize(
    ("typed", "country", "digits"),
    [
        ("112", "US", "112"),
        ("555-0132", "US", "5550132"),
        ("447700900123", "US", "447700900123"),
        ("1" * 300, "US", "1" * 300),
    ],
)
def test_what_cannot_be_a_number_of_the_country_falls_back_to_its_digits(typed, country, digits):
    assert hashing.phone(typed, country) == digits


_regions = st.sampled_from("us ca gb jm de fr it au in mx br ar jp sg hu cn kr lt".split())


def long_way(number, region):
    return phones._international(number, region) or re.sub("[^0-9]", "", number).lstrip("0")


def short_way(number, region):
    return phones._finished(number.translate(phones._BETWEEN_DIGITS), region)


@st.composite
def _written(draw):
    """Numbers of about the right length, many with what could be a trunk or a carrier in front, and signs between."""
    code = draw(st.sampled_from([*phones._LENGTHS, ""]))
    length = draw(st.sampled_from(sorted(phones._LENGTHS.get(code, {10, 11})))) + draw(
        st.sampled_from([0, 0, 0, 1, -1])
    )
    opening = draw(st.sampled_from("  0 90 180020 1 6 06 15 000 0031 1831 179 9".split(" ")))
    national = (opening + draw(st.text("0123456789", min_size=14, max_size=14)))[:length]
    signs = st.text(" ()-.", max_size=2)
    return draw(signs) + ("+" if code else "") + "".join(one + draw(signs) for one in code + national)


@settings(max_examples=1_000, deadline=None)
@given(_written(), _regions)
def test_the_short_way_is_the_long_way_wherever_it_is_taken(number, region):
    short = short_way(number, region)
    assert phones.digits(number, region) == long_way(number, region)
    assert short in (None, long_way(number, region))


@pytest.mark.parametrize("code", sorted(phones._LENGTHS))
def test_the_short_way_is_right_for_every_opening_of_every_code_it_takes(code):
    numbers = [
        f"+{code}{opening}".ljust(len(code) + length + 1, "2")
        for opening in range(100, 1_000)
        for length in phones._LENGTHS[code]
    ]
    taken = [number for number in numbers if short_way(number, "us")]
    assert taken
    assert [number for number in taken if short_way(number, "us") != long_way(number, "us")] == []


@pytest.mark.parametrize("region", ["us", "ca"])
@pytest.mark.parametrize("typed", ["415-555-0132", "(415) 555-0132", "1 415 555 0132", "415.555.0132"])
def test_a_north_american_number_goes_the_short_way_however_it_is_written(typed, region):
    assert short_way(typed, region) == long_way(typed, region) == "14155550132"
    assert short_way(typed, "gb") is None


@pytest.mark.parametrize(
    "number",
    [
        *("+4407700900123", "+44 (0)7700 900123", "+441800201234", "+16505550", "+441632 960123x", "+5491155550000"),
        *("+5590155550000", "+3606123456789", "４４", "0115550132", "+1 415 555 0132 ext. 1", "", "+", "+0"),
    ],
)
def test_the_short_way_leaves_alone_what_might_be_rewritten(number):
    assert short_way(number, "us") is None
