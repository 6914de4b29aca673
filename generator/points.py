"""What is strongest above each cell of an image, in every layer.

The image is divided into cells, 28 along its longer side: 8 pixels each at 224. A value belongs to
the cell that holds the middle of its receptive field; where a layer is too coarse to have one
there, the nearest value stands for the cell. So any point of the image can be followed up
through the network without the maps themselves at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generator import passes
from generator.domain import InputSpec, Layer, Points
from generator.sheets import tidied
from generator.sizes import cells_of

__all__ = ["points_of"]


def points_of(
    layers: tuple[Layer, ...], maps: Mapping[str, NDArray[np.float32]], given: InputSpec
) -> Points:
    """The strongest value above each cell, by layer; signed ones by magnitude.

    ``maps`` are one image's, ``(height, width, channels)`` each, all finite. A layer whose
    values all see the whole image has no place above a cell, and is left out.
    """
    rows, columns = cells_of(given.height, given.width)
    found = {}
    for layer in layers:
        window = layer.window
        if window.stride_y and window.stride_x:
            middle = (window.height - 1) / 2, (window.width - 1) / 2
            y = _members(
                layer.height, window.stride_y, window.start_y + middle[0], rows, given.height
            )
            x = _members(
                layer.width, window.stride_x, window.start_x + middle[1], columns, given.width
            )
            found[layer.name] = _strongest(layer, maps[layer.name], y, x)
    return Points(rows, columns, found)


@lru_cache(maxsize=1024)  # the same for every image
def _members(count: int, stride: int, first: float, cells: int, side: int) -> NDArray[np.intp]:
    """For each cell along one axis the positions that belong to it, ``(cells, most)``.

    Rows with fewer repeat their last. ``first`` is the middle of what position 0 sees, pixels.
    """
    middles = np.arange(count) * stride + first + 0.5
    cell = np.floor(middles * cells / side).astype(int)
    own = [np.flatnonzero(cell == i) for i in range(cells)]
    centres = (np.arange(cells) + 0.5) * side / cells
    nearest = np.abs(centres[:, None] - middles).argmin(axis=1)
    lists = [positions if len(positions) else nearest[i : i + 1] for i, positions in enumerate(own)]
    most = max(map(len, lists))
    members = np.stack([np.pad(own, (0, most - len(own)), "edge") for own in lists])
    members.flags.writeable = False  # shared
    return members


def _strongest(
    layer: Layer, maps: NDArray[np.float32], y: NDArray[np.intp], x: NDArray[np.intp]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]:
    """Channel, place (row * width + column) and value for each cell, row by row."""
    maps = np.ascontiguousarray(maps)
    best = np.empty(maps.shape[:2], dtype=np.float32)
    passes.strongest_above(maps, layer.signed, best)
    channel, place = np.empty((2, len(y) * len(x)), dtype=np.int64)
    value = np.empty(len(channel), dtype=np.float32)
    passes.find_strongest(maps, layer.signed, best, y, x, channel, place, value)
    return tuple(channel.tolist()), tuple(place.tolist()), tuple(tidied(value))
