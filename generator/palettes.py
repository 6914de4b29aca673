"""Matplotlib's perceptually uniform palettes as tables for an SVG filter.

A filter's table interpolates linearly between its entries. Every fifth of the
256 colours is enough: the test holds that no colour is off by more than one
step of 255, and a page is four kilobytes instead of twenty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["DIVERGING", "NAMES", "Palette", "colours", "palettes"]

NAMES = ("viridis", "magma", "cividis", "grey")
DIVERGING = "RdBu_r"
"""For signed layers: white is zero."""
STEP = 5
_MATPLOTLIB = {"grey": "gray"}


class Palette(NamedTuple):
    """One palette, ready for a template."""

    name: str
    red: str
    """Table values of the channel, 0 to 1, separated by spaces."""
    green: str
    blue: str
    gradient: str
    """The same colours as CSS colour stops, for legends."""


def colours(name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The 256 colours of a palette, ``(256, 3)``, 0 to 1, sRGB."""
    from matplotlib import colormaps

    return np.asarray(colormaps[_MATPLOTLIB.get(name, name)](np.arange(256))[:, :3])


def palettes(names: tuple[str, ...] = NAMES) -> tuple[Palette, ...]:
    """The palettes of a page, in the order of its menu."""
    return tuple(_palette(name) for name in names)


def _palette(name: str) -> Palette:
    table = colours(name)
    red, green, blue = (
        " ".join(f"{v:.3f}".rstrip("0").removeprefix("0").rstrip(".") or "0" for v in channel)
        for channel in table[::STEP].T
    )
    stops = (
        "#" + "".join(f"{round(v * 255):02x}" for v in colour) for colour in table[:: 3 * STEP]
    )
    return Palette(name, red, green, blue, ",".join(stops))
