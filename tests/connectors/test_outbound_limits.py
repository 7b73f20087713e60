"""The client for merchants' hosts, where the host means ill or is unwell: it drips, never ends, swells, breaks off.

What drips here drips for ever: that a test ends at all is what it proves. Nothing is timed.
"""

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from connectors.errors import Throttled, Unreachable
from connectors.outbound import Outbound
from tests.rig.service import eventually
from tests.rig.wire import HOST, Behaviour, Wire, answering, dripping, http, once, serving

HEAD = b"HTTP/1.1 200 OK\r\n"
MOST = 5 * 1024 * 1024
SECONDS = 0.6


def asked(behave: Behaviour, *, secure: bool = False, body: bytes | None = None, **more: object) -> bytes:
    """The body of the answer that a server behaving so gives."""
    with serving(behave) as wire:
        url = wire.url.replace("http:", "https:") if secure else wire.url
        return Outbound([url], **more).request("POST" if body else "GET", url, body=body).body


def silent(wire: Wire, connection: socket.socket) -> None:
    wire.over.wait()


def dripping_handshake(wire: Wire, connection: socket.socket) -> None:
    """The beginning of a TLS record of 16 KB, and its bytes one by one."""
    connection.recv(1 << 16)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    while not wire.over.wait(0.05):
        connection.sendall(b"\x00")


SLOW = {
    "silent": silent,
    "the status": dripping(b"HTTP/1.1 200 ", b"O", pause=0.05),
    "a header": dripping(HEAD + b"X: ", b"y", pause=0.05),
    "headers": dripping(HEAD, b"X: y\r\n", pause=0.2),
    "a body": dripping(HEAD + b"Content-Length: 1000000\r\n\r\n", b" ", pause=0.05),
    "a last body": dripping(HEAD + b"Connection: close\r\nContent-Length: 1000000\r\n\r\n", b" ", pause=0.05),
    "a body in chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", pause=0.05),
    "a body of no length": dripping(HEAD + b"\r\n", b" ", pause=0.05),
    "trailers": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", pause=0.05),
    "go on": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05),
}


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_drip_ends_at_the_deadline(what: str) -> None:
    with pytest.raises(Unreachable, match="in time"):
        asked(SLOW[what], seconds=SECONDS)
    assert all_errands_ended()


@pytest.mark.parametrize("behave", [silent, dripping_handshake])
def test_a_handshake_that_never_ends_is_cut_at_the_deadline(behave: Behaviour) -> None:
    with pytest.raises(Unreachable, match="in time"):
        asked(behave, secure=True, seconds=SECONDS)
    assert all_errands_ended()


def test_a_host_that_does_not_read_is_cut_at_the_deadline() -> None:
    with pytest.raises(Unreachable, match="in time"):
        asked(silent, body=bytes(50_000_000), seconds=SECONDS)
    assert all_errands_ended()


def test_a_name_service_that_hangs_is_not_waited_for_and_nothing_is_asked_after_the_deadline() -> None:
    come_back = threading.Event()

    def hanging(_host: str, _port: int) -> Sequence[str]:
        come_back.wait()
        return [HOST]

    with serving(once(http(b""))) as wire:
        with pytest.raises(Unreachable, match="in time"):
            Outbound([wire.url], seconds=SECONDS, resolve=hanging).request("GET", wire.url)
        come_back.set()
        assert all_errands_ended()
    assert not wire.heads


def all_errands_ended() -> bool:
    """Whether the threads of calls that nobody waits for any more come to an end as well."""
    errands = [thread for thread in threading.enumerate() if thread.name == "outbound"]
    for thread in errands:
        thread.join(10)
    return not any(thread.is_alive() for thread in errands)


ENDLESS = {
    "of 10 GB": HEAD + b"Content-Length: 10000000000\r\n\r\n",
    "of no length": HEAD + b"\r\n",
    "in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_endless_body_is_cut_at_the_cap(what: str) -> None:
    sent, piece = [0], b"10000\r\n" + bytes(0x10000) + b"\r\n" if "chunks" in what else bytes(0x10000)

    def behave(wire: Wire, connection: socket.socket) -> None:
        wire.read(connection)
        connection.sendall(ENDLESS[what])
        with suppress(OSError):
            while not wire.over.is_set():
                connection.sendall(piece)
                sent[0] += len(piece)

    with pytest.raises(Unreachable, match="5,242,880 bytes"):
        asked(behave)
    assert sent[0] < 100 * 1024 * 1024  # the cap, and what the buffers of two sockets hold


@pytest.mark.parametrize("zipped", [False, True])
def test_the_cap_is_the_longest_answer_that_is_taken(zipped: bool) -> None:  # noqa: FBT001
    def reply(length: int) -> bytes:
        body = bytes(length)
        return http(gzip.compress(body), "200 OK", "Content-Encoding: gzip") if zipped else http(body)

    assert len(asked(once(reply(MOST)))) == MOST
    with pytest.raises(Unreachable, match="bytes"):
        asked(once(reply(MOST + 1)))


def test_t28_a_gzip_bomb_is_not_inflated_beyond_the_cap() -> None:
    bomb = http(gzip.compress(bytes(200 * 1024 * 1024)), "200 OK", "Content-Encoding: gzip")
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(Unreachable, match="bytes"):
            asked(once(bomb))
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST
    finally:
        tracemalloc.stop()


def test_an_answer_that_is_zipped_unasked_is_read_and_no_longer_called_zipped() -> None:
    with serving(once(http(gzip.compress(b'{"shop":1}'), "200 OK", "Content-Encoding: GZIP"))) as wire:
        answer = Outbound([wire.url]).request("GET", wire.url)
    assert (answer.body, answer.headers.get("content-encoding")) == (b'{"shop":1}', None)


def test_an_empty_answer_may_be_called_zipped() -> None:
    assert asked(once(http(b"", "302 Found", "Content-Encoding: gzip", "Location: /"))) == b""


BROKEN = {
    "less than promised": HEAD + b"Content-Length: 100\r\n\r\n" + b"x" * 99,
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\nxxx",
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n",
    "no number of bytes": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxxx\r\n",
    "half a gzip": http(gzip.compress(b"x" * 1000)[:-9], "200 OK", "Content-Encoding: gzip"),
    "no gzip": http(b"plain text", "200 OK", "Content-Encoding: gzip"),
    "another packing": http(zlib.compress(b"x"), "200 OK", "Content-Encoding: deflate"),
    "packed twice": http(gzip.compress(gzip.compress(b"x")), "200 OK", "Content-Encoding: gzip, gzip"),
    "nothing": b"",
    "half a status": b"HTTP/1.",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "another HTTP": b"HTTP/2 200\r\n\r\n",
    "a status that is none": b"HTTP/1.1 9 OK\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "too many headers": HEAD + b"X: y\r\n" * 500 + b"\r\n",
    "a header too long": HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_answer_that_is_not_whole_or_makes_no_sense_is_none(what: str) -> None:
    with pytest.raises(Unreachable):
        asked(once(BROKEN[what]))


def test_who_has_something_better_to_do_than_wait_is_told_at_once_that_all_places_are_taken() -> None:
    """A platform that hangs must not take the threads that take webhooks."""
    with serving(silent) as wire, ThreadPoolExecutor(2) as others:
        client = Outbound([wire.url], seconds=2.0, most_at_once=2)
        waiting = [others.submit(client.request, "GET", wire.url) for _ in range(2)]
        assert eventually(lambda: wire.connections == 2)
        with pytest.raises(Throttled) as busy:
            client.request("GET", wire.url)
        assert busy.value.after > 0
        for one in waiting:
            with pytest.raises(Unreachable):
                one.result()
    with serving(answering(http(b"here"))) as wire:
        client = Outbound([wire.url], most_at_once=1)
        assert [client.request("GET", wire.url).body for _ in range(3)] == [b"here"] * 3


def test_a_defect_of_ours_is_not_called_the_hosts() -> None:
    def defective(_host: str, _port: int) -> Sequence[str]:
        raise KeyError

    with pytest.raises(KeyError):
        Outbound(resolve=defective).request("GET", "https://shop.example.com/")
