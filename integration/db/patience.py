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

from integration import watchdog

_local = threading.local()


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
def watched(driver: Any, seconds: float) -> Iterator[None]:
    """At most so many seconds, and not beyond what `within` allows, for what is done on this connection of the driver."""
    name = watch(driver, until(seconds))
    try:
        yield
    finally:
        forget(name)


def until(seconds: float) -> float:
    """Till when to wait at most, by the monotonic clock: for so long, and not beyond what `within` allows."""
    promised, longest = getattr(_local, "until", None), time.monotonic() + seconds
    return longest if promised is None else min(longest, promised)


def watch(driver: Any, until: float) -> int:
    """Cut the connection then, unless it is forgotten before, by the name that comes back."""
    descriptor = driver.fileno()
    return watchdog.of_this_process().watch(until, lambda: _shut(descriptor))


def forget(name: int) -> None:
    """It came back in time."""
    watchdog.of_this_process().forget(name)


def _shut(descriptor: int) -> None:
    """Whoever waits on it is woken with an error; closing it stays the driver's."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
        same.shutdown(socket.SHUT_RDWR)


def refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """At check-out from the pool: a server that went away has closed the line, which the socket knows without asking.

    A ping would cost each webhook a round trip. What is wrongly taken for dead (a notice of the server's) is only
    connected anew.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if connection.closed or poll.poll(0):
        raise sa.exc.InvalidatePoolError
