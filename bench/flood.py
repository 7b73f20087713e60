"""Browsers in a crowd, a process of its own: posts signals and sightings to the beacon, each of another checkout, until told to
stop, and tells what came back.

`python -m bench.flood` reads a Job as JSON from its first line, says `ready`, starts at the next line, stops at the one after.
"""

import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from itertools import count, cycle

import msgspec

from bench.sockets import Line, Switchboard

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_LOOK_SECONDS = 0.05


class Job(msgspec.Struct, frozen=True):
    """Whom to flood: `keys` are public keys of stores. With a `rate` (requests a second) the pace is kept, else as fast as
    answers come on `lines` connections.
    """

    port: int
    keys: list[str]
    lines: int = 8
    rate: float | None = None


class Flooded(msgspec.Struct, frozen=True):
    """What came of it: seconds, and how many answers of each status."""

    seconds: float
    statuses: dict[str, int]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return sum(self.statuses.values()) / self.seconds

    def share(self, status: int) -> float:
        """The share of the answers with this status."""
        return self.statuses.get(str(status), 0) / max(sum(self.statuses.values()), 1)


class Flood:
    """One that flows."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.told: Flooded | None = None

    def ebb(self) -> Flooded:
        """Stop it, and hear what it met with. Raises RuntimeError where it broke off."""
        if self.told is None:
            line, _ = self._process.communicate(b"stop\n", timeout=60)
            if not line:
                raise RuntimeError("the flood broke off")
            self.told = msgspec.json.decode(line, type=Flooded)
        return self.told


@contextmanager
def flowing(job: Job) -> Iterator[Flood]:
    """A flood, until the block ends or it is stopped."""
    command = [sys.executable, "-m", "bench.flood"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(msgspec.json.encode(job) + b"\n")
        process.stdin.flush()
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the flood did not start")
        process.stdin.write(b"go\n")
        process.stdin.flush()
        flood = Flood(process)
        try:
            yield flood
        finally:
            flood.ebb()


def _requests(job: Job) -> Iterator[bytes]:
    """Three signals to each sighting, no token twice, the stores in turns, each from an address of its own."""
    for number, key in zip(count(), cycle(job.keys), strict=False):
        token = f"{number:032x}"
        if number % 4 == 3:
            told = {"dataset_id": "100000000000000", "event_name": "Purchase", "event_id": str(number)}
            yield _posted(f"/s/{key}/sighting", number, {**told, "state": "called", "proof": token})
        else:
            browser = {"fbp": f"fb.1.1764500000000.{number}", "user_agent": _AGENT, "consent": {"marketing": True}}
            yield _posted(
                f"/s/{key}/signal", number, {"checkout_token": token, "url": "https://shop.example.com/", **browser}
            )


def _posted(path: str, number: int, told: Mapping[str, object]) -> bytes:
    """As a proxy in front of us passes it on."""
    body = msgspec.json.encode(told)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nOrigin: null\r\n"
    head += f"X-Forwarded-For: 198.{18 + (number >> 16) % 2}.{number >> 8 & 255}.{number & 255}\r\n"
    return f"{head}User-Agent: {_AGENT}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _flow(job: Job) -> Flooded:
    board, requests, statuses = Switchboard(job.port), _requests(job), Counter[str]()
    idle: list[Line] = [board.line() for _ in range(job.lines)]
    begun, sent = time.monotonic(), 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        now = time.monotonic()
        while idle and (job.rate is None or begun + sent / job.rate <= now):
            idle.pop().ask(next(requests), now)
            sent += 1
        for line, status in board.heard(_LOOK_SECONDS if job.rate is None else 0.002):
            statuses[str(status)] += 1
            idle.append(line)
    seconds = time.monotonic() - begun
    board.close()
    return Flooded(seconds, dict(statuses))


def main() -> None:
    """Read the job, wait, flood, tell."""
    words = FileIO(0)  # nothing may be read ahead: the last line is watched for, not read
    job = msgspec.json.decode(words.readline(), type=Job)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    words.readline()
    sys.stdout.buffer.write(msgspec.json.encode(_flow(job)) + b"\n")


if __name__ == "__main__":
    main()
