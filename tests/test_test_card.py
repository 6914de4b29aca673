"""The test card that the project draws itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator.test_card import draw

SHIPPED = Path(__file__).parent.parent / "inputs" / "test-card.png"


def _cell(card: NDArray[np.uint8], row: int, column: int) -> NDArray[np.float64]:
    """The inner 48 x 48 pixels of a cell of the 448-pixel card, its red channel, mean 0."""
    top, left = 28 + 56 * row + 4, 28 + 56 * column + 4
    cell: NDArray[np.float64] = card[top : top + 48, left : left + 48, 0].astype(np.float64)
    cell -= cell.mean()
    return cell


def test_the_shipped_file_is_what_is_drawn() -> None:
    """inputs/test-card.png holds just these pixels, and can be drawn again at any time."""
    with Image.open(SHIPPED) as file:
        assert file.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(file), draw())
    assert SHIPPED.stat().st_size < 60_000


def test_the_same_card_every_time() -> None:
    """Nothing in it is left to chance."""
    np.testing.assert_array_equal(draw(), draw())


@pytest.mark.parametrize("size", [(224, 224), (224, 336), (97, 50), (1, 1)])
def test_any_size(size: tuple[int, int]) -> None:
    """Square or not, it is filled."""
    card = draw(*size)
    assert card.shape == (*size, 3)
    assert card.dtype == np.uint8


@pytest.mark.parametrize(
    ("column", "down", "across"),
    [(0, 1.0, 0.0), (1, 0.0, 1.0), (5, 0.5**0.5, 0.5**0.5), (6, 0.5**0.5, -(0.5**0.5))],
    ids=["level", "upright", "rising", "falling"],
)
@pytest.mark.parametrize(("row", "period"), [(1, 28), (2, 16), (3, 10), (4, 6)])
def test_the_gratings(row: int, period: int, column: int, down: float, across: float) -> None:
    """Each has the direction and the period that the description promises, by its spectrum."""
    spectrum = abs(np.fft.fftshift(np.fft.fft2(_cell(draw(), row, column), (480, 480))))
    at = np.unravel_index(int(spectrum.argmax()), spectrum.shape)
    found = np.array([index - 240 for index in at]) / 480  # cycles a pixel
    expected = np.array([down, across]) / period
    # A wave and its negative are one and the same.
    assert min(abs(found - expected).max(), abs(found + expected).max()) < 0.006


def test_the_colours() -> None:
    """The six saturated colours and white at the top, black to white in even steps below."""
    card = draw()
    top = [tuple(card[56, 56 + 56 * index].tolist()) for index in range(7)]
    assert set(top) == {(r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255)} - {
        (0, 0, 0)
    }
    below = card[392, 56::56][:7].astype(int)
    assert (below == below[:, :1]).all()
    assert np.abs(np.diff(below[:, 0]) - 255 / 6).max() < 1


def test_the_zone_plate_goes_all_directions() -> None:
    """It looks the same turned by a right angle and mirrored."""
    plate = draw()[142:306, 142:306, 0]  # the middle three cells, without their margin
    np.testing.assert_array_equal(plate, plate[::-1])
    np.testing.assert_array_equal(plate, plate.T)


def test_the_checkerboards() -> None:
    """Squares of 12, 6 and 3 pixels: half black, half white."""
    card = draw()
    for column, side in ((2, 12), (3, 6), (4, 3)):
        cell = card[86:138, 30 + 56 * column : 82 + 56 * column, 0]  # 52 x 52
        assert set(np.unique(cell)) == {0, 255}
        np.testing.assert_array_equal(cell[side:], 255 - cell[:-side])
