"""The course's figures, built from two folders: different, and right in both.

What is right is read from ONNX Runtime's maps of each folder's first image; nothing of this package
works it out.
"""

from __future__ import annotations

import html
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from generator.building import build
from generator.config import Config
from tests.conftest import PROJECT
from tests.onnx_reference import LAYERS, OnnxVGG16
from tests.test_exercises import asked_of, number_in

Maps = dict[str, NDArray[np.float32]]
FIGURES = (
    *("channels", "classes", "padding", "pooling", "proof", "relu", "sums"),
    *("scales", "zeros", "convolution", "hierarchy"),
)
"""Chapters with a figure of maps, of numbers, or of marked places."""


@dataclass(frozen=True)
class Folder:
    """A gallery, its first image, and that image's maps as ONNX Runtime has them."""

    site: Path
    image: str
    maps: Maps

    def chapter(self, slug: str) -> str:
        """HTML of a chapter's figures."""
        page = (self.site / "learn" / f"{slug}.html").read_text("utf-8")
        return html.unescape("".join(re.findall(r"<figure.*?</figure>", page, re.S)))


@pytest.fixture(scope="module")
def folders(
    site: Path, small_inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Folder, Folder]:
    """The gallery that all tests share, and one of two other photographs."""
    engine = OnnxVGG16()
    inputs = tmp_path_factory.mktemp("others") / "inputs"
    inputs.mkdir()
    for name in ("rocket", "astronaut"):
        for file in (PROJECT / "inputs").rglob(f"{name}.*"):
            shutil.copy(file, inputs)
    other = inputs.parent / "site"
    build(Config(inputs=inputs, output=other, values=False))
    first = re.findall(r'"id":"([^"]+)"', (other / "static/gallery.js").read_text("utf-8"))[0]
    return (
        Folder(site, "chelsea", engine.run(small_inputs / "chelsea.jpg")),
        Folder(other, first, engine.run(next(inputs.glob(f"{first}.[jp]*g")))),
    )


@pytest.mark.parametrize("slug", FIGURES)
def test_a_figure_is_another_one_in_another_gallery(
    folders: tuple[Folder, Folder], slug: str
) -> None:
    """The same chapter, drawn from other maps."""
    one, other = (folder.chapter(slug) for folder in folders)
    assert one and other and one != other


@pytest.mark.parametrize("which", [0, 1])
def test_shares_of_zeros_are_those_of_the_first_image(
    folders: tuple[Folder, Folder], which: int
) -> None:
    """Layer by layer, with the number of silent channels."""
    folder = folders[which]
    rows = re.findall(
        r"<tr><th scope=\"row\"><a [^>]*>(\w+)</a></th><td>.*?</span> ([^<]+)</td>"
        r"<td>(\d+) of (\d+)</td></tr>",
        folder.chapter("zeros"),
    )
    assert [row[0] for row in rows] == list(LAYERS)
    for name, share, silent, channels in rows:
        maps = folder.maps[name]
        assert number_in(share) == pytest.approx(100 * float((maps == 0).mean()), abs=0.51)
        assert int(silent) == int((maps.max(axis=(0, 1)) == 0).sum())
        assert int(channels) == maps.shape[2]


@pytest.mark.parametrize("which", [0, 1])
def test_scales_under_maps_are_those_of_the_first_image(
    folders: tuple[Folder, Folder], which: int
) -> None:
    """ "Lightest is x or more": the 99.9th percentile of the layer's non-zero values."""
    folder = folders[which]
    seen = 0
    for slug in FIGURES:
        for layer, high in re.findall(
            r"Channels? [\d, ]+ of (\w+) on .*?: lightest is ([\d,.]+) or more",
            folder.chapter(slug),
        ):
            maps = folder.maps[layer]
            expected = float(np.percentile(maps[maps != 0].astype(np.float64), 99.9))
            assert number_in(high) == pytest.approx(expected, rel=5.1e-3)
            seen += 1
    assert seen >= 7


@pytest.mark.parametrize("which", [0, 1])
def test_the_convolution_by_hand_is_a_value_of_the_first_image(
    folders: tuple[Folder, Folder], which: int
) -> None:
    """Its place, its channel and what comes out, to the tenth that is written."""
    folder = folders[which]
    found = re.search(
        r"channel (\d+) at row (\d+), column (\d+) of .*?after the ReLU <a [^>]*>([\d,.]+)</a>",
        folder.chapter("convolution"),
        re.S,
    )
    assert found
    channel, row, column = (int(found[i]) for i in (1, 2, 3))
    value = float(folder.maps["block1_conv1"][row, column, channel])
    assert number_in(found[4]) == pytest.approx(value, abs=0.051)


@pytest.mark.parametrize("which", [0, 1])
def test_specimens_of_the_hierarchy_answer_where_they_are_marked(
    folders: tuple[Folder, Folder], which: int
) -> None:
    """One channel of the last convolution of each block, none of them silent on this image."""
    folder = folders[which]
    marks = re.findall(r"Feature map of channel (\d+) of (\w+)", folder.chapter("hierarchy"))
    assert [layer for _, layer in marks] == [
        *("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
    ]
    for channel, layer in marks:
        highs = folder.maps[layer].max(axis=(0, 1))
        assert highs[int(channel)] > np.median(highs[highs > 0])


def test_exercises_differ_and_are_right_in_both(folders: tuple[Folder, Folder]) -> None:
    """The share of zeros, the strongest map and the silent channels of each first image."""
    asked = [asked_of(folder.site, folder.image) for folder in folders]
    assert sum(asked[0][kind].question != asked[1][kind].question for kind in asked[0]) >= 4
    for own, folder in zip(asked, folders, strict=True):
        zeros = own["zeros"]
        share = 100 * float((folder.maps[zeros.layer] == 0).mean())
        assert zeros.right == min(zeros.options, key=lambda o: abs(number_in(o) - share))
        strongest = own["strongest"]
        highs = folder.maps[strongest.layer].max(axis=(0, 1))
        assert strongest.right == f"#{max(strongest.channels, key=lambda c: highs[c])}"
        silent = own["silent"]
        low, high = map(int, silent.right.split(" to "))
        dark = int((folder.maps[silent.layer].max(axis=(0, 1)) == 0).sum())
        assert low <= dark <= high
