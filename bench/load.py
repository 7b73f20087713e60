"""The load generator, a process of its own: builds signed requests, waits for a word, sends them, tells what came back.

`python -m bench.load` reads a Job as JSON from its first line, says `ready`, starts at the next line.
"""

import gc
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Self

import msgspec

from bench import orders
from bench.sockets import Line, Switchboard

_MOST_LINES = 400
_MOST_BUSY = 0.2


class Job(msgspec.Struct, frozen=True):
    """What to send. With a `rate` (requests a second) the pace is kept whatever the answers; else as fast as they come,
    on `lines` connections. Order numbers run from `first`; the shops take turns.
    """

    port: int
    requests: int
    first: int
    domains: list[str]
    lines: int = 16
    rate: float | None = None


class Told(msgspec.Struct, frozen=True):
    """What came of it: seconds from the first request to the last answer; for each answer, in the order they came, when
    it was asked by the machine's monotonic clock, and the seconds it took.
    """

    seconds: float
    asked: list[float]
    latencies: list[float]
    statuses: dict[str, int]
    reconnected: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that `share` of the requests stay under, in milliseconds."""
        return 1_000 * percentile(self.latencies, share)

    @property
    def busy(self) -> float:
        """The share that was answered 503, to be sent again: a platform does that by itself."""
        return self.statuses.get("503", 0) / len(self.latencies)

    def refuse_failures(self) -> Self:
        """Itself; raises where answers were not 200, some 503 aside: what fails fast must not look fast."""
        if set(self.statuses) - {"200", "503"} or self.busy > _MOST_BUSY:
            raise RuntimeError(f"the service answered {self.statuses}")
        return self


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def run(job: Job) -> Told:
    """Let a process do it."""
    command = [sys.executable, "-m", "bench.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(msgspec.json.encode(job) + b"\n")
        process.stdin.flush()
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the load generator did not start")
        process.stdin.write(b"go\n")
        process.stdin.flush()
        return msgspec.json.decode(process.stdout.readline(), type=Told)


def send(job: Job, requests: Sequence[bytes]) -> Told:
    """Send them all and hear all answers."""
    board = Switchboard(job.port)
    asked, latencies = list[float](), list[float]()
    statuses: Counter[str] = Counter()
    started = time.monotonic()
    answers = _pressed(job.lines, requests, board) if job.rate is None else _paced(job, job.rate, requests, board)
    for line, status in answers:
        asked.append(line.asked_at)
        latencies.append(time.monotonic() - line.asked_at)
        statuses[str(status)] += 1
    seconds = time.monotonic() - started
    board.close()
    return Told(seconds, asked, latencies, dict(statuses), board.reconnected)


def _pressed(lines: int, requests: Sequence[bytes], board: Switchboard) -> Iterator[tuple[Line, int]]:
    """Each line asks again as soon as it has its answer."""
    waiting = iter(requests)
    for request in islice(waiting, lines):
        board.line().ask(request, time.monotonic())
    answered = 0
    while answered < len(requests):
        for line, status in board.heard(None):
            answered += 1
            yield line, status
            if following := next(waiting, None):
                line.ask(following, time.monotonic())


def _paced(job: Job, rate: float, requests: Sequence[bytes], board: Switchboard) -> Iterator[tuple[Line, int]]:
    """Each request at its time, whatever became of the others: a slow answer must not make the next one look quick."""
    idle = [board.line() for _ in range(job.lines)]
    begun, sent, answered, lines = time.monotonic(), 0, 0, job.lines
    while answered < len(requests):
        now = time.monotonic()
        while sent < len(requests) and begun + sent / rate <= now and (idle or lines < _MOST_LINES):
            lines += not idle
            (idle.pop() if idle else board.line()).ask(requests[sent], begun + sent / rate)
            sent += 1
        pause = max(0.0, begun + sent / rate - time.monotonic()) if sent < len(requests) and idle else None
        for line, status in board.heard(pause):
            answered += 1
            idle.append(line)
            yield line, status


def main() -> None:
    """Read the job, build, wait, send, tell."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    placed_at = datetime.now(UTC).replace(microsecond=0)
    # Each run begins with other shops: of ten thousand, those of the last run must not be the only ones known.
    shops = Random(job.first).sample(job.domains, len(job.domains))  # noqa: S311
    requests = [orders.request(job.first + n, shops[n % len(shops)], placed_at) for n in range(job.requests)]
    gc.disable()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.buffer.readline()
    sys.stdout.buffer.write(msgspec.json.encode(send(job, requests)) + b"\n")


if __name__ == "__main__":
    main()
