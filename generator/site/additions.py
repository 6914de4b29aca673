"""Single files that go into a site that is there already, each whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.errors import OutputError
from generator.site.claim import Claim
from generator.site.workspace import Workspace, settle_dead

__all__ = ["adding"]

Put = Callable[[str, bytes], Path]


@contextmanager
def adding(site: Path) -> Iterator[Put]:
    """Gives a function that puts a file into ``site``, by its path below it; returns where.

    Until a file is whole it lies beside the site, so that nobody who looks into the site meets a
    half one, whatever ends this process. Meanwhile no build replaces the site.

    Raises:
        OutputError: a build is at work on the site, or something cannot be written.
    """
    place = Path(os.path.realpath(site))
    with Claim(place, site):
        settle_dead(place)
        workspace = Workspace(place)
        with _explained(site):
            workspace.open()
        try:
            yield lambda relative, data: _put(workspace.new, place, relative, data)
        finally:
            workspace.close()


def _put(workshop: Path, place: Path, relative: str, data: bytes) -> Path:
    target = place / relative
    if Path(os.path.realpath(target.parent)) != target.parent:
        raise OutputError(
            f"output {target}: expected a folder of the site, got a link out of it; remove the "
            f"link, or name another folder with --output"
        )
    with _explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = workshop / target.name
        part.write_bytes(data)
        part.replace(target)
    return target


@contextmanager
def _explained(what: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"output {what}: expected to write it, but it cannot be written "
            f"({error.strerror or error}); make room, or name another folder with --output"
        ) from error
