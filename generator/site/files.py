"""One file after the other into a new site, in this process or in several."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from generator.errors import OutputError
from generator.site.ownership import TOP_LEVEL

__all__ = ["Files", "Written", "advice", "lies_inside", "linked"]

_BLOCK = 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Written(NamedTuple):
    """A file that was put into the new site."""

    size: int
    time: int
    """When it was last written, ns."""
    unchanged: bool
    """Whether the old site has the same bytes there."""

    @property
    def stamp(self) -> tuple[int, int]:
        """Size and modification time (ns)."""
        return self.size, self.time


class Files:
    """Puts files into a new site; from several threads, and from other processes (it is pickled).

    Files come by the hundred thousand, so their paths are plain strings: a ``Path`` of each
    takes as long as the file.
    """

    def __init__(self, new: Path, old: Path, shown: Path) -> None:
        """Touches nothing.

        Args:
            new: folder of the new site.
            old: folder of the site that it is to replace, absolute; there may be none.
            shown: the old one's name in messages.
        """
        self._new, self._old, self._shown = str(new), str(old), shown
        self._plain: dict[str, bool] = {}
        self._folders: set[str] = set()

    def write(self, relative: str, data: bytes | str) -> Written:
        r"""Put one file into the new site.

        A file with the bytes that the old site has there becomes a hard link to it. Text is
        written in UTF-8, its lines ending in ``\n``.

        Raises:
            ValueError: the path leads out of the site, or the file was written before.
            OutputError: it cannot be written.
        """
        if not lies_inside(relative):
            # Else the next build would not know the file as ours, and refuse the folder.
            raise ValueError(
                f"expected a path inside of the site, below one of {sorted(TOP_LEVEL)}, got "
                f"{relative!r}"
            )
        if isinstance(data, str):
            if "\r" in data:
                data = data.replace("\r\n", "\n").replace("\r", "\n")
            data = data.encode()
        target = f"{self._new}/{relative}"
        try:
            self.make_folder(relative)
            same = self._is_in_old(relative, data)
            if same and linked(target, f"{self._old}/{relative}"):
                facts = os.stat(target)
            else:
                facts = _create(target, data)
        except FileExistsError:
            raise ValueError(f"{relative!r} was written before") from None
        except OSError as error:
            raise self.unwritten(relative, error) from error
        return Written(facts.st_size, facts.st_mtime_ns, same)

    def make_folder(self, relative: str) -> None:
        """Of a file."""
        folder = relative.rpartition("/")[0]
        if folder not in self._folders:  # most files go where one is already
            os.makedirs(f"{self._new}/{folder}", exist_ok=True)
            self._folders.add(folder)

    def is_plain(self, relative: str) -> bool:
        """No symbolic link on the way to a file of the old site, which would else share files.

        What the last part of the path is, does not count.
        """
        folder = os.path.dirname(f"{self._old}/{relative}")
        if folder not in self._plain:
            self._plain[folder] = os.path.realpath(folder) == folder
        return self._plain[folder]

    def unwritten(self, relative: str, error: OSError) -> OutputError:
        """What is said of a file that could not be written."""
        return OutputError(
            f"output {self._shown}: {relative} cannot be written ({error.strerror}){advice(error)}"
        )

    def _is_in_old(self, relative: str, data: bytes) -> bool:
        """Whether the old site has these bytes there, in a file of its own."""
        old = f"{self._old}/{relative}"
        with suppress(OSError):
            facts = os.lstat(old)
            if stat.S_ISREG(facts.st_mode) and facts.st_size == len(data):
                return self.is_plain(relative) and _holds(old, data)
        return False


def advice(error: OSError) -> str:
    """What to do about an error, as the end of a sentence; empty: nothing special."""
    return "; make room on the disk" if error.errno in _FULL else ""


def lies_inside(relative: str) -> bool:
    """Whether a path is one of the output contract and leads nowhere else."""
    parts = relative.split("/")
    return parts[0] in TOP_LEVEL and not any(
        part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts
    )


def linked(target: str, existing: str) -> bool:
    """Whether ``target`` could be made a hard link; some file systems and owners refuse."""
    try:
        os.link(existing, target)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _create(target: str, data: bytes) -> os.stat_result:
    """Write a new file; its facts."""
    file = os.open(target, _FLAGS, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]
        return os.fstat(file)
    finally:
        os.close(file)


def _holds(path: str, data: bytes) -> bool:
    """Compare block by block: the old file is never in memory whole."""
    view = memoryview(data)
    with open(path, "rb") as file:
        return all(
            file.read(_BLOCK) == view[start : start + _BLOCK]
            for start in range(0, len(data), _BLOCK)
        )
