"""Files onto the disk: a site is written beside the old one and takes its place whole.

The way of a build: ``staging`` looks whether the output folder may be replaced; entering it makes
a workspace ``.layerlight-…`` in the folder that holds the output, so on the same file system;
``write`` fills ``new`` in it; ``finish`` exchanges ``new`` with the output in one step; leaving
removes the workspace, with the old site or the unfinished one in it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Self

from generator import layout
from generator.errors import OutputError

__all__ = ["PLACEHOLDERS", "TOP_LEVEL", "SiteFacts", "Staging", "staging"]

TOP_LEVEL = frozenset(
    {
        *(layout.FRONT_PAGE, layout.ERROR_PAGE, layout.NO_JEKYLL, layout.GALLERY_JSON),
        *(layout.STATIC, "images", "layers", "models", "compare", "learn", "handouts"),
        *("sheets", "atlas"),
    }
)
"""What a site holds (the output contract). Anything else in an output folder is somebody's."""
PLACEHOLDERS = frozenset({".gitkeep", ".gitignore", "CNAME"})
"""Files of the owner that stay through a build."""

_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Left by file managers in any folder that is looked at; nobody misses them."""
_WORKSPACE = re.compile(r"\.layerlight-[0-9a-f]{16}")
_OWNER, _NEW, _OLD = "owner.json", "new", "old"
_BLOCK = 2**20
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What was written."""

    files: int
    bytes: int
    unchanged: int
    """Files whose bytes are those of the previous site; not written again where links work."""


def staging(output: Path, inputs: Path | None = None) -> Staging:
    """A place to build the site that becomes ``output``; use it in a ``with`` statement.

    Touches nothing yet.

    Raises:
        OutputError: ``output`` holds what is not Layerlight's, is or holds a folder that must not
            be replaced, lies in ``inputs`` or around it, or cannot be written.
    """
    place = _place(output)
    _refuse_precious(place, output, inputs)
    _refuse_foreign(place, output)
    _refuse_unwritable(place, output)
    return Staging(place, output)


class Staging:
    """A site in the making (see ``staging``). Leaving it before ``finish`` leaves the old site."""

    def __init__(self, place: Path, shown: Path) -> None:
        self._output, self._shown = place, shown
        self._workspace = place.parent / f".layerlight-{secrets.token_hex(8)}"
        self._new = self._workspace / _NEW
        self._owner: IO[str] | None = None
        self._made: list[Path] = []
        self._plain: dict[Path, bool] = {}
        self._lock = Lock()
        self._files = self._bytes = self._unchanged = 0
        self._finished = False

    def __enter__(self) -> Self:
        try:
            self._made = _make_folders(self._workspace.parent)
            _remove_leftovers(self._workspace.parent)
            self._workspace.mkdir()
            self._owner = _sign(self._workspace, self._output.name)
            self._new.mkdir()
        except OSError as error:
            self._leave()
            raise OutputError(
                f"output {self._shown}: nothing can be written beside it ({error.strerror}); the "
                f"new site is built in {self._workspace.parent}. Name a folder elsewhere with "
                f"--output"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def path(self, relative: str) -> Path:
        """Where a file of the new site lies until ``finish``, to read it back.

        Raises:
            ValueError: ``relative`` is no plain path into the site, or the staging is not open.
        """
        parts = relative.split("/")
        if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
            raise ValueError(f"expected a path inside of the site, got {relative!r}")
        if parts[0] not in TOP_LEVEL:
            raise ValueError(
                f"expected one of {', '.join(sorted(TOP_LEVEL))} as the first part, got {relative!r}"
            )
        if self._owner is None or self._finished:
            raise ValueError(f"the site is not being built; {relative!r} has no place now")
        return self._new / relative

    def write(self, relative: str, data: bytes | str) -> None:
        """Put one file into the new site. May be called from several threads.

        A file with the bytes that the old site has there becomes a hard link to it. Text is
        written in UTF-8 with "\\n" at the ends of its lines.

        Raises:
            ValueError: as ``path``, or the file has been written already.
            OutputError: it cannot be written.
        """
        target = self.path(relative)
        if isinstance(data, str):
            data = data.replace("\r\n", "\n").replace("\r", "\n").encode()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            unchanged = self._same_in_old(relative, data)
            if not (unchanged and _linked(target, self._output / relative)):
                with target.open("xb") as file:
                    file.write(data)
        except FileExistsError:
            raise ValueError(f"{relative!r} was written before") from None
        except OSError as error:
            raise OutputError(
                f"output {self._shown}: {relative} cannot be written ({error.strerror})"
                + ("; make room on the disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "")
            ) from error
        with self._lock:
            self._files += 1
            self._bytes += len(data)
            self._unchanged += unchanged

    def finish(self) -> SiteFacts:
        """Put the new site in the place of the old one, in one step where the system can.

        Raises:
            ValueError: no ``gallery.json`` was written, by which the next build knows the folder.
            OutputError: the output changed hands meanwhile, or cannot be replaced.
        """
        if not _is_gallery(self.path(layout.GALLERY_JSON).parent):
            raise ValueError(f"expected a {layout.GALLERY_JSON} that names its generator")
        _refuse_foreign(self._output, self._shown)
        try:
            if self._output.is_dir():
                _carry_over(self._output, self._new)
                self._new.chmod(stat.S_IMODE(self._output.stat().st_mode))
            _swap(self._new, self._output, self._workspace / _OLD)
        except OSError as error:
            raise OutputError(
                f"output {self._shown}: the finished site could not take its place "
                f"({error.strerror}); what was there before is there still"
            ) from error
        self._finished = True
        return SiteFacts(self._files, self._bytes, self._unchanged)

    def _leave(self) -> None:
        if not self._output.exists() and (self._workspace / _OLD).exists():
            return  # the old site could not be put back: the next start tries again
        shutil.rmtree(self._workspace, ignore_errors=True)
        if self._owner:
            self._owner.close()
            self._owner = None
        if not self._finished:
            for folder in reversed(self._made):
                with suppress(OSError):
                    folder.rmdir()

    def _same_in_old(self, relative: str, data: bytes) -> bool:
        """Whether the old site has these bytes there, in a file of its own."""
        old = self._output / relative
        try:
            facts = old.lstat()
            if not stat.S_ISREG(facts.st_mode) or facts.st_size != len(data):
                return False
            return self._is_plain(old.parent) and _holds(old, data)
        except OSError:
            return False

    def _is_plain(self, folder: Path) -> bool:
        """No symbolic link on the way: a link to a file elsewhere would tie the site to it."""
        if folder not in self._plain:
            self._plain[folder] = folder.resolve() == folder
        return self._plain[folder]


# -- May this folder be replaced?


def _place(output: Path) -> Path:
    """The output without links on the way; its own name is kept, to see whether it is one."""
    try:
        if output.name in ("", ".."):
            return output.resolve()
        return output.parent.resolve() / output.name
    except (OSError, RuntimeError) as error:
        raise OutputError(f"output {output}: cannot be found on this machine ({error})") from error


def _refuse_precious(place: Path, output: Path, inputs: Path | None) -> None:
    """Refuse what is no folder of its own, or would take other folders along."""

    def refuse(expected: str, got: str) -> OutputError:
        return OutputError(
            f"output {output}: expected {expected}, got {got}. "
            f"Name another folder with --output; nothing was touched"
        )

    if place.is_symlink():
        link = place.readlink()
        raise refuse("a folder", f"a symbolic link to {link} (name what it leads to instead)")
    if place.exists() and not place.is_dir():
        raise refuse("a folder", "a file")
    if place.parent == place:
        raise refuse("a folder for the site alone", "the root of the file system")
    if place.is_mount():
        raise refuse("a folder that can be swapped", "a mount point (a folder in it would do)")
    for precious, name in ((Path.home, "home folder"), (Path.cwd, "working directory")):
        with suppress(OSError, RuntimeError):
            folder = precious().resolve()
            if place == folder or place in folder.parents:
                holds = "" if place == folder else "a folder around "
                raise refuse("a folder for the site alone", f"{holds}the {name}")
    if inputs is not None:
        images = inputs.resolve()
        if place == images or place in images.parents or images in place.parents:
            raise refuse("a folder apart from the images", f"one that shares files with {inputs}")


def _refuse_foreign(place: Path, output: Path) -> None:
    """Refuse a folder with files that Layerlight did not make."""
    try:
        foreign = _foreign(place)
    except NotADirectoryError:
        foreign = [place.name]
    except OSError as error:
        raise OutputError(
            f"output {output}: expected a folder that can be read ({error.strerror}); "
            f"name another with --output"
        ) from error
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise OutputError(
            f"output {output}: expected an empty folder or a site that Layerlight made, got one "
            f"with other files: {', '.join(foreign[:3])}{more}. Move them away, or name another "
            f"folder with --output; nothing was touched"
        )


def _foreign(folder: Path) -> list[str]:
    """Names in ``folder`` that a new site must not replace."""
    if not folder.exists():
        return []
    ours = _LITTER | (TOP_LEVEL if _is_gallery(folder) else frozenset())
    return sorted(
        # A name may hold anything; the terminal gets to see none of it raw.
        entry.name if entry.name.isprintable() else repr(entry.name)
        for entry in folder.iterdir()
        if entry.name not in ours
        and not (entry.name in PLACEHOLDERS and entry.is_file() and not entry.is_symlink())
    )


def _is_gallery(folder: Path) -> bool:
    """Whether its ``gallery.json`` says that Layerlight made it."""
    try:
        data: Any = json.loads((folder / layout.GALLERY_JSON).read_bytes())
        return bool(data["generator"]["name"] == "layerlight")
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


def _refuse_unwritable(place: Path, output: Path) -> None:
    """Find out before minutes of work; what is missed here is met at the swap."""
    parent = next(folder for folder in place.parents if folder.exists())
    if not parent.is_dir():
        raise OutputError(f"output {output}: expected a path through folders, got a file: {parent}")
    wanted = "; the new site is built there, beside the old. Name another folder with --output"
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(
            f"output {output}: expected a writable folder to hold it, but this user may not "
            f"write in {parent}{wanted}"
        )
    if place.exists() and not (os.access(place, os.W_OK | os.X_OK) and _may_move(place)):
        raise OutputError(
            f"output {output}: expected a folder that this user may replace, but it belongs to "
            f"another or is read-only. Change its owner or mode, or name another with --output"
        )


def _may_move(folder: Path) -> bool:
    """In a folder such as /tmp only the owner may rename an entry."""
    holder = folder.parent.stat()
    owners = (0, holder.st_uid, folder.stat().st_uid)
    return not holder.st_mode & stat.S_ISVTX or os.geteuid() in owners


# -- Files


def _holds(path: Path, data: bytes) -> bool:
    """Compare block by block: the old file is never in memory whole."""
    view = memoryview(data)
    with path.open("rb") as file:
        return all(
            file.read(_BLOCK) == view[start : start + _BLOCK]
            for start in range(0, len(data), _BLOCK)
        )


def _linked(target: Path, existing: Path) -> bool:
    """Whether ``target`` could be made a hard link; some file systems and owners refuse."""
    try:
        target.hardlink_to(existing)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _carry_over(old: Path, new: Path) -> None:
    for name in sorted(PLACEHOLDERS):
        if (old / name).is_file() and not (new / name).exists():
            shutil.copy2(old / name, new / name)


def _make_folders(folder: Path) -> list[Path]:
    """Make ``folder``; which ones had to be made, outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


# -- The swap


def _swap(new: Path, output: Path, aside: Path) -> None:
    """Put ``new`` at ``output``; what was there ends up at ``new`` or ``aside``."""
    if not output.exists():
        new.rename(output)
        return
    if _exchange(new, output):
        return
    try:
        output.rename(aside)
        new.rename(output)
    except BaseException:
        if aside.exists() and not output.exists():
            aside.rename(output)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step. False: this system or file system cannot."""
    if sys.platform != "linux":
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = (ctypes.c_int(_AT_FDCWD), os.fsencode(one), ctypes.c_int(_AT_FDCWD), os.fsencode(other))
    return bool(renameat2(*names, ctypes.c_uint(_RENAME_EXCHANGE)) == 0)


# -- What dead builds leave


def _sign(workspace: Path, output: str) -> IO[str]:
    """Mark a workspace as that of this process, for as long as the file stays open.

    The system takes the lock from a dead process, whatever became of its number since.
    """
    unlocked = workspace / "owner"
    file = unlocked.open("x", encoding="utf-8")
    with suppress(OSError):  # a file system without locks: the number must do
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    json.dump({"pid": os.getpid(), "output": output}, file)
    file.flush()
    unlocked.rename(workspace / _OWNER)  # only now may others look for the lock
    return file


def _remove_leftovers(folder: Path) -> None:
    """Remove the workspaces of dead builds; put back an old site that one of them had aside."""
    for workspace in sorted(folder.iterdir()):
        if _WORKSPACE.fullmatch(workspace.name) and not workspace.is_symlink():
            with suppress(OSError, ValueError, LookupError, TypeError):
                owner = json.loads((workspace / _OWNER).read_bytes())
                if _lives(workspace / _OWNER, owner["pid"]):
                    continue
                output = folder / Path(owner["output"]).name
                if (workspace / _OLD).is_dir() and not output.exists():
                    (workspace / _OLD).rename(output)
                shutil.rmtree(workspace, ignore_errors=True)


def _lives(owner: Path, pid: int) -> bool:
    """Whether the build that signed still runs."""
    with owner.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # no locks here
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
            except OSError:
                return True
            return True
    return False
