"""The test card: a picture made of what the first layers of a CNN answer to.

Like a broadcaster's card it is an orderly grid in which everything is known: gratings of four
directions and four periods, saturated colours and greys, checkerboards, a zone plate (every
direction and a range of periods at once), edges, corners, curves and small letters. A map that
lights up on one cell says by its place what its channel looks for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["draw"]

_Grey = NDArray[np.float64]
"""Samples of one cell, 0 to 255: (height, width)."""

_Painter = Callable[[_Grey, _Grey, float], _Grey]
"""Takes rows and columns counted from the cell's middle, and half the cell's shorter side."""

_CELLS = 7
"""Cells along each side of the card, inside its border."""

_UNIT = 448
"""Side, in pixels, of the card for which the periods below are given."""

_PERIODS = (28.0, 16.0, 10.0, 6.0)
"""Of the gratings, from the coarse to the fine. At 224 px the finest is 3 px: still a wave."""

_BACKGROUND = 128
_AMPLITUDE = 126
"""Of the waves, around 128. An even number: then no sample of a wave lies halfway between two greys
(cosines of even parts of a turn are 0, 1/2, 1 or irrational), where processors may round apart."""

_COLOURS = (
    (255, 255, 255),
    (255, 255, 0),
    (0, 255, 255),
    (0, 255, 0),
    (255, 0, 255),
    (255, 0, 0),
    (0, 0, 255),
)
"""From light to dark, as on a broadcaster's card."""

_GREYS = tuple((grey, grey, grey) for grey in (0, 43, 85, 128, 170, 213, 255))

_LINES = (("LAYERLIGHT", 2), ("abcdefghijklmnopqrstuvwxyz", 1), ("0123456789 .,:;!?+-=/()&%", 1))
"""Small letters, and how many times enlarged."""


def draw(height: int = _UNIT, width: int = _UNIT) -> NDArray[np.uint8]:
    """The card as sRGB, uint8 (height, width, 3); the same bytes everywhere.

    It is made for squares from about 200 pixels on; other sizes are filled likewise.
    """
    card = np.full((height, width, 3), _BACKGROUND, np.uint8)
    _draw_border(card)
    _fill_steps(_inset(_cell(card, 0, 0, 1, _CELLS)), _COLOURS)
    _fill_steps(_inset(_cell(card, 6, 0, 1, _CELLS)), _GREYS)
    for place, painter in _painters().items():
        _paint(_inset(_cell(card, *place)), painter, min(height, width) / _UNIT)
    _paint(_inset(_cell(card, 2, 2, 3, 3)), _zone_plate, min(height, width) / _UNIT)
    _write(_inset(_cell(card, 5, 2, 1, 3)), round(min(height, width) / _UNIT) or 1)
    return card


def _cell(
    card: NDArray[np.uint8], row: int, column: int, rows: int = 1, columns: int = 1
) -> NDArray[np.uint8]:
    """A view of a block of cells; half a cell is left around the grid."""
    height, width = card.shape[:2]
    edges = [round(height * (2 * at + 1) / (2 * _CELLS + 2)) for at in (row, row + rows)]
    sides = [round(width * (2 * at + 1) / (2 * _CELLS + 2)) for at in (column, column + columns)]
    return card[edges[0] : edges[1], sides[0] : sides[1]]


def _inset(cell: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The cell without a thin margin, so that neighbours do not touch."""
    return cell[2:-2, 2:-2]


def _fill_steps(strip: NDArray[np.uint8], colours: tuple[tuple[int, int, int], ...]) -> None:
    """Fill a strip with colours from left to right, edge to edge."""
    steps = np.arange(strip.shape[1]) * len(colours) // strip.shape[1]  # (width,)
    strip[:] = np.array(colours, np.uint8)[steps]


def _draw_border(card: NDArray[np.uint8]) -> None:
    """Black and white blocks around the card: long edges and corners at the very margin."""
    height, width = card.shape[:2]
    blocks = 2 * _CELLS + 2
    rows = np.arange(height) * blocks // height  # (height,)
    columns = np.arange(width) * blocks // width  # (width,)
    is_white = (rows[:, None] + columns[None, :]) % 2 == 0  # (height, width)
    is_border = np.ones((height, width), bool)
    is_border[np.ix_((rows > 0) & (rows < blocks - 1), (columns > 0) & (columns < blocks - 1))] = 0
    card[is_border & is_white] = 255
    card[is_border & ~is_white] = 0


def _painters() -> dict[tuple[int, int], _Painter]:
    """What stands in each single cell: (row, column) of the grid."""
    cells: dict[tuple[int, int], _Painter] = {}
    for index, period in enumerate(_PERIODS):
        cells[index + 1, 0] = _grating(1, 0, period)
        cells[index + 1, 1] = _grating(0, 1, period)
        cells[index + 1, 5] = _grating(1, 1, period)
        cells[index + 1, 6] = _grating(1, -1, period)
    for index, side in enumerate((12, 6, 3)):
        cells[1, index + 2] = _checkerboard(side)
    cells |= {(5, 0): _disc, (5, 1): _rings, (5, 5): _diamond, (5, 6): _corners}
    return cells


def _paint(cell: NDArray[np.uint8], painter: _Painter, scale: float) -> None:
    height, width = cell.shape[:2]
    # In pixels of the card of 448 px, so that a pattern keeps its shape at every size.
    rows = (np.arange(height)[:, None] - (height - 1) / 2) / scale  # (height, 1)
    columns = (np.arange(width)[None, :] - (width - 1) / 2) / scale  # (1, width)
    grey = painter(rows, columns, min(height, width) / 2 / scale)
    cell[:] = np.rint(np.broadcast_to(grey, (height, width)))[..., None]


def _wave(turns: _Grey) -> _Grey:
    return _BACKGROUND + _AMPLITUDE * np.cos(2 * np.pi * turns)


def _grating(down: int, across: int, period: float) -> _Painter:
    """Waves that run along (down, across)."""
    length = np.hypot(down, across) * period
    return lambda rows, columns, half: _wave((down * rows + across * columns) / length)


def _checkerboard(side: int) -> _Painter:
    def paint(rows: _Grey, columns: _Grey, half: float) -> _Grey:
        squares = np.floor((rows + half) / side) + np.floor((columns + half) / side)
        board: _Grey = np.where(squares % 2 == 0, 255.0, 0.0)
        return board

    return paint


def _zone_plate(rows: _Grey, columns: _Grey, half: float) -> _Grey:
    """Rings that narrow to a period of 5 px at the edge of the disc."""
    squared: _Grey = rows**2 + columns**2
    plate: _Grey = np.where(squared < half**2, _wave(squared / (2 * 5 * half)), _BACKGROUND)
    return plate


def _edge(distance: _Grey) -> _Grey:
    """White where ``distance`` (pixels) is positive, black where negative, one pixel between."""
    return 255 * np.clip(distance + 0.5, 0, 1)


def _disc(rows: _Grey, columns: _Grey, half: float) -> _Grey:
    return _edge(half - 2 - np.sqrt(rows**2 + columns**2))


def _rings(rows: _Grey, columns: _Grey, half: float) -> _Grey:
    radius = np.sqrt(rows**2 + columns**2)
    return _edge(3 - np.minimum(abs(radius - (half - 6)), abs(radius - (half - 17))))


def _diamond(rows: _Grey, columns: _Grey, half: float) -> _Grey:
    return _edge((half - 2 - abs(rows) - abs(columns)) / np.sqrt(2))


def _corners(rows: _Grey, columns: _Grey, half: float) -> _Grey:
    """A cross whose arms end in nothing: corners of both kinds."""
    near, far = np.minimum(abs(rows), abs(columns)), np.maximum(abs(rows), abs(columns))
    return _edge(np.minimum(half / 3 - near, half - 4 - far))


def _write(cell: NDArray[np.uint8], scale: int) -> None:
    """Black letters on white, from Pillow's own bitmap font: no outline font, no smoothing."""
    cell[:] = 255
    font = ImageFont.load_default_imagefont()
    top = 3 * scale
    for text, times in _LINES:
        left, upper, right, lower = font.getbbox(text)
        size = int(right - left), int(lower - upper)
        line = Image.new("L", size, 255)
        ImageDraw.Draw(line).text((-left, -upper), text, fill=0, font=font)
        enlarged = np.asarray(line).repeat(times * scale, 0).repeat(times * scale, 1)
        start = max(0, (cell.shape[1] - enlarged.shape[1]) // 2)
        part = cell[top : top + enlarged.shape[0], start : start + enlarged.shape[1]]
        part[:] = enlarged[: part.shape[0], : part.shape[1], None]
        top += enlarged.shape[0] + scale
