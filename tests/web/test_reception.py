"""The production web command against callers who dawdle, stay, or say nothing: they stop nobody but themselves."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from integration import db, up
from integration.db import migrate
from tests.rig.service import free_port

# With half of what a request may take it is not slow yet; behind gunicorn's own worker these callers stop all others.
PATIENCE = 8.0
POST = b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\n"
BODY = b"{}" * 500
WHOLE = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"7d0\r\n" + b"x" * 2_000 + b"\r\n0\r\n\r\n"
UNSIGNED = b"HTTP/1.1 401"


class Web:
    """The server, and callers of it."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port, self.process = port, process

    @contextmanager
    def caller(self, said: bytes = b"") -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as line:
            line.sendall(said)
            yield line

    def ask(self, request: bytes = WHOLE) -> bytes:
        """The answer; the connection stays open as long as the server likes."""
        with self.caller(request) as line:
            return heard(line)


def heard(line: socket.socket, answers: int = 1) -> bytes:
    """Everything said, until so many answers are complete or the line is dead."""
    said = b""
    while said.count(b'"unauthorized"}\n') < answers and (part := line.recv(65_536)):
        said += part
    return said


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Web]]:
    """Starts the command as `tandem up` does, perhaps with another worker or one process."""
    directory: Path = tmp_path_factory.mktemp("web")
    url = f"sqlite:///{directory / 'tandem.db'}"
    engine = db.connect(url)
    migrate.upgrade(engine)
    engine.dispose()
    words = {"DATABASE_URL": url, "TANDEM_DATA_DIR": str(directory), "REDIS_URL": f"unix://{directory}/nobody.sock"}
    words["SHOPIFY_API_SECRET"] = "a secret of the tests only"
    with ExitStack() as stack:

        def started(*replacements: tuple[str, str]) -> Web:
            port = free_port()
            command = up.web_command(port)
            for old, new in replacements:
                assert any(old in word for word in command)
                command = [word.replace(old, new) for word in command]
            with (directory / "log").open("ab") as log:
                process = subprocess.Popen(command, env={**os.environ, **words}, stdout=log, stderr=log)
            stack.callback(end, process)
            await_port(port)
            return Web(port, process)

        yield started


def await_port(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def web(start: Callable[..., Web]) -> Web:
    return start()


UNFINISHED = {
    "nothing at all": b"",
    "half a head": POST,
    "half a body": WHOLE[:-10],
    "half of its chunks": CHUNKED[:-10],
    "a body said to be too large, and not sent": POST + b"Content-Length: 3000000\r\n\r\n",
    "a word that it will go on": POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
}


@pytest.mark.parametrize("said", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_forty_callers_who_do_not_finish_stop_nobody(web: Web, said: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(web.caller(said))
        for _ in range(8):
            assert web.ask().startswith(UNSIGNED)


@pytest.fixture(scope="module")
def alone(start: Callable[..., Web]) -> Web:
    """One process, so that its threads are all there are."""
    return start(("--workers=2", "--workers=1"))


def test_callers_who_were_answered_and_do_not_hang_up_stop_nobody(alone: Web) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            line = stack.enter_context(alone.caller(b"GET /healthz HTTP/1.0\r\n\r\n"))
            assert line.recv(1_000).startswith(b"HTTP/1.0 200")
        assert alone.ask().startswith(UNSIGNED)


@pytest.mark.parametrize("said", [b"", POST, WHOLE[:-10], CHUNKED[:-10]])
def test_who_is_not_done_in_time_is_hung_up_on(hurried: Web, said: bytes) -> None:
    with hurried.caller(said) as line:
        assert line.recv(1_000) == b""


def test_who_drips_is_hung_up_on_too(hurried: Web) -> None:
    with hurried.caller(POST) as line, pytest.raises(ConnectionError):
        drip(line)


def test_who_does_not_take_the_answer_is_hung_up_on(hurried: Web) -> None:
    with takers_of_nothing(hurried):
        assert [hurried.ask()[:12] for _ in range(3)] == [UNSIGNED] * 3


def test_who_does_not_take_the_answer_stops_nobody_meanwhile(alone: Web) -> None:
    with takers_of_nothing(alone):
        began = time.monotonic()
        assert [alone.ask()[:12] for _ in range(3)] == [UNSIGNED] * 3
        assert time.monotonic() - began < PATIENCE / 2


@contextmanager
def takers_of_nothing(web: Web) -> Iterator[None]:
    """More of them than there are threads, each with more to be told than any buffer holds."""
    asked = b"GET /static/vendor/htmx-4.0.1.min.js HTTP/1.1\r\nHost: x\r\n\r\n" * 300
    with ExitStack() as stack:
        for _ in range(12):
            line = stack.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", web.port))
            line.sendall(asked)
        time.sleep(0.5)
        yield


def drip(line: socket.socket) -> None:
    for _ in range(200):
        line.sendall(b"x")
        time.sleep(0.05)


@pytest.fixture(scope="module")
def hurried(start: Callable[..., Web]) -> Web:
    return start(("integration.web.reception.Reception", "tests.rig.hurried.Hurried"), ("--workers=2", "--workers=1"))


@pytest.mark.parametrize("request_bytes", [WHOLE, CHUNKED], ids=["with a length", "in chunks"])
def test_a_request_in_small_pieces_is_taken(web: Web, request_bytes: bytes) -> None:
    with web.caller() as line:
        for place in range(0, len(request_bytes), 97):
            line.sendall(request_bytes[place : place + 97])
            time.sleep(0.002)
        assert heard(line).startswith(UNSIGNED)


def test_requests_sent_in_one_breath_are_all_answered(web: Web) -> None:
    with web.caller(WHOLE + CHUNKED + WHOLE) as line:
        assert heard(line, answers=3).count(UNSIGNED) == 3


def test_who_asks_whether_to_go_on_is_told_once(web: Web) -> None:
    with web.caller(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n") as line:
        assert line.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"{}")
        assert heard(line).startswith(UNSIGNED)


def test_a_body_too_large_is_refused_though_it_is_still_being_sent(web: Web) -> None:
    for head in (b"Content-Length: 3000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n"):
        with web.caller(POST + head) as line:
            line.sendall(b" " * 3_000_000 + b"\r\n0\r\n\r\n")
            assert line.recv(1_000).startswith(b"HTTP/1.1 413")


def test_at_the_end_who_has_begun_is_served_and_who_has_not_is_not_waited_for(start: Callable[..., Web]) -> None:
    web = start()
    assert web.ask()  # it is there, and not only its port
    with web.caller() as idle, web.caller(WHOLE[:-10]) as begun:
        time.sleep(0.5)
        web.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        begun.sendall(WHOLE[-10:])
        assert heard(begun).startswith(UNSIGNED)
        assert web.process.wait(15) == 0
        assert idle.recv(10) == b""
