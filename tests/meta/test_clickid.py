"""Click id and browser id. Constructed: all ids are invented."""

import pytest

from integration.meta.clickid import fbc, fbclid_of, fbp

SEEN = 1700000000000
COOKIE = "fb.1.1699999999999.IwAR_First"


def test_a_click_id_is_made_from_the_fbclid_and_when_it_was_first_seen():
    assert fbc(None, "IwAR_First", SEEN) == "fb.1.1700000000000.IwAR_First"


def test_case_is_kept_since_meta_reports_a_lowered_fbclid_as_modified():
    assert fbc(None, "AbC_aem_xYz-9", SEEN) == "fb.1.1700000000000.AbC_aem_xYz-9"


def test_the_cookie_goes_as_found():
    assert fbc(COOKIE, None, None) == COOKIE
    assert fbc(COOKIE, None, SEEN) == COOKIE


def test_the_same_click_keeps_the_cookies_time():
    assert fbc(COOKIE, "IwAR_First", SEEN) == COOKIE


def test_the_same_click_is_seen_through_the_mark_of_metas_library():
    assert fbc(f"{COOKIE}.AQIAAQEA", "IwAR_First", SEEN) == f"{COOKIE}.AQIAAQEA"


def test_another_click_replaces_the_cookie():
    assert fbc(COOKIE, "IwAR_Second", SEEN) == "fb.1.1700000000000.IwAR_Second"


def test_a_click_differing_in_case_only_is_another():
    assert fbc(COOKIE, "iwar_first", SEEN) == "fb.1.1700000000000.iwar_first"


@pytest.mark.parametrize("mark", ["AQ", "Ag", "Aw", "BA", "BQ", "Bg", "AQIAAQEA", "AQQC_-__"])
def test_a_cookie_with_a_fifth_part_of_metas_libraries_is_kept_whole(mark):
    assert fbc(f"{COOKIE}.{mark}", None, None) == f"{COOKIE}.{mark}"


def test_the_time_in_a_cookie_is_not_judged():
    assert fbc("fb.1.then.IwAR.BA", None, None) == "fb.1.then.IwAR.BA"


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "IwAR",
        "fb.1.IwAR",
        "fb.1.1699999999999.",
        f"{COOKIE}.ZZ",
        f"{COOKIE}.abc",
        f"{COOKIE}.BA.BA",
        "xx.1.9.IwAR",
        f"{COOKIE} ",
        "fb.1.9.Iw AR",
    ],
)
def test_a_cookie_of_another_shape_counts_as_absent(cookie):
    assert fbc(cookie, None, SEEN) is None
    assert fbc(cookie, "IwAR", SEEN) == "fb.1.1700000000000.IwAR"


@pytest.mark.parametrize("fbclid", ["", " IwAR", "IwAR ", "Iw AR", "IwAR\n", "Iw\x00AR", "Iw\u00a0AR", "x" * 501])
def test_an_empty_spaced_or_endless_fbclid_is_refused_not_mended(fbclid):
    assert fbc(None, fbclid, SEEN) is None
    assert fbc(COOKIE, fbclid, SEEN) == COOKIE


def test_the_longest_fbclid_passes():
    assert fbc(None, "x" * 500, SEEN) == f"fb.1.{SEEN}.{'x' * 500}"


@pytest.mark.parametrize("time", [None, 0, -SEEN, SEEN // 1000, SEEN * 1000])
def test_without_a_time_in_milliseconds_no_click_id_is_made(time):
    assert fbc(None, "IwAR", time) is None
    assert fbc(COOKIE, "IwAR_Second", time) == COOKIE


def test_the_index_is_one_where_no_browser_wrote_a_cookie():
    assert fbc(None, "IwAR", SEEN, 2) == f"fb.2.{SEEN}.IwAR"


def test_the_landing_page_tells_the_fbclid_where_nothing_else_does():
    page = "https://shop.example.com/?utm_source=fb&fbclid=IwAR_Page#top"
    assert fbc(None, None, SEEN, landing_url=page) == f"fb.1.{SEEN}.IwAR_Page"
    assert fbc(None, "IwAR_Given", SEEN, landing_url=page) == f"fb.1.{SEEN}.IwAR_Given"


@pytest.mark.parametrize(
    ("url", "fbclid"),
    [
        ("https://example.com/?fbclid=AbC", "AbC"),
        ("example.com?a=1&fbclid=AbC&fbclid=Second", "AbC"),
        ("https://example.com/?fbclid=Ab%2DC", "Ab-C"),
        ("https://example.com/?fbclid=Ab%252DC", "Ab%2DC"),
        ("https://example.com/?FBCLID=AbC", None),
        ("https://example.com/?fbclid=", None),
        ("https://example.com/#?fbclid=AbC", None),
        ("https://example.com/fbclid=AbC", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_an_fbclid_is_the_first_of_the_query_decoded_once(url, fbclid):
    assert fbclid_of(url) == fbclid


@pytest.mark.parametrize("cookie", ["fb.1.1700000000000.1234567890", "fb.2.1700000000000.7.AQIAAQEA", "fb.0.1.0.Bg"])
def test_a_browser_id_goes_as_found(cookie):
    assert fbp(cookie) == cookie


@pytest.mark.parametrize(
    "cookie", [None, "", "fb.1.2", "fb.1.2.x", "fb.x.2.3", "fb.1.2.3.4.5", "FB.1.2.3", "fb.1.2.3\n", "fb.1.2.٣"]
)
def test_what_is_no_browser_id_is_dropped_and_none_is_ever_invented(cookie):
    assert fbp(cookie) is None
