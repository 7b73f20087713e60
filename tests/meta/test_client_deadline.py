"""A call ends within about 15 seconds, whatever the other side does. All the slow ones are under way at once.

The client takes no deadline of its own to make this quicker, and the tests do not reach into it.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest

from integration.meta.client import GraphClient
from integration.meta.errors import Answer, Counted
from integration.meta.event import ServerEvent, encode
from tests.rig.wire import HOST, Wire, certificate, context, dripping, http, serving

SECONDS, SLACK = 15.0, 2.0
YES = b'{"events_received":1}'
FILLER = "x" * 16_000_000  # more than the buffers of a loopback connection hold

Ended = tuple[Answer, float]


def silent(wire: Wire, connection: socket.socket) -> None:
    wire.read(connection)
    wire.over.wait()


def deaf(wire: Wire, connection: socket.socket) -> None:
    wire.over.wait()


def late_reader(wire: Wire, connection: socket.socket) -> None:
    """Takes its time before it reads, and answers well: a busy server, or a thin line out of here."""
    wire.over.wait(5)
    if wire.read(connection):
        connection.sendall(http(YES))


def late_at_second(wire: Wire, connection: socket.socket) -> None:
    """The same, after a first call over the same connection that it answered at once."""
    wire.read(connection)
    connection.sendall(http(YES))
    late_reader(wire, connection)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = HEAD + b"Content-Length: 1000000\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BEHAVIOURS = {
    "silent": silent,
    "a dripping body": dripping(LONG, b" "),
    "a dripping body in chunks": dripping(CHUNKED, b"1\r\n \r\n"),
    "a body that falls silent": dripping(CHUNKED, b"1\r\n \r\n", drops=20),
    "a dripping body of no length": dripping(HEAD + b"\r\n", b" "),
    "a dripping last body": dripping(HEAD + b"Connection: close\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "a dripping head": dripping(HEAD, b"X: y\r\n"),
    "a dripping status": dripping(b"HTTP", b"1"),
    "late reader": late_reader,
    "late reader at the second call": late_at_second,
    "deaf": deaf,
}
UNENDING = [name for name in BEHAVIOURS if "drip" in name or "falls silent" in name]
LATE = [name for name in BEHAVIOURS if "late" in name]
OVER_TLS = " over TLS"


def timed(name: str, url: str) -> Ended:
    """A call that is large where the other side is to be slow to read it."""
    client = GraphClient(url, "v26.0")
    if "second" in name:
        told(client)
    begun = time.monotonic()
    answer = told(client, FILLER if "late" in name or "deaf" in name else "")
    return answer, time.monotonic() - begun


def told(client: GraphClient, filler: str = "") -> Answer:
    event = ServerEvent("Purchase", "5001", datetime.now(UTC), "website", {"em": "a" * 64}, {"filler": filler})
    return client.send("100000000000001", "a-constructed-token", [encode(event)])


@contextmanager
def unreachable() -> Iterator[str]:
    """An address where a connection is neither taken nor refused: the queue of those who wait is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://{HOST}:{listener.getsockname()[1]}"


class Slow:
    """The calls under way."""

    def __init__(self, calls: dict[str, "Future[Ended]"]) -> None:
        self._calls, self._begun = calls, time.monotonic()

    def ended(self, name: str) -> Ended:
        """What came of one, and after how many seconds."""
        call, left = self._calls[name], self._begun + SECONDS + SLACK - time.monotonic()
        if not wait([call], timeout=max(0.0, left)).done:
            pytest.fail(f"{name}: the call has not ended after {SECONDS + SLACK} seconds")
        return call.result()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    identity = certificate(tmp_path_factory.mktemp("tls"), HOST)
    with pytest.MonkeyPatch.context() as environment, ThreadPoolExecutor(64) as threads, ExitStack() as servers:
        environment.setenv("SSL_CERT_FILE", str(identity))
        urls = {
            name + suffix: servers.enter_context(serving(behave, tls)).url
            for suffix, tls in (("", None), (OVER_TLS, context(identity)))
            for name, behave in BEHAVIOURS.items()
        }
        urls["no handshake"] = servers.enter_context(serving(deaf)).url.replace("http://", "https://")
        urls["unreachable"] = servers.enter_context(unreachable())
        yield Slow({name: threads.submit(timed, name, url) for name, url in urls.items()})


both_ways = pytest.mark.parametrize("suffix", ["", OVER_TLS], ids=["plain", "TLS"])


@both_ways
@pytest.mark.parametrize("name", ["silent", "deaf"])
def test_whoever_never_answers_is_given_up_after_fifteen_seconds_and_nobody_knows(
    slow: Slow, name: str, suffix: str
) -> None:
    answer, seconds = slow.ended(name + suffix)

    assert answer.counted is Counted.UNKNOWN
    assert seconds < SECONDS + SLACK


@both_ways
@pytest.mark.parametrize("name", UNENDING)
def test_an_answer_that_never_comes_to_its_end_is_given_up_after_fifteen_seconds(
    slow: Slow, name: str, suffix: str
) -> None:
    """A read that has its own time-out begins it again with every byte; the call has one for all of them."""
    answer, seconds = slow.ended(name + suffix)

    assert answer.counted is Counted.UNKNOWN
    assert seconds < SECONDS + SLACK


def test_a_connection_that_is_not_taken_is_given_up_early_and_was_not_counted(slow: Slow) -> None:
    answer, seconds = slow.ended("unreachable")

    assert answer.counted is Counted.NO
    assert seconds < 5


def test_a_handshake_that_is_not_answered_is_given_up_early_and_was_not_counted(slow: Slow) -> None:
    """Nothing of the call has left: TLS failed."""
    answer, seconds = slow.ended("no handshake")

    assert answer.counted is Counted.NO
    assert seconds < 5


@both_ways
@pytest.mark.parametrize("name", LATE)
def test_a_slow_reader_has_the_fifteen_seconds_and_not_only_those_of_the_connection(
    slow: Slow, name: str, suffix: str
) -> None:
    """Else a large batch over a thin line ends unknown each time, and at last ambiguous."""
    answer, seconds = slow.ended(name + suffix)

    assert answer.counted is Counted.YES
    assert seconds < SECONDS
