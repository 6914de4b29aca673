"""Into what rows and columns things are laid, and at which sizes maps are drawn.

Maps are drawn at whole multiples, or reduced by the maximum and said so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from generator.domain import Layer

__all__ = [
    "BLOCKS_SIDE",
    "CELLS",
    "FEW",
    "LARGE",
    "MATRIX_EDGE",
    "SMALL",
    "SMALL_PHOTO",
    "MatrixPlan",
    "cells_of",
    "columns_for",
    "grid_factor",
    "grid_side",
    "matrix_plan",
    "strip_factor",
]

SMALL_PHOTO = 224
"""Longer side, at most, of the photographs in lists and on cards."""
BLOCKS_SIDE = 56
"""Side of the small maps that stand for an image's blocks."""
SMALL, LARGE = 56, 112
FEW = 64
"""Layers of so many channels have room for large tiles."""
CELLS = 28
"""Cells of an image along its longer side, for the point picker."""


def cells_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of cells of an input; none smaller than a pixel."""
    longest = max(height, width)
    count = min(CELLS, longest)
    return max(1, round(count * height / longest)), max(1, round(count * width / longest))


def columns_for(channels: int) -> int:
    """Columns of a sheet: the smallest power of two that makes it no taller than wide."""
    return 1 << math.ceil(math.log2(max(1, channels)) / 2)


def grid_side(layer: Layer) -> int:
    """Side of a tile on the layer's page, CSS pixels."""
    return LARGE if layer.channels <= FEW else SMALL


def grid_factor(layer: Layer) -> int:
    """Whole number by which the grid's copy of the maps is reduced; 1: there is none."""
    return max(1, -(-max(layer.height, layer.width) // grid_side(layer)))


def strip_factor(layer: Layer) -> int:
    """Whole number by which a strip's maps are reduced to fit a chapter's tile."""
    return max(1, -(-max(layer.height, layer.width) // LARGE))


class MatrixPlan(NamedTuple):
    """Where the parts of a drawn matrix lie, in CSS pixels."""

    cell: float
    """Side of a cell."""
    left: int
    """Room for the rows' names,"""
    below: int
    """and for the columns'."""
    height: int
    width: int
    """Of the whole picture."""


MATRIX_SIDE, MATRIX_CELL = 600, 18
"""Of the cells together, at most; of one cell, at most."""
MATRIX_LETTER, MATRIX_TITLE, MATRIX_EDGE, MATRIX_KEY = 6.7, 26, 10, 76
"""Width of a letter; room for a network's name, at the edges, and for the key of colours."""
MATRIX_LEAST = 140
"""Height that a network's name along the side needs, and the key."""


def matrix_plan(rows: Sequence[str], columns: Sequence[str]) -> MatrixPlan:
    """The matrix of two networks' layers, given their names."""
    cell = min(MATRIX_CELL, MATRIX_SIDE / max(len(rows), len(columns)))
    left, below = (
        round(MATRIX_LETTER * max(map(len, names))) + MATRIX_TITLE + MATRIX_EDGE
        for names in (rows, columns)
    )
    tall, wide = round(cell * len(rows)), round(cell * len(columns))
    return MatrixPlan(
        cell,
        left,
        below,
        MATRIX_EDGE + max(tall + below, MATRIX_LEAST),
        left + wide + MATRIX_KEY + MATRIX_EDGE,
    )
