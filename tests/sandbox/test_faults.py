"""Each kind of failure: what the sender sees, and what was counted all the same."""

import errno
import time

import pytest
from urllib3.exceptions import ProtocolError, ReadTimeoutError

BREAKING = {"reset", "accept_then_reset", "half", "hang"}
TAKING = {"accept_then_reset": 2, "half": 2, "malformed_json": 2, "short_count": 1, "slow": 2}
EXTRA = {"hang": {"seconds": 0.1}, "slow": {"seconds": 0.1}, "poison": {"poison": "1001"}}
KINDS = "status error poison html hang reset accept_then_reset half malformed_json short_count slow".split()


def send(sandbox, make):
    """The answer to a batch of two, None if the connection broke."""
    try:
        return sandbox.post(make.event(), make.event(event_id="1002"))
    except ProtocolError:
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_breaks_or_answers_and_takes_what_it_takes(sandbox, make, kind):
    sandbox.fault(kind=kind, **EXTRA.get(kind, {}))
    assert (send(sandbox, make) is None) == (kind in BREAKING)
    assert len(sandbox.events()) == TAKING.get(kind, 0)
    (visit,) = sandbox.requests()
    assert visit["fault"] == kind


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("poison", "slow", "short_count")])
@pytest.mark.parametrize("accept", [True, False])
def test_a_script_may_say_whether_the_events_count(sandbox, make, kind, accept):
    sandbox.fault(kind=kind, accept=accept, **EXTRA.get(kind, {}))
    send(sandbox, make)
    assert len(sandbox.events()) == (2 if accept else 0)


def test_a_fault_strikes_once_unless_told_otherwise(sandbox, make):
    sandbox.fault(kind="status")
    assert [send(sandbox, make).status for _ in range(2)] == [503, 200]


def test_a_fault_strikes_as_often_as_told(sandbox, make):
    sandbox.fault(kind="status", times=2)
    assert [send(sandbox, make).status for _ in range(3)] == [503, 503, 200]
    (fault,) = sandbox.control("GET", "faults")["faults"]
    assert (fault["times"], fault["struck"]) == (0, 2)


def test_a_fault_may_last_until_it_is_taken_away(sandbox, make):
    sandbox.fault(kind="status", times=None)
    assert [send(sandbox, make).status for _ in range(5)] == [503] * 5
    sandbox.control("DELETE", "faults")
    assert send(sandbox, make).status == 200


def test_faults_strike_in_the_order_given(sandbox, make):
    sandbox.control("POST", "faults", [{"kind": "status", "status": 500}, {"kind": "html"}])
    assert [send(sandbox, make).status for _ in range(3)] == [500, 502, 200]


def test_a_fault_may_be_for_one_dataset(sandbox, make):
    sandbox.fault(kind="status", dataset="1", times=None)
    assert sandbox.post(make.event(), dataset="2").status == 200
    assert sandbox.post(make.event(), dataset="1").status == 503


def test_an_error_has_graphs_shape_and_the_status_it_was_seen_with(sandbox, make):
    for code, subcode, status in ((190, 463, 401), (1, None, 500), (2, None, 503), (80004, None, 400), (100, 33, 400)):
        sandbox.fault(kind="error", code=code, **({"subcode": subcode} if subcode else {}))
        assert send(sandbox, make).refusal == (status, code, subcode)


def test_an_error_may_be_worded_in_full(sandbox, make):
    sandbox.fault(kind="error", code=2, status=500, is_transient=True, message="Later.", headers={"Retry-After": "7"})
    answer = send(sandbox, make)
    assert answer.status == 500
    assert (answer.error["is_transient"], answer.error["message"]) == (True, "Later.")
    assert answer.headers["Retry-After"] == "7"


def test_usage_headers_may_ride_on_a_success(sandbox, make):
    usage = '{"call_count": 90, "total_cputime": 5, "total_time": 5}'
    sandbox.fault(kind="slow", seconds=0, headers={"X-App-Usage": usage})
    answer = send(sandbox, make)
    assert (answer.status, answer.headers["X-App-Usage"]) == (200, usage)


def test_a_status_and_a_page_may_be_given(sandbox, make):
    sandbox.fault(kind="status", status=429, body="slow down")
    sandbox.fault(kind="html", status=200, body="<p>maintenance</p>")
    first, second = send(sandbox, make), send(sandbox, make)
    assert (first.status, first.body) == (429, b"slow down")
    assert (second.status, second.body) == (200, b"<p>maintenance</p>")
    assert second.headers["Content-Type"].startswith("text/html")


def test_malformed_json_is_a_200_that_cannot_be_read(sandbox, make):
    sandbox.fault(kind="malformed_json")
    answer = send(sandbox, make)
    assert answer.status == 200
    with pytest.raises(ValueError):
        _ = answer.json


def test_half_an_answer_announces_more_than_comes(sandbox, make):
    sandbox.fault(kind="half")
    response = sandbox.pool.request(
        "POST",
        f"{sandbox.url}/v26.0/7/events",
        json={"data": [make.event()], "access_token": "t"},
        preload_content=False,
    )
    assert response.status == 200
    with pytest.raises(ProtocolError):
        response.read()
    response.close()


def test_a_reset_is_a_reset_and_not_a_polite_end(sandbox, make):
    sandbox.fault(kind="reset")
    with pytest.raises(ProtocolError) as caught:
        sandbox.post(make.event())
    assert caught.value.args[1].errno == errno.ECONNRESET


def test_a_short_count_counts_as_many_as_it_says(sandbox, make):
    sandbox.fault(kind="short_count", missing=3)
    answer = sandbox.post(*(make.event(event_id=str(number)) for number in range(5)))
    assert answer.json["events_received"] == 2
    assert [entry["event_id"] for entry in sandbox.events()] == ["0", "1"]


def test_a_hang_outlasts_the_client_and_takes_nothing(sandbox, make):
    sandbox.fault(kind="hang", seconds=5)
    with pytest.raises(ReadTimeoutError):
        sandbox.post(make.event(), timeout=0.2)
    visit = sandbox.wait_for_request()
    assert (visit["fault"], visit["status"]) == ("hang", None)
    assert sandbox.events() == []


def test_slow_is_slow_and_was_written_before_it_answered(sandbox, make):
    sandbox.fault(kind="slow", seconds=5)
    with pytest.raises(ReadTimeoutError):
        sandbox.post(make.event(), timeout=0.2)
    assert sandbox.wait_for_request()["fault"] == "slow"
    assert sandbox.counts()["counted"] == 1


def test_slow_ends_in_a_good_answer(sandbox, make):
    sandbox.fault(kind="slow", seconds=0.3)
    begun = time.monotonic()
    assert sandbox.post(make.event()).status == 200
    assert time.monotonic() - begun >= 0.3


def test_after_a_reset_the_retry_is_a_duplicate(sandbox, make):
    sandbox.fault(kind="accept_then_reset")
    assert send(sandbox, make) is None
    assert send(sandbox, make).json["events_received"] == 2
    assert (sandbox.counts()["counted"], sandbox.counts()["duplicates"]) == (2, 2)


def test_poison_refuses_every_batch_that_holds_it_and_no_other(sandbox, make):
    sandbox.fault(poison="ill")
    well, ill = make.event(event_id="well"), make.event(event_id="ill")
    assert [sandbox.post(well, ill).status for _ in range(3)] == [400, 400, 400]
    assert sandbox.post(ill).refusal == (400, 100, None)
    assert sandbox.post(well).status == 200
    assert [entry["event_id"] for entry in sandbox.events()] == ["well"]


def test_poison_may_have_a_code_or_another_kind(sandbox, make):
    sandbox.fault(poison="ill", code=100, subcode=2804016)
    assert sandbox.post(make.event(event_id="ill")).refusal == (400, 100, 2804016)
    sandbox.control("DELETE", "faults")
    sandbox.fault(poison="ill", kind="html")
    assert [sandbox.post(make.event(event_id="ill")).status for _ in range(2)] == [502, 502]


def test_a_fault_that_takes_events_passes_by_a_call_that_is_refused_anyway(sandbox, make):
    sandbox.fault(kind="accept_then_reset")
    assert sandbox.post(make.event(event_time=1)).refusal == (400, 100, 2804003)
    assert send(sandbox, make) is None


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "explode"},
        {"kind": "status", "tims": 3},
        {"kind": "status", "times": "3"},
        {"kind": "status", "times": True},
        {"kind": "hang"},
        {"kind": "poison"},
        {"kind": "status", "dataset": 7},
        [{"kind": "status"}, {"kind": "explode"}],
        "status",
        None,
    ],
    ids=str,
)
def test_a_fault_with_a_typo_is_refused_whole(sandbox, fault):
    body = fault if isinstance(fault, dict | list) else "nonsense"
    assert sandbox.request("POST", "/_sandbox/faults", body).status == 400
    assert sandbox.control("GET", "faults") == {"faults": []}
