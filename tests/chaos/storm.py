"""The blows, dealt to a house at their times; and how often each kind was dealt."""

import heapq
import itertools
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import plan
from tests.chaos.house import House
from tests.chaos.plan import Blow
from tests.rig import processes

_AGAIN_SECONDS = 0.3  # where there is nobody to hit just now
_PATIENCE_SECONDS = 120.0  # for a process that should be there
_DOWN_SECONDS = 1.5  # how long at most the broker or the database stays away
_PAUSE_SECONDS = 4.0
_SLEEP_SECONDS = 66.0, 75.0  # past a lease of 60


@dataclass
class Storm:
    """One run of blows. `dealt` counts by kind."""

    house: House
    blows: Sequence[Blow]
    dealt: Counter[str] = field(default_factory=Counter)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)
    _busy: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Until all of it is over, and whatever was stopped runs again."""
        begun = time.monotonic()
        for blow in self.blows:
            self._at(begun + blow.at, lambda blow=blow: self._deal(blow, begun + blow.at))
        while self._due:
            when, _, deed = heapq.heappop(self._due)
            time.sleep(max(0.0, when - time.monotonic()))
            deed()

    def _at(self, when: float, deed: Callable[[], None]) -> None:
        heapq.heappush(self._due, (when, next(self._numbers), deed))

    def _after(self, seconds: float, deed: Callable[[], None]) -> None:
        self._at(time.monotonic() + seconds, deed)

    def _deal(self, blow: Blow, meant: float) -> None:
        """Deal it, or try again soon where nobody is there to be hit."""
        if _DEEDS[blow.kind](self, blow):
            self.dealt[blow.kind] += 1
            return
        assert time.monotonic() < meant + _PATIENCE_SECONDS, f"nobody to hit: {blow.kind}"
        self._after(_AGAIN_SECONDS, lambda: self._deal(blow, meant))

    def kill(self, pids: Sequence[int], chance: float) -> bool:
        """SIGKILL one of them."""
        return bool(pids) and processes.send([_one_of(pids, chance)], signal.SIGKILL) == 1

    def pause(self, pids: Sequence[int], seconds: float) -> bool:
        """Stop them, and let them go on later."""
        if not processes.send(pids, signal.SIGSTOP):
            return False
        self._after(seconds, lambda: processes.send(pids, signal.SIGCONT) and None)
        return True

    def fell(self, chance: float) -> bool:
        """Kill a whole box, if it stands."""
        standing = [box for box in self.house.boxes if box.process]
        risen = not any(thread.is_alive() for thread in self.house.rising)
        if not standing or not risen:
            return False
        self.house.fell(_one_of(standing, chance))
        return True

    def outage(self, part: str, kill: Callable[[], None], start: Callable[[], None], chance: float) -> bool:
        """Kill the broker or the database, and start it again."""
        if part in self._busy:
            return False
        self._busy.add(part)
        kill()

        def back() -> None:
            start()
            self._busy.discard(part)

        self._after(chance * _DOWN_SECONDS, back)
        return True

    def freeze(self, part: str, pids: Sequence[int], chance: float) -> bool:
        """Stop the broker or the database for a while."""
        if part in self._busy:
            return False
        self._busy.add(part)
        processes.send(pids, signal.SIGSTOP)

        def thaw() -> None:
            processes.send(pids, signal.SIGCONT)
            self._busy.discard(part)

        self._after(chance * _PAUSE_SECONDS, thaw)
        return True

    def flush(self) -> bool:
        """FLUSHALL."""
        if plan.BROKER in self._busy:
            return False
        with self.house.broker.admin as admin:
            admin.flushall()
        return True

    def fault(self, chance: float) -> bool:
        """Meta fails one call of one dataset."""
        datasets = self.house.datasets
        place = int(chance * len(datasets) * len(plan.FAULTS))
        fault = plan.FAULTS[place % len(plan.FAULTS)]
        self.house.meta.fail(dataset=datasets[place // len(plan.FAULTS)], **fault)
        return True


def _one_of(things: Sequence[Any], chance: float) -> Any:
    return things[int(chance * len(things))]


def _seconds(chance: float, least: float, most: float) -> float:
    return least + chance * (most - least)


_DEEDS: dict[str, Callable[[Storm, Blow], bool]] = {
    plan.HORSE: lambda storm, blow: storm.kill(storm.house.horses(), blow.chance),
    plan.WEB: lambda storm, blow: storm.kill(storm.house.web_processes(), blow.chance),
    plan.WORKER: lambda storm, blow: storm.kill(storm.house.parents("integration.worker"), blow.chance),
    plan.CLOCK: lambda storm, blow: storm.kill(storm.house.parents("integration.clock"), blow.chance),
    plan.WEB_PARENT: lambda storm, blow: storm.kill(storm.house.parents(""), blow.chance),
    plan.BOX: lambda storm, blow: storm.fell(blow.chance),
    plan.BROKER: lambda storm, blow: storm.outage(
        plan.BROKER, storm.house.broker.kill, storm.house.broker.start, blow.chance
    ),
    plan.DATABASE: lambda storm, blow: storm.outage(
        plan.DATABASE, storm.house.database.kill, storm.house.database.start, blow.chance
    ),
    plan.FLUSH: lambda storm, _blow: storm.flush(),
    plan.SLOW_BROKER: lambda storm, blow: storm.freeze(plan.BROKER, [storm.house.broker.process.pid], blow.chance),
    plan.SLOW_DATABASE: lambda storm, blow: storm.freeze(plan.DATABASE, storm.house.database.pids, blow.chance),
    plan.SLOW_WEB: lambda storm, blow: storm.pause(
        _some(storm.house.web_processes(), blow.chance), _seconds(blow.chance, 0.5, _PAUSE_SECONDS)
    ),
    plan.SLOW_HORSE: lambda storm, blow: storm.pause(
        _some(storm.house.horses(), blow.chance), _seconds(blow.chance, 0.5, _PAUSE_SECONDS)
    ),
    plan.SLEEPER: lambda storm, blow: storm.pause(
        _some(storm.house.horses(), blow.chance), _seconds(blow.chance, *_SLEEP_SECONDS)
    ),
    plan.META: lambda storm, blow: storm.fault(blow.chance),
}


def _some(pids: Sequence[int], chance: float) -> list[int]:
    return [_one_of(pids, chance)] if pids else []
