"""Files and folders watched for changes, each system's own way."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Event, Thread

from watchfiles import Change, watch

from generator.errors import UsageError

__all__ = ["Watch", "Watched"]

_TURN_MS = 100
"""Longest wait until a watch that begins is known to have begun."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched. Paths are absolute; none need exist."""

    folders: frozenset[Path] = frozenset()
    """With all that is in them; hidden files are passed over, as a build does."""
    paths: frozenset[Path] = frozenset()
    """Files, or folders of which only it matters whether they are there."""
    apart: frozenset[Path] = frozenset()
    """Folders that are never looked at: what is made, not what it is made of."""

    def matters(self, path: Path) -> bool:
        """Whether a change there is one of what is watched."""
        if any(path.is_relative_to(folder) for folder in self.apart):
            return False
        # also what lies on the way to it: a folder that is moved takes along what is in it
        if any(one.is_relative_to(path) for one in self.paths | self.folders):
            return True
        below = [
            path.relative_to(folder).parts for folder in self.folders if path.is_relative_to(folder)
        ]
        return any(not any(map(_passed_over, parts)) for parts in below)

    def deep(self) -> frozenset[tuple[Path, int]]:
        """The folders that are there, with their inodes: one that was replaced is another."""
        return _there(self.folders)

    def shallow(self) -> frozenset[tuple[Path, int]]:
        """Where things come and go. Editors put another file in the place of the one they save,
        so a file is watched through its folder.
        """
        return _there(next(_upwards(path)) for path in self.paths | self.folders)


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"


def _there(folders: Collection[Path] | Iterator[Path]) -> frozenset[tuple[Path, int]]:
    found = set()
    for folder in folders:
        with suppress(OSError):
            if folder.is_dir():
                found.add((folder, folder.stat().st_ino))
    return frozenset(found)


def _upwards(path: Path) -> Iterator[Path]:
    """The folders above that are there, the nearest first."""
    yield from (folder for folder in path.parents if folder.is_dir())


class Watch:
    """Tells of changes from threads of its own, from the moment it is made until ``stop``.

    Of files that came and went while another one changed, as those of an editor that saves it do,
    nothing is told.
    """

    def __init__(self, watched: Watched, tell: Callable[[frozenset[Path]], None]) -> None:
        """Begin.

        Raises:
            UsageError: the system does not let so much be watched.
        """
        self.watched = watched
        self.kind = (watched, watched.deep(), watched.shallow())
        """Equal to that of another that sees the same."""
        self._tell, self._stopped = tell, Event()
        kinds = ((self.kind[1], True), (self.kind[2], False))
        begun = [self._begun([path for path, _ in found], deep) for found, deep in kinds if found]
        self._threads = [Thread(target=self._pass_on, args=(one,), daemon=True) for one in begun]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Tell nothing any more. Harmless if called twice."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _begun(self, folders: Collection[Path], deep: bool) -> Iterator[frozenset[Path]]:
        changes = watch(
            *folders,
            watch_filter=lambda change, path: self.watched.matters(Path(path)),
            recursive=deep,
            stop_event=self._stopped,
            # so that the first turn ends, and with it all doubt whether the watch has begun
            yield_on_timeout=True,
            rust_timeout=_TURN_MS,
        )
        try:
            first = next(changes, set[tuple[Change, str]]())
        except OSError as error:
            self._stopped.set()
            raise UsageError(
                f"cannot watch {', '.join(map(str, folders))}: {error}; raise the system's limit, "
                f"set WATCHFILES_FORCE_POLLING=true, or serve with --no-watch"
            ) from error
        return _paths(first, changes)

    def _pass_on(self, changes: Iterator[frozenset[Path]]) -> None:
        for paths in changes:
            if paths and not self._stopped.is_set():
                self._tell(paths)


def _paths(
    first: set[tuple[Change, str]], others: Iterator[set[tuple[Change, str]]]
) -> Iterator[frozenset[Path]]:
    for changes in chain([first], others):
        passing = {
            path for change, path in changes if change == Change.added and not os.path.lexists(path)
        }
        paths = frozenset(Path(path) for _, path in changes)
        # never nothing: what came and went may have stood in the place of what was there
        yield paths - {Path(path) for path in passing} or paths
