"""The folder a build works in: signed while the build lives, cleared away once it is dead."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO

__all__ = ["Workspace", "remove_leftovers"]

_NAME = re.compile(r"\.layerlight-[0-9a-f]{16}")
_OWNER, _NEW, _OLD = "owner.json", "new", "old"


class Workspace:
    """A folder beside the output, which holds the new site and for a moment the old one."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._folder = output.parent / f".layerlight-{secrets.token_hex(8)}"
        self._signature: IO[str] | None = None
        self._made: list[Path] = []
        self.new = self._folder / _NEW
        """The new site."""
        self.aside = self._folder / _OLD
        """Place for the old site, where the two cannot be exchanged."""

    def open(self) -> None:
        """Make it, and the folders that lead to the output.

        Raises:
            OSError: something cannot be made; nothing is left then.
        """
        try:
            self._made = _make_folders(self._folder.parent)
            self._folder.mkdir()
            self._signature = _sign(self._folder, self._output.name)
            self.new.mkdir()
        except BaseException:
            self.close(keep_folders=False)
            raise

    def close(self, *, keep_folders: bool) -> None:
        """Remove it and all in it; if not ``keep_folders``, also the folders it had to make.

        An old site that could not be put back stays, for the next build to try again.
        """
        try:
            if self._output.exists() or not self.aside.exists():
                shutil.rmtree(self._folder, ignore_errors=True)
        finally:  # interrupted: the next build clears away what is left
            if self._signature:
                self._signature.close()
                self._signature = None
        if not keep_folders:
            for folder in reversed(self._made):
                with suppress(OSError):  # not empty: somebody uses it
                    folder.rmdir()


def remove_leftovers(folder: Path) -> None:
    """Remove the workspaces of dead builds in ``folder``.

    An old site that one of them had aside goes back to its place, if that is still free.
    """
    with suppress(OSError):
        for workspace in sorted(folder.iterdir()):
            if _NAME.fullmatch(workspace.name) and not workspace.is_symlink():
                _remove_if_dead(workspace)


def _remove_if_dead(workspace: Path) -> None:
    # Without a signature that can be read it is another user's, or no workspace at all.
    with suppress(OSError, ValueError, LookupError, TypeError):
        owner = json.loads((workspace / _OWNER).read_bytes())
        if _lives(workspace / _OWNER, owner["pid"]):
            return
        output = workspace.parent / Path(owner["output"]).name
        if (workspace / _OLD).is_dir() and not output.exists():
            (workspace / _OLD).rename(output)
        shutil.rmtree(workspace, ignore_errors=True)


def _make_folders(folder: Path) -> list[Path]:
    """Make ``folder``; which ones had to be made, outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _sign(workspace: Path, output: str) -> IO[str]:
    """Mark a workspace as that of this process, for as long as the file stays open.

    The system takes the lock from a dead process, whatever became of its number since.
    """
    unlocked = workspace / "owner"
    file = unlocked.open("x", encoding="utf-8")
    try:
        with suppress(OSError):  # a file system without locks: the number must do
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        json.dump({"pid": os.getpid(), "output": output}, file)
        file.flush()
        unlocked.rename(workspace / _OWNER)  # only now may others look for the lock
    except BaseException:
        file.close()
        raise
    return file


def _lives(owner: Path, pid: int) -> bool:
    """Whether the build that signed still runs."""
    with owner.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return _runs(pid)
    return False


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there, and another user's
        return True
    return True
