"""Maps in two versions on one scale, and what changed from one to the other. Pure numpy.

Two networks of one architecture on one image, or one network on two images: a channel's two maps
have the same shape, so that one can be taken from the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator.domain import Contrast, Sheet
from generator.sheets import cut, reduce, tile

__all__ = ["COLUMNS", "Drawn", "by_change", "contrast", "cut_out"]

Maps = NDArray[np.float32]
Grey = NDArray[np.uint8]

COLUMNS = 12
"""Channels that are set side by side."""


class Drawn(NamedTuple):
    """A contrast and its two sheets."""

    contrast: Contrast
    maps: Grey
    """Two rows of tiles: the first version above the second."""
    change: Grey
    """One row: second less first; grey 128 is no change, 255 the scale's top."""


def cut_out(png: Grey, sheet: Sheet, channels: Sequence[int]) -> Maps:
    """Values of some channels, (n, height, width), out of a sheet's PNG: to half a grey step."""
    greys = cut(png, sheet.tile_height, sheet.tile_width, sheet.columns, channels)
    maps = []
    for c, grey in zip(channels, greys, strict=True):
        low, high = sheet.channels[c].low, sheet.channels[c].high
        maps.append((low + (high - low) * (grey.astype(np.float32) / 255)).astype(np.float32))
    return np.stack(maps)


def by_change(first: Sheet, second: Sheet, count: int = COLUMNS) -> tuple[int, ...]:
    """Channels whose mean differs most between two images, the most first.

    In activation units, so that a weak channel that doubles does not go before a strong one.
    """
    moved = [abs(b - a) for a, b in zip(first.channels.mean, second.channels.mean, strict=True)]
    return tuple(sorted(range(len(moved)), key=lambda c: (-moved[c], c))[:count])


def contrast(
    layer: str,
    channels: Sequence[int],
    first: Maps,
    second: Maps,
    *,
    signed: bool,
    factor: float = 1.0,
    top: float | None = None,
    reduced: int = 1,
) -> Drawn:
    """Draw two versions (n, height, width) of ``channels`` and their difference.

    Args:
        layer: its name.
        channels: their numbers, in the order of the maps.
        first, second: values.
        signed: whether values below zero can occur.
        factor: what the second version is multiplied by first.
        top: upper end of the scale for all channels; None: of each pair its own largest value.
        reduced: whole number by which the drawn maps are reduced, by their largest magnitude.
    """
    scaled = second * np.float32(factor)
    own = np.maximum(np.abs(first).max(axis=(1, 2)), np.abs(scaled).max(axis=(1, 2)))
    tops = np.full(len(own), top, dtype=np.float64) if top else own.astype(np.float64)
    per_unit = np.divide(1.0, tops, out=np.zeros_like(tops), where=tops > 0)[:, None, None]
    both = [reduce(_grey(m * per_unit, signed), reduced, signed=signed) for m in (first, scaled)]
    change = reduce(_grey((scaled - first) * per_unit, True), reduced, signed=True)
    count = len(channels)
    facts = Contrast(
        layer=layer,
        channels=tuple(channels),
        tops=tuple(float(t) for t in tops),
        factor=factor,
        first=tuple(float(m) for m in first.mean(axis=(1, 2), dtype=np.float64)),
        second=tuple(float(m) for m in second.mean(axis=(1, 2), dtype=np.float64)),
    )
    return Drawn(
        facts,
        tile(np.concatenate(both), count, signed=signed),
        tile(change, count, signed=True),
    )


def _grey(shares: NDArray[np.floating], signed: bool) -> Grey:
    """Shares of the scale's top as greys: 0 to 255, signed 128 less or more 127."""
    scaled = 128 + 127 * np.clip(shares, -1, 1) if signed else 255 * np.clip(shares, 0, 1)
    grey: Grey = np.rint(scaled).astype(np.uint8)
    return grey
