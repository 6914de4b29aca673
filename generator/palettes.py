"""Matplotlib's perceptually uniform palettes as tables for an SVG filter.

A filter's table interpolates linearly between its entries, so that every fifth
of the 256 colours is enough where a palette is smooth: no colour is off by more
than one step of 255, and a page carries six kilobytes instead of twenty.
"""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np

from generator.domain import PaletteName

__all__ = ["DIVERGING", "NAMES", "Palette", "colours", "palettes"]

NAMES: tuple[str, ...] = get_args(PaletteName)
DIVERGING = "berlin"
"""For values of both signs: blue below zero, black at zero, red above (Crameri's, in matplotlib).

Its middle is dark, so that zero is dark here as everywhere.
"""
STEPS = (5, 3, 1)
"""Distances between the colours kept, coarsest first; each divides 255."""
_MATPLOTLIB = {"grey": "gray"}
"""Names that are other ones there."""


class Palette(NamedTuple):
    """One palette, ready for a template."""

    name: str
    red: str
    """Table values of the channel, 0 to 1, separated by spaces."""
    green: str
    blue: str


def colours(name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The 256 colours of a palette, ``(256, 3)``, 0 to 1, sRGB."""
    from matplotlib import colormaps

    return np.asarray(colormaps[_MATPLOTLIB.get(name, name)](np.arange(256))[:, :3])


def palettes(names: tuple[str, ...] = NAMES) -> tuple[Palette, ...]:
    """The palettes of a page, in the order of its menu; ``DIVERGING`` for signed layers."""
    return tuple(_palette(name) for name in names)


def _palette(name: str) -> Palette:
    table = colours(name)
    red, green, blue = (_table(table[:, i]) for i in range(3))
    return Palette(name, red, green, blue)


def _table(channel: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """The coarsest table that is nowhere off by more than one step of 255."""
    levels = np.arange(256)
    for step in STEPS:
        kept = channel[::step]
        if np.abs(np.interp(levels, levels[::step], kept) - channel).max() * 255 < 0.85:
            break
    return " ".join(f"{v:.3f}".rstrip("0").removeprefix("0").rstrip(".") or "0" for v in kept)
