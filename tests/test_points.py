"""What is strongest above each cell: on maps small enough to see, and by search of real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator import contract, layout
from generator.domain import InputSpec, Layer, Points, Window
from generator.points import points_of
from generator.sheets import sheet_of
from tests.onnx_reference import OnnxVGG16

Floats = NDArray[np.float32]
Strongest = tuple[int, int, float]
"""Channel, place and value of one cell."""

IMAGE = "coffee"


def layer_of(values: Floats, window: Window, *, signed: bool = False) -> Layer:
    """What ``points_of`` reads of a layer; the rest is of no account here."""
    height, width, channels = values.shape
    return Layer(
        name="layer",
        kind="conv",
        activation="",
        signed=signed,
        block="block1",
        height=height,
        width=width,
        channels=channels,
        window=window,
        kernel=(1, 1),
        strides=(1, 1),
        parameters=0,
        multiply_adds=0,
    )


def square(extent: int, stride: int, start: int) -> Window:
    return Window(extent, extent, stride, stride, start, start)


def found_in(values: Any, size: tuple[int, int], window: Window, *, signed: bool = False) -> Points:
    """The points of one layer of maps (height, width, channels), for an input of ``size``."""
    maps = np.array(values, dtype=np.float32)
    spec = InputSpec(*size, fit="crop", preprocessing="")
    return points_of((layer_of(maps, window, signed=signed),), {"layer": maps}, spec)


def cells(points: Points) -> list[list[Strongest]]:
    """(rows, columns) of what is strongest."""
    flat = list(zip(*points.layers["layer"], strict=True))
    assert len(flat) == points.rows * points.columns
    return [flat[i : i + points.columns] for i in range(0, len(flat), points.columns)]


def test_a_map_as_fine_as_the_cells_gives_each_cell_its_own_value() -> None:
    """2 x 3 pixels are 2 x 3 cells; of two channels the larger value stands."""
    values = np.array([[[1, 5], [2, 0], [3, 9]], [[7, 6], [0, 4], [8, 1]]])
    points = found_in(values, (2, 3), square(3, 1, -1))
    assert (points.rows, points.columns) == (2, 3)
    assert cells(points) == [
        [(1, 0, 5), (0, 1, 2), (1, 2, 9)],
        [(0, 3, 7), (1, 4, 4), (0, 5, 8)],
    ]


def test_of_a_finer_map_a_cell_takes_the_strongest_of_its_square() -> None:
    """56 x 56 pixels are 28 x 28 cells of 2 x 2; each square has its one light elsewhere."""
    values = np.zeros((56, 56, 3), np.float32)
    expected = []
    for i in range(28):
        row = []
        for j in range(28):
            y, x, c = 2 * i + (i + j) % 2, 2 * j + i % 2, (i + 2 * j) % 3
            values[y, x, c] = 1 + 28 * i + j
            row.append((c, y * 56 + x, 1 + 28 * i + j))
        expected.append(row)
    assert cells(found_in(values, (56, 56), square(5, 1, -2))) == expected


def test_of_a_coarser_map_the_nearest_value_stands_for_a_cell() -> None:
    """4 x 4 cells of a pixel each, 2 x 2 values that see 2 x 2 pixels: each stands four times.

    The middles of what they see lie at 1 and 3; cells 0 and 1 are nearest to the first.
    """
    points = found_in([[[1], [2]], [[3], [4]]], (4, 4), square(2, 2, 0))
    assert cells(points) == [
        [(0, 0, 1), (0, 0, 1), (0, 1, 2), (0, 1, 2)],
        [(0, 0, 1), (0, 0, 1), (0, 1, 2), (0, 1, 2)],
        [(0, 2, 3), (0, 2, 3), (0, 3, 4), (0, 3, 4)],
        [(0, 2, 3), (0, 2, 3), (0, 3, 4), (0, 3, 4)],
    ]


def test_an_odd_side_whose_last_pixel_no_window_is_centred_on() -> None:
    """5 x 1 pixels, a valid pool of 2: middles at 1 and 3, the last cell's centre at 4.5.

    Cell 1, from 1 to 2, and cell 3 have their own; cells 0, 2 and 4 the nearest: 1, then 3
    (centre 2.5), then 3.
    """
    points = found_in([[[6]], [[8]]], (5, 1), Window(2, 1, 2, 1, 0, 0))
    assert (points.rows, points.columns) == (5, 1)
    assert cells(points) == [[(0, 0, 6)], [(0, 0, 6)], [(0, 1, 8)], [(0, 1, 8)], [(0, 1, 8)]]


def test_cells_keep_the_proportions_of_an_input_that_is_not_square() -> None:
    """2 x 56 pixels: 28 cells along, one across, each of 2 x 2 pixels."""
    values = np.zeros((2, 56, 2), np.float32)
    values[1, 3, 1] = 5  # columns 2 and 3 are cell 1
    values[0, 55, 0] = 7
    points = found_in(values, (2, 56), square(1, 1, 0))
    assert (points.rows, points.columns) == (1, 28)
    row = cells(points)[0]
    assert [row[1], row[27]] == [(1, 1 * 56 + 3, 5), (0, 55, 7)]
    assert [value for _, _, value in row].count(0) == 26


def test_cells_of_sides_that_28_does_not_divide() -> None:
    """30 x 45 pixels, 19 x 28 cells: a pixel belongs to the cell that holds its middle.

    The middle of pixel x lies in cell (2 x + 1) 28 / 90, rounded down; likewise for rows. Cells
    of 1.6 pixels hold one or two, so every pixel is counted and no cell stands empty.
    """
    values = np.random.default_rng(4).permutation(30 * 45).reshape(30, 45, 1)
    expected = np.zeros((19, 28), int)
    for y in range(30):
        for x in range(45):
            cell = (2 * y + 1) * 19 // 60, (2 * x + 1) * 28 // 90
            expected[cell] = max(expected[cell], values[y, x, 0])
    points = found_in(values, (30, 45), square(1, 1, 0))
    assert [[value for _, _, value in row] for row in cells(points)] == expected.tolist()
    for _, place, value in (cell for row in cells(points) for cell in row):
        assert values.reshape(-1)[place] == value


def test_values_below_zero_count_by_their_magnitude() -> None:
    """Of -3 and 2 a signed layer shows -3; one that is not signed shows 2."""
    values = [[[2, -3], [-1, 4]]]
    signed = found_in(values, (1, 2), square(1, 1, 0), signed=True)
    assert cells(signed) == [[(1, 0, -3), (1, 1, 4)]]
    plain = found_in(values, (1, 2), square(1, 1, 0))
    assert cells(plain) == [[(0, 0, 2), (1, 1, 4)]]


def test_a_layer_without_places_is_left_out() -> None:
    """Stride 0: every value sees the whole image, and lies above no cell."""
    assert found_in([[[1]]], (3, 3), Window(3, 3, 0, 0, 0, 0)).layers == {}


def test_a_script_gives_channels_places_and_values_back() -> None:
    """Under its own path; a value is the same float32 again, a whole one has no ".0"."""
    given = [[[0.123456789, 0], [0, 98765.4321], [7, 0]]]
    script = contract.points_script(
        layout.points_script("m", "i"), found_in(given, (1, 3), square(1, 1, 0))
    )
    start = '(window.layerlightData=window.layerlightData||{})["sheets/m/i/points"]='
    assert script.startswith(start) and script.endswith(";\n")
    data = json.loads(script[len(start) : -2])
    assert (data["rows"], data["columns"], list(data["layers"])) == (1, 3, ["layer"])
    written = data["layers"]["layer"]
    assert (written["channel"], written["place"]) == ([0, 1, 0], [0, 1, 2])
    assert np.array_equal(
        np.array(written["value"], np.float32), np.array([0.123456789, 98765.4321, 7], np.float32)
    )
    assert script.endswith(",7]}}};\n")


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
def test_a_value_that_is_no_number_counts_as_zero(bad: float) -> None:
    """As in the sheets: the other values of the cell stand, and the script can be written."""
    maps = np.array([[[1, bad], [3, 4]]], dtype=np.float32)
    measured = sheet_of(maps, model="m", image="i", layer="layer", signed=False)
    points = found_in(measured.maps, (1, 2), square(1, 1, 0))
    assert "NaN" not in contract.points_script("points.js", points)
    assert cells(points) == [[(0, 0, 1), (1, 1, 4)]]


# -- On the real network


STRIDES = {"block1_conv1": 1, "block3_conv3": 4, "block4_pool": 16, "block5_conv3": 16}
"""Pixels from one value to the next: doubled by each pool before, and by a pool's own."""


@pytest.fixture(scope="module")
def maps(site: Path) -> dict[str, Floats]:
    """ONNX Runtime's maps of one image by layer."""
    with Image.open(site / layout.input_png("vgg16", IMAGE)) as opened:
        return OnnxVGG16().run(np.asarray(opened))


@pytest.mark.parametrize("layer", [*STRIDES, "block5_pool"])
def test_fifty_cells_hold_what_a_search_of_all_values_finds(
    site: Path, maps: dict[str, Floats], layer: str
) -> None:
    """Cells are 8 pixels; in VGG16 the value at row r is centred on its own strip of pixels.

    With a stride of s that strip goes from r s to r s + s: so a cell holds 8 / s values a side,
    or lies in the strip of one. Values within 1e-4 of the layer's maximum.
    """
    text = (site / layout.points_script("vgg16", IMAGE)).read_text("utf-8")
    data = json.loads(text.partition("]=")[2].rstrip(";\n"))
    assert (data["rows"], data["columns"]) == (28, 28)
    stride = STRIDES.get(layer, 32)
    own, written = maps[layer], data["layers"][layer]
    assert {len(column) for column in written.values()} == {28 * 28}
    near = 1e-4 * float(own.max())
    for cell in np.random.default_rng(stride).choice(28 * 28, 50, replace=False):
        y, x = divmod(int(cell), 28)
        rows, columns = strip(y, stride), strip(x, stride)
        best = max(float(own[row, column].max()) for row in rows for column in columns)
        assert written["value"][cell] == pytest.approx(best, abs=near)
        row, column = divmod(written["place"][cell], own.shape[1])
        assert row in rows and column in columns
        assert own[row, column, written["channel"][cell]] == pytest.approx(best, abs=near)


def strip(cell: int, stride: int) -> range:
    """Positions of a map in the cell of 8 pixels, or the one position whose strip holds it."""
    if stride <= 8:
        return range(cell * 8 // stride, (cell + 1) * 8 // stride)
    return range(cell * 8 // stride, cell * 8 // stride + 1)
