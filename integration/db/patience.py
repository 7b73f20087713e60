"""A limit to waiting for PostgreSQL. A server that is frozen says nothing, so none of its own time-outs fires, and the
driver would wait for ever: a watcher shuts the socket down from outside, and the driver's error becomes Unavailable.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

_LOOK_SECONDS = 0.05
_local = threading.local()


class Watcher:
    """Cuts connections whose time is over. One thread a process, started with the first connection it is given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[int, float] = {}  # by file descriptor, on the monotonic clock
        self._busy = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, descriptor: int, until: float) -> None:
        """From now on."""
        with self._lock:
            self._until[descriptor] = until
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="database patience", daemon=True)
                self._thread.start()
        if not self._busy.is_set():
            self._busy.set()

    def forget(self, descriptor: int) -> None:
        """It came back in time. Afterwards the descriptor is never touched, whatever it is reused for."""
        with self._lock:
            self._until.pop(descriptor, None)

    def after_fork(self) -> None:
        """In a child there is no such thread, and what the parent waits for is the parent's."""
        self.__init__()  # type: ignore[misc]

    def _run(self) -> None:
        while self._busy.wait():
            with self._lock:
                over = [one for one, until in self._until.items() if until < time.monotonic()]
                for one in over:
                    del self._until[one]
                    _shut(one)
                if not self._until:
                    self._busy.clear()
            time.sleep(_LOOK_SECONDS)


def _shut(descriptor: int) -> None:
    """Whoever waits on it is woken with an error; closing it stays the driver's."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
        same.shutdown(socket.SHUT_RDWR)


_watcher = Watcher()
os.register_at_fork(after_in_child=_watcher.after_fork)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything this thread asks of the database inside the block is over after so many seconds, one way or the
    other: for whoever has promised an answer by then.
    """
    before = getattr(_local, "until", None)
    _local.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _local.until = before


@contextmanager
def watched(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """At most so many seconds, and not beyond what `within` allows, for what is done on this connection."""
    driver: Any = connection.connection.driver_connection
    descriptor = driver.fileno()
    until = time.monotonic() + seconds
    promised = getattr(_local, "until", None)
    _watcher.watch(descriptor, until if promised is None else min(until, promised))
    try:
        yield
    finally:
        _watcher.forget(descriptor)


def refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """At check-out from the pool: a server that went away has closed the line, which the socket knows without asking.

    A ping would cost each webhook a round trip. What is wrongly taken for dead (a notice of the server's) is only
    connected anew.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if connection.closed or poll.poll(0):
        raise sa.exc.InvalidatePoolError


__all__ = ["Watcher", "refuse_dead", "watched", "within"]
