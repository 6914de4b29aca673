"""How many processes one may start, and that they end with the one that they work for."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress

__all__ = ["cores", "end_with"]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def cores() -> int:
    """Those that this process may use: ``taskset`` or a container's set of cores can make fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def end_with(parent: int) -> None:
    """Have the system end this process when ``parent`` ends, however that comes about.

    Where it cannot (anywhere but on Linux), only a parent that is gone already is noticed.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        os.kill(os.getpid(), signal.SIGKILL)
