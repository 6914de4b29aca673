"""The networks of ``keras.applications``, found by looking there, and their weights."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any

from generator.domain import Weights
from generator.errors import UsageError, WeightsMismatch, WeightsNotFound
from generator.models import hdf5
from generator.models.backend import all_weights, fixed_settings, fresh_names, keras
from generator.models.digest import digest
from generator.places import keras_folder

__all__ = [
    "IMAGENET",
    "RANDOM",
    "SEED",
    "application",
    "at_size",
    "build",
    "fill",
    "load_file",
    "names",
    "plain",
    "settle",
]

RANDOM = "random"
"""In place of a file of weights: none are read, and the network is called untrained."""
IMAGENET = "keras.applications, ImageNet"
"""Where weights come from that are certainly those of ImageNet's classes, for the reader."""
SEED = 0
"""Of random weights: the same numbers each time."""


@cache
def applications() -> dict[str, Callable[..., Any]]:
    """Name in lower case -> the function of ``keras.applications`` that builds the network."""
    module = keras().applications
    found = {name: getattr(module, name) for name in dir(module) if name[:1].isupper()}
    return {
        name.lower(): function for name, function in found.items() if inspect.isroutine(function)
    }


def names() -> tuple[str, ...]:
    """All names that can be asked for, in alphabetical order."""
    return tuple(sorted(applications()))


def plain(name: str) -> str:
    """``name`` in lower case, without hyphens and underscores: "VGG-16" is "vgg16"."""
    return name.lower().replace("-", "").replace("_", "")


def application(name: str) -> Callable[..., Any]:
    """The function that builds the network of that name; case and hyphens do not matter.

    Raises:
        UsageError: there is none; names the nearest.
    """
    if plain(name) in applications():
        return applications()[plain(name)]
    close = difflib.get_close_matches(plain(name), names(), n=3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise UsageError(
        f"model: expected the name of a network of keras.applications, or a file that ends in "
        f".keras or .h5, got {name!r}.{hint} There are: {', '.join(names())}"
    )


def settle() -> None:
    """Make the next random numbers of Keras the same each time."""
    keras().utils.set_random_seed(SEED)


def build(name: str) -> Any:
    """The network with its classifier and random weights, the same each time."""
    function = application(name)
    settle()
    with fresh_names(), fixed_settings():
        return function(weights=None)


def at_size(name: str, size: tuple[int, int]) -> Any:
    """The network for images of ``size`` (height, width), with its classifier if that fits.

    Some place their padding by the size of the image, so it is built anew. A classifier that
    flattens maps has as many weights as the maps have values, so it fits its own size only. The
    weights are those of the whole network, in the same order, up to where a classifier would begin.

    Raises:
        UsageError: a size that the network does not take.
    """
    function = application(name)
    shape = (*size, 3)
    try:
        with suppress(ValueError), fresh_names(), fixed_settings():  # a size for maps alone
            whole = function(weights=None, input_shape=shape)
            if not any(_flattens(layer) for layer in whole.layers):
                return whole
        with fresh_names(), fixed_settings():
            return function(weights=None, include_top=False, input_shape=shape)
    except ValueError as error:
        raise UsageError(
            f"size: {function.__name__} does not take images of {size[0]} x {size[1]} pixels "
            f"(height x width): {_first_line(error)}; leave --size out, or choose another"
        ) from error


def _flattens(layer: Any) -> bool:
    """Whether its output has more values where maps are larger."""
    return isinstance(layer, keras().layers.Flatten) and layer.input.shape[1:3] != (1, 1)


def fill(model: Any, name: str, weights: Path | None) -> Weights:
    """Give ``model`` its numbers: those of a file, or ImageNet's as Keras keeps them.

    Raises:
        WeightsNotFound: no such file; or neither in Keras's cache nor by download.
        WeightsMismatch: a file of another network.
    """
    title = application(name).__name__
    if weights is not None:
        load_file(model, weights, title)
        return Weights(f"file {weights.name}", digest(model), trained=True)
    try:
        # Keras tells of a download on standard output, where results go
        with fresh_names(), fixed_settings(), redirect_stdout(sys.stderr):
            filled = application(name)(weights="imagenet")
    except Exception as error:  # Keras raises plain Exception where a download fails
        raise WeightsNotFound(
            f"the ImageNet weights of {title} are not on this machine. Looked in Keras's cache "
            f"({keras_folder()}), and asked Keras to download them: "
            f"{_first_line(error)}. Without a network: copy the file from a machine that has it "
            f"into that folder, or name one with --weights FILE; or look at the architecture "
            f"alone with --weights random"
        ) from error
    model.set_weights(filled.get_weights())
    return Weights(IMAGENET, digest(model), trained=True)


def load_file(model: Any, path: Path, title: str) -> None:
    """Read a file of weights into ``model``, which is called ``title``.

    Raises:
        WeightsNotFound: no such file.
        WeightsMismatch: it is none that Keras reads, or of another network.
    """
    if not path.is_file():
        raise WeightsNotFound(
            f"{path}: expected a file of weights, but there is none; correct the path, or leave it "
            f"out"
        )
    if not path.name.endswith((".h5", ".hdf5")):
        raise WeightsMismatch(
            f"{path}: expected weights that Keras reads, .weights.h5 or .h5, got "
            f"{path.suffix or 'a name without ending'!r}"
        )
    expected = f"expected the weights of {title} ({model.count_params():,} numbers)"
    try:
        numbers = hdf5.survey(path).numbers
    except ValueError as error:
        raise WeightsMismatch(
            f"{path}: {expected}, got a file that is damaged or no HDF5: {_first_line(error)}; "
            f"copy or download it again"
        ) from error
    try:
        with all_weights():
            model.load_weights(path)
    except (ValueError, KeyError, OSError, TypeError, AttributeError, UserWarning) as error:
        # what Keras says of it is of its own objects, or advice for who writes layers
        raise WeightsMismatch(
            f"{path}: {expected}, with its classifier, got a file of {numbers:,} numbers, and they "
            f"do not fit; name the file of this network"
        ) from error


def _first_line(error: BaseException) -> str:
    lines: Iterator[str] = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300]
