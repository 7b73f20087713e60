"""WooCommerce's queue, Action Scheduler: what is to be done in the background, when the shop's cron gets to it."""

import traceback
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Condition, Thread


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do. While one with the same key waits, no second one is taken."""

    key: Hashable
    do: Callable[[], None]


class Cron:
    """Runs jobs one after the other on a thread of its own, at once: the stand-in has no minute to wait.

    Stuck, as it is in shops nobody visits or whose WP-Cron is off, it runs nothing until it is told to.
    """

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._due = 0  # how many of the first jobs are run although it is stuck
        self._busy = False
        self._stuck = False
        self._changed = Condition()
        Thread(target=self._walk, daemon=True).start()

    def take(self, job: Job) -> bool:
        """Queue it; False if one like it waits already, so that both become one."""
        with self._changed:
            if any(one.key == job.key for one in self._jobs):
                return False
            self._jobs.append(job)
            self._changed.notify_all()
        return True

    def stick(self, *, stuck: bool) -> None:
        """Whether it is stuck from now on."""
        with self._changed:
            self._stuck, self._due = stuck, 0
            self._changed.notify_all()

    def run(self) -> int:
        """Run what waits now, though it be stuck; how many jobs that are."""
        with self._changed:
            self._due = len(self._jobs)
            self._changed.notify_all()
            return self._due

    def waiting(self) -> int:
        """How many jobs wait, but for the one being run."""
        with self._changed:
            return len(self._jobs)

    def stuck(self) -> bool:
        """Whether it is."""
        with self._changed:
            return self._stuck

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is run and nothing will be by itself; whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and not self._next(), seconds)

    def forget(self) -> None:
        """Drop what waits, and be stuck no more."""
        with self._changed:
            self._jobs.clear()
            self._stuck, self._due = False, 0
            self._changed.notify_all()

    def _next(self) -> bool:
        return bool(self._jobs) and (not self._stuck or self._due > 0)

    def _walk(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._next)
                job, self._busy = self._jobs.pop(0), True
                self._due = max(0, self._due - 1)
            try:
                job.do()
            except Exception:  # noqa: BLE001 (shown, but what comes after it is still delivered)
                traceback.print_exc()
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
