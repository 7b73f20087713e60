"""Hostile signals and sightings, member by member: an odd one is as good as none, and is never mended into a statement."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import MalformedPayload
from connectors.event import Stated
from integration.pipeline import beacon_words, own_pages
from integration.pipeline.beacon_words import Caller, Sighting
from integration.pipeline.browsing import Heard
from integration.pipeline.own_pages import Whence

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
FBP, FBC = f"fb.1.{MS - 5000}.1234567890", f"fb.1.{MS - 5000}.IwAR2abcDEF"
OWN = own_pages.of_store("shop.example.com", ["tea.example.org"], loopback=False)
NOBODY = Caller(None, None, opts_out=False)
TOKEN = {"checkout_token": "c1-0123456789abcdef"}


def heard(caller: Caller = NOBODY, **members: Any) -> Heard:
    return beacon_words.signal(json.dumps({**TOKEN, **members}).encode(), caller, OWN, NOW).heard


def raw(text: bytes) -> beacon_words.Signal:
    return beacon_words.signal(text, NOBODY, OWN, NOW)


def test_what_is_well_told_is_kept_as_told() -> None:
    caller = Caller("203.0.113.9", "Agent of the header", opts_out=False)
    kept = heard(
        caller, fbp=FBP, fbc=FBC, url="https://shop.example.com/tea?email=a@b.c", user_agent="Agent of the body"
    )

    assert kept == Heard(
        fbp=FBP, fbc=FBC, ip="203.0.113.9", user_agent="Agent of the body", page="https://shop.example.com/"
    )


@pytest.mark.parametrize(
    "fbp",
    ["fb.1.1.1", "fb.9.x", "fb.1." + "1" * 5000, f"{FBP}\r\nSet-Cookie: a=b", f"{FBP};", "", 1, None, ["fb"], {},
     f"fb.1.{MS // 1000}.1234567890", f"fb.1.{MS + 10 * 86_400_000}.1234567890", "fb.1.0000000000000.1"],
)  # fmt: skip
def test_b13_a_browser_id_that_is_none_is_dropped(fbp: Any) -> None:
    assert heard(fbp=fbp).fbp is None


@pytest.mark.parametrize("at", [MS + 10 * 86_400_000, 0, MS // 1000, "x", -1])
def test_b14_a_click_cookie_of_a_time_that_cannot_be_is_dropped_or_made_anew_of_its_click(at: Any) -> None:
    cookie = f"fb.1.{at}.IwAR2abcDEF"

    assert heard(fbc=cookie).fbc is None
    assert heard(fbc=cookie, fbclid="IwAR2abcDEF").fbc == f"fb.1.{MS}.IwAR2abcDEF"


def test_b15_the_case_of_a_click_is_kept_and_junk_is_dropped() -> None:
    assert heard(fbclid="IwAR_aBcD-").fbc == f"fb.1.{MS}.IwAR_aBcD-"
    for junk in ("Iw AR", "Iw\x00AR", "I" * 8192, "", " ", "a@b.example", 1, None, ["a"]):
        assert heard(fbclid=junk).fbc is None
    assert heard(url="https://shop.example.com/?fbclid=%00a").fbc is None
    assert heard(url="https://shop.example.com/?fbclid=").fbc is None


def test_a_click_has_the_time_when_it_was_first_seen_where_that_can_be() -> None:
    assert heard(fbclid="a", fbclid_ms=MS - 1000).fbc == f"fb.1.{MS - 1000}.a"
    for odd in (MS + 1, MS // 1000, MS - 91 * 86_400_000, True, str(MS), 1e99, -1, None, [], float(MS)):
        assert heard(fbclid="a", fbclid_ms=odd).fbc == f"fb.1.{MS}.a"


def test_without_a_click_told_the_one_in_the_address_counts_and_a_new_click_beats_an_old_cookie() -> None:
    assert heard(url="https://shop.example.com/?fbclid=New").fbc == f"fb.1.{MS}.New"
    assert heard(url="https://shop.example.com/?fbclid=New", fbc=FBC).fbc == f"fb.1.{MS}.New"
    assert heard(url="https://shop.example.com/?fbclid=IwAR2abcDEF", fbc=FBC).fbc == FBC


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "https://evil.example/", "https://shop.example.com.evil.example/",
     "https://user:pw@shop.example.com/", "https://shop.example.com/" + "x" * 10_240, "http://shop.example.com/",
     "https://shop.example.com:8443/", "https://[::1", "https://shop.example.com:x/", "//shop.example.com/", "", 5, {}],
)  # fmt: skip
def test_b19_a_page_is_one_of_the_shops_own(url: Any) -> None:
    assert heard(url=url).page is None


@pytest.mark.parametrize(
    "host", ["shop.example.com", "www.shop.example.com", "tea.example.org", "SHOP.example.com:443"]
)
def test_b18_of_a_page_the_origin_is_kept_and_never_what_may_name_people(host: str) -> None:
    kept = heard(url=f"https://{host}/thanks/jane@example.com?email=jane@example.com#jane")

    assert kept.page == f"https://{host.lower().removesuffix(':443')}/"
    assert b"jane" not in kept.encoded()


SOMEBODY = ("jane@example.com", "jane%40example.com", "+4915127776661", "%2b4915127776661")


@pytest.mark.parametrize("who", SOMEBODY)
def test_b18_an_address_or_a_number_of_a_person_is_no_member(who: str) -> None:
    assert heard(fbp=who, fbc=f"fb.1.{MS}.{who}", fbclid=who, user_agent=f"of {who}") == Heard()


@pytest.mark.parametrize("who", SOMEBODY)
def test_b18_an_address_or_a_number_of_a_person_is_no_token_whose_hash_everybody_could_read(who: str) -> None:
    with pytest.raises(MalformedPayload):
        raw(json.dumps({"checkout_token": who, "cart_token": f"c1-{who}"}).encode())
    assert sighting(event_id=f"order-{who}") is None
    assert sighting(proof=who) == sighting(proof=None)


@pytest.mark.parametrize("odd", ["yes", "true", 1, 1.0, "granted\x00", None, [], {}, [True], "", 0, "false"])
def test_b16_only_a_boolean_is_a_statement(odd: Any) -> None:
    kept = heard(consent={"marketing": odd, "sale_of_data": odd})
    assert (kept.marketing, kept.sale_of_data) == (Stated.UNSTATED, Stated.UNSTATED)


@pytest.mark.parametrize("odd", [True, [], "granted", 1, None, [{"marketing": True}]])
def test_b16_consent_of_another_shape_is_no_statement(odd: Any) -> None:
    assert heard(consent=odd).marketing is Stated.UNSTATED


def test_b16_what_is_told_twice_is_no_grant() -> None:
    for pair in (b'"marketing":false,"marketing":true', b'"marketing":true,"marketing":true'):
        told = raw(b'{"checkout_token":"c1-0123456789abcdef","consent":{%s}}' % pair)
        assert told.heard.marketing is Stated.UNSTATED


def test_a_statement_is_kept_and_a_default_is_none() -> None:
    stated = heard(consent={"marketing": True, "sale_of_data": False})
    assert (stated.marketing, stated.sale_of_data, stated.default_marketing) == (Stated.GRANTED, Stated.REFUSED, None)

    default = heard(consent={"marketing": True, "sale_of_data": False, "default": True})
    assert (default.marketing, default.sale_of_data, default.default_marketing) == (
        Stated.UNSTATED,
        Stated.UNSTATED,
        True,
    )


@pytest.mark.parametrize("odd", [1, 0, "true", "false", 0.0, [], {}])
def test_where_it_is_unclear_whether_it_is_a_default_only_a_no_counts(odd: Any) -> None:
    assert heard(consent={"marketing": True, "default": odd}).marketing is Stated.UNSTATED
    assert heard(consent={"marketing": False, "default": odd}).marketing is Stated.REFUSED


def test_b21_the_address_is_the_connections_and_never_the_bodys() -> None:
    kept = heard(
        Caller("203.0.113.9", None, opts_out=False),
        client_ip="198.51.100.1",
        client_ip_address="198.51.100.1",
        ip="198.51.100.1",
    )
    assert kept.ip == "203.0.113.9"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fe80::1%eth0", "fd00::1", "unix:", "", None]
)
def test_an_address_that_means_nothing_is_not_kept(address: str | None) -> None:
    assert heard(Caller(address, None, opts_out=False)).ip is None


def test_an_agent_is_cut_and_without_one_told_it_is_the_headers() -> None:
    assert len(heard(user_agent="x" * 5000).user_agent or "") == 500
    assert heard(Caller(None, "Header", opts_out=False), user_agent={"a": 1}).user_agent == "Header"
    assert heard(user_agent="a\r\nb\x00c").user_agent == "abc"


def test_b28_global_privacy_control_is_an_opt_out_of_sale_whatever_the_body_says() -> None:
    kept = heard(Caller(None, None, opts_out=True), consent={"marketing": True, "sale_of_data": True})
    assert (kept.marketing, kept.sale_of_data) == (Stated.GRANTED, Stated.REFUSED)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"[" + b"1," * 9_999 + b"1]", b'"text"', b"{", b"not JSON", b"{}", b'{"fbp":"x"}', b"\xff\xfe",
     b'{"checkout_token":"a","checkout_token":"b"}', b'{"checkout_token":"a","x":NaN}', b"[" * 10_000,
     b'{"checkout_token":' + b"[" * 10_000, b'{"checkout_token":5}', b'{"checkout_token":""}', b'{"checkout_token":" "}',
     b'{"checkout_token":"a\\u0000b"}', b'{"checkout_token":"\\ud800"}', b'{"cart_token":"' + b"x" * 256 + b'"}',
     b'{"checkout_token":"a","fbp":1e999}', b'{"order_id":' + b"9" * 5_000 + b"}"],
)  # fmt: skip
def test_b4_and_b25_what_is_no_signal_is_refused_and_breaks_nothing(body: bytes) -> None:
    with pytest.raises(MalformedPayload):
        raw(body)


@pytest.mark.parametrize(
    "odd", [b'"\\ud800"', b'"a\\u0000"', b"9" * 4_000, b"[" * 500 + b"]" * 500, b"-0", b'{"a":1}', b"true"]
)
def test_b25_an_odd_member_costs_itself_alone(odd: bytes) -> None:
    members = (
        b"cart_token",
        b"proof",
        b"fbp",
        b"fbc",
        b"fbclid",
        b"fbclid_ms",
        b"url",
        b"user_agent",
        b"consent",
        b"else",
    )
    for member in members:
        told = raw(b'{"checkout_token":"c1-0123456789abcdef","%s":%s}' % (member, odd))
        assert told.checkout_token == "c1-0123456789abcdef"
        assert told.heard.fbp is None
        assert told.heard.page is None
        assert told.heard.marketing is Stated.UNSTATED


SEEN = {"dataset_id": "123", "event_name": "Purchase", "event_id": "1001", "state": "sent", "proof": "c1-01"}


def sighting(**changes: Any) -> Sighting | None:
    return beacon_words.sighting(json.dumps({**SEEN, **changes}).encode())


def test_a_sighting_is_read_and_what_else_it_says_is_not() -> None:
    assert sighting(value=99_999, currency="EUR", event_time=1) == Sighting("123", "Purchase", "1001", "sent", "c1-01")
    assert sighting(dataset_id=123) == sighting()


@pytest.mark.parametrize(
    "change",
    [{"event_name": "<img>"}, {"event_name": "x" * 4096}, {"event_name": "Refund"}, {"event_name": []}, {"event_name": 1},
     {"state": "seen"}, {"state": "SENT"}, {"state": None}, {"state": {}}, {"event_id": ""}, {"event_id": "x" * 256},
     {"event_id": 1001}, {"event_id": "jane@example.com"}, {"event_id": "a\x00"}, {"event_id": "\ud800"},
     {"dataset_id": "abc"}, {"dataset_id": "1" * 33}, {"dataset_id": ""}, {"dataset_id": True}, {"dataset_id": "-1"}],
)  # fmt: skip
def test_b10_a_sighting_of_something_unknown_is_dropped(change: dict[str, Any]) -> None:
    assert sighting(**change) is None


@pytest.mark.parametrize("proof", [None, 5, "", "x" * 256, [], "a\nb"])
def test_a_proof_that_is_none_is_no_proof(proof: Any) -> None:
    found = sighting(proof=proof)
    assert found
    assert found.proof is None


@pytest.mark.parametrize(
    ("origin", "whence"),
    [
        ("https://shop.example.com", Whence.OWN),
        ("https://www.shop.example.com", Whence.OWN),
        ("https://tea.example.org", Whence.OWN),
        ("null", Whence.UNSAID),
        (None, Whence.UNSAID),
        ("", Whence.FOREIGN),
        ("http://shop.example.com", Whence.FOREIGN),
        ("https://shop.example.com.evil.com", Whence.FOREIGN),
        ("https://evilshop.example.com", Whence.FOREIGN),
        ("https://shop.example.com:8443", Whence.FOREIGN),
        ("https://shop.example.com/", Whence.FOREIGN),
        ("https://SHOP.example.com", Whence.FOREIGN),
        ("https://shop.example.com, https://evil.example", Whence.FOREIGN),
        ("https://www.tea.example.org", Whence.FOREIGN),
        ("NULL", Whence.FOREIGN),
    ],
)
def test_b5_to_b7_an_origin_is_compared_whole(origin: str | None, whence: Whence) -> None:
    assert OWN.whence(origin) is whence


def test_a_shop_on_this_machine_may_speak_http_in_development_alone() -> None:
    for domain in ("127.0.0.1:8080", "localhost:8080", "[::1]:8080"):
        assert own_pages.of_store(domain, loopback=True).whence(f"http://{domain}") is Whence.OWN
        assert own_pages.of_store(domain, loopback=False).whence(f"http://{domain}") is Whence.FOREIGN
    assert (
        own_pages.of_store("localhost.example.com", loopback=True).whence("http://localhost.example.com")
        is Whence.FOREIGN
    )


def test_a_clock_that_is_a_little_ahead_costs_no_browser_id() -> None:
    ahead = f"fb.1.{MS + int(timedelta(hours=2).total_seconds() * 1000)}.123"
    assert heard(fbp=ahead).fbp == ahead
