"""What Graph refuses, asked over HTTP. The subcodes are Meta's; where none is known the sandbox gives none."""

import time

import pytest

DAY = 86_400
INVALID = (400, 100, None)
TOO_OLD = (400, 100, 2804003)
NO_VALUE = (400, 100, 2804009)
NO_CURRENCY = (400, 100, 2804010)
NOT_HASHED = (400, 100, 2804016)
TOO_LITTLE = (400, 100, 2804050)


def ago(seconds):
    return int(time.time()) - seconds


def test_a_good_event_is_taken(sandbox, make):
    answer = sandbox.post(make.event())
    assert answer.status == 200
    assert {**answer.json, "fbtrace_id": ""} == {"events_received": 1, "messages": [], "fbtrace_id": ""}
    assert answer.json["fbtrace_id"]


def test_a_thousand_events_are_taken(sandbox, make):
    answer = sandbox.post(*(make.event(event_id=str(number)) for number in range(1_000)))
    assert answer.json["events_received"] == 1_000
    assert sandbox.counts()["counted"] == 1_000


def test_more_than_a_thousand_are_refused(sandbox, make):
    assert sandbox.post(*([make.event()] * 1_001)).refusal == INVALID
    assert sandbox.events() == []


@pytest.mark.parametrize("data", [[], None, "", {}, "nonsense", [None], ["nonsense"], [[]]])
def test_a_call_without_events_is_refused(sandbox, data):
    assert sandbox.post(data=data).refusal == INVALID


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data": [NaN]}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(sandbox, body):
    answer = sandbox.request("POST", "/v26.0/1/events", body, {"Authorization": "Bearer token-of-ada"})
    assert answer.refusal == INVALID


def test_one_bad_event_refuses_the_whole_batch_and_does_not_say_which(sandbox, make):
    good, bad = make.event(event_id="good"), make.event(event_id="bad", event_time=ago(8 * DAY))
    answer = sandbox.post(good, bad, good)
    assert answer.refusal == TOO_OLD
    assert b"bad" not in answer.body
    assert sandbox.events() == []
    assert sandbox.requests()[0]["position"] == 1


@pytest.mark.parametrize("key", ["event_name", "event_time", "user_data", "action_source", "event_source_url"])
def test_a_website_event_needs_each_required_key(sandbox, make, key):
    assert sandbox.post(make.event(**{key: None})).refusal == INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"event_name": ""},
        {"event_name": 7},
        {"event_id": ""},
        {"event_id": 1001},
        {"event_time": "1700000000"},
        {"event_time": 1700000000.5},
        {"event_time": True},
        {"user_data": []},
        {"user_data": "em"},
        {"action_source": "web"},
        {"action_source": ["website"]},
        {"event_source_url": ""},
        {"custom_data": []},
        {"value": 12.5},
    ],
    ids=str,
)
def test_a_key_of_the_wrong_shape_or_place_refuses(sandbox, make, change):
    assert sandbox.post(make.event(**change)).refusal == INVALID


def test_an_event_of_seven_days_is_taken_and_an_older_one_is_not(sandbox, make):
    assert sandbox.post(make.event(event_time=ago(7 * DAY - 60))).status == 200
    assert sandbox.post(make.event(event_time=ago(7 * DAY + 60))).refusal == TOO_OLD


def test_an_event_of_a_physical_store_may_be_62_days_old(sandbox, make):
    assert sandbox.post(make.event(action_source="physical_store", event_time=ago(62 * DAY - 60))).status == 200
    assert sandbox.post(make.event(action_source="physical_store", event_time=ago(62 * DAY + 60))).refusal == TOO_OLD


def test_the_future_begins_after_a_minute(sandbox, make):
    assert sandbox.post(make.event(event_time=ago(-50))).status == 200
    assert sandbox.post(make.event(event_time=ago(-70))).refusal == INVALID


def test_milliseconds_are_far_in_the_future(sandbox, make):
    assert sandbox.post(make.event(event_time=int(time.time() * 1000))).refusal == INVALID


@pytest.mark.parametrize("source", ["email", "system_generated", "physical_store", "other"])
def test_only_website_events_need_an_address(sandbox, make, source):
    assert sandbox.post(make.event(action_source=source, event_source_url=None)).status == 200


def test_a_website_event_without_a_user_agent_is_taken_as_graph_was_seen_to_do(sandbox, make):
    assert sandbox.post(make.event(user_data={"em": make.digest("ada@example.com")})).status == 200


@pytest.mark.parametrize(
    ("custom", "refusal"),
    [
        (None, NO_VALUE),
        ({}, NO_VALUE),
        ({"currency": "EUR"}, NO_VALUE),
        ({"value": None, "currency": "EUR"}, NO_VALUE),
        ({"value": 12.5}, NO_CURRENCY),
        ({"value": 0}, NO_CURRENCY),
        ({"value": "twelve", "currency": "EUR"}, INVALID),
        ({"value": "12,50", "currency": "EUR"}, INVALID),
        ({"value": True, "currency": "EUR"}, INVALID),
        ({"value": [12.5], "currency": "EUR"}, INVALID),
        ({"value": 12.5, "currency": "EURO"}, INVALID),
        ({"value": 12.5, "currency": "€"}, INVALID),
        ({"value": 12.5, "currency": 978}, INVALID),
    ],
    ids=str,
)
def test_a_purchase_needs_a_value_and_a_currency(sandbox, make, custom, refusal):
    assert sandbox.post(make.event(custom_data=custom)).refusal == refusal


def test_an_infinite_value_is_refused(sandbox):
    body = f"""{{"access_token": "t", "data": [{{"event_name": "Purchase", "event_time": {ago(1)}, "event_id": "1",
        "action_source": "other", "user_data": {{"external_id": "7"}},
        "custom_data": {{"value": 1e999, "currency": "EUR"}}}}]}}"""
    assert sandbox.request("POST", "/v26.0/1/events", body).refusal == INVALID
    assert sandbox.request("POST", "/v26.0/1/events", body.replace("1e999", "1e3")).status == 200


def test_nan_is_no_json_wherever_it_stands(sandbox, make):
    priced = make.event(custom_data={"value": 1, "currency": "EUR", "contents": [{"item_price": float("nan")}]})
    # The whole body cannot be read, the token in it neither: that one comes as a header.
    assert sandbox.post(priced, headers={"Authorization": "Bearer t"}).refusal == INVALID


@pytest.mark.parametrize("value", [0, 0.01, 12, "142.52"])
def test_numbers_and_text_that_is_a_number_are_values(sandbox, make, value):
    assert sandbox.post(make.event(custom_data={"value": value, "currency": "usd"})).status == 200


def test_other_events_need_neither_but_what_they_give_must_be_right(sandbox, make):
    assert sandbox.post(make.event("Lead", custom_data=None)).status == 200
    assert sandbox.post(make.event("Lead", custom_data={"value": "many"})).refusal == INVALID
    assert sandbox.post(make.event("Lead", custom_data={"currency": "E1R"})).refusal == INVALID


@pytest.mark.parametrize("key", "em ph fn ln db ge ct st zp country f5first dobd".split())
@pytest.mark.parametrize(
    "value",
    ["raw", "", None, 7, [], "5d41402abc4b2a76b9719d911017c592", "A" * 64, "a" * 63, "g" * 64, "a" * 64 + "\n"],
    ids=str,
)
def test_a_hashed_key_takes_only_sha256_in_lower_case(sandbox, make, key, value):
    assert sandbox.post(make.event(user_data=make.person(**{key: value}))).refusal == NOT_HASHED


def test_one_raw_value_in_a_list_of_hashes_is_refused(sandbox, make):
    hashes = [make.digest("+49301234567"), make.digest("+49307654321")]
    assert sandbox.post(make.event(user_data=make.person(ph=hashes))).status == 200
    assert sandbox.post(make.event(user_data=make.person(ph=[*hashes, "49301234567"]))).refusal == NOT_HASHED


def test_a_digest_with_the_mark_of_metas_parameter_builder_is_taken(sandbox, make):
    marked = make.digest("ada@example.com") + ".AQIBAQEA"
    assert sandbox.post(make.event(user_data=make.person(em=marked))).status == 200
    assert sandbox.post(make.event(user_data=make.person(em=marked + "x"))).refusal == NOT_HASHED


@pytest.mark.parametrize("key", ["client_ip_address", "client_user_agent", "fbc", "fbp", "subscription_id"])
def test_what_must_not_be_hashed_is_refused_hashed(sandbox, make, key):
    assert sandbox.post(make.event(user_data=make.person(**{key: make.digest("x")}))).refusal == INVALID
    assert sandbox.post(make.event(user_data=make.person(**{key: ""}))).refusal == INVALID
    assert sandbox.post(make.event(user_data=make.person(**{key: "fb.1.1700000000000.7"}))).status == 200


def test_external_id_may_come_hashed_or_not(sandbox, make):
    for value in ("customer-7", make.digest("customer-7"), ["a", "b"]):
        assert sandbox.post(make.event(user_data=make.person(external_id=value))).status == 200
    assert sandbox.post(make.event(user_data=make.person(external_id=7))).refusal == INVALID


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "client_user_agent",
        "ct country st zp ge client_user_agent",
        "country",
        "db client_user_agent",
        "fn ge",
        "ln ge",
        "made_up_key",
    ],
)
def test_too_broad_a_person_is_refused(sandbox, make, keys):
    plain = {"client_user_agent": "Test/1.0", "made_up_key": "x"}
    user_data = {key: plain.get(key, make.digest(key)) for key in keys.split()}
    assert sandbox.post(make.event(user_data=user_data)).refusal == TOO_LITTLE


@pytest.mark.parametrize("keys", ["fn ln", "fn ge ct", "db ct", "em", "ph", "db ge client_user_agent"])
def test_one_key_more_than_a_broad_set_is_enough(sandbox, make, keys):
    user_data = {key: "Test/1.0" if key == "client_user_agent" else make.digest(key) for key in keys.split()}
    assert sandbox.post(make.event(user_data=user_data)).status == 200


def test_address_and_agent_alone_are_enough_as_in_metas_examples(sandbox, make):
    person = {"client_ip_address": "2001:db8::7", "client_user_agent": "Test/1.0"}
    assert sandbox.post(make.event(user_data=person)).status == 200


def limited(options, country=None, state=None):
    keys = {"": options, "_country": country, "_state": state}
    return {f"data_processing_options{key}": value for key, value in keys.items() if value is not None}


@pytest.mark.parametrize(
    "options",
    [limited([]), limited(["LDU"], 0, 0), limited(["LDU"], 1, 1000), limited(["LDU"], 1, 1013), limited([], 0, 0)],
)
def test_documented_data_processing_options_are_taken(sandbox, make, options):
    assert sandbox.post(make.event(**options)).status == 200


@pytest.mark.parametrize(
    "options",
    [
        limited("LDU", 0, 0),
        limited(["ldu"], 0, 0),
        limited(["LDU", "LDU"], 0, 0),
        limited(["LDU"]),
        limited(["LDU"], 1),
        limited(["LDU"], None, 1000),
        limited(["LDU"], "1", "1000"),
        limited(["LDU"], 2, 1000),
        limited(["LDU"], 1, 1014),
        limited(["LDU"], True, 1000),
        limited(None, 0, 0),
    ],
    ids=str,
)
def test_other_data_processing_options_are_refused(sandbox, make, options):
    assert sandbox.post(make.event(**options)).refusal == INVALID


def test_limited_data_use_without_an_address_needs_the_place_by_number(sandbox, make):
    person = {"em": make.digest("ada@example.com")}
    assert sandbox.post(make.event(user_data=person, **limited(["LDU"], 0, 0))).refusal == INVALID
    assert sandbox.post(make.event(user_data=person, **limited(["LDU"], 1, 0))).refusal == INVALID
    assert sandbox.post(make.event(user_data=person, **limited(["LDU"], 1, 1000))).status == 200
