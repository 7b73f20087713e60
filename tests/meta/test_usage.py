"""Meta's usage headers. Constructed after the documented shapes; figures and businesses are made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.meta.usage import HEADERS, rest_seconds


def business(**usage: float) -> dict[str, str]:
    told = {"123": [{"type": "ads_management", "call_count": 1, "total_cputime": 1, "total_time": 1, **usage}]}
    return {"X-Business-Use-Case-Usage": json.dumps(told)}


@pytest.mark.parametrize(
    ("used", "seconds"), [(0, None), (74, None), (75, 10), (84.9, 10), (85, 60), (95, 300), (100, 300), (250, 300)]
)
@pytest.mark.parametrize("share", ["call_count", "total_cputime", "total_time"])
def test_the_nearer_to_the_limit_the_longer_meta_is_left_alone(share: str, used: float, seconds: float | None) -> None:
    assert rest_seconds({"X-App-Usage": json.dumps({share: used})}) == seconds
    assert rest_seconds(business(**{share: used})) == seconds


def test_the_time_to_regain_access_is_in_minutes() -> None:
    assert rest_seconds(business(estimated_time_to_regain_access=7)) == 420


def test_no_header_asks_for_more_than_an_hour() -> None:
    assert rest_seconds(business(estimated_time_to_regain_access=100_000)) == 3_600


def test_of_several_businesses_and_headers_the_longest_counts() -> None:
    several = {"1": [{"call_count": 5}], "2": [{"call_count": 76}, {"estimated_time_to_regain_access": 2}]}
    headers = {"X-App-Usage": '{"call_count": 86}', "X-Business-Use-Case-Usage": json.dumps(several)}

    assert rest_seconds(headers) == 120


def test_the_ad_accounts_header_has_a_share_of_its_own() -> None:
    assert rest_seconds({"X-Ad-Account-Usage": '{"acc_id_util_pct": 96.2}'}) == 300


@pytest.mark.parametrize(
    "told",
    [
        *("", "null", "[]", "7", "{", "[" * 20_000, '{"call_count": "99"}', '{"call_count": true}'),
        *('{"1": [7, null]}', '{"1": {"2": 3}}', '{"call_count": -99}', '{"call_count": 1e999}'),
    ],
    ids=lambda told: told[:20],
)
def test_what_cannot_be_read_asks_for_nothing(told: str) -> None:
    assert [rest_seconds({name: told}) for name in HEADERS] == [None] * len(HEADERS)


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(str))
def test_no_header_raises(told: str) -> None:
    for name in HEADERS:
        rest_seconds({name: told})
