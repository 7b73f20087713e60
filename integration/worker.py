"""The worker's composition root: an RQ worker that forks a horse for each job. Knows no Flask."""

import gc
import sys

from integration import config, db, failpoints, jobs, log, queues
from integration.crypto import Sealer
from integration.errors import IntegrationError
from integration.meta.client import GraphClient
from integration.queues import Bell


def main() -> None:
    """Work until told to stop. SIGTERM lets the job at hand end."""
    settings = config.load()
    log.configure(settings.log_level, machine=settings.production)
    failpoints.arm(settings.failpoints)
    connection = queues.connect(settings.broker_url, hurry=False)
    queues.refuse_unsafe(connection)
    engine = db.connect(settings.database_url)
    jobs.after_fork(lambda: engine.dispose(close=False))
    client = GraphClient(settings.graph_url, settings.graph_version)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    sealer = Sealer(settings.encryption_keys)
    jobs.open_workshop(jobs.Workshop(engine, sealer, client, bell, settings.secret_key))
    worker = queues.listener(connection, bury=jobs.bury)
    # What is here stays: a horse that looked through it for garbage would copy every page of it. And a batch is a
    # hundred thousand objects none of which is garbage yet; looking after each seven hundred took a third of its time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    worker.work(logging_level=log.of_libraries(settings.log_level))


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem worker: {error}")
