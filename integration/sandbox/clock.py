"""The sandbox's own time, which tests may move: deduplication ends after 48 hours and events die after 7 days."""

import time


class Clock:
    """The machine's clock plus a shift."""

    def __init__(self) -> None:
        self.shift = 0.0  # seconds

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self.shift
