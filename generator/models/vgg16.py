"""VGG16 (Simonyan & Zisserman 2015), without its classifier, as keras.applications builds it."""

from __future__ import annotations

from typing import Any

from generator.errors import ConfigError
from generator.models.backend import fixed_settings
from generator.models.identity import Tensors

__all__ = [
    "LICENCE",
    "LICENCE_URL",
    "SIZE",
    "TITLE",
    "build",
    "set_weights",
]

TITLE = "VGG16"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
LICENCE = "VGG16 by K. Simonyan and A. Zisserman, ImageNet weights"
SIZE = (224, 224)
"""(height, width), pixels: what it was trained on."""
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
