"""One folder takes another's place, in one step where the system can."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

__all__ = ["exchange", "swap"]

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


def swap(new: Path, output: Path, aside: Path) -> None:
    """Put ``new`` at ``output``; what was there ends up at ``new`` or ``aside``.

    All on one file system. Raises OSError; then ``output`` is what it was, unless even the way
    back was barred: then it lies ``aside``.
    """
    if not output.exists():
        new.rename(output)
        return
    if exchange(new, output):
        return
    try:
        output.rename(aside)
        new.rename(output)
    except BaseException:
        if aside.exists() and not output.exists():
            aside.rename(output)
        raise


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step. False: this system or file system cannot."""
    if sys.platform != "linux":
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here = ctypes.c_int(_AT_FDCWD)
    done = renameat2(
        here, os.fsencode(one), here, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)
    )
    return bool(done == 0)
