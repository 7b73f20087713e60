"""The readers of JSON from outside: whatever comes, each gives something clean or nothing, and none raises.

Long: a table of odd values for each reader.
"""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import wild
from connectors.errors import MalformedPayload

BODY_LIMIT = 2 * 1024 * 1024
DEEP = 100_000

# A loaded machine is no finding: these ask what is told, not how fast.
unhurried = settings(deadline=None)


class Shape(msgspec.Struct):
    id: Any = None
    name: Any = None
    inner: msgspec.Raw = msgspec.Raw()


class Inner(msgspec.Struct):
    a: Any = None
    b: Any = None


TEXTS = st.text() | st.text(st.sampled_from("0123456789.,-+eE \t\n\x00\ud800:TZeurEUR/#?"), max_size=90)
NUMBERS = st.integers() | st.integers(-(10**4000), 10**4000) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
READERS = [wild.text, wild.identifier, wild.amount, wild.currency, wild.whole, wild.flag, wild.instant]


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@unhurried
@given(value=JSON)
def test_no_reader_raises_on_any_json_value(read, value):
    read(value)


@unhurried
@given(JSON, st.integers(1, 40))
def test_text_is_short_and_has_no_control_characters(value, limit):
    cleaned = wild.text(value, limit)
    if cleaned is not None:
        assert 0 < len(cleaned) <= limit
        assert not any(ord(letter) < 32 and letter not in "\t\n\r" for letter in cleaned)
        assert "\x7f" not in cleaned
        assert cleaned.lstrip() == cleaned


@unhurried
@given(JSON)
def test_an_id_is_text_and_never_nothing_but_zeros(value):
    found = wild.identifier(value)
    if found is not None:
        assert found.strip("0")
        assert len(found) <= 64


@unhurried
@given(JSON)
def test_an_amount_is_a_finite_decimal_below_a_million_millions(value):
    found = wild.amount(value)
    if found is not None:
        assert found.is_finite()
        assert abs(found) < 10**12
        assert -12 <= found.as_tuple().exponent <= 0


@unhurried
@given(JSON)
def test_a_currency_is_three_capitals(value):
    found = wild.currency(value)
    if found is not None:
        assert len(found) == 3
        assert found.isascii()
        assert found.isalpha()
        assert found.isupper()


@unhurried
@given(JSON)
def test_a_count_is_between_0_and_a_million(value):
    found = wild.whole(value)
    assert found is None or (type(found) is int and 0 <= found <= 1_000_000)


@unhurried
@given(JSON, st.booleans())
def test_a_time_is_aware_utc_and_of_our_age(value, naive_is_utc):
    found = wild.instant(value, naive_is_utc=naive_is_utc)
    assert found is None or (found.tzinfo is UTC and 1990 <= found.year <= 2200)


@unhurried
@given(st.datetimes(datetime(1990, 1, 2), datetime(2200, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_a_real_time_is_read_exactly_whatever_its_zone(moment):
    assert wild.instant(moment.isoformat()) == moment.astimezone(UTC)


@unhurried
@given(st.decimals(-(10**12) + 1, 10**12 - 1, allow_nan=False, places=4))
def test_a_plain_number_in_text_is_read_exactly(number):
    assert wild.amount(f"{number:f}") == number


@unhurried
@given(st.integers(1, 10**wild.MAX_ID_DIGITS - 1))
def test_an_id_is_the_same_as_number_text_and_gid(number):
    """W51, W52: ids beyond 2**53 stay exact."""
    assert wild.identifier(number) == wild.identifier(str(number)) == str(number)
    assert wild.identifier(f"gid://shopify/Order/{number}") == str(number)


@unhurried
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_malformed_payload(body):
    with suppress(MalformedPayload):
        wild.decode(body, Shape)


@unhurried
@given(st.dictionaries(st.sampled_from(["id", "name", "inner", "other"]), JSON))
def test_no_json_object_and_no_part_of_it_raises_anything_but_malformed_payload(document):
    """json.dumps writes NaN and lone surrogates as PHP and JavaScript do."""
    body = json.dumps(document).encode()
    try:
        told = wild.decode(body, Shape)
    except MalformedPayload:
        return
    part = wild.part(told.inner, Inner)
    parts = wild.parts(told.inner, Inner)
    assert part is None or isinstance(part, Inner)
    assert all(isinstance(member, Inner) for member in parts)


def decoded(body):
    return wild.decode(body, Shape)


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf "])
def test_w37_an_empty_body(body):
    with pytest.raises(MalformedPayload, match="empty"):
        decoded(body)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"true", b'[{"id":1}]'])
def test_w38_json_that_is_no_object(body):
    with pytest.raises(MalformedPayload):
        decoded(body)


def test_w39_every_truncation_of_an_object():
    body = '{"id":1,"name":"Zoë \\ud83d\\ude00","inner":{"a":[1,{}],"b":null}}'.encode()
    assert decoded(body).id == 1
    for length in range(len(body)):
        with pytest.raises(MalformedPayload):
            decoded(body[:length])


@pytest.mark.parametrize(
    "body",
    [b'{"id":1,"name":"\xff"}', b'{"id":1,"inner":{"a":"\xff"}}', b'{"id":1,"other":"\xc3("}', b'{"id":1}\xff'],
)
def test_w40_a_byte_that_is_no_utf_8_wherever_it_stands(body):
    with pytest.raises(MalformedPayload, match="UTF-8"):
        decoded(body)


def test_w41_a_byte_order_mark_is_no_part_of_the_body():
    assert decoded(b'\xef\xbb\xbf{"id":1}').id == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_w42_json_in_another_encoding(encoding):
    with pytest.raises(MalformedPayload):
        decoded('{"id":1}'.encode(encoding))


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
def test_w43_a_number_that_is_none(number):
    with pytest.raises(MalformedPayload):
        decoded(b'{"id":' + number + b"}")


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_w43_such_a_number_beside_a_mended_emoji(number):
    """Quirk: bodies with a lone surrogate go through another parser, which by itself takes all of these."""
    with pytest.raises(MalformedPayload):
        decoded(b'{"name":"\\ud83d","id":' + number + b"}")


def test_w44_a_number_of_5000_digits():
    with pytest.raises(MalformedPayload):
        decoded(b'{"id":' + b"9" * 5_000 + b"}")
    with pytest.raises(MalformedPayload):
        decoded(b'{"name":"\\ud83d","id":' + b"9" * 5_000 + b"}")


@pytest.mark.parametrize("start", [b"", b'{"id":', b'{"inner":', b'{"other":', b'{"name":"\\ud83d","other":'])
@pytest.mark.parametrize("closed", [True, False])
def test_w45_brackets_100_000_deep(start, closed):
    body = start + b"[" * DEEP + (b"]" * DEEP + b"}" if closed else b"")
    with pytest.raises(MalformedPayload):
        decoded(body)


def test_w46_two_megabytes_of_empty_objects_are_skipped_in_a_moment():
    body = b'{"other":[' + b"{}," * (BODY_LIMIT // 3 - 10) + b'{}],"id":7}'
    begun = time.perf_counter()
    assert decoded(body).id == 7
    assert time.perf_counter() - begun < 1


def test_w46_two_megabytes_of_empty_objects_are_read_in_a_moment_where_they_are_asked_for():
    members = BODY_LIMIT // 3 - 10
    told = decoded(b'{"inner":[' + b"{}," * members + b"[]]}")
    begun = time.perf_counter()
    assert len(wild.parts(told.inner, Inner)) == wild.MAX_PARTS < members
    assert time.perf_counter() - begun < 3


def test_w47_200_000_keys_are_skipped_in_a_moment():
    body = b"{" + b"".join(b'"%x":1,' % number for number in range(200_000)) + b'"id":7}'
    begun = time.perf_counter()
    assert decoded(body).id == 7
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":1,"id":2}',
        b'{"id":1,"id":1}',
        b'{"other":1,"id":1,"other":1}',
        b'{ "id": 1,\n  "id": 2 }\n',
        b'\xef\xbb\xbf{"id":1,"id":2}',
        b'{"id":1,"\\u0069d":2}',
        b'{"id":1,"\xc3\xa9":1,"id":2}',
        b'{"name":"\\ud83d","id":1,"id":2}',
        b'{"name":"\\ud83d","id":1,"inner":{"a":1,"a":2}}',
    ],
)
def test_w48_a_key_told_twice(body):
    with pytest.raises(MalformedPayload, match="one key twice"):
        decoded(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{ "id" : 1 , "other" : { "id" : 2 } }',
        b'{"id":1,"a\\u0062":2,"ab ":3,"":4,"\xc3\xa9":5}',
        b'{\n "id": 1,\n "inner": {"a": "b c"}\n}\n',
    ],
)
def test_w48_keys_that_only_look_alike(body):
    assert decoded(body).id == json.loads(body).get("id")


LARGE = ',"other":"' + "x" * 10_000 + '"'


@pytest.mark.parametrize("spelled", ['{"id":1%s,"id":2}', '{ "id" : "1"%s, "id": 2}', '{"name":"a","id":1%s,"id":2}'])
def test_w48_the_id_of_a_large_body_told_twice(spelled):
    """Of a large body only the id is looked at: adding up 23 KB would cost as much as mapping the order."""
    with pytest.raises(MalformedPayload, match="one key twice"):
        decoded((spelled % LARGE).encode())


@pytest.mark.parametrize(
    "spelled", ['{"id":1%s}', '{ "id" : "1"%s }', '{"name":"a","id":1%s}', '{"name":"a"%s}', '{"id":{"id":1}%s}']
)
def test_w48_a_large_body_with_one_id(spelled):
    assert decoded((spelled % LARGE).encode()).id == json.loads(spelled % LARGE).get("id")


@unhurried
@given(st.dictionaries(TEXTS, JSON, min_size=1, max_size=4), st.data())
def test_w48_any_key_told_twice_in_any_spelling(document, data):
    key = data.draw(st.sampled_from(sorted(document)))
    members = [*document.items(), (key, data.draw(JSON))]
    members = data.draw(st.permutations(members))
    spelling = data.draw(st.sampled_from([(",", ":"), (", ", ": "), ("\n,", " :")]))
    ascii_only = data.draw(st.booleans())

    def spelled(value):
        text = json.dumps(value, separators=spelling, ensure_ascii=ascii_only)
        return text.encode("utf-8", "surrogatepass")

    body = b"{" + spelling[0].encode().join(spelled(k) + spelling[1].encode() + spelled(v) for k, v in members) + b"}"
    with pytest.raises(MalformedPayload):
        decoded(body)


def test_w45_a_depth_that_one_reader_takes_and_the_next_does_not():
    """The readers count their frames differently; whoever gives up first, it is an unreadable body."""
    for depth in range(800, 1_200):
        with suppress(MalformedPayload):
            assert decoded(b'{"id":1,"other":' + b"[" * depth + b"]" * depth + b"}").id == 1


def test_w49_keys_with_a_meaning_elsewhere_have_none_here():
    told = decoded(b'{"__proto__":{"id":9},"constructor":1,"$where":"1","__class__":"x","id":1}')
    assert (told.id, type(told)) == (1, Shape)


@pytest.mark.parametrize("value", [None, 0, -1, -(10**30), 1.5, 1.0, True, False, "", "0", "000", " ", [], {}, [1]])
def test_w50_what_is_no_id(value):
    assert wild.identifier(value) is None


def test_w51_an_id_beyond_63_bits_stays_exact_from_body_to_text():
    assert wild.identifier(decoded(b'{"id":9223372036854775809}').id) == "9223372036854775809"
    assert wild.identifier(decoded(b'{"id":820982911946154508}').id) == "820982911946154508"


@pytest.mark.parametrize(
    "value", ["gid://shopify/Order/1001", "gid://shopify/Order/1001?key=abc", " 1001 ", "1001", 1001]
)
def test_w52_one_order_has_one_id_however_it_is_written(value):
    assert wild.identifier(value) == "1001"


@pytest.mark.parametrize("value", ["gid://shopify/Order/0", "gid://shopify/Order/000"])
def test_w52_a_gid_of_nothing_is_no_id(value):
    assert wild.identifier(value) is None


def test_an_id_too_long_to_keep_is_no_id_for_half_of_it_would_be_anothers():
    assert wild.identifier("7" * 70) is None


@pytest.mark.parametrize(
    "value",
    [
        *("12,50", "abc", "", "1e3", "1_000", "0x10", "1 000", "+1", ".5", "5.", "--1", "1.2.3", "NaN", "Infinity"),
        *("١٢", "12.50 EUR", "$5", None, True, False, [], {}, ["12.50"], float("nan"), float("inf"), 1e300),
        *(10**12, "1" + "0" * 12, "1" * 16, pytest.param(10**5_000, id="5000 digits")),
    ],
)
def test_w53_an_unclear_amount_is_none(value):
    assert wild.amount(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((" 12.50 ", "12.50"), ("12.50\n", "12.50"), ("-1", "-1"), ("0", "0"), ("0.000", "0.000")),
        *((7, "7"), ("007.10", "7.10"), ("999999999999.99", "999999999999.99")),
    ],
)
def test_w53_a_plain_amount_keeps_its_decimals(value, expected):
    assert str(wild.amount(value)) == expected


def test_w54_the_noise_of_a_float_is_behind_every_decimal_that_counts():
    assert wild.amount(0.1 + 0.2) == Decimal("0.3")
    assert wild.amount(decoded(b'{"id":0.30000000000000004}').id) == Decimal("0.3")
    assert wild.amount(3.3299999999999996) == Decimal("3.33")


@pytest.mark.parametrize("value", [None, "", "US$", "EURO", "EU", "€", "E R", "978", 978, True, ["EUR"], {}])
def test_w55_what_is_no_currency(value):
    assert wild.currency(value) is None


@pytest.mark.parametrize("value", ["usd", "USD", " Usd ", "U\x00SD"])
def test_w55_a_currency_in_small_letters(value):
    assert wild.currency(value) == "USD"


@pytest.mark.parametrize("value", ["aß", "ınr", "ﬀx"])
def test_w55_letters_that_only_capitals_make_three_are_no_currency(value):
    """Quirk: Python's upper() writes ß as SS, the ligature ff as FF, and the dotless ı as I."""
    assert wild.currency(value) is None


@pytest.mark.parametrize("value", [0, "0", "0.00", 0.0])
def test_w56_nothing_is_an_amount(value):
    assert wild.amount(value) == 0


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "yesterday", 1767225600, 1767225600.0, True, [], {}, "0001-01-01T00:00:00Z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "1989-12-31T23:59:59Z"),
        *("2026-01-01T00:00:60Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+25:00", "٢٠٢٦-01-01T00:00:00Z"),
        *("2026-01-01T00:00:00 Europe/Berlin", "0000-00-00T00:00:00Z", "2026-01-01T00:00:00Z" + " " * 30 + "or so"),
    ],
)
def test_w57_what_is_no_time(value):
    assert wild.instant(value) is None
    assert wild.instant(value, naive_is_utc=True) is None


def test_w57_a_time_without_a_zone_is_one_only_where_it_is_said_to_be_utc():
    assert wild.instant("2026-01-01T12:00:00") is None
    assert wild.instant("2026-01-01T12:00:00", naive_is_utc=True) == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_w57_a_time_after_2038_and_one_of_another_zone():
    assert wild.instant("2040-06-01T12:00:00Z") == datetime(2040, 6, 1, 12, tzinfo=UTC)
    assert wild.instant("2026-11-16T13:04:11-05:00") == datetime(2026, 11, 16, 18, 4, 11, tzinfo=UTC)


@pytest.mark.parametrize("value", ["n/a", "0", "+", "5" * 50, "٠١٥١"])
def test_w61_an_odd_phone_number_is_passed_on_for_others_to_judge(value):
    assert wild.text(value) == value


def test_w62_half_an_emoji_is_replaced_wherever_it_stands_and_nothing_else_changes():
    body = b'{"id":820982911946154508,"name":"Ad\\ud83da","inner":{"a":"\\ude00","b":"12.50"},"other":"\\ud800"}'
    told = decoded(body)
    assert (told.id, told.name) == (820982911946154508, "Ad\ufffda")
    assert wild.part(told.inner, Inner) == Inner("\ufffd", "12.50")
    (member,) = wild.parts(decoded(b'{"inner":[{"a":"\\ud800x"}]}').inner, Inner)
    assert member.a == "\ufffdx"


def test_w62_a_whole_emoji_is_not_touched():
    assert decoded(b'{"name":"\\ud83d\\ude00 \\ud83d","id":1}').name == "\U0001f600 \ufffd"


def test_w62_half_an_emoji_that_someone_wrote_as_text_stays_text():
    assert decoded(b'{"name":"\\\\ud83d","id":1}').name == "\\ud83d"


def test_w63_a_nul_is_taken_out_of_text():
    assert wild.text(decoded(b'{"name":" A\\u0000da\\u0007 "}').name) == "Ada"


def test_text_is_cut_at_the_limit():
    assert wild.text("a" * 2_000) == "a" * wild.MAX_TEXT
    assert wild.text("abcdef", 3) == "abc"


def test_text_that_is_cut_at_a_space_is_trimmed_too():
    assert wild.text("Ada Lovelace", 4) == "Ada"


@pytest.mark.parametrize("value", [1, 1.5, True, None, ["a"], {"a": 1}, "", " \n", "\x00\x01"])
def test_what_is_no_text(value):
    assert wild.text(value) is None


@pytest.mark.parametrize("value", [1, "true", "1", 0, None, [True], {}])
def test_only_true_is_true(value):
    assert wild.flag(value) is False
    assert wild.flag(value=True) is True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("2", 2), (2, 2), (2.0, 2), ("2.00", 2), (0, 0), (1_000_000, 1_000_000), (1_000_001, None), ("2.5", None)),
        *((-1, None), ("-1", None), (1e9, None), (True, None), ("two", None), (None, None)),
    ],
)
def test_w72_a_count(value, expected):
    assert wild.whole(value) == expected


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"1", b'"x"', b"true", b"[{}]"])
def test_a_part_of_another_shape_is_no_part(raw):
    """Quirk: PHP writes an empty object as []."""
    assert wild.part(msgspec.Raw(raw), Inner) is None
    assert wild.part(None, Inner) is None


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b"1", b'"x"', b"true", b'{"0":{"a":1}}'])
def test_parts_of_another_shape_are_none(raw):
    assert wild.parts(msgspec.Raw(raw), Inner) == []
    assert wild.parts(None, Inner) == []


def test_an_odd_member_of_a_list_does_not_cost_the_others():
    raw = msgspec.Raw(b'[{"a":1},null,[],5,"x",{"a":1e999},{"b":2}]')
    assert wild.parts(raw, Inner) == [Inner(a=1), Inner(b=2)]


@pytest.mark.parametrize(
    "body", [b'{"name":"ada@example.com', b'{"ada@example.com":"\xff"}', b'{"a":NaN,"ada@example.com":1}']
)
def test_no_error_repeats_the_body(body):
    with pytest.raises(MalformedPayload) as raised:
        decoded(body)
    chain = [raised.value, raised.value.__cause__, raised.value.__context__]
    assert not any("example.com" in str(error) for error in chain)
