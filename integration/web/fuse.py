"""While the database says nothing, one webhook at a time waits for it, and the others are asked to come again at once.

Else every thread would wait its time out, and whoever comes behind them would be answered after the platform hung up.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from integration.errors import Silent, Unavailable

# A refused connection fails at once and holds nobody up; silence lasts as long as we listen.
_LONG_SECONDS = 1.0


@dataclass(slots=True)
class Fuse:
    """One for each process. Blown by a long silence; whole again with the first who gets an answer."""

    blown: bool = False
    _trying: Lock = field(default_factory=Lock)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What asks the database goes inside. Raises Unavailable where another is waiting for its silence already."""
        trying = self.blown
        if trying and not self._trying.acquire(blocking=False):
            raise Unavailable("The database has not answered for a while.")
        begun = time.monotonic()
        try:
            yield
        except Silent:
            self.blown = self.blown or time.monotonic() - begun > _LONG_SECONDS
            raise
        except Exception:
            self.blown = False  # whatever is wrong, it is not silence
            raise
        else:
            self.blown = False
        finally:
            if trying:
                self._trying.release()
