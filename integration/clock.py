"""The clock's composition root: every two seconds it looks for what is due and rings. Two clocks are safe."""

import signal
import sys
import threading
from types import FrameType

from integration import config, db, log, queues
from integration.errors import IntegrationError, Unavailable
from integration.pipeline.sweep import sweep
from integration.queues import DELIVER, RUN_TASKS, Bell

SWEEP_SECONDS = 2.0


def main() -> None:
    """Tick until told to stop."""
    settings = config.load()
    log.configure(machine=settings.production)
    engine = db.connect(settings.database_url)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopped.wait(SWEEP_SECONDS):
        try:
            deliveries_due, tasks_open = sweep(engine)
        except Unavailable as error:
            log.logger("clock").warning("cannot sweep", why=str(error))
            continue
        if deliveries_due:
            bell.wake(DELIVER)
        if tasks_open:
            bell.wake(RUN_TASKS)


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem clock: {error}")
