"""The networks of a gallery: what is known of each, and each itself once it has to run.

With ``generator.stages`` this puts stages together. What is known comes from the last build while
nothing that it depends on has changed; TensorFlow is loaded only where a network has to run.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from generator.activations import Extractor
from generator.config import Against, Config
from generator.errors import LayerlightError, LayerNotFound
from generator.fingerprints import digest_of, fingerprint, sheet_program
from generator.gallery_files import colour_names, kernels_picture, largest_weights
from generator.manifest import KnownNetwork
from generator.network_keys import NO_KEY, network_keys
from generator.pipeline import Tools
from generator.sheet_files import Plan, kernels_of
from generator.verdict_files import judge_of

__all__ = ["GalleryNetwork", "network_at", "networks_of"]


@dataclass(frozen=True)
class GalleryNetwork:
    """One network of a gallery."""

    key: str
    """Of what ``facts`` were found by; "" if the next build must not rely on them."""
    facts: KnownNetwork
    """With an id that no other network of the gallery has."""
    load: Callable[[], Any]
    settings: Against
    """What the gallery's owner said of it."""
    place: int
    """Among the gallery's networks; 0 is the one that all else is about."""

    @property
    def main(self) -> bool:
        """Whether it is that."""
        return self.place == 0

    @cached_property
    def live(self) -> Any:
        """``generator.models.Network``, under the id and title of ``facts``."""
        network = self.load()
        spec = replace(network.spec, id=self.facts.spec.id, title=self.facts.spec.title)
        return replace(network, spec=spec)

    def tools(self, config: Config) -> Tools:
        """What runs images through it; loads it."""
        live = self.live
        judge = _judge(config, live, self.settings, main=self.main)
        plan = Plan(live.spec, kernels_of(live), config.values)
        return Tools(Extractor(live), plan, live.preprocess, judge)

    def sheets_key(self, image: str, sha256: str, *, values: bool) -> str:
        """Of the sheets of one image, by its id and its file's bytes."""
        if not (self.key and sha256):
            return NO_KEY
        own = self.facts.identity, self.facts.spec.id
        return fingerprint(own, image, sha256, values, sheet_program())


def networks_of(
    config: Config, known: Mapping[str, KnownNetwork], model: Any = None
) -> list[GalleryNetwork]:
    """The gallery's network, then those that it is compared with; no two of one id.

    Args:
        config: which these are.
        known: what earlier builds found, by key.
        model: a live one, in place of the first.

    Raises:
        A network that is not known is loaded here, and what is wrong with it said.
    """
    found: list[GalleryNetwork] = []
    for place in range(1 + len(config.against)):
        one = _network(config, known, None if place else model, place)
        found.append(_renamed(one, {other.facts.spec.id for other in found}))
    return found


def network_at(config: Config, place: int) -> GalleryNetwork:
    """One of them alone, loaded; two may have the same id."""
    return _network(config, {}, None, place)


def _network(
    config: Config, known: Mapping[str, KnownNetwork], model: Any, place: int
) -> GalleryNetwork:
    main = Against(config.model, config.weights, config.preprocess, config.size)
    settings = (main, *config.against)[place]
    key = NO_KEY if model is not None else network_keys(config)[place]
    # once, also where what is known is put in other words
    load = cache(partial(_load_other if place else _load_main, config, settings, model))
    if key and key in known:
        return GalleryNetwork(key, known[key], load, settings, place)
    with _said_of(settings) if place else nullcontext():
        facts = _facts(config, settings, load(), main=place == 0)
    return GalleryNetwork(key, facts, load, settings, place)


@contextmanager
def _said_of(settings: Against) -> Iterator[None]:
    """Whatever is wrong with a network that is compared with, said with its name first."""
    try:
        yield
    except LayerlightError as error:
        raise type(error)(f"against {settings.model}: {error}") from error


def _load_main(config: Config, _settings: Against, model: Any) -> Any:
    from generator import models

    return models.opened(
        config.model if model is None else model,
        weights=config.weights,
        layers=config.layers,
        every=config.every,
        size=config.size,
        fit=config.fit,
        preprocess=config.preprocess,
        trust=config.trust_model,
    )


def _load_other(config: Config, settings: Against, _model: Any) -> Any:
    from generator import models

    load = partial(
        models.load,
        settings.model,
        weights=settings.weights,
        every=config.every,
        size=settings.size,
        fit=config.fit,
        preprocess=settings.preprocess,
        trust=config.trust_model,
    )
    try:
        return load(layers=config.layers)
    except LayerNotFound:  # its layers have other names: all of them, then
        return load()


def _judge(config: Config, network: Any, settings: Against, *, main: bool) -> Any:
    return judge_of(network, config.labels, config.classes, main=main, own_labels=settings.labels)


def _facts(config: Config, settings: Against, network: Any, *, main: bool) -> KnownNetwork:
    judge = _judge(config, network, settings, main=main)
    kernels = kernels_picture(network)
    return KnownNetwork(
        spec=network.spec,
        every_layer=network.every_layer,
        framework=network.framework,
        licence=network.licence,
        licence_url=network.licence_url,
        judged=judge is not None,
        identity=fingerprint(
            # not where the weights were found: elsewhere they may be the same
            replace(network.spec, weights=replace(network.spec.weights, source="")),
            [digest_of(Path(file)) for file in (settings.model, settings.weights) if file],
            [digest_of(file) for file in (settings.labels, config.labels) if file],
            [*config.classes],
            judge.labels if judge else (),
        ),
        colours=colour_names(network),
        largest_weights=largest_weights(network),
        kernels=base64.b64encode(kernels).decode() if kernels else "",
    )


def _renamed(network: GalleryNetwork, taken: set[str]) -> GalleryNetwork:
    """With an id that none of the others has; ``vgg16`` beside ``vgg16`` becomes ``vgg16-2``."""
    spec, number = network.facts.spec, 2
    if spec.id not in taken:
        return network
    while f"{spec.id}-{number}" in taken:
        number += 1
    renamed = replace(spec, id=f"{spec.id}-{number}", title=f"{spec.title} ({number})")
    return replace(network, facts=replace(network.facts, spec=renamed))
