"""One network's part of a site: its sheets and its pages of every image, and what ranges over them.

With ``generator.stages`` this puts stages together. A gallery has one network that all else is
about, and may have others to compare it with.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from generator import __version__, contract, layout, pages
from generator.across import choose
from generator.activations import Extractor
from generator.atlas import NONE as NO_ATLAS
from generator.atlas import Atlas
from generator.atlas import find as find_atlas
from generator.atlas_files import write_atlas_files
from generator.config import Config
from generator.domain import Evidence, InputImage, Model, Problem, WorkedExample
from generator.encode import read_png
from generator.errors import InputsError
from generator.evidence import Kernels, weighted
from generator.example import first_kernel_example
from generator.fingerprints import fingerprint, program
from generator.gallery_files import write_network_files
from generator.inputs import Candidate, described
from generator.known_networks import GalleryNetwork
from generator.ledger import Ledger
from generator.manifest import KnownImage
from generator.network_keys import NO_KEY
from generator.own_texts import read_own_texts, refuse
from generator.palettes import palettes
from generator.pipeline import Plan, Tools, record
from generator.rebuild import same_image
from generator.render import Renderer
from generator.site import Staging
from generator.texts import Texts, templates_folder
from generator.verdict_files import verdict_of

__all__ = ["Desk", "Press", "Shown", "finish", "read_texts", "show"]


class Counter(Protocol):
    """Told how far a build has come; all counts are of finished work."""

    def images(self, done: int, total: int) -> None: ...
    def sheets(self, done: int, total: int) -> None: ...
    def pages(self, done: int, total: int) -> None: ...


@dataclass(frozen=True)
class Shown:
    """A network all of whose images' pages are written."""

    network: GalleryNetwork
    gallery: pages.Gallery
    """With what only all images together tell."""
    atlas: Atlas
    keys: Mapping[str, str]
    """Of each image's sheets, by its id."""


def read_texts(
    config: Config, networks: Sequence[GalleryNetwork], renderer: Renderer
) -> list[Texts]:
    """Of each network our texts with the owner's over them. What is wrong stops the build here."""
    layers = {one.facts.spec.id: one.facts.every_layer for one in networks}
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

    def print(self, finished: Iterable[pages.Page]) -> list[str]:
        """Render pages and write them; their paths."""
        paths = []
        for page in finished:
            self._stage.write(page.path, self._renderer.render(page))
            paths.append(page.path)
            self.skip(1)
        return paths

    def skip(self, count: int) -> None:
        """So many pages are there as they should be."""
        self._done += count
        self._counter.pages(self._done, max(self._done, self.expected))


class _Rows:
    """Prints an image's pages as soon as its neighbours are known: while others are encoded.

    Those that are made of the same things as in the old site are taken over.
    """

    def __init__(
        self, shared: pages.Gallery, key: str, keys: Mapping[str, str], press: Press, ledger: Ledger
    ) -> None:
        self._gallery, self._key, self._keys = shared, key, keys
        self._press, self._ledger = press, ledger
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
        image = self.images[i]
        before = self.images[i - 1] if i else None
        after = self.images[i + 1] if i + 1 < len(self.images) else None
        sheets = self._keys[image.id]
        group = f"pages/{self._gallery.model.id}/{image.id}"
        shown = [_public(image), *(_named(one) for one in (self.images[0], before, after))]
        key = fingerprint(self._key, sheets, shown) if self._key and sheets else NO_KEY
        if self._ledger.keep(group, key):
            self._press.skip(pages.image_count(self._gallery))
            return
        made = self._press.print(pages.image_pages(self._gallery, image, before, after))
        self._ledger.made(group, key, made)


def _public(image: InputImage) -> dict[str, object]:
    """All of an image but where it lies on this machine."""
    return {name: value for name, value in asdict(image).items() if name != "path"}


def _named(image: InputImage | None) -> object:
    """What pages of other images show of an image: nothing of its pixels."""
    return image and {
        name: value
        for name, value in _public(image).items()
        if name not in ("sha256", "width", "height")
    }


@dataclass(frozen=True)
class Desk:
    """What every stage of a build works with."""

    config: Config
    stage: Staging
    ledger: Ledger
    press: Press
    counter: Counter
    images: Mapping[str, KnownImage]
    """Image files as the last build found them, by path below the inputs folder."""


def show(
    desk: Desk,
    network: GalleryNetwork,
    candidates: Sequence[Candidate],
    found: list[Problem],
    texts: Texts,
) -> Shown:
    """Run every image through the network that has not been; write its sheets and its pages.

    Adds to ``found`` what could not be used.

    Raises:
        InputsError: no image could be.
    """
    config, facts = desk.config, network.facts
    model = facts.spec
    atlas, unfit = find_atlas(config.atlas_folder, model) if config.atlas else (NO_ATLAS, ())
    found.extend(unfit)
    shared = _shared(config, network, desk.stage, atlas, texts)
    keys: dict[str, str] = {}
    rows = _Rows(shared, _pages_key(shared), keys, desk.press, desk.ledger)
    for image in _recorded(desk, network, candidates, found, keys):
        rows.take(image)
    problems = tuple(sorted(found, key=lambda p: p.source))
    if not rows.images:
        raise InputsError(_none_usable(config.inputs, problems))
    images = rows.close()
    example, example_of = _example(network, images[0], keys, shared, desk.stage)
    gallery = replace(
        shared,
        images=images,
        problems=problems,
        chosen=_choose(model, images, desk.stage),
        example=example,
    )
    facts = replace(facts, example=example, example_of=example_of)
    return Shown(replace(network, facts=facts), gallery, atlas, keys)


def _recorded(
    desk: Desk,
    network: GalleryNetwork,
    candidates: Sequence[Candidate],
    found: list[Problem],
    keys: dict[str, str],
) -> Iterator[InputImage]:
    """Every image that can be used, in order, once its sheets are in the stage."""
    model = network.facts.spec.id
    kept: dict[str, InputImage] = {}
    for candidate in candidates:
        image = _unchanged(candidate, desk.images.get(candidate.source))
        sheets = (
            network.sheets_key(image.id, image.sha256, values=desk.config.values)
            if image
            else NO_KEY
        )
        if image and desk.ledger.keep(f"sheets/{model}/{image.id}", sheets):
            kept[image.id], keys[image.id] = image, sheets
    fresh = [candidate for candidate in candidates if candidate.id not in kept]
    desk.counter.images(len(kept), len(candidates))
    with closing(_run(desk, network, fresh, found, len(kept))) as running:
        waiting: InputImage | None = None
        for candidate in candidates:
            if candidate.id in kept:
                yield kept[candidate.id]
                continue
            waiting = waiting or next(running, None)
            if waiting and waiting.id == candidate.id:
                values = desk.config.values
                keys[waiting.id] = network.sheets_key(waiting.id, waiting.sha256, values=values)
                desk.ledger.made_folder(f"sheets/{model}/{waiting.id}", keys[waiting.id])
                yield waiting
                waiting = None


def _run(
    desk: Desk,
    network: GalleryNetwork,
    fresh: Sequence[Candidate],
    found: list[Problem],
    kept: int,
) -> Generator[InputImage, None, None]:
    """Run images through the network; TensorFlow is loaded for the first that can be read."""

    def tools() -> Tools:
        live = network.live
        judge = network.judge(desk.config)
        plan = Plan(live.spec, _kernels(live), live.preprocess, desk.config.values, judge)
        return Tools(Extractor(live), plan)

    spec = network.facts.spec
    counter = _Further(desk.counter, kept, len(spec.layers))
    yield from record(fresh, spec, tools, desk.stage.write, counter, found)


class _Further:
    """Counts on from images that were kept."""

    def __init__(self, counter: Counter, images: int, layers: int) -> None:
        self._counter, self._images, self._sheets = counter, images, images * layers

    def images(self, done: int, total: int) -> None:
        """Images decoded and run, or given up."""
        self._counter.images(done + self._images, total + self._images)

    def sheets(self, done: int, total: int) -> None:
        """Sheets written."""
        self._counter.sheets(done + self._sheets, total + self._sheets)


def _unchanged(candidate: Candidate, known: KnownImage | None) -> InputImage | None:
    """An image as the last build found it, if its file has the same bytes."""
    if known is None or not same_image(candidate, known):
        return None
    return described(candidate, known.sha256, known.width, known.height)


def finish(shown: Shown, desk: Desk) -> pages.Survey:
    """Write what ranges over the network's images but the pages."""
    seen = pages.survey(shown.gallery)
    kernels = base64.b64decode(shown.network.facts.kernels)
    write_network_files(shown.gallery, seen, kernels, shown.keys, desk.stage, desk.ledger)
    write_atlas_files(shown.gallery, seen, shown.atlas, desk.stage)
    return seen


def _none_usable(inputs: Path, problems: tuple[Problem, ...]) -> str:
    listed = "\n".join(f"  {p.source}: {p.message}" for p in problems)
    return f"expected at least one usable image in {inputs}, found none; mend or replace:\n{listed}"


def _shared(
    config: Config, network: GalleryNetwork, stage: Staging, atlas: Atlas, texts: Texts
) -> pages.Gallery:
    """What all pages share, before any image is known.

    Facts are read back from the sheets' JSON, one image at a time.
    """
    known = network.facts
    model = known.spec

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
            verdict=verdict_of(model.id, image, stage) if known.judged else None,
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
        versions=f"Layerlight {__version__}, TensorFlow {known.framework}",
        licence=known.licence,
        licence_url=known.licence_url,
        facts=facts,
        chosen={},
        values=config.values,
        colours=known.colours,
        largest_weights=known.largest_weights,
        example=None,
        atlas=atlas.sheets,
        handouts=config.handouts and network.main,
        main=network.main,
        compared=bool(config.against) or len(config.pairs) > 0,
        every_layer=known.every_layer,
        judged=known.judged,
    )


def _kernels(network: Any) -> Kernels:
    """The convolutions' numbers, as the evidence wants them."""
    found = {layer.name: network.kernel(layer.name) for layer in network.spec.layers}
    return {name: weighted(*numbers) for name, numbers in found.items() if numbers}


def _pages_key(shared: pages.Gallery) -> str:
    """Of all that the pages of one image are made of, but for that image."""
    texts = [(name, asdict(own)) for name, own in sorted(shared.texts.own.items())]
    known = [
        (field.name, getattr(shared, field.name))
        for field in fields(shared)
        if field.name not in ("facts", "texts", "images", "problems", "chosen", "example")
    ]
    return fingerprint(program(), texts, known)


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
    network: GalleryNetwork,
    image: InputImage,
    keys: Mapping[str, str],
    shared: pages.Gallery,
    stage: Staging,
) -> tuple[WorkedExample | None, str]:
    """One value of the first convolution worked out on an image, and of which sheets."""
    facts, key = network.facts, keys[image.id]
    if key and key == facts.example_of:
        return facts.example, key
    model = facts.spec
    layer = model.layers[0]
    if layer.operation is None or layer.operation.source:
        return None, key
    weights = network.live.kernel(layer.name)
    if weights is None:
        return None, key
    measured = shared.facts(image.id)
    pixels = read_png(stage.path(layout.input_png(model.id, image.id)).read_bytes())
    example = first_kernel_example(
        layer,
        measured.sheets[layer.name],
        measured.reading.layers[layer.name].telling,
        pixels,
        network.live.preprocess(pixels[None])[0],
        weights,
    )
    return example, key
