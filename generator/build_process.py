"""A build in a process of its own, so that its memory goes with it, and the server stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from generator.keeper import Outcome
from generator.manifest import Origin

__all__ = ["BuildProcess"]

_BEGIN = (
    # The same modules as here, whatever lies in the folder where this is run.
    "import json, sys; sys.path[:] = json.loads(sys.stdin.readline()); "
    "from generator.cli.rebuilding import main; main()"
)
_PATIENCE_SECONDS = 5
"""For a build that was told to stop."""


class BuildProcess:
    """Builds a site as it was built before (``generator.keeper.Builder``).

    The order goes to the process on its standard input, which then stays open: when it closes, also
    because the server was killed, the build stops. Its last line of output is what it did. What
    else it says, such as bars, goes to the terminal.
    """

    def __init__(self, origin: Origin, output: Path) -> None:
        """``output`` is where the site is, whatever the settings say by now."""
        self._order = json.dumps({"origin": asdict(origin), "output": str(output.absolute())})
        self._lock = Lock()
        self._stopped = False
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> Outcome | None:
        """Build; None: it was stopped."""
        started = time.perf_counter()
        with self._lock:
            if self._stopped:
                return None
            self._process = process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BEGIN],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                # Ctrl-C is for the server, which says what becomes of the build.
                start_new_session=True,
            )
            assert process.stdin and process.stdout
            # Before anybody may close it.
            with suppress(BrokenPipeError):
                process.stdin.write(f"{json.dumps([str(Path(p).absolute()) for p in sys.path])}\n")
                process.stdin.write(f"{self._order}\n")
                process.stdin.flush()
        lines = process.stdout.read().splitlines()
        code = process.wait()
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()
        if self._is_stopped():
            return None
        return _outcome(lines, code, time.perf_counter() - started)

    def _is_stopped(self) -> bool:
        with self._lock:
            return self._stopped

    def stop(self) -> None:
        """End the build that goes on, and all processes that it has begun."""
        with self._lock:
            self._stopped = True
        process = self._process
        if process is None or process.poll() is not None:
            return
        assert process.stdin
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            if hasattr(os, "killpg"):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()


def _outcome(lines: list[str], code: int, seconds: float) -> Outcome:
    try:
        said = json.loads(lines[-1])
        return Outcome(seconds, **(said | {"problems": tuple(said["problems"])}))
    except (IndexError, KeyError, TypeError, ValueError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        error = f"the build ended before it was done ({how}); the terminal shows what it said last"
        return Outcome(seconds, error)
