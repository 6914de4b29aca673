"""Images that a program hands over, arrays or files, become what a network is fed.

``generator.inputs`` does the same for a folder. An array that already has the network's size stays
as it is, fractions too; all else is fitted as in a gallery, which rounds it to whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.decode import MIN_SIDE, convert, fit
from generator.decode_apart import decoded
from generator.domain import InputSpec
from generator.errors import ImageError, UsageError
from generator.folders import read_whole
from generator.inputs import MAX_BYTES
from generator.names import readable_title

__all__ = ["Given", "pictures"]

EXPECTED = (
    "images: expected pixels from 0 to 255 as an array (height, width, 3) or (n, height, width, "
    "3), an image of Pillow's, the path of a file, or a list of these"
)


class Given(NamedTuple):
    """One image at the network's size."""

    name: str
    """Of the file, for the reader; "image 0" if it came as an array."""
    pixels: NDArray[Any]
    """(height, width, 3) sRGB, 0 to 255: uint8, or float32 if it was handed over with fractions."""


def pictures(images: Any, spec: InputSpec) -> tuple[Given, ...]:
    """One image or several, brought to the size of ``spec``.

    Raises:
        UsageError: an array of another shape or range, or something that is no image.
        ImageError: a file that cannot be read or decoded; names it.
    """
    several = _several(images)
    if not several:
        raise UsageError(f"{EXPECTED}; got none at all")
    return tuple(_one(image, i, spec) for i, image in enumerate(several))


def _several(images: Any) -> list[Any]:
    """One image a member; arrays checked for their number of axes only."""
    if isinstance(images, str | Path | Image.Image):
        return [images]
    if hasattr(images, "__array__"):
        array = np.asarray(images)
        return [*array] if array.ndim == 4 else [array]
    if isinstance(images, Iterable):
        return [*images]
    raise UsageError(f"{EXPECTED}; got a {type(images).__name__}")


def _one(image: Any, number: int, spec: InputSpec) -> Given:
    name = f"image {number}"
    if isinstance(image, str | Path):
        return _file(Path(image), spec)
    if isinstance(image, Image.Image):
        return Given(name, fit(convert(image), spec))
    if not hasattr(image, "__array__"):
        raise UsageError(f"{EXPECTED}; {name} is a {type(image).__name__}")
    pixels = _in_range(_colours(np.asarray(image), name), name)
    if pixels.shape[:2] == (spec.height, spec.width):
        return Given(name, pixels)
    if min(pixels.shape[:2]) < MIN_SIDE:
        raise UsageError(f"{EXPECTED}; {name} is only {pixels.shape[0]} x {pixels.shape[1]} pixels")
    whole = np.ascontiguousarray(np.rint(pixels), dtype=np.uint8)
    return Given(name, fit(convert(whole), spec))


def _file(path: Path, spec: InputSpec) -> Given:
    try:
        _, _, pixels = decoded(read_whole(path, MAX_BYTES), spec)
        return Given(readable_title(path.stem), pixels)
    except ImageError as error:
        raise ImageError(f"{path.name}: {error}") from error


def _colours(pixels: NDArray[Any], name: str) -> NDArray[Any]:
    """(height, width, 3), or an error that says what to do."""
    shape = pixels.shape
    if len(shape) == 3 and shape[2] == 3:
        return pixels
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 1):
        hint = "grey alone: np.repeat(x.reshape(*x.shape[:2], 1), 3, axis=2) makes three colours"
    elif len(shape) == 3 and shape[2] == 4:
        hint = "with transparency: x[..., :3] leaves it out"
    elif len(shape) == 3 and shape[0] == 3:
        hint = "with its colours first: np.moveaxis(x, 0, -1) puts them last"
    else:
        hint = "which is no picture in three colours"
    raise UsageError(f"{EXPECTED}; {name} has the shape {shape}, {hint}")


def _in_range(pixels: NDArray[Any], name: str) -> NDArray[Any]:
    """uint8 or float32, a copy that nobody else changes."""
    kind = pixels.dtype.kind
    if kind not in "uif":
        raise UsageError(f"{EXPECTED}; the values of {name} are of the type {pixels.dtype}")
    if pixels.size == 0:
        raise UsageError(f"{EXPECTED}; {name} has the shape {pixels.shape}, without a pixel")
    low, high = pixels.min(), pixels.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UsageError(f"{EXPECTED}; {name} holds NaN or infinity")
    if low < 0 or high > 255:
        raise UsageError(
            f"{EXPECTED}; the values of {name} go from {low:g} to {high:g}. Hand over the pixels "
            f"as they were before any preprocessing, and name that: preprocess='tf', 'caffe' ..."
        )
    if kind == "f" and 0 < high <= 1:
        raise UsageError(
            f"{EXPECTED}; {name} has fractions up to {high:g}, as if white were 1. Multiply by "
            f"255; if the network wants 0 to 1, add preprocess='0-1'"
        )
    return np.array(pixels, dtype=np.float32 if kind == "f" else np.uint8)
