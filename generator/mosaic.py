"""Coloured maps side by side as one picture, each with its number above it.

Lengths are pixels. The ground is white, as paper is and as a figure of matplotlib's, so that the
numbers can be read in a light notebook and in a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from generator.drawing import FAMILY, INK, Rectangle, hatching

__all__ = ["Mosaic", "mosaic"]

Pixels = NDArray[np.uint8]

LINE, GUTTER, MARGIN = 15, 6, 6
"""Height of a line with a number; between two tiles; around all."""
BARE = 1
"""Between two tiles without numbers."""
LETTERS = 11
"""Their size."""
NARROWEST = 28
"""Room for a number of three digits; narrower tiles stand that far apart."""
PERIOD = 8
"""Of hatching."""


class Mosaic(NamedTuple):
    """The picture, and where in it each tile lies."""

    pixels: Pixels
    """(height, width, 3) sRGB."""
    places: tuple[Rectangle, ...]


def mosaic(
    tiles: Pixels,
    columns: int,
    *,
    labels: Sequence[str] = (),
    hatched: Sequence[bool] = (),
) -> Mosaic:
    """Lay tiles (n, height, width, 3) out in rows.

    Args:
        tiles: in their order, row by row.
        columns: how many stand in a row.
        labels: what is written above each; none: there is no line for it, and one pixel between
            two tiles.
        hatched: which of the tiles are hatched over, as they show nothing.
    """
    count, height, width, _ = tiles.shape
    line, gutter, margin = (LINE, GUTTER, MARGIN) if labels else (0, BARE, 0)
    room = max(width, NARROWEST) if labels else width
    rows = -(-count // columns)
    canvas = np.full(
        (
            2 * margin + rows * (line + height + gutter) - gutter,
            2 * margin + min(columns, count) * (room + gutter) - gutter,
            3,
        ),
        255,
        dtype=np.uint8,
    )
    places = []
    for i in range(count):
        top = margin + i // columns * (line + height + gutter) + line
        left = margin + i % columns * (room + gutter)
        place = Rectangle(top, top + height, left, left + width)
        shown = hatching(height, width, PERIOD) if hatched and hatched[i] else tiles[i]
        canvas[place.top : place.bottom, place.left : place.right] = shown
        places.append(place)
    if labels:
        canvas = _lettered(canvas, labels, places)
    return Mosaic(canvas, tuple(places))


def _lettered(canvas: Pixels, labels: Sequence[str], places: Sequence[Rectangle]) -> Pixels:
    """With a line of text above each place."""
    height, width, _ = canvas.shape
    figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="none")
    painter: Any = FigureCanvasAgg(figure)  # its methods have no types
    for label, place in zip(labels, places, strict=True):
        figure.text(
            place.left,
            height - place.top + 4,
            label,
            transform=IdentityTransform(),
            fontfamily=FAMILY,
            fontsize=LETTERS,
            color=INK,
            parse_math=False,
        )
    painter.draw()
    written = np.asarray(painter.buffer_rgba())  # (height, width, 4)
    opacity = written[..., 3:] / 255
    blended = written[..., :3] * opacity + canvas * (1 - opacity)
    return np.rint(blended).astype(np.uint8)
