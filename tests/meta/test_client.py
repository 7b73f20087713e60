"""The Graph client against the stand-in for Meta, and against sockets that do what no HTTP server can be told to do.

Long: a case for each way in which an answer can fail to come.
"""

import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from integration.meta.client import MAX_BATCH, PARTNER_AGENT, GraphClient
from integration.meta.errors import Accepted, Answer, Counted, Paused, Refused, Retryable
from integration.meta.event import ServerEvent, encode
from tests.rig import wire as rig
from tests.rig.wire import HOST, answering, http, once, serving

DATASET, TOKEN = "100000000000001", "EAAB-a-constructed-token"
YES = b'{"events_received":1,"messages":[],"fbtrace_id":"A6UyEgg"}'
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def purchase(**more):
    whole = {"custom_data": {"value": 12.5, "currency": "EUR"}, "event_source_url": "https://shop.example.com/", **more}
    return ServerEvent("Purchase", "5001", datetime.now(UTC), "website", {"em": "a" * 64}, **whole)


def call(url, *events, client=None, **more) -> Answer:
    return (client or GraphClient(url, "v26.0")).send(
        DATASET, TOKEN, [encode(event) for event in events or [purchase()]], **more
    )


def doubtful(answer):
    return (answer.counted, type(answer.next)) == (Counted.UNKNOWN, Retryable)


def not_counted(answer):
    return (answer.counted, type(answer.next)) == (Counted.NO, Retryable)


@pytest.fixture(scope="session")
def identity(tmp_path_factory):
    """A certificate for our own address that vouches for itself."""
    return rig.certificate(tmp_path_factory.mktemp("tls"), HOST)


@pytest.fixture
def trusted(identity, monkeypatch):
    """The same, where this machine trusts it: TLS as it is with Meta."""
    monkeypatch.setenv("SSL_CERT_FILE", str(identity))
    return rig.context(identity)


# What leaves


def test_the_token_is_in_the_body_and_nowhere_in_address_or_headers():
    with serving(answering(http(YES))) as wire:
        call(wire.url, purchase(), purchase())
    (head,), (body,) = wire.heads, wire.bodies

    assert head.splitlines()[0] == f"POST /v26.0/{DATASET}/events HTTP/1.1"
    assert TOKEN not in head
    assert "authorization" not in head.lower()
    assert "content-type: application/json" in head.lower()
    told = json.loads(body)
    assert told.keys() == {"data", "access_token", "partner_agent"}
    assert told["access_token"] == TOKEN
    assert [one["event_id"] for one in told["data"]] == ["5001", "5001"]
    assert TOKEN not in json.dumps(told["data"])


def test_a_test_event_code_goes_only_where_one_is_given():
    with serving(answering(http(YES))) as wire:
        call(wire.url, test_event_code="TEST123")
        call(wire.url, test_event_code=None)

    assert [json.loads(body).get("test_event_code", "absent") for body in wire.bodies] == ["TEST123", "absent"]


def test_our_name_is_shorter_than_23_characters_and_has_two_letters(sandbox):
    call(sandbox.url)

    assert [one["partner_agent"] for one in sandbox.requests()] == [PARTNER_AGENT]
    assert len(PARTNER_AGENT) < 23
    assert sum(letter.isalpha() for letter in PARTNER_AGENT) >= 2


def test_neither_proxies_nor_logins_of_the_environment_are_used(monkeypatch, tmp_path, trusted):
    (tmp_path / ".netrc").write_text(f"machine {HOST} login ada password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(once(http(b"{}"))) as proxy, serving(answering(http(YES))) as plain:
        for name in PROXY_VARIABLES:
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        with serving(answering(http(YES)), trusted) as secure:
            assert call(plain.url).counted is Counted.YES
            assert call(secure.url).counted is Counted.YES

    assert proxy.connections == 0
    assert len(plain.heads) == len(secure.heads) == 1
    assert not any("authorization" in head.lower() for head in (*plain.heads, *secure.heads))


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("body", [b"", b"<html>moved</html>", YES], ids=["empty", "page", "a success"])
def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else(status, body):
    with serving(answering(http(YES))) as elsewhere:
        address = f"Location: {elsewhere.url}/v26.0/{DATASET}/events"
        with serving(answering(http(body, status, address))) as wire:
            answer = call(wire.url)

    assert doubtful(answer)
    assert answer.http_status == int(status[:3])
    assert (elsewhere.connections, elsewhere.bodies) == (0, [])


# What comes back


def test_a_thousand_events_are_one_call(sandbox):
    answer = call(sandbox.url, *([purchase()] * MAX_BATCH))

    assert (answer.counted, answer.next, answer.http_status) == (Counted.YES, Accepted(), 200)
    assert answer.fbtrace_id
    assert [one["events"] for one in sandbox.requests()] == [1_000]


def test_a_refused_token_and_a_refused_event_were_not_counted(sandbox):
    bad_token = GraphClient(sandbox.url, "v26.0").send(DATASET, "bad-token", [encode(purchase())])
    bad_event = call(sandbox.url, purchase(custom_data={"currency": "EUR"}))

    assert (bad_token.counted, type(bad_token.next), bad_token.code) == (Counted.NO, Paused, 190)
    assert (bad_event.counted, type(bad_event.next), bad_event.subcode) == (Counted.NO, Refused, 2804009)
    assert sandbox.events() == []


@pytest.mark.parametrize(
    ("fault", "counted_there"),
    [
        ({"kind": "reset"}, 0),
        ({"kind": "accept_then_reset"}, 1),
        ({"kind": "half"}, 1),
        ({"kind": "malformed_json"}, 1),
        ({"kind": "html", "status": 200}, 0),
        ({"kind": "html", "status": 200, "accept": True}, 1),
        ({"kind": "html", "status": 502}, 0),
        ({"kind": "status", "status": 503}, 0),
        ({"kind": "short_count"}, 0),
        ({"kind": "error", "code": 2, "status": 503, "accept": True}, 1),
        ({"kind": "error", "code": 100, "status": 500, "is_transient": True, "accept": True}, 1),
    ],
    ids=lambda fault: "-".join(str(part) for part in fault.values()) if isinstance(fault, dict) else str(fault),
)
def test_what_says_nothing_of_the_events_is_unknown_whether_they_were_counted_or_not(sandbox, fault, counted_there):
    sandbox.fail(**fault)
    answer = call(sandbox.url)

    assert doubtful(answer)
    assert len(sandbox.events()) == counted_there


def test_a_throttled_call_was_not_counted(sandbox):
    sandbox.fail(kind="error", code=17, status=400)

    assert not_counted(call(sandbox.url))


GARBAGE = {
    "silence": b"",
    "no HTTP": b"220 mail.example.com ESMTP\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "a huge status": b"HTTP/1.1 99999 OK\r\n\r\n",
    "HTTP of the future": b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "to be continued": b"HTTP/1.1 100 Continue\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n" + YES,
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "odd chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3a\r\n" + YES[:20],
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n" + YES,
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n" + YES,
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "no UTF-8": http(b'{"events_received":1,"messages":["\xff"]}'),
    "deep": http(b"[" * 100_000),
    "a huge number": http(b'{"events_received":1' + b"0" * 5_000 + b"}"),
    "not a number": http(b'{"events_received":NaN}'),
    "a text": http(b'"events_received"'),
    "a redirect to nowhere": http(b"{}", "302 Found", "Location: http://[::1"),
}


@pytest.mark.parametrize("reply", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_an_answer_too_and_never_an_exception(reply):
    with serving(once(reply)) as wire:
        assert doubtful(call(wire.url))
    assert wire.connections == 1, "and it is not sent again"


def test_half_an_answer_is_unknown_however_good_the_half():
    with serving(once(http(YES + b" " * 100)[:-50])) as wire:
        assert doubtful(call(wire.url))


def test_a_connection_that_ends_without_an_answer_is_unknown():
    def behave(wire, connection):
        wire.read(connection)
        rig.reset(connection)

    for how in (once(b""), behave):
        with serving(how) as wire:
            assert doubtful(call(wire.url))


@pytest.mark.parametrize(("size", "readable"), [(1024 * 1024, True), (1024 * 1024 + 1, False), (5_000_000, False)])
def test_an_answer_may_be_as_long_as_a_mebibyte(size, readable):
    with serving(answering(http(YES + b" " * (size - len(YES))))) as wire:
        answer = call(wire.url)

    assert answer.counted is Counted.YES if readable else doubtful(answer)


def test_an_answer_is_measured_unpacked():
    packed = gzip.compress(YES + b" " * 50_000_000)
    with serving(once(http(packed, "200 OK", "Content-Encoding: gzip"))) as wire:
        assert doubtful(call(wire.url))
    assert len(packed) < 100_000


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("90", 90.0),
        ("0", 0.0),
        ("3600", 3_600.0),
        ("999999", 3_600.0),
        ("9" * 400, 3_600.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_retry_after_in_seconds_is_honoured_up_to_an_hour(given, after):
    throttled = json.dumps({"error": {"code": 4, "message": "slow down"}}).encode()
    for reply in (throttled, b"<html>slow down</html>"):
        with serving(answering(http(reply, "429 Too Many", f"Retry-After: {given}"))) as wire:
            assert call(wire.url).next == Retryable(after, throttled=reply == throttled)


# Connections


def test_calls_share_a_connection_whatever_is_answered():
    refused = http(json.dumps({"error": {"code": 190}}).encode(), "401 Unauthorized")
    with serving(
        answering(http(YES), refused, http(b"<html>", "502 Bad Gateway"), http(b"", "503 Away"), http(YES))
    ) as wire:
        client = GraphClient(wire.url, "v26.0")
        answers = [call(wire.url, client=client) for _ in range(6)]

    assert [one.counted for one in answers] == ["yes", "no", "unknown", "unknown", "yes", "yes"]
    assert wire.connections == 1


def test_after_an_answer_that_was_cut_short_the_next_call_begins_afresh():
    with serving(answering(http(b" " * 2_000_000 + YES), http(YES))) as wire:
        client = GraphClient(wire.url, "v26.0")
        assert doubtful(call(wire.url, client=client))
        assert call(wire.url, client=client).counted is Counted.YES

    assert wire.connections == 2


def test_many_threads_may_call_at_once(sandbox):
    client = GraphClient(sandbox.url, "v26.0")
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda _: call(sandbox.url, client=client), range(64)))

    assert {answer.counted for answer in answers} == {Counted.YES}
    assert len(sandbox.requests()) == 64


def test_a_refused_connection_was_not_counted():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]

    assert not_counted(call(f"http://{HOST}:{port}"))


# TLS


def test_over_tls_it_works_like_this(trusted):
    with serving(answering(http(YES)), trusted) as wire:
        assert wire.url.startswith("https://")
        assert call(wire.url).counted is Counted.YES
    assert json.loads(wire.bodies[0])["access_token"] == TOKEN


def test_a_certificate_that_nobody_vouches_for_gets_no_token(identity):
    with serving(answering(http(YES)), rig.context(identity)) as wire:
        assert not_counted(call(wire.url))
    assert (wire.connections, wire.bodies) == (1, [])


def test_a_certificate_of_another_host_gets_no_token(tmp_path, monkeypatch):
    other = rig.certificate(tmp_path, "192.0.2.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with serving(answering(http(YES)), rig.context(other)) as wire:
        assert not_counted(call(wire.url))
    assert (wire.connections, wire.bodies) == (1, [])


def hello_then(act):
    def behave(wire, connection):
        connection.recv(65_536)
        act(connection)

    return behave


@pytest.mark.parametrize(
    "act",
    [
        lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        lambda connection: None,
        rig.reset,
    ],
    ids=["speaks no TLS", "hangs up", "resets"],
)
def test_a_handshake_that_fails_was_not_counted_since_nothing_was_sent(act):
    with serving(hello_then(act)) as wire:
        assert not_counted(call(wire.url.replace("http://", "https://")))


@pytest.mark.parametrize("begun", [b"", http(YES)[:-20]], ids=["before the answer", "in the middle of it"])
def test_tls_that_breaks_after_the_call_has_left_is_unknown(trusted, begun):
    """The handshake had succeeded and the events were sent: they may have been counted."""

    def behave(wire, connection):
        wire.read(connection)
        connection.sendall(begun)
        rig.send_raw(connection, b"what is no TLS record at all")

    with serving(behave, trusted) as wire:
        assert doubtful(call(wire.url))
    assert json.loads(wire.bodies[0])["access_token"] == TOKEN
