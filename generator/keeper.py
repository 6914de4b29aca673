"""Keeps a site as its sources are: a change of them asks for a build, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol

from generator.errors import LayerlightError
from generator.watch import Watch, Watched

__all__ = ["Builder", "Keeper", "Outcome", "Told"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended."""

    seconds: float
    error: str = ""
    """Why there is no new site, in full; "" if there is one, or nothing had changed."""
    unchanged: bool = False
    """Whether there was nothing to do."""
    summary: str = ""
    """What it made, on one line."""
    problems: tuple[str, ...] = ()
    """Inputs that could not be used, a line each."""


class Builder(Protocol):
    """Builds the site."""

    def run(self) -> Outcome | None:
        """Build, and return once that has ended; None: it was stopped."""

    def stop(self) -> None:
        """End a build that goes on, and begin no other. Called from another thread."""


class Told(Protocol):
    """Hears what goes on, from the thread that builds."""

    def begun(self, changed: frozenset[Path]) -> None:
        """A build begins, because of changes there; none: it is the first."""

    def ended(self, outcome: Outcome) -> None:
        """It has ended."""


class Keeper:
    """Watches and builds in threads of its own, from ``start`` to ``stop``."""

    def __init__(self, sources: Callable[[], Watched], builder: Builder, told: Told) -> None:
        """Begin to watch.

        Args:
            sources: what is to be watched. Asked before each build, for settings may change it.
            builder: builds.
            told: hears of it.

        Raises:
            LayerlightError: as ``sources`` and ``Watch`` do.
        """
        self._sources, self._builder, self._told = sources, builder, told
        # Sets of changed paths; None at the end.
        self._waiting: SimpleQueue[frozenset[Path] | None] = SimpleQueue()
        self._watch = Watch(sources(), self._waiting.put)
        self._thread = Thread(target=self._build_when_asked, daemon=True)

    @property
    def watched(self) -> Watched:
        """What is watched now."""
        return self._watch.watched

    def start(self, *, build_first: bool = False) -> None:
        """Build whenever something changes, and, if asked, at once."""
        if build_first:
            self._waiting.put(frozenset())
        self._thread.start()

    def stop(self) -> None:
        """End whatever goes on, also if nothing has been started."""
        self._waiting.put(None)
        self._builder.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._watch.stop()

    def _build_when_asked(self) -> None:
        while (changed := self._next()) is not None:
            self._look_anew()
            self._told.begun(changed)
            outcome = self._builder.run()
            if outcome is not None:
                self._told.ended(outcome)

    def _next(self) -> frozenset[Path] | None:
        """Wait for changes; all that came together, or while something was built, is one."""
        found = [self._waiting.get()]
        try:
            while True:
                found.append(self._waiting.get_nowait())
        except Empty:
            return None if None in found else frozenset().union(*filter(None, found))

    def _look_anew(self) -> None:
        """Watch what is to be watched now. The new watch begins before the old one ends, and
        before the build reads anything, so that no change goes unseen.
        """
        try:
            new = Watch(self._sources(), self._waiting.put)
        except LayerlightError:
            return  # the build will meet the same, and say so; the file to mend is watched already
        if new.kind == self._watch.kind:
            new.stop()
        else:
            self._watch.stop()
            self._watch = new
