"""The picture by which the gallery is shown where somebody names its address."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.encode import rgb_png
from generator.palettes import colours

__all__ = ["HEIGHT", "WIDTH", "card_png"]

WIDTH, HEIGHT = 1200, 630
"""Pixels: what those who show cards ask for."""
_SIDE, _GAP = 534, 24
"""Of the photograph; between any two pictures."""
_GROUND = (20, 20, 20)
"""As the dark pages have it."""

Grey = NDArray[np.uint8]


def card_png(photo: Grey, maps: Sequence[Grey], palette: str) -> bytes:
    """A photograph, and beside it up to four of its feature maps.

    Args:
        photo: what the network saw, (height, width, 3).
        maps: (height, width) each, any size; each is drawn on its own range, zero darkest.
        palette: their colours.
    """
    canvas = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    top = (HEIGHT - _SIDE) // 2
    left = (WIDTH - 2 * _SIDE - _GAP) // 2
    _paste(canvas, Image.fromarray(photo), left, top, _SIDE, Image.Resampling.LANCZOS)
    table = np.rint(255 * colours(palette)).astype(np.uint8)  # (256, 3)
    chosen = _spread(maps)
    across = 1 if len(chosen) == 1 else 2
    side = (_SIDE - (across - 1) * _GAP) // across
    for i, grey in enumerate(chosen):
        y, x = divmod(i, across)
        coloured = Image.fromarray(table[_stretched(grey)])
        place = (left + _SIDE + _GAP + x * (side + _GAP), top + y * (side + _GAP))
        # every value stays a square; a map that is larger than its place loses some
        _paste(canvas, coloured, *place, side, Image.Resampling.NEAREST)
    return rgb_png(np.asarray(canvas))


def _spread(maps: Sequence[Grey]) -> list[Grey]:
    """At most four, from the first to the last."""
    count = min(4, len(maps))
    return [maps[round(i * (len(maps) - 1) / max(1, count - 1))] for i in range(count)]


def _stretched(grey: Grey) -> Grey:
    top = max(1, int(grey.max(initial=0)))
    return (grey.astype(np.uint16) * 255 // top).astype(np.uint8)


def _paste(
    canvas: Image.Image, picture: Image.Image, x: int, y: int, side: int, how: Image.Resampling
) -> None:
    """Into a square, as large as its shape allows, in the middle."""
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    enlarged = picture.resize((width, height), how)
    canvas.paste(enlarged, (x + (side - width) // 2, y + (side - height) // 2))
