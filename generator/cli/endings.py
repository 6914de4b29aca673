"""How a command may be ended from outside, and what is said of an error that nobody foresaw."""

from __future__ import annotations

import _thread
import errno
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stopped", "interrupt", "stoppable", "unforeseen"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_SOON = 0.05
"""Seconds until an ending that was dropped comes again: what met it is left by then."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Stopped(BaseException):
    """The system, or somebody, asked this process to end. No error: nothing may catch it as one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Stopped(number)


_ENDS = {signal.SIGINT: signal.default_int_handler, **dict.fromkeys(_SIGNALS, _stop)}


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and SIGHUP end the body as Ctrl-C does, so that it can clear up.

    A second one ends the process at once. Whoever ignores one of them (nohup), or has use for it,
    keeps it. Each of them, and Ctrl-C, is heard also where it meets Python in a callback of
    compiled code, in ``__del__`` or as a module's lock goes: Python drops exceptions there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in _ENDS if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _ENDS[number])
    try:
        with _heard_everywhere():
            yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def _heard_everywhere() -> Iterator[None]:
    hook, over = sys.unraisablehook, threading.Event()

    def dropped(what: sys.UnraisableHookArgs) -> None:
        if isinstance(what.exc_value, Stopped):
            number = what.exc_value.signal
            signal.signal(number, _stop)
        elif isinstance(what.exc_value, KeyboardInterrupt):
            number = signal.SIGINT
        else:
            hook(what)
            return
        # This may be in the middle of anything: a Timer would want locks that are held there.
        _thread.start_new_thread(again, (number,))

    def again(number: int) -> None:
        time.sleep(_SOON)
        if not over.is_set():
            interrupt(number)

    sys.unraisablehook = dropped
    try:
        yield
    finally:
        over.set()
        sys.unraisablehook = hook


def interrupt(number: int = signal.SIGINT) -> None:
    """Have the main thread meet a signal, whichever thread calls."""
    if hasattr(signal, "pthread_kill"):
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, number)  # wakes it up, too
    else:
        _thread.interrupt_main(signal.Signals(number))


def unforeseen(error: Exception) -> str:
    """What happened, on one line, and what may help."""
    no_thread = isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    if isinstance(error, MemoryError) or _says(error, errno.ENOMEM) or no_thread:
        return (
            "expected enough memory, but the system gave no more; close other programs, or ask for "
            "less: --size, --layers or --every make the maps fewer, and smaller images help too"
        )
    if _says(error, *_FULL):
        where = f" for {name}" if (name := getattr(error, "filename", None)) else ""
        return f"expected room on the disk{where}, but there is none left; make room"
    reason = (str(error).splitlines() or ["no more is known"])[0]
    return f"unexpected {type(error).__name__}: {reason}; --debug shows the traceback"


def _says(error: Exception, *numbers: int) -> bool:
    return isinstance(error, OSError) and error.errno in numbers
