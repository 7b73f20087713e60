"""What somebody else may write into Redis: jobs that want to leave a trace, and where their traces would be found."""

import json
import pickle
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from integration.queues import DELIVER, QUEUE, RUN_TASKS, SafeJob

WAITING = f"rq:queue:{QUEUE}"
CALLBACKS = dict.fromkeys(("success_callback_name", "failure_callback_name", "stopped_callback_name"), "builtins.print")


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@dataclass
class Forger:
    """Someone with a connection to Redis, a directory for the files and a door for the calls of the forged jobs."""

    redis: redis.Redis
    directory: Path
    hooks: list[dict[str, Any]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def forge(self, job_id: str, data: Any, **fields: str | bytes) -> None:
        """Write a job: the hash, and its id into the queue."""
        body = data if isinstance(data, bytes) else zlib.compress(json.dumps(data).encode())
        told = {
            "data": body,
            "created_at": "2026-01-01T00:00:00.000000Z",
            "status": "queued",
            "origin": QUEUE,
            **fields,
        }
        self.redis.hset(f"rq:job:{job_id}", mapping=told)
        self.redis.rpush(WAITING, job_id)

    def forge_all(self) -> None:
        """Each tries to leave a trace: a file, a line on standard output, a call over HTTP, a kept result."""
        seen = {"webhooks": json.dumps(self.hooks), "result_ttl": "500", "failure_ttl": "500"}
        both = {**CALLBACKS, **seen}
        self.forge("system", ["os.system", None, [f"touch {self.directory}/system"], {}], **seen)
        self.forge("touch", ["pathlib.Path.touch", None, [f"{self.directory}/touch"], {}])
        self.forge("print", ["builtins.print", None, ["FORGED"], {}], **both)
        self.forge("instance", ["format", "FORGED {0.__class__}", ["x"], {}], **seen)
        self.forge("instance-of-ours", [DELIVER, "FORGED", [], {}], **both)
        self.forge("ours-but-not-a-job", ["integration.jobs.open_workshop", None, [None], {}], **both)
        self.forge("ours-by-another-name", [f"{RUN_TASKS}.__call__", None, [], {}], **both)
        self.forge("ours-with-arguments", [RUN_TASKS, None, ["FORGED"], {"more": 1}], **both)
        self.forge("no-function", [None, None, [], {}], **both)
        self.forge("pickle", pickle.dumps((RUN_TASKS, None, (Bomb(self.directory / "pickle"),), {})), **both)
        self.forge("meta", ["os.getpid", None, [], {}], meta=pickle.dumps(Bomb(self.directory / "meta")))
        self.forge("garbage", b"\x00garbage", **both)
        self.redis.rpush(WAITING, "nothing-behind-this-id")
        self._forge_abandoned(both)

    def _forge_abandoned(self, fields: dict[str, str]) -> None:
        """Somebody's worker seems to have died over it: the next worker's maintenance takes it up."""
        self.forge("abandoned", ["os.getpid", None, [], {}], **{**fields, "status": "started"})
        self.redis.lrem(WAITING, 0, "abandoned")
        self.redis.zadd(f"rq:wip:{QUEUE}", {"abandoned:execution": 1})

    def files(self) -> list[str]:
        """What was made in the directory."""
        return sorted(path.name for path in self.directory.iterdir())

    def kept(self) -> list[str]:
        """The jobs whose return value is kept."""
        results = {key.decode(): self.redis.xrange(key) for key in self.redis.keys("rq:results:*")}
        return [
            key.removeprefix("rq:results:")
            for key, entries in results.items()
            if any(b"return_value" in told for _, told in entries)
        ]


@contextmanager
def forger(connection: redis.Redis, directory: Path) -> Iterator[Forger]:
    """One, with the door open."""
    directory.mkdir()
    found = Forger(connection, directory)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.called.append(self.path)
            self.send_response(204)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        found.hooks = [
            {"url": f"{address}/{end}", "job_status": end, "method": "POST"} for end in ("finished", "failed")
        ]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield found
        server.shutdown()


def work(url: str, job_class: type[Job] = SafeJob, serializer: Any = JSONSerializer) -> None:
    """Let a worker that does not fork take everything that waits."""
    with redis.Redis.from_url(url) as connection:
        queue = Queue(QUEUE, connection=connection, job_class=job_class, serializer=serializer)
        worker = SimpleWorker(
            [queue],
            connection=connection,
            job_class=job_class,
            serializer=serializer,
            default_result_ttl=0,
            log_job_description=False,
        )
        worker.work(burst=True, logging_level="CRITICAL")
