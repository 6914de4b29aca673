"""VGG16 (Simonyan & Zisserman 2015), without its classifier, as keras.applications builds it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.errors import ConfigError
from generator.models.backend import fixed_settings, keras
from generator.models.identity import Tensors

__all__ = [
    "LICENCE",
    "PREPROCESSING",
    "TITLE",
    "build",
    "preprocess",
    "preprocess_tensor",
    "set_weights",
]

TITLE = "VGG16"
LICENCE = "VGG16 by K. Simonyan and A. Zisserman, ImageNet weights"
PREPROCESSING = "BGR, ImageNet mean subtracted"
SMALLEST = 32
"""Five pools halve the maps: below this the last would have no value left."""


def build(size: tuple[int, int]) -> Any:
    """The Keras model for inputs of ``size`` (height, width), with random weights.

    Raises:
        ConfigError: too small for five pools.
    """
    height, width = size
    if min(size) < SMALLEST:
        raise ConfigError(
            f"size: VGG16 expects at least {SMALLEST} x {SMALLEST} pixels, "
            f"got {height} x {width} (height x width); choose a larger size"
        )
    with fixed_settings() as settled:
        return settled.applications.VGG16(
            weights=None, include_top=False, input_shape=(height, width, 3)
        )


def set_weights(model: Any, tensors: Tensors) -> None:
    """Give ``model`` its numbers: layer name -> (kernel, bias)."""
    for name, pair in tensors.items():
        model.get_layer(name).set_weights(list(pair))


def preprocess(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB images (n, height, width, 3), 0 to 255, as VGG16 expects them; a new array.

    Keras's own: BGR order, the ImageNet mean subtracted. Keras works in place on floats,
    hence the copy.
    """
    copy = np.array(pixels, dtype=np.float32)
    result: NDArray[np.float32] = keras().applications.vgg16.preprocess_input(
        copy, data_format="channels_last"
    )
    return result


def preprocess_tensor(pixels: Any) -> Any:
    """The same for a float tensor; Keras makes a new one, and its slope is known."""
    return keras().applications.vgg16.preprocess_input(pixels, data_format="channels_last")
