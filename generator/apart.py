"""Work on what strangers made, done in a process of its own that can be ended.

A decoder that never comes back, or takes the process with it, cannot be stopped from within: most
of them are compiled code that no exception reaches. So what may meet a hostile file runs apart. The
other process is started for the first piece of work and kept for the next ones; one that takes too
long is ended and costs that piece alone. Where the system can (Linux), its memory is bounded too.

Apart is not a sandbox: what runs there has the rights of whoever builds.

A piece of work is a small JSON object and bytes, and so is its result, so that nothing of the other
process is ever unpickled.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any, NamedTuple

from generator.errors import LayerlightError

__all__ = ["Apart", "CrashedError", "Result", "TooLongError", "TooMuchMemoryError"]

_FRAME = struct.Struct(">IQ")
"""Before each message: bytes of JSON, and of data."""
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from generator.apart import serve; serve(*sys.argv[2:])"
)
_START_SECONDS = 120
"""Longest time to start, on a machine with much else to do."""
_GRACE = 5
"""Seconds after which a process whose parent is gone, and so cannot end it, ends itself."""


class Result(NamedTuple):
    """Of one piece of work."""

    facts: dict[str, Any]
    data: bytes


class TooLongError(LayerlightError):
    """It was not done in time, and ended."""


class TooMuchMemoryError(LayerlightError):
    """It asked for more memory than it may have."""


class CrashedError(LayerlightError):
    """The process ended by itself; the message says how."""


class Apart:
    """One function, run in a process of its own, one piece of work at a time."""

    def __init__(self, function: str, *, seconds: float, megabytes: int) -> None:
        """Starts nothing yet.

        Args:
            function: "package.module:name" of a function of (facts, data) that gives a ``Result``.
                It raises nothing but MemoryError: what is wrong with a file is a result.
            seconds: longest time for one piece of work, the start of the process not counted.
            megabytes: most memory the process may ask for.
        """
        self._function, self.seconds, self._megabytes = function, seconds, megabytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.close)

    def do(self, facts: dict[str, Any], data: bytes = b"") -> Result:
        """The function's result.

        Raises:
            TooLongError, TooMuchMemoryError, CrashedError: there is none. The next piece of work
                gets a new process.
            LayerlightError: no process can be started.
        """
        with self._lock:
            process = self._running()
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(self.seconds, end)
            timer.daemon = True
            timer.start()
            try:
                answer = _exchange(process, facts, data)
            finally:
                timer.cancel()
            if answer is None:
                code = process.wait()
                self._forget()
                if late.is_set():
                    raise TooLongError(f"not done after {self.seconds:g} seconds")
                raise CrashedError(_ended(code))
            # not relied on again: one that was ended just after its answer, or a library that ran
            # out of memory
            if late.is_set() or "memory" in answer.facts:
                self._forget()
            if "memory" in answer.facts:
                raise TooMuchMemoryError(f"more than {self._megabytes:,} MB of memory")
            return Result(answer.facts["result"], answer.data)

    def close(self) -> None:
        """End the process, if there is one. The next piece of work starts another."""
        with self._lock:
            self._forget()

    def _running(self) -> subprocess.Popen[bytes]:
        # a copy of this process (os.fork) shares the pipes, and must not talk into them
        process = self._process if self._owner == os.getpid() else None
        if process is None or process.poll() is not None:
            self._forget()
            process = self._process = self._start()
            self._owner = os.getpid()
        return process

    def _start(self) -> subprocess.Popen[bytes]:
        limits = [str(self.seconds), str(self._megabytes)]
        try:
            process = subprocess.Popen(
                # -P: a module that lies in the working folder is not run in place of a library's
                [sys.executable, "-P", "-c", _START, json.dumps(sys.path), self._function, *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # libraries complain there of odd files; only the command line prints
                stderr=subprocess.DEVNULL,
                # each thread of a pool asks for memory that counts against the limit
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        except (OSError, ValueError) as error:
            raise LayerlightError(
                f"expected to start {sys.executable or 'Python'} once more, for files that are "
                f"read in a process of their own; the system says: {error}"
            ) from error
        assert process.stdout
        timer = threading.Timer(_START_SECONDS, process.kill)
        timer.start()
        ready = process.stdout.read(1) == b"+"  # when all is imported there
        timer.cancel()
        if not ready:
            with process:  # closes its pipes
                code = process.wait()
            raise LayerlightError(
                f"expected {sys.executable} to run {self._function} in a process of its own, it "
                f"ended at once ({_ended(code)}); install layerlight again"
            )
        return process

    def _forget(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # it may be gone already
                pipe and pipe.close()
        with contextlib.suppress(OSError):  # or this one may no longer have the right
            process.kill()
        process.wait()


def _ended(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _exchange(
    process: subprocess.Popen[bytes], facts: dict[str, Any], data: bytes
) -> Result | None:
    """Ask, and wait for the answer; None: the process is gone."""
    assert process.stdin and process.stdout
    try:
        _send(process.stdin, facts, data)
        return _receive(process.stdout)
    except OSError:
        return None


def _send(pipe: IO[bytes], facts: dict[str, Any], data: bytes) -> None:
    words = json.dumps(facts).encode()
    pipe.write(_FRAME.pack(len(words), len(data)) + words)
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Result | None:
    """The next message; None: there is no more, or it breaks off."""
    head = pipe.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    words, data = _FRAME.unpack(head)
    said, content = pipe.read(words), pipe.read(data)
    return Result(json.loads(said), content) if len(content) == data else None


# -- There


def serve(function: str, seconds: str, megabytes: str) -> None:
    """Do piece after piece, until there is no more. Runs in the other process."""
    asked = sys.stdin.buffer
    # what a library prints must not get between the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # without a word: who asked is interrupted too
    module, _, name = function.partition(":")
    work: Callable[[dict[str, Any], bytes], Result] = getattr(importlib.import_module(module), name)
    _bound_memory(int(megabytes))
    answers.write(b"+")
    answers.flush()
    while (asking := _receive(asked)) is not None:
        if hasattr(signal, "alarm"):
            signal.alarm(int(float(seconds)) + _GRACE)
        try:
            done = work(*asking)
            said: dict[str, Any] = {"result": done.facts}
            data = done.data
        except MemoryError:
            said, data = {"memory": True}, b""
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        del asking
        _send(answers, said, data)


def _bound_memory(megabytes: int) -> None:
    if sys.platform == "linux":  # elsewhere the limit is not kept, or counts other things
        import resource

        most = megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
