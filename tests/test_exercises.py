"""Every exercise of a built gallery, answered once more from ONNX Runtime's maps.

The pages are read as a browser would get them; nothing of this package works out what is right.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from generator.domain import Accounts
from generator.exercises import exercises
from tests.onnx_reference import LAYERS, OnnxVGG16

IMAGES = ("chelsea", "coffee")
WINDOWS = dict(
    zip(
        LAYERS,
        (3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212),
        strict=True,
    )
)
"""Receptive fields, pixels, by the recurrence of Dumoulin & Visin (2016), worked out by hand."""
Maps = dict[str, NDArray[np.float32]]


@dataclass
class Asked:
    """One exercise as it stands in the page."""

    kind: str
    question: str
    options: list[str]
    right: str
    source: str

    @property
    def layer(self) -> str:
        """The last layer that the question names."""
        return str(re.findall(r"block\d_\w+", self.question)[-1])

    @property
    def channels(self) -> list[int]:
        """Those that stand as answers."""
        return [int(option.removeprefix("#")) for option in self.options]


def asked_of(site: Path, image: str) -> dict[str, Asked]:
    """The exercises of an image's page, by kind."""
    text = (site / "images" / image / "exercises.html").read_text("utf-8")
    found = {}
    for block in text.split('<li class="question"')[1:]:
        kind = re.search(r'id="(\w+)"', block)
        answer = re.search(r'data-answer="(\d+)"', block)
        legend = re.search(r"<legend>.*?</span> (.*?)</legend>", block, re.S)
        options = re.findall(r"<span>([^<]*)</span></label>", block)
        assert kind and answer and legend
        found[kind[1]] = Asked(
            kind[1],
            html.unescape(legend[1]),
            [html.unescape(o) for o in options],
            html.unescape(options[int(answer[1])]),
            block,
        )
    return found


def number_in(text: str) -> float:
    """The first number in a text, as the pages write it."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    assert found, text
    return float(found[0].replace(",", ""))


@pytest.fixture(scope="module")
def maps(small_inputs: Path) -> dict[str, Maps]:
    """ONNX Runtime's maps of the photographs: by image and layer (height, width, channels)."""
    engine = OnnxVGG16()
    return {name: engine.run(small_inputs / f"{name}.jpg") for name in IMAGES}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_all_kinds_of_exercise(site: Path, image: str) -> None:
    """Eight questions, each with three to six different answers, of which one is right."""
    found = asked_of(site, image)
    assert set(found) == {"slant", "window", "zeros", "strongest", "layer", "silent", "sum", "pool"}
    for exercise in found.values():
        assert 3 <= len(exercise.options) <= 6
        assert len(set(exercise.options)) == len(exercise.options)


def test_another_image_gets_other_questions(site: Path) -> None:
    """Most of the questions of two images differ."""
    one, other = (asked_of(site, image) for image in IMAGES)
    same = [
        k for k in one if one[k].question == other[k].question and one[k].right == other[k].right
    ]
    assert len(same) <= 3, same


@pytest.mark.parametrize("image", IMAGES)
def test_the_share_of_zeros_is_the_nearest(site: Path, maps: dict[str, Maps], image: str) -> None:
    """Of the shares to choose from."""
    exercise = asked_of(site, image)["zeros"]
    share = float((maps[image][exercise.layer] == 0).mean() * 100)
    nearest = min(exercise.options, key=lambda option: abs(number_in(option) - share))
    assert exercise.right == nearest


@pytest.mark.parametrize("image", IMAGES)
def test_the_strongest_map_is_the_strongest(site: Path, maps: dict[str, Maps], image: str) -> None:
    """Of those shown, by a clear margin."""
    exercise = asked_of(site, image)["strongest"]
    highs = maps[image][exercise.layer].max(axis=(0, 1))
    by_strength = sorted(exercise.channels, key=lambda c: -highs[c])
    assert exercise.right == f"#{by_strength[0]}"
    assert highs[by_strength[0]] > 1.5 * highs[by_strength[1]]


@pytest.mark.parametrize("image", IMAGES)
def test_the_strongest_channel_of_a_layer_is_among_its_telling_ones(
    site: Path, maps: dict[str, Maps], image: str
) -> None:
    """Of every layer: pages that name it show it in the layer's strip."""
    found = json.loads((site / "sheets/vgg16" / image / "reading.json").read_text("utf-8"))
    for layer in LAYERS:
        highs = maps[image][layer].max(axis=(0, 1))
        best = max(highs[c] for c in found["layers"][layer]["telling"])
        assert best == highs.max(), layer


@pytest.mark.parametrize("image", IMAGES)
def test_the_silent_channels_are_counted(site: Path, maps: dict[str, Maps], image: str) -> None:
    """The number lies in the range that is right, and in no other."""
    exercise = asked_of(site, image)["silent"]
    silent = int((maps[image][exercise.layer].max(axis=(0, 1)) == 0).sum())
    ranges = [tuple(map(int, option.split(" to "))) for option in exercise.options]
    holding = [
        o for o, (low, high) in zip(exercise.options, ranges, strict=True) if low <= silent <= high
    ]
    assert holding == [exercise.right]


@pytest.mark.parametrize("image", IMAGES)
def test_the_window_is_the_published_one(site: Path, image: str) -> None:
    """And what the question tells of the layer before is true."""
    exercise = asked_of(site, image)["window"]
    before, layer = re.findall(r"block\d_\w+", exercise.question)
    assert number_in(exercise.right) == WINDOWS[layer]
    assert f"{before} sees {WINDOWS[before]} px" in exercise.question


@pytest.mark.parametrize("image", IMAGES)
def test_the_map_comes_from_the_layer_that_is_right(site: Path, image: str) -> None:
    """The sheet that is shown is that layer's; the other answers' maps have other sizes."""
    exercise = asked_of(site, image)["layer"]
    sheet = re.search(r"/(block\d_\w+)\.png", exercise.source)
    assert sheet and sheet[1] == exercise.right
    blocks = [option.partition("_")[0] for option in exercise.options]
    assert len(set(blocks)) == len(blocks)


@pytest.mark.parametrize("image", IMAGES)
def test_the_sum_is_what_the_channel_puts_out(
    site: Path, maps: dict[str, Maps], image: str
) -> None:
    """As far as it is written; no other answer comes near."""
    exercise = asked_of(site, image)["sum"]
    channel = int(re.findall(r"channel (\d+)", exercise.question)[0])
    value = float(maps[image][exercise.layer][..., channel].max())
    assert number_in(exercise.right) == pytest.approx(value, rel=0.006)
    others = [number_in(option) for option in exercise.options if option != exercise.right]
    assert all(abs(other - value) > 0.02 * value for other in others)


@pytest.mark.parametrize("image", IMAGES)
def test_a_pool_keeps_the_strongest_and_loses_zeros(
    site: Path, maps: dict[str, Maps], image: str
) -> None:
    """That answer is right of the two layers named."""
    exercise = asked_of(site, image)["pool"]
    pool, before = re.findall(r"block\d_\w+", exercise.question)
    assert maps[image][pool].max() == maps[image][before].max()
    assert (maps[image][pool] == 0).mean() < (maps[image][before] == 0).mean()
    assert exercise.right == "the same strongest value, and fewer zeros"


ACROSS = {"upright": 0, "rise": 45, "level": 90, "fall": 135}
"""Word of the question -> direction in which the values change, degrees from the right, down."""


def change_direction(values: NDArray[np.float32]) -> float:
    """In which direction a map changes most, 0 to 180 degrees, by its structure tensor."""
    ring = max(1, values.shape[0] // 28)
    down, right = np.gradient(values[ring:-ring, ring:-ring].astype(np.float64))
    angle = np.arctan2(2 * (right * down).sum(), (right**2).sum() - (down**2).sum()) / 2
    return float(np.degrees(angle) % 180)


@pytest.mark.parametrize("image", IMAGES)
def test_the_lines_run_as_asked(site: Path, maps: dict[str, Maps], image: str) -> None:
    """In the right map and in none of the others, give or take five degrees at the limits."""
    exercise = asked_of(site, image)["slant"]
    wanted = next(degrees for word, degrees in ACROSS.items() if word in exercise.question)
    for channel, option in zip(exercise.channels, exercise.options, strict=True):
        found = change_direction(maps[image][exercise.layer][..., channel])
        off = abs((found - wanted + 90) % 180 - 90)
        assert off < 27.5 if option == exercise.right else off > 17.5, (option, found, wanted)


def test_maps_without_an_answer_are_asked_nothing() -> None:
    """No layers, no questions; nothing is divided by zero."""
    nothing: dict[str, Accounts] = {}
    assert exercises("black", (), {}, {}, nothing) == ()
