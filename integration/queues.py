"""The bell: one argument-less job waits in RQ at most. Ids and payloads never enter Redis; it may be emptied any time.

The only door to Redis and RQ.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

import redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from integration import failpoints
from integration.errors import Misconfigured, Unavailable

# One queue per worker: RQ hands over atomically only where a worker listens to a single queue.
QUEUE, CHORES = "tandem", "tandem-chores"
DELIVER, RUN_TASKS, DO_CHORES = (f"integration.jobs.{name}" for name in ("deliver", "run_tasks", "do_chores"))
ALLOWED = frozenset({DELIVER, RUN_TASKS, DO_CHORES})

_OLDEST_BROKER = (6, 2)
_JOB_SECONDS = 60
# Above the job's own budget: while a drain runs, its successor may be rung for once, not once per webhook.
_FLAG_SECONDS = 60
_HURRY_SECONDS = 0.25
_PATIENT_SECONDS = 5
_SILENCE_SECONDS = 1.0  # below the clock's two seconds: its next ring is always tried
_RUNG_SECONDS = 0.05  # far below the second for which a drain lingers
# RQ waits for a job 15 seconds less than this, and for any word of the broker 5 seconds less. With its own 420 a
# connection that went dead without a word, as behind a firewall, would keep the worker idle for seven minutes.
_TTL_SECONDS = 20


class SafeJob(Job):
    """A job that runs only what is on our list: whoever can write to Redis must not be able to run code here.

    RQ takes function and callback names, and addresses to notify, from the job's hash; JSON instead of pickle does not
    change that.
    """

    @property
    def func(self) -> Any:
        """The function, if it is one of ours."""
        if self.instance is not None or self.func_name not in ALLOWED:
            raise PermissionError("This job is not on the list of jobs.")
        return super().func

    success_callback = failure_callback = stopped_callback = property(lambda _self: None)
    webhooks = property(lambda _self: [], lambda _self, _value: None)


@dataclass(slots=True)
class Bell:
    """Rings for a worker, and never waits long: who does not hear it is woken by the sweep.

    One for each process. It remembers for a moment that it rang, and that nobody answered: neither is asked for again
    by every webhook.
    """

    connection: redis.Redis
    _ringing: Lock = field(default_factory=Lock)
    _silent_until: float = 0.0
    _rung_until: dict[str, float] = field(default_factory=dict)

    def wake(self, job: str = DELIVER) -> bool:
        """Put the job into the queue unless it waits there already. False: not rung, for whatever reason.

        A ring of the last 50 ms, or one that another thread rings just now, is as good as one's own: whoever hears it
        keeps looking for a second.
        """
        if time.monotonic() < self._rung_until.get(job, 0.0):
            return False
        return self._one_at_a_time(job, insist=False)

    def insist(self, job: str) -> bool:
        """As `wake`, and also where the flag is up but no job waits: a worker took it, and died before it heard.

        For the clock alone: it asks the broker once more. At worst two jobs run where one would do.
        """
        return self._one_at_a_time(job, insist=True)

    def _one_at_a_time(self, job: str, *, insist: bool) -> bool:
        if time.monotonic() < self._silent_until or not self._ringing.acquire(blocking=False):
            return False
        begun = time.monotonic()
        try:
            return self._ring(job, insist=insist)
        except RedisError:
            self._silent_until = time.monotonic() + _SILENCE_SECONDS
            return False
        finally:
            if time.monotonic() - begun > _HURRY_SECONDS:  # it answers, but not in time for those who come behind
                self._silent_until = time.monotonic() + _SILENCE_SECONDS
            self._ringing.release()

    def _ring(self, job: str, *, insist: bool) -> bool:
        jobs = queue(self.connection, CHORES if job == DO_CHORES else QUEUE)
        first = self.connection.set(_flag(job), b"1", nx=True, ex=_FLAG_SECONDS)
        if first or (insist and not jobs.count):
            try:
                jobs.enqueue(
                    job, ttl=_FLAG_SECONDS, job_timeout=_JOB_SECONDS, result_ttl=0, failure_ttl=3_600, description=job
                )
            except RedisError:
                self.heard(job)  # no job waits: the next one to ring must not find the flag
                raise
        self._rung_until[job] = time.monotonic() + _RUNG_SECONDS
        return bool(first)

    def heard(self, job: str) -> None:
        """The job begins: who comes after its first look has to ring again."""
        self._rung_until.pop(job, None)
        with suppress(RedisError):
            self.connection.delete(_flag(job))

    def trouble(self) -> str | None:
        """What is wrong with the broker at this moment, for those who watch; None where all is well."""
        try:
            refuse_unsafe(self.connection)
        except (Misconfigured, Unavailable) as error:
            return str(error)
        return None


def _flag(job: str) -> str:
    return f"tandem:wake:{job}"


def queue(connection: redis.Redis, name: str = QUEUE) -> Queue:
    """The queue of that name."""
    return Queue(name, connection=connection, serializer=JSONSerializer, job_class=SafeJob)


class BellHearer(Worker):
    """RQ's worker. After an outage of the broker it looks again within seconds, where RQ lets up to a minute pass."""

    max_connection_wait_time = 2.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Fork a horse for the job, and wait for it."""
        failpoints.reach("worker.before_job")
        super().execute_job(job, queue)


def listener(connection: redis.Redis, name: str = QUEUE, *, bury: Callable[[int], None] | None = None) -> Worker:
    """Who listens to one queue, and forks a horse for each job. `bury` is told the number of a horse that died."""
    return BellHearer(
        [queue(connection, name)],
        connection=connection,
        serializer=JSONSerializer,
        job_class=SafeJob,
        default_result_ttl=0,
        worker_ttl=_TTL_SECONDS,
        log_job_description=False,
        work_horse_killed_handler=None if bury is None else lambda _job, pid, _status, _usage: bury(pid),
    )


def connect(url: str, *, hurry: bool) -> redis.Redis:
    """A client of the broker. `hurry`: for the webhook's path, where a slow broker is as good as none."""
    seconds = _HURRY_SECONDS if hurry else _PATIENT_SECONDS
    try:
        # Protocol 2 without introductions: the newer handshake costs a hurried caller several round trips more.
        return redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, protocol=2)
    except ValueError as error:
        raise Misconfigured("REDIS_URL must start with redis://, rediss:// or unix://.") from error


class Depth(NamedTuple):
    """A queue: how many jobs wait, since when the oldest of them does, and how many of the last hour failed."""

    name: str
    waiting: int
    oldest_at: datetime | None
    failed: int


class Listener(NamedTuple):
    """A worker, by the name RQ gave it; `doing`: the job it is at."""

    name: str
    queues: str
    state: str
    doing: str | None
    since: datetime | None
    last_seen: datetime | None


def depths(connection: redis.Redis) -> Sequence[Depth]:
    """How full each queue is. Raises Unavailable."""
    with _answering():
        return [_depth(queue(connection, name)) for name in (QUEUE, CHORES)]


def _depth(jobs: Queue) -> Depth:
    oldest = next(filter(None, (jobs.fetch_job(job_id) for job_id in jobs.get_job_ids(0, 1))), None)
    return Depth(jobs.name, jobs.count, oldest.enqueued_at if oldest else None, jobs.failed_job_registry.count)


def listeners(connection: redis.Redis) -> Sequence[Listener]:
    """Who listens to the queues. Raises Unavailable."""
    with _answering():
        found = BellHearer.all(connection=connection, job_class=SafeJob, serializer=JSONSerializer)
        return sorted(map(_listener, found))


def _listener(worker: Any) -> Listener:
    job = worker.get_current_job()
    doing = (job.description or "").rpartition(".")[2] or None if job else None
    return Listener(
        worker.name,
        ", ".join(sorted(worker.queue_names())),
        str(worker.get_state()),
        doing,
        worker.birth_date,
        worker.last_heartbeat,
    )


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise _silent(error) from None


def _silent(error: RedisError) -> Unavailable:
    return Unavailable(f"The broker at REDIS_URL does not answer ({type(error).__name__}).")


def refuse_unsafe(connection: redis.Redis) -> None:
    """Raise Misconfigured for a broker that may throw jobs away or is too old, Unavailable for none or a full one."""
    try:
        # INFO and not CONFIG, which managed brokers forbid.
        version = str(connection.info("server")["redis_version"])
        memory = connection.info("memory")
    except RedisError as error:
        raise _silent(error) from None
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_BROKER:
        raise Misconfigured(f"The broker is version {version}; Redis 6.2 or Valkey is needed.")
    policy = str(memory["maxmemory_policy"])
    if policy != "noeviction":
        raise Misconfigured(f"The broker's maxmemory-policy is {policy}; it must be noeviction, or jobs get lost.")
    if 0 < int(memory.get("maxmemory", 0)) <= int(memory["used_memory"]):
        raise Unavailable("The broker's memory is full. Raise its maxmemory or empty it: no event is lost with it.")
