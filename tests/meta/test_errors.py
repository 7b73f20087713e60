"""Meta's answers, by meaning: the whole table of codes, what counts as unknown, and that texts never decide.

Codes and statuses as seen on Graph or documented for it; the bodies are constructed.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.meta.errors import (
    Accepted,
    Answer,
    Counted,
    Paused,
    Refused,
    Retryable,
    from_reply,
    not_sent,
    unknown,
)

RETRY, PAUSE, REFUSE = Retryable, Paused, Refused

# code, subcode, HTTP statuses it was seen with or documented for, what next. Where a line has several codes they mean
# the same. Counted is "no" for all of them but those of FAILED_ITSELF with a 5xx.
TABLE = [
    # a dead token
    ("190", None, (400, 401, 500), PAUSE),
    ("190", 460, (400, 401), PAUSE),
    ("190", 463, (400, 401), PAUSE),
    *(("190", subcode, (400, 401), PAUSE) for subcode in (458, 459, 464, 467, 492)),
    ("102 104", None, (400, 401), PAUSE),
    # a dataset that is not there, or not for this token
    ("100", 33, (400,), PAUSE),
    ("803", None, (400, 404), PAUSE),
    # a permission
    ("3 10 200 294", None, (400, 403), PAUSE),
    ("3", 10, (500,), PAUSE),
    ("201 210 250 298 299", None, (400, 403), PAUSE),
    # the version of the API is over: the operator's matter, and no event's
    ("2635", None, (400,), PAUSE),
    # an event that will never be taken
    *(("100", subcode, (400,), REFUSE) for subcode in (2804003, 2804009, 2804010, 2804016, 2804050, 2804019)),
    *(("100", subcode, (400, 404), REFUSE) for subcode in (2804001, 2804007, 2804017, 2804048, 34, 38, 1815356)),
    ("100", None, (400,), REFUSE),
    # Meta itself
    ("1 2", None, (400, 500, 503), RETRY),
    ("1", 99, (400, 500), RETRY),
    # too much
    ("4", None, (400, 403, 429), RETRY),
    ("4", 1504022, (400, 403, 429), RETRY),
    ("4", 1504039, (400, 403, 429), RETRY),
    ("17", None, (400, 500), RETRY),
    ("17", 2446079, (400, 403, 429), RETRY),
    ("613", None, (400, 403, 429), RETRY),
    *(("613", subcode, (400, 403, 429), RETRY) for subcode in (1487742, 5044001)),
    ("32 80000 80003 80004 80014 341 368", None, (400, 403, 429), RETRY),
    # not now
    ("21009 5000", None, (400, 500), RETRY),
]
FAILED_ITSELF = (1, 2)
THROTTLES = (4, 17, 32, 341, 368, 613, 80000, 80003, 80004, 80014)

CASES = [
    pytest.param(int(code), subcode, status, wanted, id=f"{code}/{subcode or '-'} with {status}")
    for codes, subcode, statuses, wanted in TABLE
    for code in codes.split()
    for status in statuses
]
KNOWN = {(int(code), subcode): wanted for codes, subcode, _, wanted in TABLE for code in codes.split()}


def failed(code, subcode=None, **more):
    """An error of Graph, in the shape it was seen in."""
    error = {"message": "Invalid parameter", "type": "OAuthException", "code": code, "fbtrace_id": "A6UyEgg"}
    return {"error": {**error, **({} if subcode is None else {"error_subcode": subcode}), **more}}


def answered(status, reply, *, sent=3, retry_after=None):
    return from_reply(status, reply, sent=sent, retry_after=retry_after)


@pytest.mark.parametrize(("code", "subcode", "status", "wanted"), CASES)
def test_every_code_of_the_table_says_what_next_and_whether_it_was_counted(code, subcode, status, wanted):
    answer = answered(status, failed(code, subcode))

    assert type(answer.next) is wanted
    assert answer.counted is (Counted.UNKNOWN if code in FAILED_ITSELF and status >= 500 else Counted.NO)
    assert (answer.http_status, answer.code, answer.subcode) == (status, code, subcode)


@pytest.mark.parametrize(("code", "subcode", "status", "wanted"), CASES)
def test_a_transient_error_is_tried_again_and_with_a_5xx_may_have_been_counted(code, subcode, status, wanted):
    answer = answered(status, failed(code, subcode, is_transient=True))

    assert answer.next == Retryable(throttled=code in THROTTLES)
    assert answer.counted is (Counted.UNKNOWN if status >= 500 else Counted.NO)
    assert answered(status, failed(code, subcode, is_transient=False)) == answered(status, failed(code, subcode))


@pytest.mark.parametrize(("code", "subcode", "status", "wanted"), CASES)
def test_throttling_is_told_from_other_trouble(code, subcode, status, wanted):
    """It is the dataset that has to rest then, and not the event that has to wait."""
    answer = answered(status, failed(code, subcode))

    assert (wanted is RETRY and answer.next.throttled) is (code in THROTTLES)


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_a_known_code_decides_whatever_the_status(status):
    """Meta was seen to answer a dead token, a throttled call and a missing permission with a 500.

    A refusal read as "try again" would sink everything that is in the batch with the bad event.
    """
    read = {key: type(answered(status, failed(*key)).next) for key in KNOWN}

    assert read == KNOWN


def test_only_a_true_true_is_transient():
    for odd in ("true", 1, None, [], {}):
        assert type(answered(400, failed(100, is_transient=odd)).next) is Refused


# Success


@pytest.mark.parametrize(
    "reply",
    [
        {"events_received": 3, "messages": [], "fbtrace_id": "A6UyEgg"},
        {"events_received": 3},
        {"events_received": 3, "messages": ["a word of Meta's"], "error": None},
    ],
)
def test_as_many_received_as_sent_is_a_yes(reply):
    answer = answered(200, reply)

    assert (answer.counted, answer.next) == (Counted.YES, Accepted())
    assert answer.fbtrace_id == reply.get("fbtrace_id")


@pytest.mark.parametrize("received", [0, 1, 2, 4, 1_000, -3, None, "3", 3.5, [], {}], ids=repr)
def test_any_other_number_received_is_unknown(received):
    answer = answered(200, {"events_received": received, "fbtrace_id": "A6UyEgg"})

    assert (answer.counted, answer.next) == (Counted.UNKNOWN, Retryable())
    assert answer.fbtrace_id == "A6UyEgg"


def test_true_is_no_number_though_python_counts_it_as_one():
    assert answered(200, {"events_received": True}, sent=1).counted is Counted.UNKNOWN


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_a_success_under_a_status_of_failure_is_unknown(status):
    answer = answered(status, {"events_received": 3})

    assert (answer.counted, answer.next) == (Counted.UNKNOWN, Retryable())


def test_an_error_outweighs_a_number_received():
    assert answered(200, {"events_received": 3, **failed(190)}).counted is Counted.NO


# What cannot be read


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("reply", [None, [], "<html>", 7, True, {}, {"error": "invalid_token"}, {"error": [190]}])
def test_what_is_no_json_object_of_graphs_is_unknown_whatever_its_status(status, reply):
    answer = answered(status, reply)

    assert (answer.counted, answer.next, answer.http_status) == (Counted.UNKNOWN, Retryable(), status)
    assert (answer.code, answer.subcode) == (None, None)


@pytest.mark.parametrize("code", [None, "190", 190.0, True, 2**31, -(10**30), [], {}], ids=repr)
def test_an_error_without_a_readable_code_was_not_counted_and_is_tried_again(code):
    answer = answered(400, failed(code))

    assert (answer.counted, answer.next, answer.code) == (Counted.NO, Retryable(), None)


def test_a_time_out_is_unknown_and_a_failed_connection_was_not_counted():
    assert unknown() == Answer(Counted.UNKNOWN, Retryable())
    assert not_sent() == Answer(Counted.NO, Retryable())


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_with_a_code_nobody_knows_is_tried_again_and_the_event_does_not_die_of_it(status):
    """A 5xx is a failure of Meta's; "this event will never be taken" is known of the codes in the table only."""
    answer = answered(status, failed(987_654))

    assert answer.counted is Counted.NO
    assert type(answer.next) is Retryable


@pytest.mark.parametrize("status", [400, 403, 404, 412])
def test_an_unknown_code_was_not_counted_either(status):
    answer = answered(status, failed(5, 12))

    assert answer.counted is Counted.NO
    assert not isinstance(answer.next, Accepted)


# When


@pytest.mark.parametrize("reply", [None, failed(4), failed(2), failed(100, is_transient=True), {"events_received": 1}])
def test_a_retry_after_is_kept_where_it_is_tried_again(reply):
    throttled = reply == failed(4)
    assert answered(429, reply, retry_after=90.0).next == Retryable(90.0, throttled=throttled)
    assert answered(429, reply).next == Retryable(None, throttled=throttled)


def test_a_retry_after_does_not_make_a_dead_token_or_a_bad_event_wait():
    assert type(answered(400, failed(190), retry_after=90.0).next) is Paused
    assert type(answered(400, failed(100), retry_after=90.0).next) is Refused


# Texts never decide

TITLES = ["Ungültiger Parameter", "Paramètre non valide", "アクセストークン", "Error 190: token expired", "", None]


@pytest.mark.parametrize(("code", "subcode", "status", "wanted"), CASES)
def test_messages_are_localised_and_decide_nothing(code, subcode, status, wanted):
    plain = answered(status, failed(code, subcode))

    for text in TITLES:
        worded = failed(code, subcode, message=text, error_user_title=text, error_user_msg=text)
        assert answered(status, worded) == plain


@given(
    st.sampled_from([1, 2, 4, 10, 17, 100, 190, 200, 803, 2635]),
    st.sampled_from([None, 33, 463, 2804003, 2804009]),
    st.sampled_from([200, 400, 401, 403, 429, 500, 503]),
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("message", "type", "error_user_title", "error_user_msg", "error_data"), st.text()),
    ),
)
def test_neither_the_type_nor_any_other_word_of_an_error_decides(code, subcode, status, words):
    assert answered(status, failed(code, subcode, **words)) == answered(status, failed(code, subcode))


@given(
    st.integers(100, 599),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "code", "error_subcode", "is_transient", "events_received", "fbtrace_id"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
)
def test_no_reply_at_all_is_a_surprise(status, reply):
    answer = answered(status, reply)

    assert isinstance(answer.next, Accepted | Retryable | Paused | Refused)
    assert (answer.counted is Counted.YES) == (answer.next == Accepted())


def test_what_people_read_of_it_holds_nothing_of_metas_words():
    """They may echo what was sent."""
    echo = "ada@example.com"
    for code, subcode in ((190, None), (100, 33), (100, 2804016), (100, 999), (200, None), (5, 12)):
        answer = answered(400, failed(code, subcode, message=echo, error_user_msg=echo, error_user_title=echo))
        assert echo not in repr(answer)


def test_each_reason_a_merchant_can_mend_has_its_own_words():
    reasons = [
        answered(400, failed(code, subcode)).next.reason for code, subcode in ((190, None), (200, None), (100, 33))
    ]

    assert len(set(reasons)) == 3


def test_a_refusal_without_words_of_its_own_names_code_and_subcode():
    assert "100" in answered(400, failed(100, 2804019)).next.advice
    assert "2804019" in answered(400, failed(100, 2804019)).next.advice


def test_the_trace_is_kept_from_success_and_failure_and_cut_to_its_column():
    assert answered(400, failed(190)).fbtrace_id == "A6UyEgg"
    assert answered(200, {"events_received": 3, "fbtrace_id": "x" * 500}).fbtrace_id == "x" * 64
    assert answered(200, {"events_received": 3, "fbtrace_id": 7}).fbtrace_id is None


# Replies that Graph really gave

REAL = {
    (190, None): Paused,
    (100, 2804003): Refused,
    (21009, None): Retryable,
    (17, None): Retryable,
    (100, 33): Paused,
    (100, 34): Refused,
    (100, 38): Refused,
    (3, 10): Paused,
    (100, 2804009): Refused,
}
MADE_UP = (5, 12)  # by whoever recorded them, for a code that nobody handles


def test_replies_that_graph_really_gave(corpus):
    replies = [one["httpRes"] for one in json.loads((corpus / "meta" / "graph-replies.json").read_text())]
    read = {}
    for reply in replies:
        error = reply["data"].get("error")
        answer = answered(reply["status"], reply["data"], sent=1)
        if error is None:
            assert (answer.counted, answer.next) == (Counted.YES, Accepted())
            continue
        assert answer.counted is Counted.NO
        read[error["code"], error.get("error_subcode")] = type(answer.next)

    assert {key: found for key, found in read.items() if key != MADE_UP} == REAL
    assert len(replies) == len(REAL) + 2
