"""Two networks on the same images: runs both once more, and gathers what a comparison needs.

With ``generator.stages`` this puts stages together. Of an image's maps only cell means and a few
sums are kept, so memory does not grow with the number of images (the examples of CKA are bounded
by ``similarity.EXAMPLES``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import similarity
from generator.activations import Extractor
from generator.domain import ChannelChange, Comparison, LayerFigures, Model, WeightChange

__all__ = ["compare", "one_architecture"]

Pixels = NDArray[np.uint8]
Maps = dict[str, NDArray[np.float32]]

_NUMBER = re.compile(r"_\d+\Z")


def one_architecture(first: Model, second: Model) -> bool:
    """Whether two networks have the same layers, so that channel numbers mean the same place.

    The number at the end of a name does not count: Keras counts on from one network to the next,
    and what was conv2d in one may be conv2d_7 in its copy.
    """

    def plan(model: Model) -> Sequence[object]:
        return [
            (
                *(
                    _NUMBER.sub("", la.name),
                    la.kind,
                    la.activation,
                    la.signed,
                    la.height,
                    la.width,
                    la.channels,
                ),
                *(la.kernel, la.strides),
            )
            for la in model.layers
        ]

    sizes = [(model.input.height, model.input.width) for model in (first, second)]
    return sizes[0] == sizes[1] and plan(first) == plan(second)


def compare(
    first: Any,
    second: Any,
    images: Iterable[tuple[Pixels, Pixels]],
    count: int | None = None,
) -> Comparison:
    """Run both networks over the images and compare what they answer.

    Args:
        first, second: ``generator.models.Network``.
        images: for each image what the first and what the second network sees, each
            (height, width, 3) sRGB; read as they are needed.
        count: how many there are; None: they are counted, and all held in memory.
    """
    if count is None:
        images = list(images)
        count = len(images)
    models = (first.spec, second.spec)
    same = one_architecture(*models)
    side = similarity.side_for(count)
    gathered = [_Gathered(model, side) for model in models]
    tallies = {la.name: similarity.ChannelTally(la.channels) for la in models[0].layers}
    for maps in _both(first, second, images):
        for one, own in zip(gathered, maps, strict=True):
            one.add(own)
        if same:
            for (name, tally), other in zip(tallies.items(), models[1].layers, strict=True):
                tally.add(maps[0][name], maps[1][other.name])
    return Comparison(
        first=models[0],
        second=models[1],
        images=count,
        side=side,
        figures=(gathered[0].figures(), gathered[1].figures()),
        similarity=_similarity(gathered[0], gathered[1], count),
        beside=similarity.align(
            models[0].layers, models[1].layers, _size(models[0]), _size(models[1])
        ),
        changes=_changes(tallies) if same else {},
        weights=_weights(first, second) if same else {},
    )


def _size(model: Model) -> tuple[int, int]:
    return model.input.height, model.input.width


def _both(
    first: Any, second: Any, images: Iterable[tuple[Pixels, Pixels]]
) -> Iterator[tuple[Maps, Maps]]:
    """The maps of both networks, image by image."""
    extractors = (Extractor(first), Extractor(second))
    waiting = iter(images)
    while some := list(itertools.islice(waiting, extractors[0].batch)):
        yield from zip(
            extractors[0].maps([one for one, _ in some]),
            extractors[1].maps([other for _, other in some]),
            strict=True,
        )


class _Gathered:
    """One network's layers over the images seen so far."""

    def __init__(self, model: Model, side: int) -> None:
        self._side = side
        self._layers = {la.name: similarity.LayerTally(side) for la in model.layers}

    def __len__(self) -> int:
        return len(self._layers)

    def add(self, maps: Maps) -> None:
        for name, own in maps.items():
            self._layers[name].add(own)

    def structures(self) -> Iterator[NDArray[np.float64] | None]:
        """What each layer finds alike, layer by layer."""
        for tally in self._layers.values():
            yield similarity.structure(tally.examples(), self._side**2)

    def figures(self) -> dict[str, LayerFigures]:
        return {name: tally.figures() for name, tally in self._layers.items()}


def _similarity(
    first: _Gathered, second: _Gathered, images: int
) -> tuple[tuple[float | None, ...], ...]:
    """CKA of every pair of layers; None throughout with a single image."""
    rows, columns = len(first), len(second)
    if images < 2:
        return tuple((None,) * columns for _ in range(rows))
    matrix = similarity.similarities(list(first.structures()), second.structures())
    return tuple(
        tuple(None if np.isnan(value) else round(float(value), 4) + 0.0 for value in row)
        for row in matrix
    )


def _changes(tallies: dict[str, similarity.ChannelTally]) -> dict[str, ChannelChange]:
    return {name: tally.result() for name, tally in tallies.items()}


def _weights(first: Any, second: Any) -> dict[str, WeightChange]:
    return {
        one.name: similarity.weight_change(
            first.raw_kernels[one.name], second.raw_kernels[other.name]
        )
        for one, other in zip(first.spec.layers, second.spec.layers, strict=True)
        if one.name in first.raw_kernels and other.name in second.raw_kernels
    }
