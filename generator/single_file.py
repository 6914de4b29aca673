"""One file that a command writes: whole or not at all, and never over something of another kind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from generator.errors import OutputError, UsageError

__all__ = ["refuse_inside", "refuse_unless_replaceable", "replacing"]

_HEAD = 64
"""Bytes from the start of a file that tell its kind."""


def refuse_unless_replaceable(output: Path, kind: str, is_kind: Callable[[bytes], bool]) -> None:
    """Look whether ``output`` can be written, before any work is done; touch nothing.

    Args:
        output: the file to be.
        kind: what is to be written, with its article: "a PNG".
        is_kind: whether a file that begins with these (at most 64) bytes is of that kind.

    Raises:
        OutputError: a folder or a file of another kind is there, or no folder to put it in.
    """
    try:
        if output.is_dir():
            raise _refusal(output, f"the name of {kind}", "a folder")
        if not output.parent.is_dir():
            raise _refusal(output, "a file in a folder that exists", f"none in {output.parent}")
        if not os.access(output.parent, os.W_OK | os.X_OK):
            raise _refusal(output, "a file in a folder that this user may write to", "another")
        if not output.exists():
            return
        if not output.is_file():
            raise _refusal(output, f"{kind} or nothing at that place", "something else")
        with output.open("rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refusal(output, "a file that can be read and replaced", f"'{reason}'") from error
    if head and not is_kind(head):
        raise _refusal(output, f"{kind} or nothing at that place", "a file of another kind")


def refuse_inside(output: Path, site: Path) -> None:
    """Look whether ``output`` lies in the folder of a site, be it through links; touch nothing.

    Raises:
        UsageError: it does, and would be lost.
    """
    # not Path.resolve, which fails where links go in circles
    if Path(os.path.realpath(output)).is_relative_to(os.path.realpath(site)):
        raise UsageError(
            f"--output: expected a place outside of the site, got {output}; the next build "
            f"replaces {site} whole"
        )


@contextmanager
def replacing(output: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of ``output`` when the body has ended well.

    Until then it lies beside it; if the body fails it is removed, and what was there stays.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        place = Path(os.path.realpath(output))  # through a link, so that the link stays one
        descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
            # Made for its owner alone; it is to be as readable as any other new file.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(place)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise OutputError(
            f"output {output}: expected to write it, but it cannot be written "
            f"({error.strerror or error}); make room, or name another file with --output"
        ) from error


def _refusal(output: Path, expected: str, got: str) -> OutputError:
    return OutputError(
        f"output {output}: expected {expected}, got {got}. "
        f"Name another file with --output; nothing was touched"
    )
