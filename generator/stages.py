"""The stages of a build, in order, on one screen."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import beside, layout, manifest, pages
from generator.address_files import write_card, write_sitemap
from generator.budget import within_budget
from generator.building import Gone, Progress
from generator.comparing import compare
from generator.comparison_files import (
    comparisons_in,
    networks_in,
    write_comparison,
    write_pair,
)
from generator.config import Config
from generator.desk import Desk, Press
from generator.domain import Comparison, Handout, InputImage, Model, Problem
from generator.encode import read_png
from generator.encoders import Crew
from generator.errors import ConfigError
from generator.fingerprints import fingerprint, program, stamp
from generator.gallery_files import write_gallery_files
from generator.handout_files import (
    HandoutDesk,
    handouts_in,
    refuse_branches,
    refuse_unknown_language,
    write_handouts,
)
from generator.inputs import Candidate
from generator.ledger import Ledger
from generator.manifest import KnownImage, Manifest, Numbers, Origin
from generator.names import identified
from generator.networks import Shown, finish, read_texts, show
from generator.rebuild import candidate_keys
from generator.render import Renderer
from generator.site import Staging
from generator.texts import templates_folder
from generator.theme import refuse_unfit

__all__ = ["Made", "make"]

_SELDOM = (2_000, 20, 20)
"""How often the collector of garbage looks (``gc.set_threshold``): what an image makes goes by
itself. As Python has it, it takes 17 of an image's 750 ms of one core; so, 12."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new site that is in place."""

    manifest: Manifest
    kept: int
    """Images whose sheets were taken over from the old site."""
    gone: Gone
    note: str
    """What was left out for the budget, and why the manifest could not be written; else ""."""


def make(
    config: Config,
    model: Any,
    candidates: Sequence[Candidate],
    problems: Sequence[Problem],
    old: Manifest | None,
    request: str,
    place: Staging,
    progress: Progress,
    origin: Origin | None,
) -> Made:
    """Run the stages, and put the finished site in the place of the old one.

    Args:
        config: what is built of what.
        model: a live network in place of the one that ``config`` names; None: that one.
        candidates: the image files.
        problems: what was wrong with files that are no candidates.
        old: of the site as it is; None: nothing is known of it.
        request: of the site that is to be.
        place: for the new site.
        progress: told how far it has come.
        origin: where the settings came from, to be remembered.
    """
    refuse_unknown_language(config)
    refuse_unfit(config.templates)
    config = _with_ids(config, candidates)
    # before any is read: of a file that changes meanwhile the next build sees another stamp
    stamps = {one.source: stamp(one.path) or (0, 0, 0) for one in candidates}
    with ExitStack() as at_end, place as stage, Crew() as crew:
        if old is None and not (config.workers or config.scheduler):
            crew.start(len(candidates))  # while TensorFlow is loaded, which takes one core
        renderer = Renderer(templates_folder(), config.templates)
        press = Press(renderer, stage, progress)
        ledger = Ledger(old, stage)
        presented, unset = _describable(candidates, renderer)
        found = [*problems, *unset]
        config, networks, left_out = within_budget(
            config, old.networks if old else {}, model, len(candidates)
        )
        # TensorFlow and its networks are a million objects that stay: the collector of garbage
        # would look through them again every few images, at a fifth of a second each time
        gc.freeze()
        at_end.callback(gc.unfreeze)
        at_end.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*_SELDOM)
        specs = [network.facts.spec for network in networks]
        refuse_branches(config, specs[0])
        press.expected = _pages(config, specs, len(candidates))
        desk = Desk(config, stage, ledger, press, progress, crew, old.images if old else {})
        shown: list[Shown] = []
        for network, texts in zip(networks, read_texts(config, networks, renderer), strict=True):
            own = found if network.main else []  # what cannot be used, all find alike
            shown.append(show(desk, network, presented, own, texts))
        main, *others = shown
        gallery = main.gallery
        press.expected = _pages(config, specs, len(gallery.images))
        press.expected += 1 + len(gallery.atlas) if gallery.atlas else 0
        handouts: dict[str, tuple[Handout, ...]] = {}
        if config.handouts:
            table = HandoutDesk(stage, ledger, main.keys, old.handouts if old else {})
            handouts, unset_handouts = write_handouts(
                config, gallery.model, gallery.images, table, progress.handouts
            )
            gallery = replace(gallery, problems=(*gallery.problems, *unset_handouts))
        seen = finish(main, desk)
        models = [part.gallery.model for part in shown]
        write_gallery_files(gallery, seen, models, config.templates, stage)
        write_card(gallery, stage)
        every = [one for own in handouts.values() for one in own]
        press.print(pages.gallery_pages(gallery, seen, every, models[1:]))
        for other in others:
            press.print(pages.network_pages(other.gallery, finish(other, desk)))
        known = old.comparisons if old else {}
        compared: dict[str, Comparison] = {}
        press.print(
            _side_by_side(config, replace(main, gallery=gallery), others, stage, known, compared)
        )
        write_sitemap(gallery, stage)
        holds = (handouts_in, networks_in, comparisons_in)
        new_site = stage.path(layout.GALLERY_JSON).parent
        gone = Gone(*(len(of(stage.output) - of(new_site)) for of in holds))
        facts = stage.facts
        groups, rest = ledger.sorted_files()
        new = Manifest(
            request=request,
            candidates=candidate_keys(candidates),
            found=tuple(problems),
            problems=gallery.problems,
            numbers=Numbers(
                len(gallery.images), len(every), facts.files, facts.bytes, gallery.model
            ),
            images={
                image.source: KnownImage(
                    *stamps[image.source], image.sha256, image.width, image.height
                )
                for image in gallery.images
            },
            networks={part.network.key: part.network.facts for part in shown if part.network.key},
            groups=groups,
            others=rest,
            comparisons=compared,
            handouts=handouts,
            origin=origin,
            site=manifest.identity(new_site),
        )
        kept = sum(f"sheets/{specs[0].id}/{image.id}" in ledger.kept for image in gallery.images)
        barred = stage.finish(manifest.as_bytes(new)).barred
        notes = (left_out, barred and _not_remembered(stage, barred))
        return Made(new, kept, gone, "; ".join(note for note in notes if note))


def _not_remembered(stage: Staging, barred: str) -> str:
    name = beside.manifest(stage.output).name
    return f"{name} cannot be written ({barred}); the next build starts anew"


def _describable(
    candidates: Sequence[Candidate], renderer: Renderer
) -> tuple[tuple[Candidate, ...], list[Problem]]:
    """The images without those descriptions that cannot be shown, and why."""
    shown: list[Candidate] = []
    problems: list[Problem] = []
    for one in candidates:
        objection = one.sidecar.description and renderer.objection(one.sidecar.description)
        if objection:
            message = f"{objection}; until then the image has no description."
            problems.append(Problem(one.source, "describe", message))
            one = replace(one, sidecar=replace(one.sidecar, description=""))
        shown.append(one)
    return tuple(shown), problems


# -- Side by side


def _side_by_side(
    config: Config,
    main: Shown,
    others: Sequence[Shown],
    stage: Staging,
    known: Mapping[str, Comparison],
    compared: dict[str, Comparison],
) -> Iterator[pages.Page]:
    """What compares networks and images, written; yields the pages of it.

    A comparison that is among the known ones is not made again. Each is put into ``compared``.
    """
    gallery = main.gallery
    if not gallery.compared:
        return
    rivals = []
    for other in others:
        comparison = _compared(main, other, stage, known, compared)
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


def _compared(
    main: Shown,
    other: Shown,
    stage: Staging,
    known: Mapping[str, Comparison],
    compared: dict[str, Comparison],
) -> Comparison:
    images = main.gallery.images
    keys = [part.keys[image.id] for part in (main, other) for image in images]
    key = fingerprint(keys, program()) if all(keys) else ""
    found = known.get(key) if key else None
    if found is None:
        photos = ((_pixels(main, image, stage), _pixels(other, image, stage)) for image in images)
        found = compare(main.network.live, other.network.live, photos, len(images))
    if key:
        compared[key] = found
    return found


def _pixels(shown: Shown, image: InputImage, stage: Staging) -> NDArray[np.uint8]:
    """What the network saw of an image, (height, width, 3)."""
    path = stage.path(layout.input_png(shown.gallery.model.id, image.id))
    return read_png(path.read_bytes())


def _with_ids(config: Config, candidates: Sequence[Candidate]) -> Config:
    """The settings, with ids for the images of pairs. Before anything is built.

    Raises:
        ConfigError: two images are to be set side by side of which there is no such, or one with
            itself.
    """
    known = {candidate.id: candidate.source for candidate in candidates}
    pairs = []
    for pair in config.pairs:
        one, two = (identified(name, known, "pairs", ConfigError) for name in pair)
        if one == two:
            raise ConfigError(f"pairs: expected two images, got {one} by two names: {pair}")
        pairs.append((one, two))
    return config.model_copy(update={"pairs": tuple(dict.fromkeys(pairs))})


def _pages(config: Config, networks: Sequence[Model], images: int) -> int:
    """How many pages there will be, for the bar; an atlas and new chapters come on top."""
    main, *others = [len(network.layers) for network in networks]
    own = pages.count(images, main, 0, len(layout.CHAPTERS), handouts=config.handouts)
    beside = sum(pages.count_beside(images, layers) for layers in others)
    return own + beside + len(config.pairs) + bool(others or config.pairs)
