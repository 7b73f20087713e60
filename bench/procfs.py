"""CPU time and memory of process trees, from /proc. Linux only."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold spaces: state, ppid, pgrp, session, ..."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def parent(pid: int) -> int:
    """Who started a process."""
    return int(_stat(pid)[1])


def cpu_seconds(root: int) -> float:
    """CPU seconds that a process, its descendants, and those of them that have ended used so far."""
    ticks, family = 0, _family(root)
    for pid in family:
        try:
            ticks += sum(int(part) for part in _stat(pid)[11:15])  # user, system, and both of reaped children
        except (FileNotFoundError, ProcessLookupError):
            continue
    return ticks / _TICK


def resident_mb(root: int) -> float:
    """Megabytes that a process and its descendants hold in memory, what they share counted for each."""
    pages = 0
    for pid in _family(root):
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _family(root: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = parent(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    family = {root}
    while more := {pid for pid, above in parents.items() if above in family} - family:
        family |= more
    return family
