"""Builds in a process of their own that meet with something at a chosen step.

A step is one call that changes files beside or in the output: a file that is opened to be written,
a link, a folder, a new name, a removal, the exchange of two folders. Python tells them to an audit
hook before they happen, so the n-th is the same moment in each run, and no test has to wait.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image

from generator import beside

__all__ = ["End", "Gallery", "begun", "broken_links", "ended", "tree"]

PROJECT = Path(__file__).parent.parent

End = Literal["count", "kill", "term", "hup", "int", "full", "memory", "hold"]
"""What happens at the step. ``count``: nothing, and the last line of the output says how many there
were; ``full``: this and all later ones find no room;
``hold``: the process says "at work" and waits for its standard input.
"""

_CODE = """
import errno, os, resource, signal, sys
end, nth, folder, at_once = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
since_swap = sys.argv[5] == "True"
steps, swap, first = 0, False, os.getpid()
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it,
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and nohup this one

def changes(event, args):
    if event == "open":
        inside = isinstance(args[0], str) and args[0].startswith(folder)
        return inside and bool(args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    if event in ("os.remove", "os.rmdir") and args[1] != -1:
        return True  # in a folder that is being removed
    if event == "ctypes.dlsym":
        return args[1] == "renameat2"
    names = ("os.link", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod")
    return event in names and str(args[0]).startswith(folder)

def meet():
    match end:
        case "kill": os.kill(os.getpid(), signal.SIGKILL)
        case "term": os.kill(os.getpid(), signal.SIGTERM)
        case "hup": os.kill(os.getpid(), signal.SIGHUP)
        case "int": os.kill(os.getpid(), signal.SIGINT)
        case "memory":
            with open("/proc/self/statm") as file:
                now = int(file.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (now, now))
        case "hold":
            os.write(1, b"at work\\n")
            os.read(0, 1)

def hook(event, args):
    global steps, swap
    if not changes(event, args):
        return
    if event == "ctypes.dlsym":
        swap = True
        if since_swap:
            steps = 0
    steps += 1
    if steps == nth and (swap or not since_swap):
        meet()
    removes = event in ("os.remove", "os.rmdir")
    if end == "full" and steps >= nth and not removes and event != "ctypes.dlsym":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

from generator import rows
from generator.cli import main
if at_once:
    rows._WORTH_IT = at_once
sys.argv = ["layerlight", *sys.argv[6:]]
sys.addaudithook(hook)
try:
    main()
finally:
    if end == "count" and os.getpid() == first:
        os.write(1, f"steps {steps}".encode())
"""


class Gallery:
    """Photographs, a small network, and the site that is built of them in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inputs = folder / "in"
        self.network = folder / "mine.keras"
        self.place = folder / "published"
        """What holds the site and nothing else."""
        self.site = self.place / "site"

    def photograph(self, name: str, seed: int) -> None:
        """An image of coloured areas, different for each seed."""
        self.inputs.mkdir(parents=True, exist_ok=True)
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse.repeat(8, axis=0).repeat(8, axis=1)).save(
            self.inputs / f"{name}.png"
        )

    def arguments(self, title: str = "One", *more: str) -> list[str]:
        """Of a build with that title."""
        return [
            *("build", str(self.inputs), "-o", str(self.site), "--model", str(self.network)),
            *("--title", title, *more),
        ]

    def copied(self, folder: Path) -> Gallery:
        """A copy with the times of its files, so that a build has nothing to do in it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Gallery(folder)

    def build(self, title: str = "One", *more: str) -> subprocess.CompletedProcess[str]:
        """To the end, undisturbed."""
        return ended("count", 0, self, title, *more)

    def leftovers(self) -> set[str]:
        """What lies beside the site that is neither it nor its manifest."""
        known = {self.site.name, beside.manifest(self.site).name}
        return {path.name for path in self.place.iterdir()} - known


def ended(
    end: End, nth: int, gallery: Gallery, title: str = "One", *more: str, since_swap: bool = False
) -> subprocess.CompletedProcess[str]:
    """A build that meets with ``end`` at its ``nth`` step.

    ``since_swap``: counted from the exchange of the two folders, which is the first.
    """
    return subprocess.run(
        _command(end, nth, gallery, title, more, since_swap=since_swap),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def begun(
    end: End, nth: int, gallery: Gallery, title: str = "One", *more: str, at_once: int = 0
) -> subprocess.Popen[str]:
    """As ``ended``, but nobody waits for it. Its output is a pipe that all its copies hold open.

    ``at_once``: so many images are enough to make their pages in copies of the process.
    """
    return subprocess.Popen(
        _command(end, nth, gallery, title, more, at_once),
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _command(
    end: End,
    nth: int,
    gallery: Gallery,
    title: str,
    more: tuple[str, ...],
    at_once: int = 0,
    *,
    since_swap: bool = False,
) -> list[str]:
    given = [end, str(nth), str(gallery.place), str(at_once), str(since_swap)]
    return [sys.executable, "-c", _CODE, *given, *gallery.arguments(title, *more)]


def tree(folder: Path) -> dict[str, str]:
    """The digest of every file below ``folder``."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def broken_links(site: Path) -> list[str]:
    """Links, pictures, styles and scripts of pages that lead to no file of the site."""
    broken = []
    for page in sorted(site.rglob("*.html")):
        found = _Targets()
        found.feed(page.read_text(encoding="utf-8"))
        for target in found.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            place = (page.parent / unquote(parts.path)).resolve()
            if not (place.is_relative_to(site.resolve()) and place.is_file()):
                broken.append(f"{page.relative_to(site)}: {target}")
    return broken


class _Targets(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        self.targets += [value for name, value in attrs if name in ("href", "src") and value]
