"""One network's part of a site: its sheets and its pages of every image, and what ranges over them.

With ``generator.stages`` this puts stages together. A gallery has one network that all else is
about, and may have others to compare it with.
"""

from __future__ import annotations

import base64
import gc
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from functools import cache, lru_cache, partial
from pathlib import Path

from generator import __version__, contract, layout, pages
from generator.across import numbers_in
from generator.atlas import NONE as NO_ATLAS
from generator.atlas import Atlas
from generator.atlas import find as find_atlas
from generator.atlas_files import write_atlas_files
from generator.config import Config
from generator.desk import Desk
from generator.domain import Evidence, InputImage, Model, Problem, Sheet, WorkedExample
from generator.encode import read_png
from generator.encoders import Encoding
from generator.errors import InputsError
from generator.example import first_kernel_example
from generator.fingerprints import fingerprint, of_folder, program
from generator.gallery_files import write_network_files
from generator.inputs import Candidate, described
from generator.known_networks import GalleryNetwork
from generator.manifest import KnownImage
from generator.own_texts import read_own_texts, refuse
from generator.palettes import palettes
from generator.pipeline import Counter, Tools, record
from generator.rebuild import same_image
from generator.render import Renderer
from generator.rows import Rows
from generator.sheet_files import Measures
from generator.site import Staging
from generator.texts import Texts, templates_folder
from generator.verdict_files import verdict_of

__all__ = ["Shown", "finish", "read_texts", "show"]


@dataclass(frozen=True)
class Shown:
    """A network all of whose images' pages are written."""

    network: GalleryNetwork
    gallery: pages.Gallery
    """With what only all images together tell."""
    atlas: Atlas
    keys: Mapping[str, str]
    """Of each image's sheets, by its id."""
    surveyor: pages.Surveyor
    """That has seen all images."""


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
    recent = _Recent(network, desk.stage)
    shared = _shared(config, network, recent.facts, atlas, texts)
    keys: dict[str, str] = {}
    surveyor = pages.Surveyor(shared)
    kept = _kept(desk, network, candidates, keys)
    # with no image to run, there is nothing to do meanwhile
    at_once = len(kept) == len(candidates)
    with Rows(
        shared,
        _page_keys(shared, of_folder(config.templates)),
        keys,
        desk,
        surveyor,
        at_once=at_once,
    ) as rows:
        rows.look_ahead([*kept.values()])
        for image, measures in _recorded(desk, network, candidates, found, kept, keys):
            if measures:
                recent.remember(image.id, measures)
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
        chosen=surveyor.chosen(),
        example=example,
    )
    facts = replace(facts, example=example, example_of=example_of)
    return Shown(replace(network, facts=facts), gallery, atlas, keys, surveyor)


def _kept(
    desk: Desk, network: GalleryNetwork, candidates: Sequence[Candidate], keys: dict[str, str]
) -> dict[str, InputImage]:
    """Images whose sheets could be taken over from the old site, by id; adds their keys."""
    model = network.facts.spec.id
    kept: dict[str, InputImage] = {}
    for candidate in candidates:
        if image := _unchanged(candidate, desk.images.get(candidate.source)):
            key = network.sheets_key(image.id, image.sha256, values=desk.config.values)
            if desk.ledger.keep(f"sheets/{model}/{image.id}", key):
                kept[image.id], keys[image.id] = image, key
    return kept


def _recorded(
    desk: Desk,
    network: GalleryNetwork,
    candidates: Sequence[Candidate],
    found: list[Problem],
    kept: Mapping[str, InputImage],
    keys: dict[str, str],
) -> Iterator[tuple[InputImage, Measures | None]]:
    """Every image that can be used, in order, once its sheets are in the stage.

    With what was measured on it, if that was just now and here.
    """
    model = network.facts.spec.id
    fresh = [candidate for candidate in candidates if candidate.id not in kept]
    desk.counter.images(len(kept), len(candidates))
    with closing(_run(desk, network, fresh, found, len(kept))) as running:
        waiting: tuple[InputImage, Measures | None] | None = None
        for candidate in candidates:
            if candidate.id in kept:
                yield kept[candidate.id], None
                continue
            waiting = waiting or next(running, None)
            if waiting and waiting[0].id == candidate.id:
                image, values = waiting[0], desk.config.values
                keys[image.id] = network.sheets_key(image.id, image.sha256, values=values)
                desk.ledger.made_folder(f"sheets/{model}/{image.id}", keys[image.id])
                yield waiting
                waiting = None


def _run(
    desk: Desk,
    network: GalleryNetwork,
    fresh: Sequence[Candidate],
    found: list[Problem],
    kept: int,
) -> Generator[tuple[InputImage, Measures | None], None, None]:
    """Run images through the network; TensorFlow is loaded for the first that can be read."""

    def tools() -> Tools:
        made = network.tools(desk.config)
        gc.freeze()  # as ``generator.stages`` does; it may have been loaded just now
        return made

    spec, config, write = network.facts.spec, desk.config, desk.stage.write
    counter = _Further(desk.counter, kept, len(spec.layers))
    if fresh and (config.workers or config.scheduler):
        from generator.cluster import record_on_cluster

        yield from record_on_cluster(fresh, network, config, write, counter, found)
    else:
        with Encoding(desk.crew, desk.stage, len(fresh)) as encoders:
            yield from record(fresh, spec, tools, encoders, write, counter, found)


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
    seen = shown.surveyor.survey(shown.gallery)
    kernels = base64.b64decode(shown.network.facts.kernels)
    write_network_files(shown.gallery, seen, kernels, shown.keys, desk.stage, desk.ledger)
    write_atlas_files(shown.gallery, seen, shown.atlas, desk.stage)
    return seen


def _none_usable(inputs: Path, problems: tuple[Problem, ...]) -> str:
    listed = "\n".join(f"  {p.source}: {p.message}" for p in problems)
    return f"expected at least one usable image in {inputs}, found none; mend or replace:\n{listed}"


class _Sheets(Mapping[str, Sheet]):
    """An image's sheets by layer, each read when it is asked for."""

    def __init__(self, model: Model, image: str, stage: Staging) -> None:
        self._model, self._image, self._stage = model, image, stage
        self._read: dict[str, Sheet] = {}

    def text(self, layer: str) -> bytes:
        """The sheet's JSON."""
        path = layout.sheet_json(self._model.id, self._image, layer)
        return self._stage.path(path).read_bytes()

    def __getitem__(self, layer: str) -> Sheet:
        if layer not in self._read:
            if layer not in [*self]:
                raise KeyError(layer)
            self._read[layer] = contract.read_sheet(self.text(layer))
        return self._read[layer]

    def __iter__(self) -> Iterator[str]:
        return (layer.name for layer in self._model.layers)

    def __len__(self) -> int:
        return len(self._model.layers)


class _Recent:
    """What was measured on images: of the last ones from memory, of others from the disk."""

    def __init__(self, network: GalleryNetwork, stage: Staging) -> None:
        self._model, self._judged, self._stage = network.facts.spec, network.facts.judged, stage
        self._measures: OrderedDict[str, Measures] = OrderedDict()
        # an image's pages and what ranges over the gallery ask for it one after the other
        self.facts = lru_cache(maxsize=2)(self._facts)
        """By the image's id."""

    def remember(self, image: str, measures: Measures) -> None:
        """Of the last few images, whose pages are made next."""
        self._measures[image] = measures
        while len(self._measures) > 2:
            self._measures.popitem(last=False)

    def _facts(self, image: str) -> pages.ImageFacts:
        model, stage = self._model, self._stage
        verdict = verdict_of(model.id, image, stage) if self._judged else None
        if measures := self._measures.get(image):
            evidence = measures.evidence
            return pages.ImageFacts(measures.sheets, measures.reading, lambda: evidence, verdict)
        read = _Sheets(model, image, stage)
        return pages.ImageFacts(
            sheets=read,
            reading=contract.read_reading(
                stage.path(layout.reading_json(model.id, image)).read_bytes()
            ),
            # eighteen pages of an image ask for it
            evidence=cache(partial(self._evidence, image)),
            verdict=verdict,
            read_numbers=lambda layer: numbers_in(contract.parsed(read.text(layer))),
        )

    def _evidence(self, image: str) -> Evidence:
        model, stage = self._model, self._stage
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


def _shared(
    config: Config,
    network: GalleryNetwork,
    facts: Callable[[str], pages.ImageFacts],
    atlas: Atlas,
    texts: Texts,
) -> pages.Gallery:
    """What all pages share, before any image is known."""
    known = network.facts
    return pages.Gallery(
        title=config.title or "",
        author=config.author,
        base_url=config.base_url or "",
        palette=config.palette,
        scale=config.scale,
        model=known.spec,
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


def _page_keys(shared: pages.Gallery, templates: str) -> Callable[[str], str]:
    """Of all that a page of one image is made of, but for that image: by its layer's name, or "".

    ``templates``: a key of the owner's. A layer's page shows no text about another layer; one of
    the whole image has something of each.
    """
    known = [
        (field.name, getattr(shared, field.name))
        for field in fields(shared)
        if field.name not in ("facts", "texts", "images", "problems", "chosen", "example")
    ]
    base = fingerprint(program(), templates, known)
    about = f"{shared.model.id}/"

    @cache
    def key(layer: str) -> str:
        shown = [
            (name, asdict(own))
            for name, own in sorted(shared.texts.own.items())
            if not layer or not name.startswith(about) or name == f"{about}{layer}"
        ]
        return fingerprint(base, shown)

    return key


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
