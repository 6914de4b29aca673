"""The stages of a build, in order, on one screen."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from generator import __version__, contract, layout, pages, sheets
from generator.across import choose
from generator.config import Config
from generator.domain import InputImage, Layer, Model, Problem, WorkedExample
from generator.encode import grey_png, read_png
from generator.errors import InputsError
from generator.example import first_kernel_example
from generator.inputs import discover
from generator.palettes import palettes
from generator.pipeline import WORKERS, record
from generator.render import Renderer
from generator.site import Staging, staging
from generator.sizes import strip_factor
from generator.texts import Texts

__all__ = ["Progress", "Report", "build", "templates_folder"]


class Progress(Protocol):
    """Told how far a build has come; all counts are of finished work."""

    def images(self, done: int, total: int) -> None:
        """Images decoded and run, or given up."""

    def sheets(self, done: int, total: int) -> None:
        """Sheets written."""

    def pages(self, done: int, total: int) -> None:
        """Pages rendered."""


class _Silent:
    def images(self, done: int, total: int) -> None: ...
    def sheets(self, done: int, total: int) -> None: ...
    def pages(self, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    output: Path
    images: int
    layers: int
    channels: int
    """Feature maps an image."""
    files: int
    bytes: int
    seconds: float
    problems: tuple[Problem, ...]
    model: Model


def build(config: Config, *, progress: Progress | None = None) -> Report:
    """Build the gallery that ``config`` describes; the finished site replaces the old one whole.

    Raises a ``LayerlightError`` and leaves the old site as it was if the whole cannot be
    built. An image that cannot be used does not stop it: see ``Report.problems``.
    """
    started = time.perf_counter()
    progress = progress or _Silent()
    candidates, problems = discover(config.inputs)
    with staging(config.output, inputs=config.inputs) as stage:
        from generator import models
        from generator.activations import Extractor

        network = models.load(
            config.model,
            weights=config.weights,
            layers=config.layers,
            size=config.size,
            fit=config.fit,
        )
        model = network.spec
        shared = _shared(config, model, stage, network)
        press = _Press(shared, stage, progress, len(candidates))
        found = list(problems)
        recorded = record(candidates, Extractor(network), model, stage.write, progress, found)
        with closing(recorded):  # whatever happens, nothing writes once the stage is left
            for image in recorded:
                press.take(image)
        problems = tuple(sorted(found, key=lambda p: p.source))
        if not press.images:
            raise InputsError(_none_usable(config.inputs, problems))
        images = press.close()
        gallery = _complete(shared, images, problems, stage, network)
        _write_across(gallery, stage)
        press.print(pages.gallery_pages(gallery))
        _write_static(gallery, stage)
        facts = stage.finish()
    return Report(
        output=config.output,
        images=len(images),
        layers=len(model.layers),
        channels=sum(layer.channels for layer in model.layers),
        files=facts.files,
        bytes=facts.bytes,
        seconds=time.perf_counter() - started,
        problems=problems,
        model=model,
    )


def templates_folder() -> Path:
    """Where the templates are: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def _none_usable(inputs: Path, problems: tuple[Problem, ...]) -> str:
    listed = "\n".join(f"  {p.source}: {p.message}" for p in problems)
    return f"expected at least one usable image in {inputs}, found none; mend or replace:\n{listed}"


class _Press:
    """Writes an image's pages as soon as its neighbours are known: while others are encoded."""

    def __init__(
        self, shared: pages.Gallery, stage: Staging, progress: Progress, candidates: int
    ) -> None:
        self._gallery, self._stage, self._progress = shared, stage, progress
        self._renderer = Renderer(templates_folder())
        self._candidates, self._done = candidates, 0
        self.images: list[InputImage] = []

    def take(self, image: InputImage) -> None:
        """Take the next image; the one before can now be printed."""
        self.images.append(image)
        if len(self.images) == 1:
            self._gallery = replace(self._gallery, images=(image,))
        else:
            self._print_image(len(self.images) - 2)

    def close(self) -> tuple[InputImage, ...]:
        """Print the last image. All images are known now."""
        self._candidates = len(self.images)
        self._print_image(len(self.images) - 1)
        return tuple(self.images)

    def print(self, finished: Iterable[pages.Page]) -> None:
        """Render pages and write them."""
        for page in finished:
            self._stage.write(page.path, self._renderer.render(page))
            self._done += 1
            self._progress.pages(
                self._done, pages.count(self._candidates, len(self._gallery.model.layers))
            )

    def _print_image(self, i: int) -> None:
        before = self.images[i - 1] if i else None
        after = self.images[i + 1] if i + 1 < len(self.images) else None
        self.print(pages.image_pages(self._gallery, self.images[i], before, after))


def _shared(config: Config, model: Model, stage: Staging, network: Any) -> pages.Gallery:
    """What all pages share, before any image is known.

    Facts are read back from the sheets' JSON, one image at a time.
    """

    def facts(image: str) -> pages.ImageFacts:
        return pages.ImageFacts(
            sheets={
                layer.name: contract.read_sheet(
                    stage.path(layout.sheet_json(model.id, image, layer.name)).read_bytes()
                )
                for layer in model.layers
            },
            reading=contract.read_reading(
                stage.path(layout.reading_json(model.id, image)).read_bytes()
            ),
        )

    return pages.Gallery(
        title=config.title or "",
        author=config.author,
        base_url=config.base_url or "",
        palette=config.palette,
        scale=config.scale,
        model=model,
        images=(),
        problems=(),
        texts=Texts(templates_folder() / "text"),
        palettes=palettes(),
        versions=f"Layerlight {__version__}, TensorFlow {network.framework}",
        licence=network.licence,
        facts=facts,
        chosen={},
        example=None,
    )


def _complete(
    shared: pages.Gallery,
    images: tuple[InputImage, ...],
    problems: tuple[Problem, ...],
    stage: Staging,
    network: Any,
) -> pages.Gallery:
    """With what only all images together can tell."""
    return replace(
        shared,
        images=images,
        problems=problems,
        chosen=_choose(shared.model, images, stage),
        example=_example(network, images[0], shared.facts(images[0].id), stage),
    )


def _choose(
    model: Model, images: tuple[InputImage, ...], stage: Staging
) -> dict[str, tuple[int, ...]]:
    """Channels for the pages across images, by layer."""
    readings = [
        contract.read_reading(stage.path(layout.reading_json(model.id, i.id)).read_bytes())
        for i in images
    ]
    return {layer.name: choose(r.layers[layer.name] for r in readings) for layer in model.layers}


def _example(
    network: Any, image: InputImage, facts: pages.ImageFacts, stage: Staging
) -> WorkedExample | None:
    model = network.spec
    layer = model.layers[0]
    weights = network.kernel(layer.name)
    if weights is None:
        return None
    pixels = read_png(stage.path(layout.input_png(model.id, image.id)).read_bytes())
    return first_kernel_example(
        layer,
        facts.sheets[layer.name],
        facts.reading.layers[layer.name].telling,
        pixels,
        network.preprocess(pixels[None])[0],
        weights,
    )


def _write_across(gallery: pages.Gallery, stage: Staging) -> None:
    """A sheet of the chosen channels of every image for each layer."""
    model = gallery.model

    def write(layer: Layer) -> None:
        chosen = gallery.chosen[layer.name]
        tiles = [
            sheets.reduce_by_maximum(
                _cut(stage, model, layer, image.id, chosen), strip_factor(layer)
            )
            for image in gallery.images
        ]
        sheet = sheets.tile(np.concatenate(tiles), len(chosen), signed=layer.signed)
        stage.write(layout.across_strip(model.id, layer.name), grey_png(sheet))

    with ThreadPoolExecutor(WORKERS) as workers:
        # decoding and coding leave the interpreter, so threads are enough
        for _ in workers.map(write, model.layers):
            pass


def _cut(
    stage: Staging, model: Model, layer: Layer, image: str, channels: tuple[int, ...]
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """``(len(channels), height, width)`` out of a sheet."""
    sheet = read_png(stage.path(layout.sheet_png(model.id, image, layer.name)).read_bytes())
    columns = sheets.columns_for(layer.channels)
    height, width = layer.height + sheets.GAP, layer.width + sheets.GAP
    return np.stack(
        [
            sheet[
                c // columns * height : c // columns * height + layer.height,
                c % columns * width : c % columns * width + layer.width,
            ]
            for c in channels
        ]
    )


def _write_static(gallery: pages.Gallery, stage: Staging) -> None:
    static = templates_folder() / "static"
    for source in sorted(p for p in static.rglob("*") if p.is_file()):
        stage.write(f"{layout.STATIC}/{source.relative_to(static).as_posix()}", source.read_bytes())
    stage.write(layout.gallery_script(), contract.gallery_script(gallery.model, gallery.images))
    stage.write(layout.NO_JEKYLL, b"")
    stage.write(
        layout.GALLERY_JSON,
        contract.gallery_json(__version__, [gallery.model], gallery.images, gallery.problems),
    )
