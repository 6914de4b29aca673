"""Commands that are ended from outside, wherever that meets them: nothing but their own words."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator.cli.endings import unforeseen
from tests.conftest import PROJECT

_DROPPING = """
import ctypes, signal, sys, threading, typer
from generator.cli.terminal import reporting

def work(number: int) -> None:
    with reporting(debug=False, interrupted=lambda: "nothing was made"):
        ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))()
        threading.Event().wait(100)

signal.signal(signal.SIGINT, signal.SIG_DFL)
typer.run(work)
"""
"""A callback of compiled code, where Python says that an exception was ignored, and goes on."""

_LOADING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
met = sys.argv.pop(1)
sys.addaudithook(
    lambda event, facts: signal.raise_signal(signal.SIGINT)
    if event == "import" and facts[0] == met else None
)
from generator.__main__ import main
main()
"""


def _ended(code: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Its exit code, and all that it says."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=90,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("number", "code", "how"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by SIGTERM")],
)
def test_an_ending_is_heard_where_exceptions_are_dropped(
    tmp_path: Path, number: signal.Signals, code: int, how: str
) -> None:
    """It comes once more, and ends the command as ever."""
    said = f"{how}; nothing was made\n"
    assert _ended(_DROPPING, tmp_path, str(int(number))) == (code, said)


@pytest.mark.parametrize("met", ["typer", "generator.cli.publishing", "pydantic"])
def test_ctrl_c_before_anything_is_begun_ends_a_command_without_a_word(
    tmp_path: Path, met: str
) -> None:
    """While the command line is loaded, and settings; as any program that does not ask to know."""
    assert _ended(_LOADING, tmp_path, met, "build", "-o", "out") == (-signal.SIGINT, "")
    assert not [*tmp_path.iterdir()]


def test_ctrl_c_while_a_build_is_loaded_is_one_line(tmp_path: Path) -> None:
    """From then on there is something to say."""
    ended = _ended(_LOADING, tmp_path, "generator.building", "build", "-o", "out")
    assert ended == (130, "interrupted; no site was made\n")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory", "site"),  # listing a folder takes some
        RuntimeError("can't start new thread"),
    ],
)
def test_too_little_memory_is_said_however_it_shows(error: Exception) -> None:
    """Whichever part of Python met it."""
    assert unforeseen(error).startswith("expected enough memory, but the system gave no more; ")
