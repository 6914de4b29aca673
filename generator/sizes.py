"""Into what rows and columns things are laid, and at which sizes maps are drawn.

Maps are drawn at whole multiples, or reduced by the maximum and said so.
"""

from __future__ import annotations

import math

from generator.domain import Layer

__all__ = [
    "BLOCKS_SIDE",
    "CELLS",
    "cells_of",
    "columns_for",
    "grid_factor",
    "grid_side",
    "strip_factor",
]

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
