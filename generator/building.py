"""A build: whether there is anything to do, and how it went.

The stages themselves are in ``generator.stages``, loaded only if there is, so that a build with
nothing to do answers at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from generator import manifest
from generator.config import Config
from generator.domain import Model, Problem
from generator.inputs import discover
from generator.manifest import Manifest, Origin
from generator.rebuild import nothing_to_do, request_of
from generator.site import staging

__all__ = ["Gone", "Progress", "Report", "build"]


class Progress(Protocol):
    """Told how far a build has come; all counts are of finished work."""

    def images(self, done: int, total: int) -> None:
        """Images decoded and run, or given up."""

    def sheets(self, done: int, total: int) -> None:
        """Sheets written."""

    def handouts(self, done: int, total: int) -> None:
        """Images whose handouts are made."""

    def pages(self, done: int, total: int) -> None:
        """Pages rendered."""


class _Silent:
    def images(self, done: int, total: int) -> None: ...
    def sheets(self, done: int, total: int) -> None: ...
    def handouts(self, done: int, total: int) -> None: ...
    def pages(self, done: int, total: int) -> None: ...


class Gone(NamedTuple):
    """How much of the previous site the new one does not have."""

    handouts: int = 0
    """PDFs."""
    networks: int = 0
    comparisons: int = 0
    """Of two networks or two images."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    output: Path
    images: int
    kept: int
    """Of them, whose sheets were there already."""
    layers: int
    channels: int
    """Feature maps an image."""
    handouts: int
    """PDFs for paper."""
    gone: Gone
    files: int
    bytes: int
    seconds: float
    problems: tuple[Problem, ...]
    model: Model
    unchanged: bool
    """Whether there was nothing to do."""
    note: str
    """What became of what the last build had noted, where that is worth a word; else ""."""


def build(
    config: Config,
    *,
    model: Any = None,
    progress: Progress | None = None,
    origin: Origin | None = None,
) -> Report:
    """Build the gallery that ``config`` describes; the finished site replaces the old one whole.

    What has not changed since the last build into the same folder is taken over from it.

    Args:
        config: what is built of what.
        model: a live ``keras.Model`` in place of the one that ``config`` names, or what
            ``generator.models.wrap`` made of one. Its pixels go in as they are, 0 to 255, unless
            ``config.preprocess`` says otherwise. It is run anew on every image.
        progress: told how far it has come.
        origin: where ``config`` came from, for ``layerlight serve``, which builds the same again.

    Raises a ``LayerlightError`` and leaves the old site as it was if the whole cannot be
    built. An image that cannot be used does not stop it: see ``Report.problems``.
    """
    started = time.perf_counter()
    candidates, problems = discover(config.inputs)
    place = staging(config.output, inputs=config.inputs)
    with place.claimed():
        old, note = manifest.read(place.output)
        request = request_of(config) if model is None else ""
        if old is not None and nothing_to_do(config, old, request, candidates, problems):
            note = _remember(place.output, old, origin) or note
            kept = old.numbers.images
            return _report(config, old, started, note, kept=kept, gone=Gone(), unchanged=True)
        from generator.stages import make

        made = make(
            config, model, candidates, problems, old, request, place, progress or _Silent(), origin
        )
    return _report(
        config, made.manifest, started, made.note or note, kept=made.kept, gone=made.gone
    )


def _remember(output: Path, old: Manifest, origin: Origin | None) -> str:
    """Note whence the same settings came this time; says what barred it, or ""."""
    site = manifest.identity(output)
    if (old.origin, old.site) == (origin, site):
        return ""
    return manifest.keep(output, replace(old, origin=origin, site=site))


def _report(
    config: Config,
    made: Manifest,
    started: float,
    note: str,
    *,
    kept: int,
    gone: Gone,
    unchanged: bool = False,
) -> Report:
    numbers = made.numbers
    return Report(
        output=config.output,
        images=numbers.images,
        kept=kept,
        unchanged=unchanged,
        layers=len(numbers.model.layers),
        channels=sum(layer.channels for layer in numbers.model.layers),
        handouts=numbers.handouts,
        gone=gone,
        files=numbers.files,
        bytes=numbers.bytes,
        seconds=time.perf_counter() - started,
        problems=made.problems,
        model=numbers.model,
        note=note,
    )
