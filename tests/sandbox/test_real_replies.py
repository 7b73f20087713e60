"""The sandbox's replies have the keys of replies that Graph really gave, as far as the corpus has them."""

import json
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "../shared/corpus/meta/graph-replies.json"

# Where two sources differ: the log of live calls to v26.0 shows a dead token without a text for people, and a success
# with `messages`; the corpus has neither.
LIVE = {190: {"message", "type", "code", "fbtrace_id"}}


@pytest.fixture(scope="module")
def replies():
    if not CORPUS.exists():
        pytest.skip("the corpus is not here")
    return [record["httpRes"] for record in json.loads(CORPUS.read_text())]


def test_every_real_error_can_be_given_with_its_keys(sandbox, make, replies):
    errors = [reply for reply in replies if "error" in reply["data"]]
    assert len(errors) >= 10
    for reply in errors:
        real = reply["data"]["error"]
        sandbox.fault(kind="error", status=reply["status"], **fields(real))
        answer = sandbox.post(make.event())
        assert answer.refusal == (reply["status"], real["code"], real.get("error_subcode"))
        assert answer.json.keys() == reply["data"].keys()
        assert answer.error.keys() == LIVE.get(real["code"], real.keys())
        assert answer.error["type"] == real["type"] or real["type"] in UNSEEN


# Types of replies that were made up for a test by whoever recorded them.
UNSEEN = {"RandomException"}


def fields(error):
    named = {"code": error["code"], "subcode": error.get("error_subcode")}
    return {key: value for key, value in named.items() if value is not None}


def test_a_real_success_has_no_key_that_ours_lacks(sandbox, make, replies):
    (success,) = [reply for reply in replies if "error" not in reply["data"]]
    answer = sandbox.post(make.event())
    assert answer.status == success["status"]
    assert answer.json.keys() - {"messages"} == success["data"].keys()


def refused_for_its_age(sandbox, make):
    return sandbox.post(make.event(event_time=1))


def refused_for_its_value(sandbox, make):
    return sandbox.post(make.event(custom_data={}))


def refused_for_its_permission(sandbox, make):
    sandbox.control("POST", "tokens", {"dataset": make.dataset, "deny": "100/33"})
    return sandbox.post(make.event())


@pytest.mark.parametrize(
    ("provoke", "subcode"),
    [(refused_for_its_age, 2804003), (refused_for_its_value, 2804009), (refused_for_its_permission, 33)],
)
def test_a_refusal_of_its_own_has_the_keys_of_the_real_one(sandbox, make, replies, provoke, subcode):
    (real,) = [
        each["data"]["error"] for each in replies if each["data"].get("error", {}).get("error_subcode") == subcode
    ]
    answer = provoke(sandbox, make)
    assert answer.error.keys() == real.keys()
    assert {key: answer.error[key] for key in ("code", "error_subcode", "type")} == {
        key: real[key] for key in ("code", "error_subcode", "type")
    }


def test_a_dead_token_is_answered_as_seen_live(sandbox, make):
    answer = sandbox.post(make.event(), token="bad")
    assert answer.error.keys() == LIVE[190]
