"""When a request has arrived whole: never a byte too early, never a byte too late, and never waiting for nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.web import arrival, webhooks
from integration.web.arrival import MOST_WIRE, Arrival

HEAD = b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 300 + b"\r\n"


def in_chunks(parts: list[bytes]) -> bytes:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


def with_length(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


REQUESTS = st.one_of(
    st.binary(max_size=200).map(with_length),
    st.lists(st.binary(max_size=60) | st.just(b"\r\n0\r\n\r\n"), max_size=5).map(in_chunks),
    st.just(HEAD + b"\r\n"),
)


def told(*pieces: bytes) -> Arrival:
    found = Arrival()
    for piece in pieces:
        assert not found.whole
        found.heard += piece
    return found


@given(REQUESTS, st.lists(st.integers(0, 900)))
def test_it_is_whole_with_its_last_byte_and_not_before(request_bytes: bytes, cuts: list[int]) -> None:
    places = sorted({0, *(cut for cut in cuts if cut < len(request_bytes)), len(request_bytes) - 1})
    pieces = [request_bytes[a:b] for a, b in zip(places, [*places[1:], len(request_bytes)], strict=True)]
    arrived = told(*pieces)
    assert arrived.whole
    assert not arrived.cut_short
    assert bytes(arrived.heard) == request_bytes


@given(REQUESTS, st.binary(max_size=50))
def test_what_follows_is_left_for_the_next_request(request_bytes: bytes, more: bytes) -> None:
    arrived = told(request_bytes + more)
    assert arrived.whole
    assert bytes(arrived.heard) == request_bytes + more


@pytest.mark.parametrize("size", [arrival.MAX_BODY + 1, 10**11])
def test_a_body_that_says_it_is_too_large_is_not_waited_for(size: int) -> None:
    arrived = told(HEAD + b"Content-Length: %d\r\n\r\n" % size)
    assert arrived.whole
    assert arrived.cut_short


def test_the_bound_is_the_webhooks_own() -> None:
    assert arrival.MAX_BODY == webhooks.MAX_BODY


@pytest.mark.parametrize(
    "nonsense",
    [b"zz\r\n", b"-5\r\n", b"\r\n\r\n", b"1" * 70_000, b"0\r\n" + b"x" * 70_000, b"ffffffff\r\n" + b"x" * MOST_WIRE],
    ids=["letters", "negative", "nothing", "a line without end", "trailers without end", "a chunk without end"],
)
def test_chunks_that_make_no_sense_are_not_waited_for(nonsense: bytes) -> None:
    arrived = told(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", nonsense)
    assert arrived.whole
    assert arrived.cut_short


def test_a_head_without_end_is_not_waited_for() -> None:
    arrived = told(b"POST / HTTP/1.1\r\nX: " + b"y" * 70_000)
    assert arrived.whole
    assert arrived.cut_short


def test_who_waits_for_a_word_is_known_and_the_word_is_not_asked_for_twice() -> None:
    arrived = told(HEAD + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert not arrived.whole
    assert arrived.asks_to_go_on
    arrived.heard += b"{}"
    assert arrived.whole
    assert bytes(arrived.heard) == with_length(b"{}")
