"""Who may change an output: one process at a time, told by a lock beside it.

The system takes the lock from a dead process, whatever ended it and whatever became of its number
since. Where there is no ``flock`` (Windows), the lock is that nobody can remove a file while it is
open.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from generator import beside
from generator.errors import OutputError

try:
    import fcntl
except ImportError:
    _HAS_LOCKS = False
else:
    _HAS_LOCKS = True

__all__ = ["Claim"]

_held: WeakSet[Claim] = WeakSet()


class Claim:
    """The right to change ``place``, for as long as the ``with`` statement lasts.

    May be entered again by who holds it. Makes the folders that lead to ``place``; those that are
    empty in the end go again.
    """

    def __init__(self, place: Path, shown: Path) -> None:
        """Nothing is claimed yet.

        Args:
            place: the output, without links on the way.
            shown: the same, for messages.
        """
        self._shown = shown
        self._file = beside.lock(place)
        self._descriptor = -1
        self._depth = 0
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        """Claim it.

        Raises:
            OutputError: another process has it, or nothing can be written beside it.
        """
        if not self._depth:
            try:
                self._made = _make_folders(self._file.parent)
                self._take()
            except OSError as error:
                self._release()
                raise OutputError(
                    f"output {self._shown}: expected to work beside it, in {self._file.parent}, "
                    f"but nothing can be written there ({error.strerror}). Make room, or name a "
                    f"folder elsewhere with --output; nothing was touched"
                ) from error
            except BaseException:
                self._release()
                raise
        self._depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if not self._depth:
            self._release()

    def _take(self) -> None:
        while True:
            descriptor = self._opened()
            try:
                locked = not _HAS_LOCKS or self._lock(descriptor)
                # whoever had it removes the file before it lets go: this may be that file
                if _is_at(descriptor, self._file):
                    self._sign(descriptor, locked=locked)
                    self._descriptor = descriptor
                    _held.add(self)
                    return
            finally:
                if self._descriptor != descriptor:
                    os.close(descriptor)

    def _opened(self) -> int:
        if _HAS_LOCKS:
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            self._file.unlink(missing_ok=True)  # of a dead process: any other has it open
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except (FileExistsError, PermissionError):
            if not self._file.exists():  # no right to make one
                raise
            raise self._taken(None) from None

    def _sign(self, descriptor: int, *, locked: bool) -> None:
        """Write the number of this process, for messages and for where there are no locks."""
        try:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, str(os.getpid()).encode())
        except OSError:  # a full disk
            if not locked:
                with suppress(OSError):
                    self._file.unlink()
                raise

    def _lock(self, descriptor: int) -> bool:
        """Whether the system keeps the lock."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._taken(_number_in(descriptor)) from None
        except OSError:  # a file system without locks: the number must do
            number = _number_in(descriptor)
            if number == os.getpid():  # ours, or that of a dead process with our number
                if any(claim._file == self._file for claim in _held):
                    raise self._taken(number) from None
            elif number is not None and _runs(number):
                raise self._taken(number) from None
            return False
        return True

    def _taken(self, number: int | None) -> OutputError:
        who = f"process {number}" if number else "another process"
        return OutputError(
            f"output {self._shown}: expected that nobody else changes it, but {who} is at work on "
            f"it. Wait until that is done, or name another folder with --output; nothing was "
            f"touched"
        )

    def _release(self) -> None:
        _held.discard(self)
        if self._descriptor >= 0:
            if not _HAS_LOCKS:  # then the file can only go once it is closed
                os.close(self._descriptor)
            with suppress(OSError):
                self._file.unlink()
            if _HAS_LOCKS:
                os.close(self._descriptor)
            self._descriptor = -1
        for folder in reversed(self._made):
            with suppress(OSError):  # not empty: it is used
                folder.rmdir()
        self._made = []

    def let_go(self) -> None:
        """In a copy of the process that holds it: the lock is that one's alone."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _let_go_of_all() -> None:
    for claim in [*_held]:
        claim.let_go()


if hasattr(os, "register_at_fork"):
    # else a copy that outlives its process would hold the lock on
    os.register_at_fork(after_in_child=_let_go_of_all)


def _make_folders(folder: Path) -> list[Path]:
    """Make ``folder``; which ones had to be made, outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _number_in(descriptor: int) -> int | None:
    """Of the process that wrote it; None if there is none to be read."""
    with suppress(OSError, ValueError):
        number = int(os.read(descriptor, 32))
        return number if number > 0 else None
    return None


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is there, and another user's
        return True
    return True
