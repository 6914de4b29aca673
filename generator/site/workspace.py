"""The folder a build works in, beside the output, and what the next one makes of a dead one's.

::

    .site.layerlight-0123456789abcdef/
        new/              the new site; after the swap the old one
        old/              the old site, for a moment, where two folders cannot be exchanged
        done-1234.json    the manifest of the new site, which is the folder with inode 1234

``done`` is the journal. Once it is there the new site is whole, so whoever comes next brings it to
its end: the site into its place, if it is not there yet, and then the manifest into its own. Without
it whatever lies there is unfinished, and goes. Only who has the claim on an output touches its
workspaces, so each of them is either one's own or a dead one's.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from generator import beside
from generator.errors import OutputError
from generator.site.claim import Claim

__all__ = ["Workspace", "put_back", "settle_dead"]

_NEW, _OLD, _PART = "new", "old", "done.part"
_DONE = "done-*.json"
_RESERVE = 2**20
"""Bytes that are kept for clearing up: to list a folder takes memory too."""


class Workspace:
    """A folder beside the output, which holds the new site and for a moment the old one."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._folder = beside.workspace(output)
        self.new = self._folder / _NEW
        """The new site."""
        self.aside = self._folder / _OLD
        """Place for the old site, where the two cannot be exchanged."""
        self._reserve = b""

    def open(self) -> None:
        """Make it.

        Raises:
            OSError: something cannot be made; nothing is left then.
        """
        self._reserve = bytes(_RESERVE)
        try:
            self._folder.mkdir()
            self.new.mkdir()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def write_journal(self, manifest: bytes) -> None:
        """Say that the new site is whole, and what is to be remembered of it.

        Raises:
            OSError: it cannot be written.
        """
        part = self._folder / _PART
        part.write_bytes(manifest)
        part.rename(self._folder / _DONE.replace("*", str(self.new.stat().st_ino)))

    def drop_journal(self) -> None:
        """The new site could not take its place: it is to be forgotten."""
        with suppress(OSError):  # the next build heeds none whose site took no place
            for journal in _journals(self._folder):
                journal.unlink()

    def close(self) -> str:
        """Bring what is whole to its end, and remove the rest; what barred it, or "".

        An old site that could not be put back stays, for the next build to try again.
        """
        self._reserve = b""  # a build that ends for want of memory has some again to clear up
        return _settle(self._folder, self._output)


def settle_dead(output: Path) -> None:
    """Bring to its end, or remove, what dead builds left beside ``output``, which is claimed.

    Those of other outputs in the same folder too, unless somebody is at work on these.
    """
    with suppress(OSError):
        for folder in sorted(output.parent.iterdir()):
            other = beside.output_of_workspace(folder)
            if other is None or not _is_workspace(folder):
                continue
            if other == output:
                _settle(folder, output)
                continue
            with suppress(OutputError), Claim(other, other):
                _settle(folder, other)


def put_back(site: Path) -> None:
    """Bring to its end what a build left that died while there was no site at all.

    That can only be where two folders cannot be exchanged. For commands that read a site.
    """
    output = Path(os.path.realpath(site))
    with suppress(OSError, OutputError):
        if not output.exists() and any(
            beside.output_of_workspace(folder) == output for folder in output.parent.iterdir()
        ):
            with Claim(output, site):
                settle_dead(output)


def _is_workspace(folder: Path) -> bool:
    """Whether nothing but what is of a workspace lies in it: else it is somebody's."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return all(
        entry.name in (_NEW, _OLD, _PART) or entry.match(_DONE) for entry in folder.iterdir()
    )


def _settle(folder: Path, output: Path) -> str:
    barred = ""
    try:
        journals = _journals(folder)
    except FileNotFoundError:
        journals = []
    except OSError as error:  # they may be there: all of it stays for the next build
        return error.strerror or str(error)
    for journal in journals:
        inode = journal.stem.partition("-")[2]
        with suppress(OSError):
            if not output.exists() and _inode(folder / _NEW) == inode:
                (folder / _NEW).rename(output)
        if _inode(output) == inode:
            try:
                journal.replace(beside.manifest(output))
            except OSError as error:
                barred = error.strerror or str(error)
    with suppress(OSError):
        if (folder / _OLD).is_dir() and not output.exists():
            (folder / _OLD).rename(output)
    if output.exists() or not (folder / _OLD).exists():
        shutil.rmtree(folder, ignore_errors=True)
    return barred


def _journals(folder: Path) -> list[Path]:
    # Not by Path.glob, which from Python 3.12 on takes a folder that cannot be listed for empty.
    return [folder / name for name in os.listdir(folder) if fnmatch(name, _DONE)]


def _inode(folder: Path) -> str:
    try:
        return str(folder.lstat().st_ino)
    except OSError:
        return ""
