"""Maps and photographs -> pixels for paper, enlarged by whole numbers, and as PNG."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generator.domain import Channel
from generator.encode import grey_png, rgb_png
from generator.palettes import colours

__all__ = [
    "INKS",
    "Ink",
    "enlarged",
    "legend_picture",
    "map_picture",
    "photo_picture",
    "png",
    "values",
    "window_picture",
    "zero_colour",
]

Ink = Literal["mixed", "grey", "colour"]
INKS: tuple[Ink, ...] = ("mixed", "grey", "colour")
"""mixed: maps black on white, the photograph in colour; grey: all grey; colour: all in colour."""

Pixels = NDArray[np.uint8]

FAINTEST = 240
"""Grey of the least value that is not zero: a step from white that a printer shows."""
PALETTE = "viridis"
OUTSIDE = 128
"""Grey of the hatching where there is no photograph."""
_LUMA = np.array([0.299, 0.587, 0.114])
"""Of red, green and blue (ITU-R BT.601)."""


def values(tile: Pixels, channel: Channel) -> NDArray[np.float64]:
    """Activations of a map, exact to half a grey step; zero is exactly zero."""
    step = (channel.high - channel.low) / 255
    found = channel.low + step * tile.astype(np.float64)
    return np.where(np.abs(found) < step / 2, 0.0, found)


def map_picture(
    tile: Pixels, channel: Channel, high: float, ink: Ink, at_most: int | None = None
) -> Pixels:
    """A map on the scale 0 to ``high``, one pixel a value: grey (h, w), in colour (h, w, 3).

    Of values below zero the size counts. White means exactly zero (or too little for a sheet's
    255 steps); whatever else there is begins with a step that can be seen. A map whose longer
    side exceeds ``at_most`` is reduced: a pixel shows the largest of several values.
    """
    size = np.abs(values(tile, channel))
    if at_most is not None:
        size = _largest(size, -(-max(size.shape) // at_most))
    share = np.clip(size / high, 0, 1) if high > 0 else np.zeros_like(size)
    return _inked(share, ink)


def _largest(size: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """The largest of each ``factor`` x ``factor`` values; fewer at the far edges."""
    height, width = size.shape
    padded = np.pad(size, ((0, -height % factor), (0, -width % factor)))
    # (rows, factor, columns, factor) -> (rows, columns)
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    return np.asarray(blocks.max(axis=(1, 3)))


def legend_picture(ink: Ink) -> Pixels:
    """The scale from just above zero to its end, (16, 256) or (16, 256, 3)."""
    return _inked(np.tile(np.linspace(1e-9, 1, 256), (16, 1)), ink)


def zero_colour(ink: Ink) -> str:
    """What zero looks like, "#rrggbb"."""
    level = _inked(np.zeros((1, 1)), ink).reshape(-1)
    red, green, blue = (int(v) for v in np.resize(level, 3))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _inked(share: NDArray[np.float64], ink: Ink) -> Pixels:
    if ink == "colour":
        table = np.rint(colours(PALETTE) * 255).astype(np.uint8)
        coloured: Pixels = table[np.rint(share * 255).astype(np.uint8)]
        return coloured
    grey = np.where(share > 0, np.rint(FAINTEST * (1 - share)), 255)
    return grey.astype(np.uint8)


def photo_picture(pixels: Pixels, ink: Ink) -> Pixels:
    """The photograph (h, w, 3); in grey ink (h, w)."""
    if ink != "grey":
        return pixels
    grey: Pixels = np.rint(pixels.astype(np.float64) @ _LUMA).astype(np.uint8)
    return grey


def window_picture(photo: Pixels, window: tuple[int, int, int, int], at_least: int) -> Pixels:
    """What lies in a window of the photograph, enlarged; hatched where it reaches beyond.

    Args:
        photo: (h, w) or (h, w, 3).
        window: first row, last row, first column, last column; may lie partly outside.
        at_least: pixels of the longer side of the result.
    """
    top, bottom, left, right = window
    height, width = photo.shape[:2]
    rows, columns = np.arange(top, bottom + 1), np.arange(left, right + 1)
    inside = ((rows >= 0) & (rows < height))[:, np.newaxis] & ((columns >= 0) & (columns < width))
    cut = photo[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
    large, there = enlarged(cut, at_least), enlarged(inside.astype(np.uint8), at_least)
    y, x = np.indices(there.shape)
    spacing = max(6, there.shape[0] // 24)
    hatch = np.where((x + y) % spacing < max(1, spacing // 6), OUTSIDE, 255).astype(np.uint8)
    if photo.ndim == 3:
        return np.where(there[..., np.newaxis] > 0, large, hatch[..., np.newaxis])
    return np.where(there > 0, large, hatch)


def enlarged(pixels: Pixels, at_least: int) -> Pixels:
    """Every pixel repeated by the least whole number that makes the longer side so long."""
    factor = max(1, -(-at_least // max(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def png(pixels: Pixels) -> bytes:
    """Grey (h, w) or sRGB (h, w, 3)."""
    return grey_png(np.ascontiguousarray(pixels)) if pixels.ndim == 2 else rgb_png(pixels)
