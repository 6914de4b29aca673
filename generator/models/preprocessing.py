"""What happens to a photograph's pixels before a network gets them.

The three ways of ``keras.applications`` (``caffe``, ``torch``, ``tf``), two plain ones, and a
function of the user's own, named as ``package.module:function``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.errors import ConfigError
from generator.models.backend import keras, tensorflow

__all__ = ["NAMES", "Preprocessing", "named", "of_application"]

_PHRASES = {
    "caffe": "BGR, ImageNet mean subtracted",
    "torch": "RGB from 0 to 1, ImageNet mean subtracted and divided by its deviation",
    "tf": "RGB from −1 to 1",
    "0-1": "RGB from 0 to 1",
    "none": "RGB from 0 to 255, as it is",
}
NAMES = tuple(_PHRASES)
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601), as Pillow's mode L has them."""


@dataclass(frozen=True)
class Preprocessing:
    """One way to turn pixels into a network's input."""

    name: str
    phrase: str
    """For the reader: "BGR, ImageNet mean subtracted"."""
    apply: Callable[[Any], Any]
    """Float RGB images (n, height, width, 3), 0 to 255, an array or a tensor -> the same of what
    the network expects. May change an array in place."""
    grey: bool = False
    """Whether the network takes one channel: brightness."""

    def array(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB images (n, height, width, 3), 0 to 255 -> the network's input; a new array."""
        floats = np.array(pixels, dtype=np.float32)
        if self.grey:
            floats = np.repeat(floats @ GREY[:, None], 3, axis=3)
        result = np.asarray(self.apply(floats), dtype=np.float32)
        if result.shape != floats.shape:
            raise ConfigError(
                f"preprocessing: expected {self.name} to keep the shape of the images "
                f"{floats.shape}, got {result.shape}; mend the function"
            )
        return result[..., :1] if self.grey else result

    def tensor(self, pixels: Any) -> Any:
        """The same for a float tensor in TensorFlow, with a slope."""
        if self.grey:
            tf = tensorflow()
            pixels = tf.repeat(tf.linalg.matmul(pixels, GREY[:, None]), 3, axis=3)
        result = self.apply(pixels)
        return result[..., :1] if self.grey else result


def named(name: str, *, grey: bool = False) -> Preprocessing:
    """The preprocessing of that name, or the user's function ``package.module:function``.

    Raises:
        ConfigError: no such name, module or function.
    """
    if name in _PHRASES:
        return Preprocessing(name, _phrase(name, grey), _plain(name), grey)
    module, _, function = name.partition(":")
    if not module or not function:
        raise ConfigError(
            f"preprocessing: expected {', '.join(NAMES)}, or a function of your own as "
            f"package.module:function, got {name!r}"
        )
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as error:  # a module of the user's own may fail in any way
        raise ConfigError(
            f"preprocessing: expected a function that Python can import, got {name!r} ({error}); "
            f"correct the name, or put its folder on PYTHONPATH"
        ) from error
    if not callable(found):
        raise ConfigError(
            f"preprocessing: expected a function, {name!r} is a {type(found).__name__}; "
            f"correct the name"
        )
    return Preprocessing(name, f"by {name}", found, grey)


def of_application(function: Callable[..., Any]) -> Preprocessing:
    """The preprocessing of a network of ``keras.applications``: its module's own.

    Which of the named ways it is, is told by trying it.
    """
    module = importlib.import_module(function.__module__)

    def apply(pixels: Any) -> Any:
        return module.preprocess_input(pixels, data_format="channels_last")

    ramp = np.linspace(0, 255, 48, dtype=np.float32).reshape(1, 4, 4, 3)
    own = np.asarray(apply(ramp.copy()))
    for name in NAMES:
        if np.allclose(own, np.asarray(_plain(name)(ramp.copy())), atol=1e-4):
            return Preprocessing(name, _PHRASES[name], apply)
    return Preprocessing("own", "as its authors do it", apply)


def _phrase(name: str, grey: bool) -> str:
    words = _PHRASES[name]
    return words.replace("RGB", "grey").replace("BGR", "grey") if grey else words


def _plain(name: str) -> Callable[[Any], Any]:
    if name == "none":
        return lambda pixels: pixels
    if name == "0-1":
        return lambda pixels: pixels / np.float32(255)
    convert = keras().applications.imagenet_utils.preprocess_input
    return lambda pixels: convert(pixels, data_format="channels_last", mode=name)
