"""Processes of ours, found in /proc: whose children they are, what they run, whether they live. Linux only."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")


def command(pid: int) -> str:
    """Its command line; empty where it is gone or nobody has fetched it yet."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def parent(pid: int) -> int:
    """Its parent; 0 where it is gone."""
    return int(_stat(pid)[1])


def alive(pid: int) -> bool:
    """Whether it runs, or could: one that nobody has fetched is dead."""
    return _stat(pid)[0] not in ("", "Z", "X")


def _stat(pid: int) -> tuple[str, str]:
    """State and parent. The name before them, in brackets, may hold anything."""
    with contextlib.suppress(OSError):
        state, parent_pid = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        return state, parent_pid
    return "", "0"


def everyone() -> list[int]:
    """All of this machine."""
    return [int(path.name) for path in PROC.glob("[0-9]*")]


def children(pid: int) -> list[int]:
    """Its own children that live, oldest first."""
    return sorted(one for one in everyone() if parent(one) == pid and alive(one))


def descendants(pid: int) -> list[int]:
    """Its children, and theirs."""
    found = children(pid)
    return found + [below for one in found for below in descendants(one)]


def about(directory: Path, word: str) -> list[int]:
    """Those whose command line holds `word`, started for a service on this data directory; orphans too."""
    found = []
    for pid in everyone():
        words = command(pid)
        if word in words and alive(pid):
            with contextlib.suppress(OSError):
                told = (PROC / str(pid) / "environ").read_bytes() + words.encode()
                if os.fsencode(directory) in told:
                    found.append(pid)
    return sorted(found)


def send(pids: Iterable[int], number: signal.Signals) -> int:
    """A signal to each that is still there; to how many."""
    reached = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            reached += 1
    return reached


def await_end(pids: Iterable[int], seconds: float = 10.0) -> None:
    """Until none of them lives."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        while alive(pid):
            assert time.monotonic() < deadline, command(pid)
            time.sleep(0.005)


@contextmanager
def stopped(pids: Iterable[int]) -> Iterator[None]:
    """They are there and do nothing, until the block ends."""
    held = list(pids)
    send(held, signal.SIGSTOP)
    try:
        yield
    finally:
        send(held, signal.SIGCONT)
