"""The steward's composition root: an RQ worker for the chores of connected stores, so that a platform that hangs keeps
no purchase from Meta. Knows no Flask.
"""

import sys

from connectors.outbound import Outbound
from integration import config, db, failpoints, jobs, log, queues
from integration.crypto import Sealer
from integration.errors import IntegrationError
from integration.monitor import settling
from integration.pipeline.receive import Receiver
from integration.queues import Bell
from integration.stores.platforms import Platforms


def main() -> None:
    """Work until told to stop. SIGTERM lets the job at hand end."""
    settings = config.load()
    log.configure(settings.log_level, machine=settings.production)
    failpoints.arm(settings.failpoints)
    settling.hasten(settings.hurried_seconds)
    connection = queues.connect(settings.broker_url, hurry=False)
    queues.refuse_unsafe(connection)
    engine = db.connect(settings.database_url)
    jobs.after_fork(lambda: engine.dispose(close=False))
    http = Outbound(stand_ins=settings.stand_ins, loopback=not settings.production)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    sealer = Sealer(settings.encryption_keys)
    receiver = Receiver(engine, sealer, settings.secret_key, settings.app_secrets)
    platforms = Platforms(engine, sealer, http, settings.apps, receiver)
    jobs.open_house(jobs.House(platforms, bell, settings.post))
    queues.listener(connection, queues.CHORES).work(logging_level=log.of_libraries(settings.log_level))


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem steward: {error}")
