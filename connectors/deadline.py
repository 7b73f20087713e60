"""A deadline over a whole errand: name service, connecting, TLS, sending and reading.

Time-outs of sockets are for each read, so a server that drips holds a call for ever, and the name service knows no
time-out at all. The errand therefore runs in a thread of its own, and whoever sent it waits no longer than the deadline,
wherever it hangs. A thread for each call: stores are asked now and then, never for each order.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Errand:
    """One call under way; holds the socket that is to be cut when nobody waits any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._late = False

    def hold(self, sock: socket.socket) -> None:
        """From now on, `sock` is the one to cut and to close. Raises TimeoutError if nobody waits any more."""
        with self._lock:
            self._sock = sock
            if not self._late:
                return
        self.close()
        raise TimeoutError

    def cut(self) -> None:
        """Nobody waits any more: whoever reads or writes on the socket is woken with an error."""
        with self._lock:
            self._late = True
            if self._sock is not None:
                with contextlib.suppress(OSError):
                    # The plain socket's own: an SSLSocket would first forget its cipher, while a thread may be sending.
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket."""
        with self._lock:
            if self._sock is not None:
                self._sock.close()


def within(seconds: float, work: Callable[[Errand], Result]) -> Result | Exception:
    """What `work` returned or raised; TimeoutError if it had done neither after that many seconds."""
    errand = Errand()
    outcome: list[Result | Exception] = []

    def run() -> None:
        try:
            outcome.append(work(errand))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            outcome.append(error)
        finally:
            errand.close()

    thread = threading.Thread(target=run, name="outbound", daemon=True)
    thread.start()
    try:
        thread.join(seconds)
        # Looked at before the cut: what ends by it may look like the end of an answer.
        return outcome[0] if outcome else TimeoutError()
    finally:
        # Also where the one who waits is interrupted by a signal. After the end it finds nothing to cut.
        errand.cut()
