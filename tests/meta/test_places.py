import pytest
from babel import Locale

from integration.meta.hashing import country, state


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "de"),
        (" de\n", "de"),
        ("U.S.", "us"),
        ("it42", "it"),
        ("gbr", "gb"),
        ("Germany", "de"),
        ("SRI_LANKA", "lk"),
        ("United States of America", "us"),
        ("The Netherlands", "nl"),
        ("Trinidad and Tobago", "tt"),
        ("Saint Lucia", "lc"),
        ("St. Lucia", "lc"),
        ("Czech Republic", "cz"),
        ("Korea, Republic of", "kr"),
        ("Viet Nam", "vn"),
    ],
)
def test_a_country_is_told_by_a_code_or_its_full_english_name(text, code):
    assert country(text) == code


@pytest.mark.parametrize("text", ["UK", "u.k.", "Great Britain", "England", "Northern Ireland", "United Kingdom"])
def test_the_united_kingdom_is_gb_by_each_of_its_names(text):
    assert country(text) == "gb"


def test_accents_may_be_missing_but_not_be_wrong():
    assert country("Côte d’Ivoire") == country("Côte d'Ivoire") == country("Cote d'Ivoire") == "ci"
    assert country("Curacao") == country("Curaçao") == "cw"
    assert country("Gërmany") is None


@pytest.mark.parametrize(
    "text", ["XX", "ZZ", "EU", "XK", "AN", "YUG", "SCG", "Atlantis", "Franc", "New France", "Україна", "49", "the", ""]
)
def test_a_country_is_never_guessed(text):
    assert country(text) is None


def test_each_iso_country_is_found_by_its_english_name():
    names = {code: name for code, name in Locale("en").territories.items() if country(code)}
    assert len(names) == 249
    assert {code: country(name) for code, name in names.items()} == {code: code.lower() for code in names}


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("NY", "US", "ny"),
        ("N.Y.", None, "ny"),
        ("new  york", "US", "ny"),
        ("New York", None, "ny"),
        ("Washington", "US", "wa"),
        ("Washington, D.C.", "US", "dc"),
        ("Armed Forces Pacific", "US", "ap"),
        ("Québec", "CA", "qc"),
        ("Newfoundland & Labrador", "CA", "nl"),
        ("US-CA", "US", "ca"),
        ("4ny", None, "ny"),
    ],
)
def test_a_state_of_the_us_or_canada_is_two_letters(text, where, told):
    assert state(text, where) == told


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("NSW", "AU", "nsw"),
        ("Hessen", "Germany", "hessen"),
        ("DE-BY", "DE", "by"),
        ("JP13", "JP", "jp13"),
        ("Île-de-France", "FR", "iledefrance"),
        ("Georgia", "GE", "georgia"),
        ("Florida", "UY", "florida"),
        ("MH", "IN", "mh"),
    ],
)
def test_a_state_elsewhere_is_the_whole_text_never_cut_and_never_taken_for_an_american_one(text, where, told):
    assert state(text, where) == told


@pytest.mark.parametrize("text", ["Ohio State", "Kansas City", "Dakota"])
def test_an_american_state_is_never_guessed_from_a_part_of_a_name(text):
    assert state(text, "US") == text.lower().replace(" ", "")


@pytest.mark.parametrize("where", ["US", "JP", None])
def test_a_state_without_a_latin_letter_is_none(where):
    assert [state(text, where) for text in ("東京都", "75", "-", "")] == [None] * 4
