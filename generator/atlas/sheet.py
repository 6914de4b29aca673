"""Pictures <-> the WebP sheet of a layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generator.domain import AtlasSheet
from generator.encode import read_webp

__all__ = ["NOTHING", "columns_for", "cut", "join", "quality_for", "read"]

NOTHING = 128
"""Grey of a tile without a picture."""
_QUALITIES = ((48, 100), (64, 75), (96, 45), (128, 20))
"""Below this side, pixels -> quality of the WebP. Small pictures are shown enlarged, where each
pixel is seen; of large ones there are thousands, and their fine grain takes most of the room and
is seen least. At 20 a picture
of block 4 keeps nine tenths of its mean, one of block 5 three quarters; what is recorded is
measured after it."""
_QUALITY = 16


def quality_for(side: int) -> int:
    """Of the WebP, for pictures of ``side`` pixels; 100 is lossless."""
    return next((quality for below, quality in _QUALITIES if side < below), _QUALITY)


def columns_for(channels: int) -> int:
    """Columns of a sheet: a format allows 16,383 pixels a side, 2,048 channels take 8,192."""
    return min(channels, 8 if channels <= 32 else 16 if channels <= 512 else 32)


def join(tiles: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """``(channels, height, width, 3)`` -> ``(rows * height, columns * width, 3)``, without gaps."""
    count, height, width, _ = tiles.shape
    rows = -(-count // columns)
    filled = np.full((rows * columns, height, width, 3), NOTHING, dtype=np.uint8)
    filled[:count] = tiles
    grid = filled.reshape(rows, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, 3)


def cut(sheet: NDArray[np.uint8], columns: int, height: int, width: int) -> NDArray[np.uint8]:
    """The inverse of ``join``, with the tiles that only fill the last row."""
    rows = sheet.shape[0] // height
    grid = sheet.reshape(rows, height, columns, width, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * columns, height, width, 3)


def read(facts: AtlasSheet, data: bytes) -> NDArray[np.uint8]:
    """The pictures of a layer out of its WebP: ``(channels, height, width, 3)``.

    Raises:
        ValueError: it is damaged, or not of the size that ``facts`` tell.
    """
    pixels = read_webp(data)
    expected = (facts.rows * facts.tile_height, facts.columns * facts.tile_width, 3)
    if pixels.shape != expected:
        raise ValueError(
            f"expected {expected[0]} x {expected[1]} pixels (height x width), "
            f"got {pixels.shape[0]} x {pixels.shape[1]}"
        )
    tiles = cut(pixels, facts.columns, facts.tile_height, facts.tile_width)
    return tiles[: len(facts.channels)]
