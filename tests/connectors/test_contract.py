"""What every platform owes us, asked of every platform and every constructed body it has."""

import json
import re
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry
from connectors.contract import WebhookRequest
from connectors.errors import ConnectorError, InvalidSignature, NotUsed
from connectors.event import Event, Kind, PrivacyRequest, StoreUninstalled
from tests.rig.golden import bodies, golden_of, outcome, topic_of

SECRET = "a secret of the tests only"
KEY = "aKey-1"
DOMAIN = "127.0.0.1:9000"
THEN = datetime(2026, 11, 20, 9, 30, 15, 999_999, tzinfo=UTC)
MESSAGES = (Event, PrivacyRequest, StoreUninstalled)
ODD_VALUES = (None, [], {}, "", "odd", -1, 0, 1.5, True, [None], {"id": []}, "\ud800", "\x00", 10**30, ["a", {"b": 1}])
ODD_TOPICS = ("", " ", "nonsense", "orders", "../..", "orders/create/", "order.created.", "\x00", "😀", "a" * 10_000)

CONNECTORS = registry.connectors()
CASES = [
    pytest.param(connector, path, id=f"{connector.name}-{path.stem}")
    for connector in CONNECTORS
    for path in bodies(connector)
]
each_platform = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
each_body = pytest.mark.parametrize(("connector", "path"), CASES)
# A loaded machine is no finding: these ask what is told, not how fast.
unhurried = settings(deadline=None)

_TELLING = re.compile(r"e?mail|phone|(first|last|company)?_?name|address_?[12]|street|city|zip|postcode", re.IGNORECASE)
_PERSON = (
    "customer",
    "billing",
    "shipping",
    "billing_address",
    "shipping_address",
    "default_address",
    "email",
    "phone",
)


def signed(connector, topic, body, secret=SECRET):
    told = connector.sign(topic, body, secret, DOMAIN)
    return WebhookRequest(body, {name.lower(): text for name, text in told.items()}, KEY)


def refused(connector, request, *secrets):
    with pytest.raises(InvalidSignature):
        connector.verify(request, secrets)


def personal_data(body):
    """E-mail addresses, telephone numbers, names and addresses in the parts of a body that are about people."""
    document = json.loads(body)
    people = [document.get(key) for key in _PERSON if isinstance(document, dict)]
    return {text for person in people for text in _texts(person) if len(text) > 2}


def _texts(value, key="email"):
    if isinstance(value, dict):
        return {text for name, member in value.items() for text in _texts(member, name)}
    if isinstance(value, list):
        return {text for member in value for text in _texts(member)}
    return {value} if isinstance(value, str) and _TELLING.fullmatch(key) else set()


def tell(connector, topic, body):
    """The messages, or the ConnectorError; nothing else may come."""
    try:
        messages = connector.parse(topic, body)
    except ConnectorError as error:
        return error
    assert messages
    assert all(isinstance(message, MESSAGES) for message in messages)
    return messages


def keeps_silent(error, personal):
    """No error's text, nor that of the errors behind it, tells who bought."""
    said = "".join(traceback.TracebackException.from_exception(error).format_exception_only())
    behind = [error.__cause__, error.__context__]
    said += " ".join(str(one) for one in (error, *error.args, *behind) if one is not None)
    assert not [text for text in personal if text in said]


@each_platform
def test_every_topic_has_a_body_and_every_body_is_of_a_topic(connector):
    assert {topic_of(connector, path) for path in bodies(connector)} == set(connector.topics)


@each_platform
def test_every_golden_file_has_its_body(connector):
    found = bodies(connector)
    assert set(found[0].parent.glob("*.event.json")) == {golden_of(path) for path in found}


@each_platform
def test_there_are_orders_with_people_in_them(connector):
    """Else the tests below would find nobody to keep silent about."""
    with_people = [path for path in bodies(connector) if len(personal_data(path.read_bytes())) >= 5]
    assert len(with_people) >= 5


@each_body
def test_a_body_tells_what_its_golden_file_says(connector, path):
    assert outcome(connector, topic_of(connector, path), path.read_bytes()) == json.loads(golden_of(path).read_text())


@each_body
def test_a_signed_request_is_of_its_store_and_topic_and_verifies(connector, path):
    topic, body = topic_of(connector, path), path.read_bytes()
    request = signed(connector, topic, body)
    connector.verify(request, [SECRET])
    connector.verify(request, ["a newer one", SECRET])
    identity = connector.identify(request)
    assert identity.topic == topic
    assert (identity.domain, identity.key) in ((DOMAIN, None), (None, KEY))
    assert connector.is_ping(request) is False


@each_body
def test_a_flipped_byte_another_secret_and_the_empty_secret_do_not_verify(connector, path):
    topic, body = topic_of(connector, path), path.read_bytes()
    request = signed(connector, topic, body)
    for place in {0, 1, len(body) // 2, len(body) - 1}:
        flipped = bytearray(body)
        flipped[place] ^= 1
        refused(connector, WebhookRequest(bytes(flipped), request.headers, KEY), SECRET)
    refused(connector, request, "another store's secret", SECRET.upper(), SECRET[:-1])
    refused(connector, request)
    refused(connector, request, "")
    refused(connector, signed(connector, topic, body, secret=""), "", SECRET)


@each_platform
def test_the_signature_of_one_body_signs_no_other(connector):
    first, second, *_ = bodies(connector)
    headers = signed(connector, topic_of(connector, first), first.read_bytes()).headers
    refused(connector, WebhookRequest(second.read_bytes(), headers, KEY), SECRET)


@each_platform
def test_w12_a_header_written_with_underscores_is_no_signature(connector):
    path = bodies(connector)[0]
    request = signed(connector, topic_of(connector, path), path.read_bytes())
    underscored = {name.replace("-", "_"): text for name, text in request.headers.items()}
    refused(connector, WebhookRequest(request.body, underscored, KEY), SECRET)
    refused(connector, WebhookRequest(request.body, {}, KEY), SECRET)


@each_body
def test_a_truncated_body_raises_a_connector_error_that_keeps_silent(connector, path):
    topic, body = topic_of(connector, path), path.read_bytes().rstrip()
    personal = personal_data(body)
    for length in {*range(0, len(body), max(1, len(body) // 40)), 1, len(body) - 1}:
        with pytest.raises(ConnectorError) as raised:
            connector.parse(topic, body[:length])
        keeps_silent(raised.value, personal)


@each_body
def test_an_unknown_topic_is_not_used_and_the_error_keeps_silent(connector, path):
    body = path.read_bytes()
    for topic in ODD_TOPICS:
        with pytest.raises(NotUsed) as raised:
            connector.parse(topic, body)
        keeps_silent(raised.value, personal_data(body))


@each_body
def test_a_body_under_another_topic_raises_nothing_but_a_connector_error_that_keeps_silent(connector, path):
    body = path.read_bytes()
    for topic in connector.topics:
        told = tell(connector, topic, body)
        if isinstance(told, ConnectorError):
            keeps_silent(told, personal_data(body))


@each_body
def test_one_odd_field_raises_nothing_but_a_connector_error_that_keeps_silent(connector, path):
    topic, document = topic_of(connector, path), json.loads(path.read_bytes())
    personal = personal_data(path.read_bytes())
    for number, field in enumerate(document):
        odd = [document | {field: ODD_VALUES[(number + shift) % len(ODD_VALUES)]} for shift in (0, 5, 10)]
        without = {name: value for name, value in document.items() if name != field}
        for changed in (*odd, without):
            told = tell(connector, topic, json.dumps(changed).encode())
            if isinstance(told, ConnectorError):
                keeps_silent(told, personal)


@each_platform
@unhurried
@given(data=st.data())
def test_a_body_with_any_bytes_in_the_middle_raises_nothing_but_a_connector_error(connector, data):
    path = data.draw(st.sampled_from(bodies(connector)))
    body = path.read_bytes()
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, min(len(body), start + 200)))
    tell(connector, topic_of(connector, path), body[:start] + data.draw(st.binary(max_size=40)) + body[stop:])


def restaged(connector, path, order_id="777001", placed_at=THEN):
    return connector.restage(path.read_bytes(), order_id=order_id, placed_at=placed_at, domain=DOMAIN)


def kinds(told):
    if isinstance(told, ConnectorError):
        return str(told)
    return [(type(one).__name__, getattr(one, "kind", None), getattr(one, "order", None) is None) for one in told]


def both(connector, path, **more):
    topic = topic_of(connector, path)
    return tell(connector, topic, path.read_bytes()), tell(connector, topic, restaged(connector, path, **more))


def events(told):
    return [] if isinstance(told, ConnectorError) else [one for one in told if isinstance(one, Event)]


@each_body
def test_a_body_told_again_tells_the_same_kinds_of_things(connector, path):
    before, after = both(connector, path)
    assert kinds(before) == kinds(after)


@each_body
def test_a_body_told_again_is_of_the_order_asked_for(connector, path):
    before, after = (events(told) for told in both(connector, path))
    for old, new in zip(before, after, strict=True):
        assert new.subject != old.subject
        assert new.order_id == (None if old.order_id is None else "777001")
        assert (new.order and new.order.id) == (old.order and "777001")
        assert new.subject == "777001" or new.kind in (Kind.REFUND, Kind.CHECKOUT_STARTED)


@each_body
def test_without_an_order_id_every_subject_stays(connector, path):
    before, after = (events(told) for told in both(connector, path, order_id=None))
    assert [one.subject for one in before] == [one.subject for one in after]


@each_body
def test_a_body_told_again_was_placed_when_asked_in_whole_seconds(connector, path):
    before, after = (events(told) for told in both(connector, path))
    for old, new in zip(before, after, strict=True):
        assert new.placed_at == (old.placed_at and THEN.replace(microsecond=0))


@each_body
def test_all_times_of_a_body_move_by_as_much(connector, path):
    before, after = (events(told) for told in both(connector, path))
    for old, new in zip(before, after, strict=True):
        for name in ("paid_at", "updated_at"):
            then, now = getattr(old, name), getattr(new, name)
            assert (then is None) == (now is None)
            if then and old.placed_at:
                assert now - new.placed_at == then - old.placed_at


@each_body
def test_money_and_people_stay_when_a_body_is_told_again(connector, path):
    before, after = (events(told) for told in both(connector, path))
    for old, new in zip(before, after, strict=True):
        assert (new.amounts, new.lines, new.customer, new.region) == (
            *(old.amounts, old.lines),
            *(old.customer, old.region),
        )


@each_body
def test_two_order_ids_are_two_subjects(connector, path):
    topic = topic_of(connector, path)
    first, second = (
        events(tell(connector, topic, restaged(connector, path, order_id))) for order_id in ("777001", "777002")
    )
    assert not {one.subject for one in first} & {one.subject for one in second}
    assert len({one.subject for one in first}) == len(first)


@each_body
def test_the_same_told_again_twice_is_the_same_to_the_byte(connector, path):
    assert restaged(connector, path) == restaged(connector, path)
    moved = restaged(connector, path, order_id=None)
    assert connector.restage(moved, order_id=None, placed_at=THEN, domain=DOMAIN) == moved


@each_body
def test_a_body_told_again_is_of_the_store_asked_for(connector, path):
    before, after = both(connector, path)
    if not isinstance(before, ConnectorError):
        assert [one.site and DOMAIN for one in before] == [one.site for one in after]


@each_platform
@unhurried
@given(
    data=st.data(),
    order_id=st.integers(1, 10**15).map(str),
    age=st.timedeltas(timedelta(0), timedelta(days=3_000)),
)
def test_any_order_at_any_time_can_be_told(connector, data, order_id, age):
    path = data.draw(st.sampled_from(bodies(connector)))
    before, after = both(connector, path, order_id=order_id, placed_at=THEN - age)
    assert kinds(before) == kinds(after)
    for old, new in zip(events(before), events(after), strict=True):
        assert new.placed_at == (old.placed_at and (THEN - age).replace(microsecond=0))
        assert new.order_id in (None, order_id)
