"""One thread a process that ends waits which have become too long: whoever waits cannot do that itself."""

import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Watchdog:
    """Calls what it was given, once its time is over and it was not forgotten before. Its thread starts with the first.

    A timer of its own for each wait would be a thread for each.
    """

    _waits: dict[int, tuple[float, Callable[[], None]]] = field(default_factory=dict)
    _names: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def watch(self, until: float, cut: Callable[[], None]) -> int:
        """From now on, until that moment of the monotonic clock; the name to forget it by. `cut` must be quick."""
        name = next(self._names)
        with self._lock:
            self._waits[name] = (until, cut)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
        if not self._busy.is_set():
            self._busy.set()
        return name

    def forget(self, name: int) -> None:
        """It is over in time. Once this has returned, `cut` is never called any more."""
        with self._lock:
            self._waits.pop(name, None)

    def _run(self) -> None:
        while self._busy.wait():
            with self._lock:
                now = time.monotonic()
                for name in [name for name, (until, _) in self._waits.items() if until < now]:
                    self._waits.pop(name)[1]()
                if not self._waits:
                    self._busy.clear()
            time.sleep(_LOOK_SECONDS)


_dogs: list[Watchdog] = []


def of_this_process() -> Watchdog:
    """The one of this process."""
    if not _dogs:
        _dogs.append(Watchdog())
    return _dogs[0]


# In a child there is no such thread, and what the parent waits for is the parent's.
os.register_at_fork(after_in_child=_dogs.clear)
