"""Processes that end with the one that they work for."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress

__all__ = ["end_with"]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with(parent: int) -> None:
    """Have the system end this process when ``parent`` ends, however that comes about.

    Where it cannot (anywhere but on Linux), only a parent that is gone already is noticed.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        os.kill(os.getpid(), signal.SIGKILL)
