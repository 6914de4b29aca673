"""At which sizes maps are drawn: whole multiples, or reduced by the maximum and said so."""

from __future__ import annotations

from generator.domain import Layer

__all__ = ["BLOCKS_SIDE", "grid_factor", "grid_side", "strip_factor"]

BLOCKS_SIDE = 56
"""Side of the small maps that stand for an image's blocks."""
SMALL, LARGE = 56, 112
FEW = 64
"""Layers of so many channels have room for large tiles."""


def grid_side(layer: Layer) -> int:
    """Side of a tile on the layer's page, CSS pixels."""
    return LARGE if layer.channels <= FEW else SMALL


def grid_factor(layer: Layer) -> int:
    """Whole number by which the grid's copy of the maps is reduced; 1: there is none."""
    return max(1, -(-max(layer.height, layer.width) // grid_side(layer)))


def strip_factor(layer: Layer) -> int:
    """Whole number by which a strip's maps are reduced to fit a chapter's tile."""
    return max(1, -(-max(layer.height, layer.width) // LARGE))
