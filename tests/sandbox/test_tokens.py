"""Tokens: who may tell what, and that no token is ever shown again."""

import hashlib

import pytest

BAD = (401, 190, None)
EXPIRED = (401, 190, 463)
UNREACHABLE = (400, 100, 33)


@pytest.mark.parametrize("token", ["", None, "bad", "bad-token"])
def test_a_missing_or_bad_token_is_refused(sandbox, make, token):
    assert sandbox.post(make.event(), token=token).refusal == BAD
    assert sandbox.events() == []


def test_the_token_is_judged_before_the_events(sandbox):
    assert sandbox.post(token="bad").refusal == BAD


def test_any_other_token_is_good_for_every_dataset(sandbox, make):
    assert [sandbox.post(make.event(), dataset=each, token=each).status for each in ("1", "2")] == [200, 200]


def test_the_token_may_come_as_bearer_or_in_the_address(sandbox, make):
    body = {"data": [make.event()]}
    assert sandbox.request("POST", "/v26.0/7/events", body).refusal == BAD
    assert sandbox.request("POST", "/v26.0/7/events", body, {"Authorization": "Bearer bad"}).refusal == BAD
    assert sandbox.request("POST", "/v26.0/7/events", body, {"Authorization": "Bearer good"}).status == 200
    assert sandbox.request("POST", "/v26.0/7/events?access_token=good", body).status == 200


def test_a_dataset_with_tokens_of_its_own_takes_only_these(sandbox, make):
    sandbox.control("POST", "tokens", {"dataset": "1", "valid": ["one", "bad-but-listed"]})
    assert sandbox.post(make.event(), dataset="1", token="one").status == 200
    assert sandbox.post(make.event(), dataset="1", token="bad-but-listed").status == 200
    assert sandbox.post(make.event(), dataset="1", token="two").refusal == BAD
    assert sandbox.post(make.event(), dataset="2", token="two").status == 200


def test_a_good_token_of_another_dataset_cannot_reach_this_one(sandbox, make):
    sandbox.control("POST", "tokens", {"dataset": "1", "valid": ["one"]})
    sandbox.control("POST", "tokens", {"dataset": "2", "valid": ["two"]})
    assert sandbox.post(make.event(), dataset="2", token="one").refusal == UNREACHABLE


def test_an_expired_token_is_refused_everywhere_until_reset(sandbox, make):
    sandbox.control("POST", "tokens", {"expire": "one"})
    assert sandbox.post(make.event(), dataset="1", token="one").refusal == EXPIRED
    assert sandbox.post(make.event(), dataset="2", token="one").refusal == EXPIRED
    assert sandbox.post(make.event(), dataset="1", token="two").status == 200
    sandbox.control("DELETE", "tokens")
    assert sandbox.post(make.event(), dataset="1", token="one").status == 200


@pytest.mark.parametrize(
    ("reason", "refusal"), [("200", (403, 200, None)), ("10", (403, 10, None)), ("100/33", UNREACHABLE)]
)
def test_permission_can_be_taken_and_given_back(sandbox, make, reason, refusal):
    sandbox.control("POST", "tokens", {"dataset": "1", "deny": reason})
    assert sandbox.post(make.event(), dataset="1").refusal == refusal
    assert sandbox.post(make.event(), dataset="2").status == 200
    sandbox.control("POST", "tokens", {"dataset": "1", "deny": None})
    assert sandbox.post(make.event(), dataset="1").status == 200


@pytest.mark.parametrize(
    "order",
    [
        {},
        [],
        {"dataset": "1"},
        {"dataset": 1, "valid": []},
        {"dataset": "1", "deny": "?"},
        {"expire": ""},
        {"dataset": "1", "valid": "x"},
    ],
)
def test_an_order_about_tokens_that_makes_no_sense_is_refused(sandbox, order):
    assert sandbox.request("POST", "/_sandbox/tokens", order).status == 400


def test_no_token_is_ever_shown(sandbox, make):
    secret = "EAAtokenThatNobodyMaySee"
    sandbox.control("POST", "tokens", {"dataset": "1", "valid": [secret]})
    sandbox.control("POST", "tokens", {"expire": secret})
    sandbox.post(make.event(), dataset="2", token="other")
    sandbox.post(make.event(), dataset="1", token=secret)
    body = {"data": [make.event()]}
    sandbox.request("POST", f"/v26.0/3/events?access_token={secret}", body)
    sandbox.request("POST", "/v26.0/3/events", body, {"Authorization": f"Bearer {secret}"})
    shown = b"".join(
        sandbox.request("GET", f"/_sandbox/{door}").body for door in ("journal", "counts", "tokens", "faults", "clock")
    )
    assert secret.encode() not in shown
    prefix = hashlib.sha256(secret.encode()).hexdigest()[:12]
    assert [visit["token_sha256"] for visit in sandbox.requests()][1:] == [prefix] * 3
