"""One network's part of a site: its sheets and its pages of every image, and what ranges over them.

With ``generator.stages`` this puts stages together. A gallery has one network that all else is
about, and may have others to compare it with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from generator import __version__, contract, layout, pages
from generator.across import Votes
from generator.atlas import NONE as NO_ATLAS
from generator.atlas import Atlas
from generator.atlas import find as find_atlas
from generator.atlas_files import write_atlas_files
from generator.config import Config
from generator.domain import Evidence, InputImage, Model, Problem, WorkedExample
from generator.encode import read_png
from generator.errors import InputsError, LayerNotFound
from generator.evidence import Kernels, weighted
from generator.example import first_kernel_example
from generator.gallery_files import colour_names, largest_weights, write_network_files
from generator.inputs import Candidate
from generator.own_texts import read_own_texts, refuse
from generator.palettes import palettes
from generator.pipeline import Plan, record
from generator.render import Renderer
from generator.site import Staging
from generator.texts import Texts, templates_folder
from generator.verdict_files import judge_of, verdict_of

__all__ = ["Press", "Shown", "finish", "load_networks", "read_texts", "show"]


class Counter(Protocol):
    """Told how far a build has come; all counts are of finished work."""

    def images(self, done: int, total: int) -> None: ...
    def sheets(self, done: int, total: int) -> None: ...
    def pages(self, done: int, total: int) -> None: ...


@dataclass(frozen=True)
class Shown:
    """A network all of whose images' pages are written."""

    network: Any
    """``generator.models.Network``."""
    gallery: pages.Gallery
    """With what only all images together tell."""
    atlas: Atlas


def load_networks(config: Config, model: Any = None) -> list[Any]:
    """The gallery's network, then those that it is compared with; no two of one id.

    Args:
        config: which these are.
        model: a live one, in place of the first.
    """
    from generator import models

    main = models.opened(
        config.model if model is None else model,
        weights=config.weights,
        layers=config.layers,
        every=config.every,
        size=config.size,
        fit=config.fit,
        preprocess=config.preprocess,
        trust=config.trust_model,
    )
    found = [main]
    for other in config.against:
        load = partial(
            models.load,
            other.model,
            weights=other.weights,
            every=config.every,
            size=other.size,
            fit=config.fit,
            preprocess=other.preprocess,
            trust=config.trust_model,
        )
        try:
            network = load(layers=config.layers)
        except LayerNotFound:  # its layers have other names: all of them, then
            network = load()
        found.append(_renamed(network, {one.spec.id for one in found}))
    return found


def _renamed(network: Any, taken: set[str]) -> Any:
    """With an id that none of the others has; ``vgg16`` beside ``vgg16`` becomes ``vgg16-2``."""
    own, number = network.spec.id, 2
    if own not in taken:
        return network
    while f"{own}-{number}" in taken:
        number += 1
    title = f"{network.spec.title} ({number})"
    return replace(network, spec=replace(network.spec, id=f"{own}-{number}", title=title))


def read_texts(config: Config, networks: Sequence[Any], renderer: Renderer) -> list[Texts]:
    """Of each network our texts with the owner's over them. What is wrong stops the build here."""
    layers = {network.spec.id: network.every_layer for network in networks}
    found: list[Texts] = []
    wrong: list[str] = []
    for model, own_layers in layers.items():
        others = {name: one for name, one in layers.items() if name != model}
        own, misplaced = read_own_texts(config.text_folder, model, own_layers, others)
        texts = Texts(templates_folder() / "text", own)
        broken = pages.broken_promises(texts, own_layers, renderer.links)
        # the course is of the first network; of another only what its own pages show must hold
        shown = (f"{model}/", "generic/") if found else ""
        wrong += [*misplaced, *(one for one in broken if one.startswith(shown))]
        found.append(texts)
    refuse(config.text_folder, [*dict.fromkeys(wrong)])
    return found


class Press:
    """Renders pages and writes them, and counts them."""

    def __init__(self, renderer: Renderer, stage: Staging, counter: Counter) -> None:
        self._renderer, self._stage, self._counter = renderer, stage, counter
        self._done = 0
        self.expected = 0
        """Pages in all, as far as is known."""

    def print(self, finished: Iterable[pages.Page]) -> None:
        """Render pages and write them."""
        for page in finished:
            self._stage.write(page.path, self._renderer.render(page))
            self._done += 1
            self._counter.pages(self._done, max(self._done, self.expected))


class _Rows:
    """Prints an image's pages as soon as its neighbours are known: while others are encoded."""

    def __init__(self, shared: pages.Gallery, press: Press) -> None:
        self._gallery, self._press = shared, press
        self.images: list[InputImage] = []

    def take(self, image: InputImage) -> None:
        """Take the next image; the one before can now be printed."""
        self.images.append(image)
        if len(self.images) == 1:
            self._gallery = replace(self._gallery, images=(image,))
        else:
            self._print(len(self.images) - 2)

    def close(self) -> tuple[InputImage, ...]:
        """Print the last image. All images are known now."""
        self._print(len(self.images) - 1)
        return tuple(self.images)

    def _print(self, i: int) -> None:
        before = self.images[i - 1] if i else None
        after = self.images[i + 1] if i + 1 < len(self.images) else None
        self._press.print(pages.image_pages(self._gallery, self.images[i], before, after))


def show(
    config: Config,
    network: Any,
    candidates: Sequence[Candidate],
    press: Press,
    stage: Staging,
    counter: Counter,
    found: list[Problem],
    *,
    texts: Texts,
    labels: Path | None = None,
    main: bool,
) -> Shown:
    """Run every image through the network; write its sheets and its pages.

    Adds to ``found`` what could not be used.

    Raises:
        InputsError: no image could be.
    """
    from generator.activations import Extractor

    model = network.spec
    atlas, unfit = find_atlas(config.atlas_folder, model) if config.atlas else (NO_ATLAS, ())
    found.extend(unfit)
    shared = _shared(config, model, stage, network, atlas, texts, main=main)
    rows = _Rows(shared, press)
    judge = judge_of(network, config.labels, config.classes, main=main, own_labels=labels)
    plan = Plan(model, _kernels(network), network.preprocess, config.values, judge)
    recorded = record(candidates, Extractor(network), plan, stage.write, counter, found)
    with closing(recorded):  # whatever happens, nothing writes once the stage is left
        for image in recorded:
            rows.take(image)
    problems = tuple(sorted(found, key=lambda p: p.source))
    if not rows.images:
        raise InputsError(_none_usable(config.inputs, problems))
    gallery = _complete(shared, rows.close(), problems, stage, network)
    return Shown(network, gallery, atlas)


def finish(shown: Shown, stage: Staging) -> pages.Survey:
    """Write what ranges over the network's images but the pages."""
    seen = pages.survey(shown.gallery)
    write_network_files(shown.gallery, seen, shown.network, stage)
    write_atlas_files(shown.gallery, seen, shown.atlas, stage)
    return seen


def _none_usable(inputs: Path, problems: tuple[Problem, ...]) -> str:
    listed = "\n".join(f"  {p.source}: {p.message}" for p in problems)
    return f"expected at least one usable image in {inputs}, found none; mend or replace:\n{listed}"


def _shared(
    config: Config,
    model: Model,
    stage: Staging,
    network: Any,
    atlas: Atlas,
    texts: Texts,
    *,
    main: bool,
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
            verdict=verdict_of(network, image, stage),
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
        licence_url=network.licence_url,
        facts=facts,
        chosen={},
        values=config.values,
        colours=colour_names(network),
        largest_weights=largest_weights(network),
        example=None,
        atlas=atlas.sheets,
        handouts=config.handouts and main,
        main=main,
        compared=bool(config.against) or len(config.pairs) > 0,
        every_layer=network.every_layer,
    )


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
    votes = {layer.name: Votes() for layer in model.layers}
    for image in images:
        path = stage.path(layout.reading_json(model.id, image.id))
        reading = contract.read_reading(path.read_bytes())
        for layer, own in votes.items():
            own.add(reading.layers[layer])
    return {layer: own.best() for layer, own in votes.items()}


def _example(
    network: Any, image: InputImage, facts: pages.ImageFacts, stage: Staging
) -> WorkedExample | None:
    model = network.spec
    layer = model.layers[0]
    weights = network.kernel(layer.name)
    if weights is None or layer.operation is None or layer.operation.source:
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
