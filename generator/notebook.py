"""For notebooks and programs: a network and some pictures in, values and coloured sheets out.

>>> import generator                                          # doctest: +SKIP
>>> maps = generator.look("vgg16", "inputs/chelsea.jpg")      # doctest: +SKIP
>>> maps["block3_conv3"].sheet()                              # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import comparing, given, models
from generator.activations import BATCH, Extractor
from generator.domain import Fit
from generator.feature_maps import FeatureMaps, LayerMaps
from generator.views import ComparisonView

__all__ = ["FeatureMaps", "LayerMaps", "compare", "look"]

Maps = NDArray[np.float32]


def look(
    network: Any,
    images: Any,
    *,
    layers: str | Sequence[str] = "*",
    every: models.Every = "layer",
    preprocess: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit = "crop",
    weights: Path | str | None = None,
) -> FeatureMaps:
    """Run images through a network and keep what its layers put out.

    Args:
        network: a live ``keras.Model``; the name of a network such as "vgg16"; the path of a file
            that Keras saved; or what ``generator.models.load`` or ``wrap`` made of one. A live
            model is taken to be trained; ``wrap(model, trained=False)`` says otherwise.
        images: pixels from 0 to 255, (height, width, 3) or (n, height, width, 3), uint8 or
            floating point; an image of Pillow's; the path of a file; or a list of these. What has
            not the network's size is fitted to it, as in a gallery.
        layers: names or shell patterns, one or several; "block3_*".
        every: "layer", or only what each "block" or "stage" puts out.
        preprocess: what the network wants done to pixels: "caffe", "torch", "tf", "0-1", "none"
            or "module:function". None: as its authors do it; for a live model "none", for a file
            "0-1".
        size: of its input, one side or (height, width); None: its own.
        fit: "crop", "pad" or "stretch": how images are brought to that size.
        weights: a file to read them from, or "random"; only of a network by name.

    All values of all layers are held in memory: of VGG16 60 MB an image.

    Raises:
        UsageError, ModelError, WeightsError: as ``generator.models.load``; images of another shape
            or range.
        ImageError: a file that is no image.
    """
    ready = _ready(network, layers, every, preprocess, size, fit, weights)
    pictures = given.pictures(images, ready.spec.input)
    pixels = [picture.pixels for picture in pictures]
    extractor = Extractor(ready, batch=min(BATCH, len(pixels)))
    found: dict[str, list[Maps]] = {layer.name: [] for layer in ready.spec.layers}
    for start in range(0, len(pixels), extractor.batch):
        for maps in extractor.maps(pixels[start : start + extractor.batch]):
            for name, own in maps.items():
                found[name].append(own)
    return FeatureMaps(
        ready.spec,
        tuple(picture.name for picture in pictures),
        tuple(pixels),
        {name: np.stack(own).astype(np.float32, copy=False) for name, own in found.items()},
        credit=f"{ready.licence}, CC BY 4.0" if ready.licence_url else "",
    )


def compare(
    first: Any,
    second: Any,
    images: Any,
    *,
    layers: str | Sequence[str] = "*",
    every: models.Every = "layer",
    preprocess: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit = "crop",
) -> ComparisonView:
    """Two networks on the same images: how alike their layers are, and how sparse.

    Args:
        first, second: as for ``look``. Two that want different options are given as what
            ``generator.models.load`` or ``wrap`` made of them.
        images, layers, every, preprocess, size, fit: as for ``look``. Similarity takes two images
            or more.

    Raises:
        As ``look``.
    """
    one, two = (
        _ready(network, layers, every, preprocess, size, fit, None) for network in (first, second)
    )
    if one.spec.title == two.spec.title:
        two = replace(two, spec=replace(two.spec, title=f"{two.spec.title} (2)"))
    seen = [given.pictures(images, network.spec.input) for network in (one, two)]
    pairs = [(a.pixels, b.pixels) for a, b in zip(*seen, strict=True)]
    return ComparisonView(comparing.compare(one, two, pairs))


def _ready(
    network: Any,
    layers: str | Sequence[str],
    every: models.Every,
    preprocess: str | None,
    size: int | tuple[int, int] | None,
    fit: Fit,
    weights: Path | str | None,
) -> models.Network:
    return models.opened(
        network,
        weights=weights,
        layers=(layers,) if isinstance(layers, str) else tuple(layers),
        every=every,
        size=(size, size) if isinstance(size, int) else size,
        fit=fit,
        preprocess=preprocess,
    )
