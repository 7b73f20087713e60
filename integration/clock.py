"""The clock's composition root: every two seconds it looks for what is due and rings. Two clocks are safe."""

import signal
import sys
import threading
from types import FrameType

from integration import config, db, failpoints, log, queues
from integration.db import Engine
from integration.errors import IntegrationError, Unavailable
from integration.pipeline import forgetting, late
from integration.pipeline.sweep import sweep
from integration.queues import DELIVER, DO_CHORES, RUN_TASKS, Bell

SWEEP_SECONDS = 2.0
LATE_TICKS = 30


def main() -> None:
    """Tick until told to stop."""
    settings = config.load()
    log.configure(machine=settings.production)
    failpoints.arm(settings.failpoints)
    engine = db.connect(settings.database_url)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ticks = 0
    while not stopped.wait(SWEEP_SECONDS):
        _tick(engine, bell, look_for_late=ticks % LATE_TICKS == 0)
        ticks += 1


def _tick(engine: Engine, bell: Bell, *, look_for_late: bool) -> None:
    """One look. Whatever is wrong with it, the next one comes: a clock that ends stops all retries."""
    try:
        due = sweep(engine)
        if look_for_late:
            late.look(engine)
            forgetting.look(engine)
    except Unavailable as error:
        log.logger("clock").warning("cannot sweep", why=str(error))
        return
    except Exception as error:  # noqa: BLE001
        log.logger("clock").error("cannot sweep", kind=type(error).__name__)
        return
    failpoints.reach("clock.after_sweep")
    for job, waits in ((DELIVER, due.deliveries), (RUN_TASKS, due.tasks), (DO_CHORES, due.chores)):
        if waits:
            bell.insist(job)


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem clock: {error}")
