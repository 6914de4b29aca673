"""The stages of a build, in order, on one screen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generator import layout, pages
from generator.comparing import compare
from generator.comparison_files import write_comparison, write_pair
from generator.config import Config
from generator.domain import Handout, InputImage, Model, Problem
from generator.encode import read_png
from generator.errors import ConfigError
from generator.gallery_files import write_gallery_files
from generator.handout_files import (
    handouts_in,
    refuse_branches,
    refuse_unknown_language,
    write_handouts,
)
from generator.inputs import Candidate, discover
from generator.networks import Press, Shown, finish, load_networks, read_texts, show
from generator.render import Renderer
from generator.site import Staging, staging
from generator.texts import templates_folder

__all__ = ["Progress", "Report", "build"]


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


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    output: Path
    images: int
    layers: int
    channels: int
    """Feature maps an image."""
    handouts: int
    """PDFs for paper."""
    handouts_gone: int
    """PDFs of the previous site that the new one does not have."""
    files: int
    bytes: int
    seconds: float
    problems: tuple[Problem, ...]
    model: Model


def build(config: Config, *, model: Any = None, progress: Progress | None = None) -> Report:
    """Build the gallery that ``config`` describes; the finished site replaces the old one whole.

    Args:
        config: what is built of what.
        model: a live ``keras.Model`` in place of the one that ``config`` names, or what
            ``generator.models.wrap`` made of one. Its pixels go in as they are, 0 to 255, unless
            ``config.preprocess`` says otherwise.
        progress: told how far it has come.

    Raises a ``LayerlightError`` and leaves the old site as it was if the whole cannot be
    built. An image that cannot be used does not stop it: see ``Report.problems``.
    """
    started = time.perf_counter()
    progress = progress or _Silent()
    refuse_unknown_language(config)
    candidates, problems = discover(config.inputs)
    _refuse_unknown_images(config, candidates)
    with staging(config.output, inputs=config.inputs) as stage:
        renderer = Renderer(templates_folder())
        press = Press(renderer, stage, progress)
        found = [*problems]
        networks = load_networks(config, model)
        refuse_branches(config, networks[0].spec)
        press.expected = _pages(config, networks, len(candidates))
        shown: list[Shown] = []
        of_each = zip(
            networks,
            read_texts(config, networks, renderer),
            (None, *(other.labels for other in config.against)),
            strict=True,
        )
        for network, texts, labels in of_each:
            own = found if not shown else []  # what cannot be used, all find alike
            part = show(
                *(config, network, candidates, press, stage, progress, own),
                texts=texts,
                labels=labels,
                main=not shown,
            )
            shown.append(part)
        main, *others = shown
        gallery, model = main.gallery, main.gallery.model
        press.expected = _pages(config, networks, len(gallery.images))
        press.expected += 1 + len(gallery.atlas) if gallery.atlas else 0
        handouts: tuple[Handout, ...] = ()
        if config.handouts:
            handouts, unset = write_handouts(
                config, model, gallery.images, stage, progress.handouts
            )
            gallery = replace(gallery, problems=(*gallery.problems, *unset))
        seen = finish(main, stage)
        write_gallery_files(gallery, seen, [part.gallery.model for part in shown], stage)
        press.print(pages.gallery_pages(gallery, seen, handouts))
        for other in others:
            press.print(pages.network_pages(other.gallery, finish(other, stage)))
        press.print(_side_by_side(config, replace(main, gallery=gallery), others, stage))
        gone = handouts_in(config.output) - {Path(one.path).name for one in handouts}
        facts = stage.finish()
    return Report(
        output=config.output,
        images=len(gallery.images),
        layers=len(model.layers),
        channels=sum(layer.channels for layer in model.layers),
        handouts=len(handouts),
        handouts_gone=len(gone),
        files=facts.files,
        bytes=facts.bytes,
        seconds=time.perf_counter() - started,
        problems=gallery.problems,
        model=model,
    )


# -- Side by side


def _side_by_side(
    config: Config, main: Shown, others: Sequence[Shown], stage: Staging
) -> Iterator[pages.Page]:
    """What compares networks and images, written; yields the pages of it."""
    gallery = main.gallery
    if not gallery.compared:
        return
    rivals = []
    for other in others:
        photos = (
            (_pixels(main, image, stage), _pixels(other, image, stage)) for image in gallery.images
        )
        comparison = compare(main.network, other.network, photos, len(gallery.images))
        contrasts = write_comparison(comparison, gallery.images, stage)
        rivals.append(pages.Rivals(gallery, other.gallery, comparison, contrasts))
    images = {image.id: image for image in gallery.images}
    pairs = [
        (images[one], images[two])
        for one, two in config.pairs
        if one in images and two in images  # one that could not be decoded is a problem already
    ]
    yield pages.compare_front_page(gallery, rivals, pairs)
    for rival in rivals:
        yield from pages.comparison_pages(rival)
    for one, two in pairs:
        yield pages.images_page(gallery, one, two, write_pair(gallery.model, one, two, stage))


def _pixels(shown: Shown, image: InputImage, stage: Staging) -> NDArray[np.uint8]:
    """What the network saw of an image, (height, width, 3)."""
    path = stage.path(layout.input_png(shown.gallery.model.id, image.id))
    return read_png(path.read_bytes())


def _refuse_unknown_images(config: Config, candidates: Sequence[Candidate]) -> None:
    """Before anything is built.

    Raises:
        ConfigError: two images are to be set side by side of which there is no such.
    """
    known = [candidate.id for candidate in candidates]
    for name in (name for pair in config.pairs for name in pair):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; the nearest is {close[0]}" if close else f"; there are {', '.join(known)}"
            raise ConfigError(f"pairs: expected the id of an image, got {name!r}{hint}")


def _pages(config: Config, networks: Sequence[Any], images: int) -> int:
    """How many pages there will be, for the bar; an atlas and new chapters come on top."""
    main, *others = [len(network.spec.layers) for network in networks]
    own = pages.count(images, main, 0, len(layout.CHAPTERS), handouts=config.handouts)
    beside = sum(pages.count_beside(images, layers) for layers in others)
    return own + beside + len(config.pairs) + bool(others or config.pairs)
