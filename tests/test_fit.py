"""How an image is brought to the size that the network takes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator.decode import PAD_COLOUR, fit
from generator.domain import Fit, InputSpec

WHITE = (255, 255, 255)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def _spec(height: int, width: int, fit: Fit) -> InputSpec:
    return InputSpec(height=height, width=width, fit=fit, preprocessing="")


def _scene(height: int, width: int) -> Image.Image:
    """Every pixel different from its neighbours, and the same each time."""
    rows, columns = np.indices((height, width))
    return Image.fromarray(
        np.stack([rows * 3 % 256, columns * 5 % 256, (rows * 7 + columns * 11) % 256], -1).astype(
            np.uint8
        )
    )


@pytest.mark.parametrize(
    ("size", "target", "cut"),
    [
        ((40, 60), (40, 40), np.s_[:, 10:50]),
        ((60, 40), (40, 40), np.s_[10:50, :]),
        ((30, 90), (30, 60), np.s_[:, 15:75]),
        ((40, 40), (40, 40), np.s_[:, :]),
    ],
)
def test_crop_takes_the_middle(
    size: tuple[int, int], target: tuple[int, int], cut: tuple[slice, slice]
) -> None:
    """Where the box is whole pixels at their own scale, they are taken as they are."""
    image = _scene(*size)
    expected = np.asarray(image)[cut]
    np.testing.assert_array_equal(fit(image, _spec(*target, "crop")), expected)


def _lanczos(
    values: NDArray[np.float64], size: int, start: float, end: float
) -> NDArray[np.float64]:
    """Lanczos with three lobes along axis 0, from its formula, samples at pixel centres.

    Pixels outside ``start`` to ``end`` but inside the image count; outside the image none do.
    """
    scale = (end - start) / size
    stretch = max(scale, 1.0)
    result = np.empty((size, *values.shape[1:]))
    for at in range(size):
        centre = start + (at + 0.5) * scale
        distance = (np.arange(len(values)) + 0.5 - centre) / stretch
        weights = np.where(abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
        result[at] = np.tensordot(weights / weights.sum(), values, 1)
    return result


@pytest.mark.parametrize(
    ("size", "target"), [((50, 81), (32, 32)), ((81, 50), (32, 48)), ((37, 29), (64, 64))]
)
def test_crop_is_lanczos_over_an_exact_box(size: tuple[int, int], target: tuple[int, int]) -> None:
    """Also where the box ends between pixels, as computed from the filter's formula."""
    # Between 80 and 175 no ringing is clipped, so it does not matter which direction comes first.
    image = _scene(*size).point(lambda value: 80 + value * 95 // 255)
    (height, width), (rows, columns) = size, target
    box_height = min(height, width * rows / columns)
    box_width = min(width, height * columns / rows)
    top, left = (height - box_height) / 2, (width - box_width) / 2
    pixels = np.asarray(image, np.float64)  # (height, width, 3)
    down = _lanczos(pixels, rows, top, top + box_height)
    across = _lanczos(down.swapaxes(0, 1), columns, left, left + box_width)
    expected = across.swapaxes(0, 1)  # (rows, columns, 3)
    found = fit(image, _spec(*target, "crop"))
    assert found.shape == (*target, 3)
    # Half a level for the result, and somewhat more for the pass between, which is rounded too.
    assert np.abs(found - expected).max() <= 1.5


def test_pad_keeps_the_whole_image_in_the_middle() -> None:
    """A wide image gets equal bars above and below, in ImageNet's mean colour."""
    image = _scene(20, 40)
    found = fit(image, _spec(40, 40, "pad"))
    np.testing.assert_array_equal(found[10:30], np.asarray(image))
    # Simonyan & Zisserman's mean is (123.68, 116.779, 103.939).
    assert PAD_COLOUR == (124, 117, 104)
    assert (found[:10] == PAD_COLOUR).all()
    assert (found[30:] == PAD_COLOUR).all()


def test_pad_of_a_very_thin_image_keeps_a_line() -> None:
    """A side that would round to nothing is one pixel."""
    found = fit(Image.new("RGB", (2, 5000), RED), _spec(64, 64, "pad"))
    assert (found == RED).all(axis=-1).sum() == 64


def test_stretch_gives_up_the_proportions() -> None:
    """Every corner stays a corner."""
    colours = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8).repeat(20, 0).repeat(50, 1)
    found = fit(Image.fromarray(colours), _spec(30, 30, "stretch"))
    corners = [tuple(found[row, column]) for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1))]
    assert corners == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("how", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("target", [(224, 224), (97, 200), (32, 1)])
@pytest.mark.parametrize("size", [(2, 2), (2, 4001), (333, 77), (224, 224)])
def test_every_shape_fits_every_size(
    how: Fit, size: tuple[int, int], target: tuple[int, int]
) -> None:
    """The result has the size asked for, whatever the proportions, and may be written to."""
    found = fit(_scene(*size), _spec(*target, how))
    assert found.shape == (*target, 3)
    assert found.dtype == np.uint8
    assert found.flags.writeable


@pytest.mark.parametrize("how", ["crop", "pad", "stretch"])
def test_an_even_image_stays_even(how: Fit) -> None:
    """Scaling makes no new colours out of one."""
    image = Image.new("RGB", (301, 211), (12, 34, 56))
    found = fit(image, _spec(64, 64, how))
    margin = {PAD_COLOUR} if how == "pad" else set()
    assert {tuple(pixel) for pixel in found.reshape(-1, 3).tolist()} == {(12, 34, 56)} | margin
