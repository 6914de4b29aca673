"""What ranges over the gallery: gathered from made-up sheets, and of an image made to win."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator import contract, layout
from generator.across import CHOSEN, Tally, numbers_in, numbers_of
from generator.building import build
from generator.config import Config
from generator.domain import Across, Channel, Channels, Histogram, Occurrence, Peak, Sheet
from generator.example import kernel_colours
from tests.onnx_reference import MEAN_BGR
from tests.vgg16_network import imagenet_tensors, network

PROJECT = Path(__file__).parent.parent

Found = tuple[int, int, float]
"""Row, column and value of a peak."""


# -- Gathered from made-up sheets


def channel(*found: Found, mean: float = 0.0) -> Channel:
    """A channel with these peaks, strongest first; silent without any."""
    high = max((abs(value) for _, _, value in found), default=0.0)
    return Channel(
        low=0.0,
        high=high,
        mean=mean,
        std=1.0 if found else 0.0,
        zero_fraction=0.5 if found else 1.0,
        peaks=tuple(Peak(*peak) for peak in found),
    )


def sheet(image: int, *channels: Channel) -> Sheet:
    high = max(c.high for c in channels)
    return Sheet(
        model="m",
        image=f"image-{image}",
        layer="l",
        file="l.png",
        columns=len(channels),
        rows=1,
        tile_height=8,
        tile_width=8,
        gap=1,
        layer_high=high,
        p99_9=high,
        histogram=Histogram(high, (0,) * 256),
        channels=Channels.of(channels),
    )


def gathered(*sheets: Sheet) -> Across:
    tally = Tally("l")
    for each in sheets:
        tally.add(numbers_of(each))
    return tally.result((0,))


def test_windows_are_the_nine_strongest_best_first() -> None:
    """Of six images with two peaks each, 20 and 10 up to 25 and 15: 15 down to the fourth, 13."""
    sheets = [sheet(i, channel((i, 0, 20 + i), (i, 7, 10 + i))) for i in (0, 1, 2, 3, 4, 5)]
    assert gathered(*sheets).windows == (
        (
            (5, 5, 0, 25),
            (4, 4, 0, 24),
            (3, 3, 0, 23),
            (2, 2, 0, 22),
            (1, 1, 0, 21),
            (0, 0, 0, 20),
            (5, 5, 7, 15),
            (4, 4, 7, 14),
            (3, 3, 7, 13),
        ),
    )


def test_an_image_has_at_most_two_windows_and_each_channel_its_own() -> None:
    """Two images, four windows; a channel that only one lights has that one's."""
    two = channel((1, 2, 9), (5, 6, 8))
    across = gathered(sheet(0, two, channel()), sheet(1, two, channel((3, 3, 1))))
    assert across.windows == (
        ((0, 1, 2, 9), (1, 1, 2, 9), (0, 5, 6, 8), (1, 5, 6, 8)),
        ((1, 3, 3, 1),),
    )


def test_of_equal_values_the_earlier_images_stay() -> None:
    """Twelve images with one and the same peak: the first nine, in the gallery's order."""
    across = gathered(*(sheet(i, channel((2, 3, 4))) for i in range(12)))
    assert list(across.windows[0]) == [(i, 2, 3, 4) for i in range(9)]


def test_values_below_zero_rank_by_their_magnitude() -> None:
    """-7 before 5 before -2."""
    across = gathered(*(sheet(i, channel((0, 0, value))) for i, value in enumerate((5, -7, -2))))
    assert [value for *_, value in across.windows[0]] == [-7, 5, -2]


def test_means_are_over_all_images_the_dark_ones_too() -> None:
    """(1 + 0 + 5) / 3 and (2 + 4 + 0) / 3."""
    lit = (0, 0, 9)
    across = gathered(
        sheet(0, channel(lit, mean=1), channel(lit, mean=2)),
        sheet(1, channel(), channel(lit, mean=4)),
        sheet(2, channel(lit, mean=5), channel()),
    )
    assert across.means == (2, 2)


def test_what_is_kept_of_an_image_is_small() -> None:
    """Its row has under 1,000 bytes a layer, however many channels the layer has."""
    many = [channel((1, 2, 9), (5, 6, 8)) for _ in range(512)]
    tally = Tally("l")
    tally.add(numbers_of(sheet(0, *many)))
    (row,) = tally.result(tuple(range(CHOSEN))).rows
    assert len(row.channels) == CHOSEN
    assert len(pickle.dumps(row)) < 1000


def test_where_a_channel_is_silent_it_stands_nowhere() -> None:
    """Row and column -1, value 0; and it has no window there."""
    across = gathered(sheet(0, channel()), sheet(1, channel((4, 5, 6))), sheet(2, channel()))
    assert list(across.on[0]) == [(0, -1, -1, 0), (1, 4, 5, 6), (2, -1, -1, 0)]
    assert list(across.windows[0]) == [(1, 4, 5, 6)]
    assert across.dead == ()
    assert gathered(sheet(0, channel())).dead == (0,)


def test_of_a_large_gallery_the_sixty_strongest_stay_in_its_order() -> None:
    """500 images in random order of strength, every third of them silent, some alike.

    Of two that are alike the earlier one stays.
    """
    random = np.random.default_rng(2)
    values = [0 if i % 3 == 0 else int(random.integers(1, 200)) for i in range(500)]
    across = gathered(
        *(sheet(i, channel((1, 2, v)) if v else channel()) for i, v in enumerate(values))
    )
    strongest = sorted(range(500), key=lambda i: (-values[i], i))
    assert list(across.on[0]) == [(i, 1, 2, values[i]) for i in sorted(strongest[:60])]
    assert list(across.windows[0]) == [(i, 1, 2, values[i]) for i in strongest[:9]]


@pytest.mark.parametrize("count", [59, 60, 61, 120, 121, 122])
def test_at_the_edge_of_large_no_image_is_lost(count: int) -> None:
    """Up to sixty images all are there; beyond, ever stronger ones push the first ones out."""
    across = gathered(*(sheet(i, channel((0, 0, 1 + i))) for i in range(count)))
    assert [image for image, *_ in across.on[0]] == list(range(max(0, count - 60), count))


def test_what_is_kept_of_a_channel_does_not_grow_with_the_gallery() -> None:
    """At most nine windows and twice the sixty images, whatever order they come in."""
    for values in (range(1, 1001), range(1000, 0, -1)):
        tally = Tally("l")
        for i, value in enumerate(values):
            tally.add(numbers_of(sheet(i, channel((0, 0, value), (7, 7, value / 2)))))
            assert tally._windows.shape == (1, 9, 4)
            assert tally._company.shape[1] + len(tally._recent) <= 2 * 60


def test_figures_of_a_sheet_are_those_of_its_file() -> None:
    """Read without a channel of its own for each, number by number; silent ones and others."""
    one = sheet(0, channel((1, 2, 7), (5, 6, -3), mean=0.5), channel(), channel((0, 0, 2)))
    there = numbers_in(contract.parsed(contract.sheet_json(one)))
    for here, read in zip(numbers_of(one), there, strict=True):
        np.testing.assert_array_equal(here, read)
    assert there.peaks[0].tolist() == [[1, 2, 7], [5, 6, -3]]
    assert there.peaks[1].tolist() == [[-1, -1, 0]] * 2
    assert there.peaks[2].tolist() == [[0, 0, 2], [-1, -1, 0]]


def test_a_script_across_images_names_them_by_their_number() -> None:
    """Means, windows and company under its own path; whole values as whole numbers."""
    across = gathered(sheet(0, channel((1, 2, 7), mean=0.5)), sheet(1, channel((3, 4, 2.5))))
    path = layout.across_script("m", "l")
    text = contract.across_script(path, across)
    start = '(window.layerlightData=window.layerlightData||{})["layers/m/l"]='
    assert path == "layers/m/l.js"
    assert text.startswith(start) and text.endswith(";\n")
    assert json.loads(text[len(start) : -2]) == {
        "images": 2,
        "high": 7,
        "top": 7,
        "mean": [0.25],
        "windows": [[[0, 1, 2, 7], [1, 3, 4, 2.5]]],
        "on": [[[0, 1, 2, 7], [1, 3, 4, 2.5]]],
    }


# -- An image made to win


SPACING = 24
GREY = 127


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of a photograph and of a grey field with the best patch of each of 64 channels."""
    folder = tmp_path_factory.mktemp("planted")
    inputs = folder / "inputs"
    inputs.mkdir()
    shutil.copy(PROJECT / "inputs" / "chelsea.jpg", inputs)
    Image.fromarray(planted_pixels()).save(inputs / "planted.png")
    network()  # the weights are read once for all tests
    report = build(
        Config(inputs=inputs, output=folder / "site", layers=("block1_conv1",), values=False)
    )
    assert not report.problems, report.problems
    return folder / "site"


def patches() -> dict[int, NDArray[np.uint8]]:
    """The best input of each channel, (3, 3, 3) RGB.

    White where a weight is above zero, black elsewhere; a kernel's channels are blue, green, red.
    """
    kernel = imagenet_tensors()["block1_conv1"][0]
    return {c: np.where(kernel[:, :, ::-1, c] > 0, 255, 0).astype(np.uint8) for c in range(64)}


def middles() -> dict[int, tuple[int, int]]:
    """Row and column that each channel's patch is centred on, well away from the border.

    Channels whose weights have the same signs have one patch, and it stands there once.
    """
    known: dict[bytes, tuple[int, int]] = {}
    return {
        c: known.setdefault(patch.tobytes(), (20 + c // 8 * SPACING, 20 + c % 8 * SPACING))
        for c, patch in patches().items()
    }


def planted_pixels() -> NDArray[np.uint8]:
    """(224, 224, 3): the patches on grey."""
    pixels = np.full((224, 224, 3), GREY, np.uint8)
    for c, (row, column) in middles().items():
        pixels[row - 1 : row + 2, column - 1 : column + 2] = patches()[c]
    return pixels


def best_possible() -> NDArray[np.float64]:
    """For each channel, what no 3 x 3 patch of 8-bit pixels can exceed.

    A pixel from 0 to 255 less its colour's mean, times a weight, is largest at one of its ends;
    both ends lie on either side of 0, so padding is no better.
    """
    kernel, bias = (part.astype(np.float64) for part in imagenet_tensors()["block1_conv1"])
    mean = MEAN_BGR.astype(np.float64)[:, None]  # (BGR, 1)
    ends = np.maximum(kernel * (255 - mean), kernel * (0 - mean))  # (3, 3, BGR, 64)
    bound: NDArray[np.float64] = ends.sum(axis=(0, 1, 2)) + bias
    return bound


def written(site: Path, layer: str) -> Any:
    text = (site / layout.across_script("vgg16", layer)).read_text("utf-8")
    return json.loads(text.partition("]=")[2].rstrip(";\n"))


def test_the_best_possible_patch_is_the_first_window_of_its_channel(planted: Path) -> None:
    """All 64 channels of the first layer: image, place, and the value that arithmetic gives."""
    images = [
        image["id"] for image in json.loads((planted / "gallery.json").read_text("utf-8"))["images"]
    ]
    with Image.open(planted / layout.input_png("vgg16", "planted")) as stored:
        assert np.array_equal(np.asarray(stored), planted_pixels()), "not fed as planted"
    windows, bound = written(planted, "block1_conv1")["windows"], best_possible()
    assert len(windows) == 64
    for c, own in enumerate(windows):
        image, row, column, value = own[0]
        assert (images[image], (row, column)) == ("planted", middles()[c])
        assert value == pytest.approx(bound[c], rel=1e-4)
        for image, _, _, other in own[1:]:
            assert 0 <= image < len(images)
            assert other < bound[c]


def test_the_photographs_windows_are_its_own_strongest_values(planted: Path) -> None:
    """The photograph's windows are the peaks of its sheet, and so is its ``on``."""
    facts_of = json.loads(
        (planted / layout.sheet_json("vgg16", "chelsea", "block1_conv1")).read_text()
    )
    data = written(planted, "block1_conv1")
    assert data["images"] == 2
    for c, facts in enumerate(facts_of["channels"]):
        own = [found[1:] for found in data["windows"][c] if found[0] == 0]
        for found, peak in zip(own, facts["peaks"], strict=True):
            assert found == pytest.approx(peak, rel=1e-4)
        assert data["on"][c][0] == pytest.approx([0, *facts["peaks"][0]], rel=1e-4)


def test_each_kernel_is_a_small_picture_of_its_weights(planted: Path) -> None:
    """Red first, each on its own range: grey 128 is a weight of 0, 255 and 0 the largest magnitude.

    Eight in a row, a pixel of grey 128 between them; each sample is 127.5 + 127.5 w / largest,
    rounded.
    """
    with Image.open(planted / layout.kernels_png("vgg16")) as opened:
        assert opened.mode == "RGB"
        picture = np.asarray(opened).astype(int)
    assert picture.shape == (8 * 4 - 1, 8 * 4 - 1, 3)
    assert (picture[3::4] == 128).all() and (picture[:, 3::4] == 128).all()
    kernel = imagenet_tensors()["block1_conv1"][0].astype(np.float64)
    for c in range(64):
        largest = np.abs(kernel[..., c]).max()
        top, left = c // 8 * 4, c % 8 * 4
        for row in range(3):
            for column in range(3):
                blue, green, red = kernel[row, column, :, c]
                expected = [127.5 + 127.5 * w / largest for w in (red, green, blue)]
                sample = picture[top + row, left + column]
                assert np.abs(sample - expected).max() <= 0.5 + 1e-4
        tile = picture[top : top + 3, left : left + 3]
        assert {0, 255} & {tile.min(), tile.max()}


def test_a_kernel_of_zeros_is_grey_all_over() -> None:
    """128, as the gaps; and colours are put in the order red, green, blue."""
    assert (kernel_colours(np.zeros((3, 3, 3, 2), np.float32), (2, 1, 0)) == 128).all()
    kernel = np.zeros((1, 1, 3, 1), np.float32)
    kernel[0, 0, :, 0] = (4, -2, 0)  # blue, green, red
    assert kernel_colours(kernel, (2, 1, 0)).tolist() == [[[[128, 64, 255]]]]
    assert kernel_colours(kernel, (0, 1, 2)).tolist() == [[[[255, 64, 128]]]]


def test_windows_of_the_gallery_are_peaks_of_its_sheets(site: Path) -> None:
    """On the real gallery, deep down: the nine largest of all images' peaks, best first.

    ``on`` is the first peak of each image, in the gallery's order.
    """
    layer = "block5_conv3"
    gallery = json.loads((site / "gallery.json").read_text("utf-8"))
    sheets = [
        json.loads((site / layout.sheet_json("vgg16", image["id"], layer)).read_text("utf-8"))
        for image in gallery["images"]
    ]
    data = written(site, layer)
    for c in range(512):
        peaks = [s["channels"][c]["peaks"] for s in sheets]
        found: list[Occurrence] = [(i, *p) for i, own in enumerate(peaks) for p in own]
        found.sort(key=lambda each: -each[3])
        assert len(data["windows"][c]) == min(9, len(found))
        for given, expected in zip(data["windows"][c], found, strict=False):
            assert given == pytest.approx(expected, rel=1e-4)
        firsts = [[i, *own[0]] if own else [i, -1, -1, 0] for i, own in enumerate(peaks)]
        for given, first in zip(data["on"][c], firsts, strict=True):
            assert given == pytest.approx(first, rel=1e-4)
        mean = np.mean([s["channels"][c]["mean"] for s in sheets])
        assert data["mean"][c] == pytest.approx(mean, rel=1e-4)
