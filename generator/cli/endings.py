"""How a command may be ended from outside, and what is said of an error that nobody foresaw."""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stopped", "stoppable", "unforeseen"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Stopped(BaseException):
    """The system, or somebody, asked this process to end. No error: nothing may catch it as one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and SIGHUP end the body as Ctrl-C does, so that it can clear up.

    A second one ends the process at once. Whoever ignores one of them (nohup), or has use for it,
    keeps it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in _SIGNALS if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Stopped(number)


def unforeseen(error: Exception) -> str:
    """What happened, on one line, and what may help."""
    if isinstance(error, MemoryError):
        return (
            "expected enough memory, but the system gave no more; close other programs, or ask for "
            "less: --size, --layers or --every make the maps fewer, and smaller images help too"
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        where = f" for {error.filename}" if error.filename else ""
        return f"expected room on the disk{where}, but there is none left; make room"
    reason = (str(error).splitlines() or ["no more is known"])[0]
    return f"unexpected {type(error).__name__}: {reason}; --debug shows the traceback"
