"""Gunicorn's threaded worker, taught that a thread is for work and not for waiting.

As it comes, gunicorn reads bodies in its threads and takes leave of callers in the loop that serves everybody:
sixteen senders that dawdle, unknown and unsigned, stop all others for as long as they like, and so do callers who take no
answer; one that does not hang up stops a process for two seconds. Here the loop collects a request and hands it to a
thread when all of it has arrived; who is not done in time, or does not take the answer, is hung up on; and nobody is
waited for at the end.

It leans on the inside of gunicorn's gthread worker, so pyproject.toml holds the version, and
tests/web/test_reception.py says what must stay true.
"""

import fcntl
import selectors
import socket
import struct
import termios
import time
import traceback
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.util import write_error
from gunicorn.workers.gthread import ThreadWorker

from integration.web.arrival import MOST_WIRE, Arrival

_MOST_HELD = 128 * 1024 * 1024  # of all unfinished requests of this process
_READ = 256 * 1024
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


class Reception(ThreadWorker):  # type: ignore[misc] # gunicorn tells no types
    """See above. `pending_conns` is gunicorn's queue of those that are waited for, `leaving` ours of those that were
    answered for the last time; each with the first one to be given up in front.
    """

    arrival_seconds = 20.0  # from being awaited to the last byte
    leave_seconds = 2.0
    # An answer that is not a file fits in here, so that no thread waits for whoever does not take it. With so much of it
    # not taken, no further request of the same caller is answered.
    answer_room, most_untaken = 256 * 1024, 64 * 1024
    taking_seconds = 15.0  # for each part of a file, of some 30 KB
    pending_conns: deque[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaving: deque[Any] = deque()

    def enqueue_req(self, conn: Any) -> None:
        """A connection from which a request may come: new, kept alive, or with bytes of the next one read already."""
        conn.init()
        with suppress(OSError):  # who is gone already
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.answer_room)
        conn.sock.setblocking(False)
        conn.arrival = Arrival(bytearray(conn.parser.unreader.take_buffered()))
        conn.timeout = time.monotonic() + self.arrival_seconds
        if _has_all(conn):
            self._hand_over(conn)
        else:
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._more, conn))

    def _more(self, conn: Any, sock: socket.socket) -> None:
        if _has_all(conn):
            self.poller.unregister(sock)
            self.pending_conns.remove(conn)
            self._hand_over(conn)
        else:
            self._make_room()

    def _hand_over(self, conn: Any) -> None:
        heard = conn.arrival.heard
        if len(heard) > MOST_WIRE:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)  # what is still to come shall keep no thread
        conn.parser.unreader.unread(bytes(heard))
        super().enqueue_req(conn)

    def _make_room(self) -> None:
        """Where strangers fill the memory, hang up on those who have been at it longest."""
        held = sum(len(conn.arrival.heard) for conn in self.pending_conns)
        while held > _MOST_HELD:
            held -= len(self.pending_conns[0].arrival.heard)
            self.pending_conns[0].timeout = 0.0
            self.murder_pending()

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:  # noqa: FBT001
        """A body that was refused unread is not waited for, so no further request can follow it; and who takes no answers
        gets no more of them.
        """
        goes_on = keepalive and not conn.arrival.cut_short and _untaken(conn.sock) <= self.most_untaken
        return goes_on and bool(super()._keepalive_after(conn, keepalive))

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answered, as gunicorn does. Who does not take a file keeps no thread: it comes in parts, so only callers who do
        not want it are slower.
        """
        conn.sock.settimeout(self.taking_seconds)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            return False

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """A thread is done with a connection: it is kept alive, or seen off without anybody waiting for it."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._see_off(conn)

    def _see_off(self, conn: Any) -> None:
        """Closed at once, with bytes unread, the caller might never see our last answer (RFC 9112, 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._last_words, conn))
        except (OSError, ValueError):
            self._close(conn)
        else:
            conn.timeout = time.monotonic() + self.leave_seconds
            self.leaving.append(conn)

    def _last_words(self, conn: Any, sock: socket.socket) -> None:
        with suppress(OSError):
            if sock.recv(_READ):
                return
        self.leaving.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002
        """Answered as gunicorn does. Its words would repeat what came, and from where: the log names the kind alone."""
        if isinstance(exc, ParseException):
            super().handle_error(None, client, None, _unsaid(exc))
            return
        (where,) = traceback.extract_tb(exc.__traceback__)[-1:] or (None,)
        self.log.error("A request could not be answered: %s at %s", type(exc).__name__, where)
        with suppress(OSError):
            write_error(client, 500, "Internal Server Error", "")

    def murder_pending(self) -> None:
        """Give up those whose time is over."""
        super().murder_pending()
        while self.leaving and self.leaving[0].timeout <= time.monotonic():
            self._close(self.leaving.popleft())

    def _cap_keepalive(self, deadline: float) -> None:
        """When the process ends, nobody is waited for who has not begun."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            if not conn.arrival.heard:
                conn.timeout = min(conn.timeout, deadline)
        self.pending_conns = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout))


def _has_all(conn: Any) -> bool:
    """Read what is there; whether a thread can go on: all has come, or no more will."""
    arrival = conn.arrival
    try:
        while not arrival.whole:
            data = conn.sock.recv(_READ)
            if not data:
                arrival.cut_short = True
                break
            arrival.heard += data
            if not arrival.whole and arrival.asks_to_go_on:
                conn.sock.send(_GO_ON)
                arrival.asks_to_go_on = False
    except BlockingIOError:
        return False
    except OSError:
        arrival.cut_short = True
    return True


def _untaken(sock: socket.socket) -> int:
    """How many bytes of what was said the other side has not got yet; 0 where the system does not tell."""
    told = bytes(4)
    with suppress(OSError):
        told = fcntl.ioctl(sock, termios.TIOCOUTQ, told)
    return int(struct.unpack("i", told)[0])


def _unsaid(error: ParseException) -> ParseException:
    """An error of the same kind that says nothing else."""
    kind = type(error)
    silent: Any = type(kind.__name__, (kind,), {"__str__": lambda _self: kind.__name__})
    made: ParseException = silent.__new__(silent)
    return made
