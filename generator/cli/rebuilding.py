"""The build that ``layerlight serve`` runs in a process of its own: see ``build_process``."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from generator.cli import texts
from generator.cli.endings import Stopped, interrupt, stoppable
from generator.cli.terminal import INTERRUPTED, SIGNALLED, bars, write_anything
from generator.errors import LayerlightError

__all__ = ["main"]

_PATIENCE_SECONDS = 10
"""For a build to stop by itself before it is ended."""


def main() -> None:
    """Build as standard input says, and write to standard output what came of it, as JSON."""
    write_anything()
    # Before and after the build there is nothing to clear up: the process may go without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_stop_with_the_server, daemon=True).start()
    try:
        with stoppable():
            done = {"error": "", "unchanged": False, "summary": "", "problems": []} | _build(order)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Stopped as stop:
        sys.exit(SIGNALLED + stop.signal)
    sys.stdout.write(f"\n{json.dumps(done)}\n")
    sys.stdout.flush()


def _build(order: dict[str, Any]) -> dict[str, Any]:
    # numpy reads this when it is loaded; see the command ``build``
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from generator.building import build
        from generator.manifest import Origin
        from generator.sources import settings_of

        origin = Origin(**order["origin"])
        settings = settings_of(origin).model_copy(update={"output": Path(order["output"])})
        os.chdir(origin.folder)
        shown = bars(quiet=False)
        with shown or nullcontext():
            report = build(settings, progress=shown, origin=origin)
    except LayerlightError as error:
        return {"error": str(error)}
    except Exception as error:
        reason = (str(error).splitlines() or ["no more is known"])[0]
        trace = traceback.format_exc().rstrip()
        return {"error": f"unexpected {type(error).__name__}: {reason}\n\n{trace}"}
    return {
        "unchanged": report.unchanged,
        "summary": texts.one_line(report),
        "problems": [texts.problem_line(problem) for problem in report.problems],
    }


def _stop_with_the_server() -> None:
    """Wait until the server has gone, or wants no more; then end, and all that was begun here."""
    # Past Python's own buffer, whose lock would be missed as the interpreter ends.
    while os.read(sys.stdin.fileno(), 1):
        pass
    interrupt()
    threading.Event().wait(_PATIENCE_SECONDS)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
