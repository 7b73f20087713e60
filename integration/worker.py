"""The worker's composition root: an RQ worker that forks a horse for each job. Knows no Flask."""

import os
import sys

from rq import Worker
from rq.serializers import JSONSerializer

from integration import config, db, jobs, log, queues
from integration.crypto import Sealer
from integration.errors import IntegrationError
from integration.meta.client import GraphClient
from integration.queues import Bell, SafeJob


def main() -> None:
    """Work until told to stop. SIGTERM lets the job at hand end."""
    settings = config.load()
    log.configure(machine=settings.production)
    connection = queues.connect(settings.broker_url, hurry=False)
    queues.refuse_unsafe(connection)
    engine = db.connect(settings.database_url)
    # A forked horse must not share its parent's database connections.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    client = GraphClient(settings.graph_url, settings.graph_version)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    jobs.open_workshop(jobs.Workshop(engine, Sealer(settings.encryption_keys), client, bell))
    worker = Worker(
        [queues.queue(connection)],
        connection=connection,
        serializer=JSONSerializer,
        job_class=SafeJob,
        default_result_ttl=0,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem worker: {error}")
