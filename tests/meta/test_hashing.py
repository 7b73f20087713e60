"""Meta's rules for customer information, one sentence each. Constructed: all people and values are invented."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.meta import hashing
from integration.meta.hashing import Normalized, normalize

HASH = "0123456789abcdef" * 4
JAVASCRIPT_ONLY_SPACE = "\ufeff"
PYTHON_ONLY_SPACE = "\x1f"


def test_an_address_is_trimmed_and_lowered_and_nothing_else():
    assert hashing.email("  Ada.L+Shop@Example.COM\n") == "ada.l+shop@example.com"


def test_dots_and_plus_of_a_gmail_address_stay():
    assert hashing.email("a.d.a+x@gmail.com") == "a.d.a+x@gmail.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@localhost",
        "ada@example.",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ada@@example.com",
        "ada@-example.com",
        "ada@exam_ple.com",
        "ada l@example.com",
        '"ada l"@example.com',
        "ada@example.com, bob@example.com",
    ],
)
def test_what_is_no_address_is_not_sent(text):
    assert hashing.email(text) is None


def test_an_address_beyond_ascii_is_not_sent_because_metas_library_drops_it():
    assert hashing.email("zoë@example.com") is None
    assert hashing.email("ada@exämple.com") is None


def test_the_colon_before_a_dot_is_a_quirk_of_metas_pattern():
    assert hashing.email("ada:.l@example.com") == "ada:.l@example.com"
    assert hashing.email("ada:l@example.com") is None


def test_white_space_is_javascripts_not_pythons():
    assert hashing.email(JAVASCRIPT_ONLY_SPACE + "ada@example.com") == "ada@example.com"
    assert hashing.email(PYTHON_ONLY_SPACE + "ada@example.com") is None
    assert hashing.name(f"A{JAVASCRIPT_ONLY_SPACE}da") == "ada"
    assert hashing.name(f"A{PYTHON_ONLY_SPACE}da") == f"a{PYTHON_ONLY_SPACE}da"


def test_a_name_loses_spaces_and_ascii_punctuation():
    assert hashing.name(" Mary-Ann  O'Hara_Jr. ") == "maryannoharajr"


def test_a_name_keeps_accents_other_scripts_and_typographic_signs():
    assert hashing.name("Zoé") == "zoé"
    assert hashing.name("山田 太郎") == "山田太郎"
    assert hashing.name("Mary–Ann’s") == "mary–ann’s"


def test_a_name_of_punctuation_only_is_none():
    assert hashing.name("-.-") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1984-03-07", "19840307"),
        ("03/07/1984", "19840307"),
        ("3.7.1984", "19840307"),
        ("17/03/1984", "19840317"),
        ("1984/17/03", "19840317"),
        ("3 1984 17", "19840317"),
        ("17 1984 3", "19840317"),
        ("1984-03-07T10:30:00Z", "19840307"),
        ("born: 7é3é1984!", "19840703"),
        ("19840307", "19840307"),
    ],
)
def test_a_birthday_is_read_from_its_first_three_numbers_month_first_in_doubt(text, day):
    assert hashing.birthday(text) == day


@pytest.mark.parametrize(
    "text", ["7 March 1984", "84-03-07", "1984-13-13", "1984-00-07", "1984-03-32", "1984", "198403071", ""]
)
def test_a_birthday_with_a_month_in_words_a_short_year_or_no_such_day_is_none(text):
    assert hashing.birthday(text) is None


def test_a_birth_year_runs_from_1800_to_the_next_year():
    this_year = datetime.now(UTC).year
    assert hashing.birthday("1800-01-01") == "18000101"
    assert hashing.birthday("1799-01-01") is None
    assert hashing.birthday(f"{this_year + 1}-01-01") == f"{this_year + 1}0101"
    assert hashing.birthday(f"{this_year + 3}-01-01") is None


def test_eight_digits_and_the_31st_of_february_pass_as_they_do_at_meta():
    assert hashing.birthday("99999999") == "99999999"
    assert hashing.birthday("1984-02-31") == "19840231"


def test_digits_of_other_scripts_make_no_birthday():
    assert hashing.birthday("١٩٨٤٠٣٠٧") is None


def test_thousands_of_digits_are_no_birthday_and_no_error():
    assert hashing.birthday("9" * 5_000 + "-1-1") is None


@pytest.mark.parametrize(
    ("text", "letter"),
    [("F", "f"), (" Mrs\n", "f"), ("Ma'am", "f"), ("COUNTESS", "f"), ("male", "m"), ("Mr", "m"), ("count", "m")],
)
def test_a_gender_is_told_by_metas_words(text, letter):
    assert hashing.gender(text) == letter


@pytest.mark.parametrize("text", ["mr.", "maam", "non-binary", "femme", "x", "male1", ""])
def test_no_other_word_tells_a_gender(text):
    assert hashing.gender(text) is None


def test_a_city_is_ascii_letters_and_digits():
    assert hashing.city(" St. John's-on–Sea 2 ") == "stjohnsonsea2"


def test_accented_letters_of_a_city_are_left_out_as_metas_browser_code_does():
    assert hashing.city("Århus") == "rhus"
    assert hashing.city("\u212aoln") == "oln"  # the Kelvin sign, which lower-cases to an ASCII k


@pytest.mark.parametrize("text", ["東京", "29 Palms", "...", ""])
def test_a_city_without_a_latin_letter_first_is_none(text):
    assert hashing.city(text) is None


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        (" 94103-1234 ", "US", "94103"),
        ("94103 1234", "United States", "94103"),
        ("941031234", "us", "94103"),
        ("941031234", None, "941031234"),
        ("K1A 0B1", "US", "k1a0b1"),
        ("EC1A 1BB", "GB", "ec1a1bb"),
        ("1234 AB", "NL", "1234ab"),
        ("104-0061", "JP", "104"),
        ("00-950", "PL", "00"),
        ("02108", "US", "02108"),
        ("6100001", "IL", "6100001"),
    ],
)
def test_a_postcode_ends_at_the_hyphen_and_has_no_spaces_and_in_the_us_five_digits(text, country, code):
    assert hashing.postcode(text, country) == code


@pytest.mark.parametrize("text", ["1", " a ", "-94103", "1-2345", ""])
def test_a_postcode_of_less_than_two_characters_is_none(text):
    assert hashing.postcode(text, None) is None


def test_an_external_id_loses_white_space_and_case_and_keeps_punctuation():
    assert hashing.external_id(" Cust_Ño 42-b\n") == "cust_ño42-b"
    assert hashing.external_id("\t ") is None


def test_on_the_road_an_id_that_looks_like_a_hash_is_raw():
    assert hashing.external_id(HASH) == HASH
    assert hashing.name(HASH) == HASH


@pytest.mark.parametrize(
    "address", ["203.0.113.7", "198.51.100.1", "2001:0db8:0000::0007", "2001:DB8::7", "::ffff:203.0.113.7"]
)
def test_a_public_address_and_one_for_documentation_stay_as_written(address):
    assert hashing.client_ip(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "169.254.1.1"),
        *("100.64.0.1", "100.127.255.255", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "::ffff:10.1.2.3"),
    ],
)
def test_an_address_no_shopper_has_is_not_sent(address):
    assert hashing.client_ip(address) is None


@pytest.mark.parametrize("address", ["172.32.0.1", "100.63.255.255", "100.128.0.1", "223.255.255.255", "2001:db8::1"])
def test_the_neighbours_of_private_ranges_are_public(address):
    assert hashing.client_ip(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "203.0.113.7:80",
        "203.0.113.7, 203.0.113.8",
        "203.0.113.007",
        "2001:db8::7%eth0",
        "2001:db8::7%",
        "[2001:db8::7]",
        "203.0.113",
        "203.0.113.0/24",
    ],
)
def test_what_is_not_exactly_one_address_is_not_sent(text):
    assert hashing.client_ip(text) is None


def test_a_number_is_no_address_though_the_standard_library_takes_it_for_one():
    assert hashing.client_ip(3405803783) is None


def test_a_user_agent_loses_control_characters_and_is_cut():
    assert hashing.user_agent(" Mozilla/5.0\r\n\x00 (X11) \x85") == "Mozilla/5.0 (X11)"
    assert hashing.user_agent("x" * 999 + " y" * 10) == "x" * 999
    assert hashing.user_agent("\x00 \n") is None


def test_the_hash_is_sha256_of_utf8_in_lower_case_hex():
    assert hashing.sha256("zoé") == hashlib.sha256(b"zo\xc3\xa9").hexdigest()


@pytest.mark.parametrize("field", ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id"])
def test_normalize_takes_64_hex_for_a_hash_in_every_hashed_field(field):
    assert normalize(field, f" {HASH.upper()}\n", {"country": "US"}) == Normalized(None, HASH)


def test_63_or_65_hex_or_md5_are_no_hash():
    for text in (HASH[:-1], HASH + "0", HASH[:32]):
        assert normalize("fn", text, {}) == Normalized(text, hashing.sha256(text))


def test_normalize_gives_text_and_hash():
    assert normalize("em", "Ada@example.com", {}) == Normalized("ada@example.com", hashing.sha256("ada@example.com"))


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        ("client_ip_address", "203.0.113.7", "203.0.113.7"),
        ("client_user_agent", " Mozilla/5.0 ", "Mozilla/5.0"),
        ("client_user_agent", HASH, HASH),
        ("fbp", "fb.1.1700000000000.42", "fb.1.1700000000000.42"),
        ("fbc", {"fbclid": "AbC", "first_seen_ms": 1700000000000}, "fb.1.1700000000000.AbC"),
        ("fbc", "fb.1.1700000000000.AbC", "fb.1.1700000000000.AbC"),
        ("currency", " eur ", "EUR"),
        ("currency", "euro", None),
    ],
)
def test_what_is_sent_readable_has_no_hash(field, value, sent):
    assert normalize(field, value, {}) == Normalized(sent, None)


def test_the_country_of_the_context_completes_phone_state_and_postcode():
    context = {"country": "United Kingdom"}
    assert normalize("ph", "020 7946 0958", context).normalized == "442079460958"
    assert normalize("st", "Greater London", context).normalized == "greaterlondon"
    assert normalize("zp", "941031234", {"country": "us"}).normalized == "94103"


def test_fbc_takes_a_landing_url_an_index_and_a_cookie():
    pieces = {"landing_url": "https://example.com/?fbclid=X1", "first_seen_ms": 1700000000000, "subdomain_index": 2}
    assert normalize("fbc", pieces, {}).normalized == "fb.2.1700000000000.X1"
    assert normalize("fbc", {"existing_fbc": "fb.1.9.Y", "fbclid": None}, {}).normalized == "fb.1.9.Y"


def test_a_whole_number_is_read_as_its_digits_and_true_as_nothing():
    assert normalize("external_id", 7001, {}).normalized == "7001"
    assert normalize("ph", 16505551212, {}).normalized == "16505551212"
    for nothing in (True, 1.5, None, [], {}, -1):
        assert normalize("external_id", nothing, {}) == Normalized(None, None)


def test_half_an_emoji_is_hashed_as_the_replacement_character_browsers_send():
    assert normalize("fn", "Ada\ud83d", {}) == Normalized("ada\ufffd", hashing.sha256("ada\ufffd"))


def test_an_unknown_field_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="unknown field: iban"):
        normalize("iban", "x", {})


_texts = st.text() | st.text("0123456789 -/.+()", max_size=20) | st.characters(categories=["Cs"])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_pieces = st.dictionaries(
    st.sampled_from(["fbclid", "landing_url", "first_seen_ms", "subdomain_index", "existing_fbc", "country"]), _json
)


@given(st.sampled_from(hashing.FIELDS), _json | _pieces, _json | _pieces)
def test_no_json_value_raises_and_what_comes_out_can_be_sent(field, value, context):
    told = normalize(field, value, context)
    assert json.loads(json.dumps([told.normalized, told.sha256])) == [told.normalized, told.sha256]
    assert told.normalized is None or told.normalized.encode()
    assert told.normalized != ""


_SETTLED = {
    "em": hashing.email,
    "name": hashing.name,
    "db": hashing.birthday,
    "ge": hashing.gender,
    "ct": hashing.city,
    "country": hashing.country,
    "external_id": hashing.external_id,
    "ip": hashing.client_ip,
    "agent": hashing.user_agent,
    "currency": hashing.currency,
    "ph": lambda value: hashing.phone(value, None),
    **{f"st {country}": lambda value, country=country: hashing.state(value, country) for country in (None, "US", "DE")},
    **{f"zp {country}": lambda value, country=country: hashing.postcode(value, country) for country in (None, "US")},
}
_plausible = st.text(alphabet="aBéÅ정 -'.@1290/:", max_size=15) | st.text()


@pytest.mark.parametrize("rule", _SETTLED.values(), ids=_SETTLED)
@given(value=_plausible)
def test_what_is_normalised_stays_as_it_is(rule, value):
    once = rule(value)
    if once is not None:
        assert rule(once) == once
