"""A deadline for a whole HTTP call. Time-outs of sockets are per read: a server that drips can hold a call for ever."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from integration import watchdog

_local = threading.local()


class Call:
    """One call under watch. `begun`: there was a connection, so that some of it may have left."""

    begun = False
    sock: socket.socket | None = None

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long the whole call may take."""
        self.seconds = seconds

    def cut(self) -> None:
        """End the call: whoever waits on the socket, to read or to write, is woken with an error."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # The plain socket's own: an SSLSocket would first forget its cipher, while a thread may be sending.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Announcing:
    """A connection that tells the call of its thread that it is the one, and when it stands."""

    sock: socket.socket | None
    timeout: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._stands()

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self._stands()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def _stands(self) -> None:
        """From here on some of the call may have left."""
        call: Call | None = getattr(_local, "call", None)
        if call is not None and self.sock is not None:
            call.begun, call.sock = True, self.sock
            # urllib3 sends under the time-out for connecting: too short for a large batch and a busy reader.
            self.timeout = call.seconds
            self.sock.settimeout(call.seconds)


class _PlainConnection(_Announcing, HTTPConnection):
    pass


class _SecureConnection(_Announcing, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def pool_manager(*, connections: int) -> urllib3.PoolManager:
    """A PoolManager whose calls `within` can cut. No proxies from the environment, no redirects, no retries."""
    manager = urllib3.PoolManager(maxsize=connections, num_pools=4, retries=False)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager


@contextlib.contextmanager
def within(seconds: float) -> Iterator[Call]:
    """Cut the call that this thread makes inside the block, once that many seconds are over."""
    call = Call(seconds)
    _local.call = call
    dog = watchdog.of_this_process()
    name = dog.watch(time.monotonic() + seconds, call.cut)
    try:
        yield call
    finally:
        dog.forget(name)
        _local.call = None
