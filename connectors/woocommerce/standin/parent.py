"""Ending with the process that started us, also when it was killed and could not say so."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM when our parent ends. Does nothing outside Linux.

    To the kernel the parent is the thread that started us. Raises KeyboardInterrupt if the parent ended while we asked.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise KeyboardInterrupt
