"""What reaches the terminal, and how: messages, colours, bars, the way an error ends a command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from types import TracebackType
from typing import Self, TextIO

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from generator.cli.endings import Stopped, stoppable, unforeseen
from generator.errors import LayerlightError, UsageError

__all__ = ["Bars", "bars", "complain", "reporting", "say", "write_anything"]

FAILED, USAGE, INTERRUPTED = 1, 2, 130
SIGNALLED = 128
"""And the number of the signal, as shells have it: 143 after SIGTERM."""


def write_anything() -> None:
    """Let a terminal that knows few letters show the others as escapes, instead of failing."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a result to standard output."""
    typer.echo(text)


def complain(label: str, text: str) -> None:
    """Write a message to standard error, its label in red where there are colours."""
    shown = f"{label}:"
    if _has_colours(sys.stderr):
        shown = typer.style(shown, fg=typer.colors.RED, bold=True)
    typer.echo(f"{shown} {text}", err=True, color=_has_colours(sys.stderr))


@contextmanager
def reporting(*, debug: bool, interrupted: Callable[[], str] | None = None) -> Iterator[None]:
    """Turn whatever ends the body early into one message and an exit code.

    Args:
        debug: let an unexpected exception through, so that its traceback is shown.
        interrupted: what to say of the work that was stopped by Ctrl-C or a signal.
    """
    try:
        with stoppable():
            yield
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except LayerlightError as error:
        complain("error", str(error))
        raise typer.Exit(USAGE if isinstance(error, UsageError) else FAILED) from None
    except KeyboardInterrupt:
        _stopped("interrupted", interrupted)
        raise typer.Exit(INTERRUPTED) from None
    except Stopped as stop:
        _stopped(f"ended by {stop.signal.name}", interrupted)
        raise typer.Exit(SIGNALLED + stop.signal) from None
    except Exception as error:
        if debug:
            raise
        complain("error", unforeseen(error))
        raise typer.Exit(FAILED) from None


def _stopped(how: str, interrupted: Callable[[], str] | None) -> None:
    typer.echo(f"{how}; {interrupted()}" if interrupted else how, err=True)


def bars(*, quiet: bool) -> Bars | None:
    """Bars for a build, if there is somebody to look at them."""
    console = Console(stderr=True)
    wanted = console.is_terminal and not console.is_dumb_terminal and not quiet
    return Bars(console) if wanted else None


class Bars:
    """A bar each for images, sheets, pages and handouts; gone once the work is done."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        # Without a total it pulses, while the network is loaded.
        self._images = self._progress.add_task("images", total=None)
        self._sheets = self._progress.add_task("sheets", total=None, visible=False)
        self._pages = self._progress.add_task("pages", total=None, visible=False)
        self._handouts = self._progress.add_task("handouts", total=None, visible=False)
        self._sheets_done = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def images(self, done: int, total: int) -> None:
        """So many images have gone through the network."""
        self._progress.update(self._images, completed=done, total=total)

    def sheets(self, done: int, total: int) -> None:
        """So many sheets are written."""
        self._sheets_done = done
        self._progress.update(self._sheets, completed=done, total=total, visible=True)

    def handouts(self, done: int, total: int) -> None:
        """Those of so many images are made."""
        self._progress.update(self._handouts, completed=done, total=total, visible=True)

    def pages(self, done: int, total: int) -> None:
        """So many pages are written; images that failed will have no sheets any more."""
        self._progress.update(self._sheets, total=self._sheets_done)
        self._progress.update(self._pages, completed=done, total=total, visible=True)


def picture_bar(*, quiet: bool) -> PictureBar | PictureLines | None:
    """A bar for the pictures of an atlas; where nobody can look at one, a line a layer."""
    if quiet:
        return None
    console = Console(stderr=True)
    seen = console.is_terminal and not console.is_dumb_terminal
    return PictureBar(console) if seen else PictureLines()


class PictureLines:
    """Says when a layer is begun: an hour without a word looks like a fault."""

    def __init__(self) -> None:
        self._layer = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def pictures(self, done: int, total: int, layer: str, share: float) -> None:
        """A line when ``layer`` is another than before."""
        if layer != self._layer:
            self._layer = layer
            typer.echo(
                f"{layer}: {done:,} of {total:,} pictures, {share:.0%} of the work", err=True
            )


class PictureBar:
    """How many pictures are made, of which layer, and how long the rest will take."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            # The layers differ a hundredfold in speed: what counts is how it goes now.
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._pictures = self._progress.add_task("pictures", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def pictures(self, done: int, total: int, layer: str, share: float) -> None:
        """So many pictures are made, the last of ``layer``, and that share of the work is done."""
        self._progress.update(
            self._pictures,
            completed=share,
            total=1.0,
            description=f"{done:,} of {total:,} pictures, {layer}",
        )


def _has_colours(stream: TextIO) -> bool:
    """A terminal whose user did not refuse colours (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
