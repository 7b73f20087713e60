"""The worker's composition root: an RQ worker that forks a horse for each job. Knows no Flask."""

import gc
import os
import sys

from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from integration import config, db, failpoints, jobs, log, queues
from integration.crypto import Sealer
from integration.errors import IntegrationError
from integration.meta.client import GraphClient
from integration.queues import Bell, SafeJob

# RQ waits for a job 15 seconds less than this, and for any word of the broker 5 seconds less. With its own 420 a
# connection that went dead without a word, as behind a firewall, would keep the worker idle for seven minutes.
_TTL_SECONDS = 20


class BellHearer(Worker):
    """RQ's worker. After an outage of the broker it looks again within seconds, where RQ lets up to a minute pass."""

    max_connection_wait_time = 2.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Fork a horse for the job, and wait for it."""
        failpoints.reach("worker.before_job")
        super().execute_job(job, queue)


def main() -> None:
    """Work until told to stop. SIGTERM lets the job at hand end."""
    settings = config.load()
    log.configure(machine=settings.production)
    failpoints.arm(settings.failpoints)
    connection = queues.connect(settings.broker_url, hurry=False)
    queues.refuse_unsafe(connection)
    engine = db.connect(settings.database_url)
    # A forked horse must not share its parent's database connections.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    client = GraphClient(settings.graph_url, settings.graph_version)
    bell = Bell(queues.connect(settings.broker_url, hurry=True))
    jobs.open_workshop(jobs.Workshop(engine, Sealer(settings.encryption_keys), client, bell))
    worker = BellHearer(
        [queues.queue(connection)],
        connection=connection,
        serializer=JSONSerializer,
        job_class=SafeJob,
        default_result_ttl=0,
        worker_ttl=_TTL_SECONDS,
        log_job_description=False,
        work_horse_killed_handler=lambda _job, pid, _status, _usage: jobs.bury(pid),
    )
    # What is here stays: a horse that looked through it for garbage would copy every page of it. And a batch is a
    # hundred thousand objects none of which is garbage yet; looking after each seven hundred took a third of its time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    try:
        main()
    except IntegrationError as error:
        sys.exit(f"tandem worker: {error}")
