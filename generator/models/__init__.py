"""Which network runs, on whose weights, and which of its layers are captured.

Importing this package loads neither TensorFlow nor Keras; calling it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from generator.domain import Fit, InputSpec, Layer, Model, Weights
from generator.errors import UsageError
from generator.models import cut, vgg16
from generator.models.backend import tensorflow
from generator.models.graph import describe, extraction_model, select
from generator.models.identity import expected_identity
from generator.models.receptive_field import windows
from generator.models.weights import find_vgg16

__all__ = ["Network", "inspect", "load"]

NAMES = ("vgg16",)
"""The networks that can be asked for."""


@dataclass(frozen=True)
class Network:
    """A network that is ready to run."""

    spec: Model
    graph: Any
    """``keras.Model``: preprocessed images -> maps, in the order of ``spec.layers``.

    A list of tensors (n, height, width, channels); Keras makes it a bare tensor for one layer.
    """
    preprocess: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    """RGB images (n, height, width, 3), 0 to 255 -> what ``graph`` expects; a new array."""
    preprocess_tensor: Callable[[Any], Any]
    """The same for a float tensor in TensorFlow, with a slope."""
    licence: str
    """Whose weights these are, for the pages' footer."""
    framework: str
    """Version of TensorFlow."""
    every_layer: tuple[Layer, ...] = ()
    """All convolutions and pools of the network, captured or not; none where nobody asks."""

    def kernel(self, layer: str) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Kernel (height, width, in, out) and bias (out,) of a convolution; None of a pool.

        A convolution without a bias has one of zeros here.
        """
        weights = self.graph.get_layer(layer).get_weights()
        if not weights or weights[0].ndim != 4:
            return None
        bias = weights[1] if len(weights) == 2 else np.zeros(weights[0].shape[3], dtype=np.float32)
        return weights[0], bias

    def fits(self, size: tuple[int, int]) -> bool:
        """Whether it can be run on pictures of ``size`` (height, width) too."""
        return cut.fits(self.graph, size)

    def output(self, layer: str, size: tuple[int, int]) -> Callable[[Any], Any]:
        """RGB images (n, *size, 3), 0 to 255, as a tensor -> the layer's output, float32.

        Raises:
            AtlasError: the network takes no images of that size.
        """
        return cut.output(self.graph, layer, size, self.preprocess_tensor)

    def before_activation(
        self, layer: str, size: tuple[int, int], precision: Literal["float32", "bfloat16"]
    ) -> Callable[[Any, Any], Any]:
        """(RGB images, a channel of each) -> mean of its map before the activation, (n,).

        Raises:
            AtlasError: the network takes no images of that size.
        """
        window = next(la.window for la in self.spec.layers if la.name == layer)
        border = cut.border_of(window)
        if border and not self.fits((size[0] + 2 * border, size[1] + 2 * border)):
            border = 0
        return cut.before_activation(
            self.graph, layer, size, precision, self.preprocess_tensor, border
        )


def load(
    name: str = "vgg16",
    *,
    weights: Path | None = None,
    layers: Sequence[str] = ("*",),
    size: tuple[int, int] = (224, 224),
    fit: Fit = "crop",
) -> Network:
    """A network with its weights, cut so that it puts out the layers asked for.

    Args:
        name: "vgg16".
        weights: a file to read them from; else they are looked for (``models.weights``).
        layers: shell patterns for layer names, upper and lower case differ.
        size: of the input, (height, width), pixels.
        fit: how images are brought to that size; only noted in the spec.

    Raises:
        UsageError: unknown name, layer (LayerNotFound) or too small a size (ConfigError).
        WeightsError: weights missing (WeightsNotFound), wrong (WeightsMismatch) or damaged.
    """
    model, captured = _built(name, layers, size)
    found = find_vgg16(weights)
    vgg16.set_weights(model, found.tensors)
    return Network(
        spec=_spec(model, captured, size, fit, Weights(found.source, found.sha256, trained=True)),
        graph=extraction_model(model, captured),
        preprocess=vgg16.preprocess,
        preprocess_tensor=vgg16.preprocess_tensor,
        licence=vgg16.LICENCE,
        framework=str(tensorflow().__version__),
        every_layer=_described(model, select(model, ("*",))),
    )


def inspect(
    name: str = "vgg16",
    *,
    layers: Sequence[str] = ("*",),
    size: tuple[int, int] = (224, 224),
    fit: Fit = "crop",
) -> Model:
    """What ``load`` would capture, without looking for any weights.

    The identity in ``weights`` is the one that ``load`` accepts; its source says that
    nothing was read.

    Raises:
        UsageError: as ``load``.
    """
    model, captured = _built(name, layers, size)
    return _spec(model, captured, size, fit, Weights("not read", expected_identity(), trained=True))


def _built(name: str, layers: Sequence[str], size: tuple[int, int]) -> tuple[Any, list[Any]]:
    """The Keras model and those of its layers that are to be captured."""
    if name not in NAMES:
        raise UsageError(f"model: expected {' or '.join(NAMES)} (no other yet), got {name!r}")
    model = vgg16.build(size)
    return model, select(model, layers)


def _spec(
    model: Any, captured: Sequence[Any], size: tuple[int, int], fit: Fit, weights: Weights
) -> Model:
    return Model(
        id=model.name,
        title=vgg16.TITLE,
        weights=weights,
        input=InputSpec(*size, fit=fit, preprocessing=vgg16.PREPROCESSING),
        layers=_described(model, captured),
    )


def _described(model: Any, captured: Sequence[Any]) -> tuple[Layer, ...]:
    fields = windows(model)
    names = [layer.name for layer in captured]
    return tuple(describe(layer, fields[layer.name], names) for layer in captured)
