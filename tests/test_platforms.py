"""A system without what only POSIX has: everything loads there, and a build comes to its end.

Nobody runs Layerlight on Windows itself (docs/install.md): it is only kept from needing, unasked,
what a system may lack.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT
from tests.input_folders import photo
from tests.small_networks import plain, saved

_WITHOUT = """
import asyncio, concurrent.futures.process, multiprocessing, os, pkgutil, signal, subprocess, sys
import tempfile
from importlib import import_module

# What others have made sure of is theirs: they know which system this really is.
import keras, matplotlib.pyplot, numba, rich, tensorflow, typer, typst, watchfiles

for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
for module, names in (
    (os, "chown fchmod fork geteuid getgid getpgid getpriority getuid killpg memfd_create mkfifo"),
    (os, "pread pwrite register_at_fork sched_getaffinity statvfs sysconf uname O_NOFOLLOW"),
    (os, "O_DIRECTORY O_NONBLOCK O_CLOEXEC"),
    (signal, "SIGHUP SIGALRM SIGUSR1 alarm pthread_kill setitimer"),
):
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"

import generator
for module in pkgutil.walk_packages(generator.__path__, "generator."):
    if module.name != "generator.__main__":
        import_module(module.name)

from generator.cli import main
sys.argv[0] = "layerlight"
main()
"""


def test_a_build_needs_nothing_that_only_posix_has(tmp_path: Path) -> None:
    """No locks of files, no users, no copies of processes; nor does a second build."""
    photo(tmp_path / "inputs" / "red.png")
    saved(plain(), tmp_path / "mine.keras")
    for title in ("One", "Two"):
        done = subprocess.run(
            [sys.executable, "-c", _WITHOUT, "build", "--model", "mine.keras", "--title", title],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert "problems  none" in done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        assert json.loads((tmp_path / "site/gallery.json").read_bytes())["images"][0]["id"] == "red"
        assert title in (tmp_path / "site/index.html").read_text("utf-8")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"inputs", "mine.keras", "site", ".site.layerlight.json"}
