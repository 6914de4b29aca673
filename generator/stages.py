"""The stages of a build, in order, on one screen."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from generator import __version__, contract, layout, pages
from generator.across import choose
from generator.atlas import NONE as NO_ATLAS
from generator.atlas import Atlas
from generator.atlas import find as find_atlas
from generator.atlas_files import write_atlas_files
from generator.config import Config
from generator.domain import Evidence, Handout, InputImage, Model, Problem, WorkedExample
from generator.encode import read_png
from generator.errors import InputsError
from generator.evidence import Kernels, weighted
from generator.example import first_kernel_example
from generator.gallery_files import colour_names, largest_weights, write_gallery_files
from generator.handout_files import handouts_in, refuse_unknown_language, write_handouts
from generator.inputs import discover
from generator.own_texts import read_own_texts, refuse
from generator.palettes import palettes
from generator.pipeline import Plan, record
from generator.render import Renderer
from generator.site import Staging, staging
from generator.texts import Texts, templates_folder

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


def build(config: Config, *, progress: Progress | None = None) -> Report:
    """Build the gallery that ``config`` describes; the finished site replaces the old one whole.

    Raises a ``LayerlightError`` and leaves the old site as it was if the whole cannot be
    built. An image that cannot be used does not stop it: see ``Report.problems``.
    """
    started = time.perf_counter()
    progress = progress or _Silent()
    refuse_unknown_language(config)
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
        atlas, unfit = find_atlas(config.atlas_folder, model) if config.atlas else (NO_ATLAS, ())
        renderer = Renderer(templates_folder())
        texts = _texts(config, network, renderer)
        shared = _shared(config, model, stage, network, atlas, texts)
        press = _Press(shared, renderer, stage, progress, len(candidates))
        found = [*problems, *unfit]
        plan = Plan(model, _kernels(network), network.preprocess, config.values)
        recorded = record(candidates, Extractor(network), plan, stage.write, progress, found)
        with closing(recorded):  # whatever happens, nothing writes once the stage is left
            for image in recorded:
                press.take(image)
        problems = tuple(sorted(found, key=lambda p: p.source))
        if not press.images:
            raise InputsError(_none_usable(config.inputs, problems))
        images = press.close()
        handouts: tuple[Handout, ...] = ()
        if config.handouts:
            handouts, unset = write_handouts(config, model, images, stage, progress.handouts)
            problems = (*problems, *unset)
        gallery = _complete(shared, images, problems, stage, network)
        seen = pages.survey(gallery)
        write_gallery_files(gallery, seen, network, stage)
        write_atlas_files(gallery, seen, atlas, stage)
        press.print(pages.gallery_pages(gallery, seen, handouts))
        gone = handouts_in(config.output) - {Path(one.path).name for one in handouts}
        facts = stage.finish()
    return Report(
        output=config.output,
        images=len(images),
        layers=len(model.layers),
        channels=sum(layer.channels for layer in model.layers),
        handouts=len(handouts),
        handouts_gone=len(gone),
        files=facts.files,
        bytes=facts.bytes,
        seconds=time.perf_counter() - started,
        problems=problems,
        model=model,
    )


def _none_usable(inputs: Path, problems: tuple[Problem, ...]) -> str:
    listed = "\n".join(f"  {p.source}: {p.message}" for p in problems)
    return f"expected at least one usable image in {inputs}, found none; mend or replace:\n{listed}"


class _Press:
    """Writes an image's pages as soon as its neighbours are known: while others are encoded."""

    def __init__(
        self,
        shared: pages.Gallery,
        renderer: Renderer,
        stage: Staging,
        progress: Progress,
        candidates: int,
    ) -> None:
        self._gallery, self._stage, self._progress = shared, stage, progress
        self._renderer = renderer
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
                self._done,
                pages.count(
                    self._candidates,
                    len(self._gallery.model.layers),
                    len(self._gallery.atlas),
                    len(self._gallery.texts.chapters),
                    handouts=self._gallery.handouts,
                ),
            )

    def _print_image(self, i: int) -> None:
        before = self.images[i - 1] if i else None
        after = self.images[i + 1] if i + 1 < len(self.images) else None
        self.print(pages.image_pages(self._gallery, self.images[i], before, after))


def _shared(
    config: Config, model: Model, stage: Staging, network: Any, atlas: Atlas, texts: Texts
) -> pages.Gallery:
    """What all pages share, before any image is known.

    Facts are read back from the sheets' JSON, one image at a time.
    """

    def evidence(image: str) -> Evidence:
        summed = [la for la in model.layers if la.kind == "conv" and la.operation]
        scripts = {la.name: layout.evidence_script(model.id, image, la.name) for la in summed}
        threads = layout.threads_script(model.id, image)
        return Evidence(
            {
                name: contract.read_accounts(script, stage.path(script).read_text("utf-8"))
                for name, script in scripts.items()
            },
            contract.read_knots(threads, stage.path(threads).read_text("utf-8")),
        )

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
            # eighteen pages of an image ask for it
            evidence=cache(partial(evidence, image)),
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
        texts=texts,
        palettes=palettes(),
        versions=f"Layerlight {__version__}, TensorFlow {network.framework}",
        licence=network.licence,
        facts=facts,
        chosen={},
        values=config.values,
        colours=colour_names(network),
        largest_weights=largest_weights(network),
        example=None,
        atlas=atlas.sheets,
        handouts=config.handouts,
        every_layer=network.every_layer,
    )


def _texts(config: Config, network: Any, renderer: Renderer) -> Texts:
    """Our texts with the owner's over them; what is wrong with those stops the build here."""
    own, misplaced = read_own_texts(config.text_folder, network.spec.id, network.every_layer)
    texts = Texts(templates_folder() / "text", own)
    broken = pages.broken_promises(texts, network.every_layer, renderer.links)
    refuse(config.text_folder, (*misplaced, *broken))
    return texts


def _kernels(network: Any) -> Kernels:
    """The convolutions' numbers, as the evidence wants them."""
    found = {layer.name: network.kernel(layer.name) for layer in network.spec.layers}
    return {name: weighted(*numbers) for name, numbers in found.items() if numbers}


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
