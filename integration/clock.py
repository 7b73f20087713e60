"""The clock's composition root: every two seconds it looks for what is due and rings. Two clocks are safe."""

import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TypeVar

from integration import config, db, failpoints, log, queues
from integration.db import Engine
from integration.errors import IntegrationError, Unavailable
from integration.monitor import counting
from integration.pipeline import late, silence
from integration.pipeline.sweep import sweep
from integration.privacy import purge
from integration.queues import DELIVER, DO_CHORES, RUN_TASKS, Bell
from integration.stores import test_code

T = TypeVar("T")

SWEEP_SECONDS = 2.0
AGE_TICKS = 30


def main() -> None:
    """Tick until told to stop."""
    settings = config.load()
    log.configure(settings.log_level, machine=settings.production)
    failpoints.arm(settings.failpoints)
    engine = db.connect(settings.database_url)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ageing = partial(purge.look, retention=settings.retention, memory=purge.Memory())
    looks = (late.look, silence.look, test_code.look, counting.look, ageing)
    ticks = 0
    while not stopped.wait(SWEEP_SECONDS):
        _tick(engine, bell)
        for look in looks if ticks % AGE_TICKS == 0 else ():
            _done(look, engine)
        ticks += 1


def _tick(engine: Engine, bell: Bell) -> None:
    """One look at what is due. What is old is looked at after the bell: it may take a moment where there is much."""
    due = _done(sweep, engine)
    if due is None:
        return
    failpoints.reach("clock.after_sweep")
    for job, waits in ((DELIVER, due.deliveries), (RUN_TASKS, due.tasks), (DO_CHORES, due.chores)):
        if waits:
            bell.insist(job)


def _done(look: Callable[[Engine], T], engine: Engine) -> T | None:
    """What a look gives. Whatever is wrong with it, the next one comes: a clock that ends stops all retries."""
    try:
        return look(engine)
    except Unavailable as error:
        log.logger("clock").warning("a look came to nothing", why=str(error))
    except Exception as error:  # noqa: BLE001
        log.logger("clock").error("a look came to nothing", kind=type(error).__name__)
    return None


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem clock: {error}")
