"""The sentences on the pages, recomputed from the sheets on disk for two images."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generator.domain import Channel, Channels, Histogram, LayerReading, Peak, Sheet, Window
from generator.sentences import answering, frame, half, slants
from generator.wording import hundredths, number, ordinal, percent, place, stride

IMAGES = ("chelsea", "test-card")
LAYERS = ("block1_conv1", "block2_conv2", "block3_conv3", "block4_conv1", "block5_conv3")


def facts(site: Path, image: str, layer: str) -> dict[str, Any]:
    """A sheet's JSON with the values behind its pixels, (channels, height, width)."""
    folder = site / "sheets" / "vgg16" / image
    data: dict[str, Any] = json.loads((folder / f"{layer}.json").read_text(encoding="utf-8"))
    with Image.open(folder / f"{layer}.png") as opened:
        sheet = np.asarray(opened, dtype=np.float64)
    height, width, gap = data["tile_height"], data["tile_width"], data["gap"]
    maps = []
    for c, channel in enumerate(data["channels"]):
        top = c // data["columns"] * (height + gap)
        left = c % data["columns"] * (width + gap)
        maps.append(sheet[top : top + height, left : left + width] * channel["high"] / 255)
    return data | {"maps": np.stack(maps)}


def text_of(site: Path, image: str, layer: str) -> str:
    """What the head of a layer's page found, tags taken out."""
    page = (site / "images" / image / "vgg16" / f"{layer}.html").read_text(encoding="utf-8")
    head = page.split('<header class="head">')[1].split("</header>")[0]
    body = re.sub(r"<[^>]+>", " ", head)
    return re.sub(r"\s+", " ", html.unescape(body))


def rounded(share: float) -> int:
    """Whole percent."""
    return round(100 * share)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("image", IMAGES)
def test_strongest_value_and_its_place(site: Path, image: str, layer: str) -> None:
    """The number is the layer's maximum, and the ninth of the image is where the pixel is white."""
    data = facts(site, image, layer)
    found = re.search(
        r"strongest value, ([\d,.]+), is #(\d+)’s, (.+?)\.", text_of(site, image, layer)
    )
    assert found
    value, channel, where = float(found[1].replace(",", "")), int(found[2]), found[3]
    highs = [c["high"] for c in data["channels"]]
    assert channel == int(np.argmax(highs))
    assert value == pytest.approx(max(highs), rel=0.006)
    height, width = data["maps"].shape[1:]
    row, column = np.unravel_index(data["maps"][channel].argmax(), (height, width))
    third = (int(3 * (row + 0.5) / height), int(3 * (column + 0.5) / width))
    across = {0: "left", 1: "centre", 2: "right"}[third[1]]
    down = {0: "top", 1: "", 2: "bottom"}[third[0]]
    assert where == (
        f"at the {down} {across}"
        if down
        else ("in the centre" if across == "centre" else f"at the {across}")
    )


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("image", IMAGES)
def test_half_of_the_activation_and_the_silent(site: Path, image: str, layer: str) -> None:
    """Counted again from the pixels: the fewest channels with half the sum, and the black ones."""
    data = facts(site, image, layer)
    found = re.search(
        r"Half of all activation comes from (\d+) of (\d+) channels; (\w+)",
        text_of(site, image, layer),
    )
    assert found
    sums = np.sort(data["maps"].sum(axis=(1, 2)))[::-1]
    needed = int(np.searchsorted(np.cumsum(sums), sums.sum() / 2)) + 1
    assert abs(int(found[1]) - needed) <= 1  # the pixels are rounded
    assert int(found[2]) == len(sums)
    silent = int((data["maps"].max(axis=(1, 2)) == 0).sum())
    words = {0: "none", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
    assert found[3] == words.get(
        silent, {6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}.get(silent, str(silent))
    )


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("image", IMAGES)
def test_shares_of_the_widest_and_the_narrowest(site: Path, image: str, layer: str) -> None:
    """Both percentages, from the numbers beside the sheet; no telling channel lies outside them."""
    data = facts(site, image, layer)
    found = re.search(
        r"variety #(\d+) is lit on most positions, (over 99|\d+) ?%, "
        r"#(\d+) on fewest, (under 1|\d+) ?%",
        text_of(site, image, layer),
    )
    reading = json.loads((site / f"sheets/vgg16/{image}/reading.json").read_text(encoding="utf-8"))
    telling = reading["layers"][layer]["telling"]
    lit = {c: 1 - data["channels"][c]["zero_fraction"] for c in telling}
    lit = {c: share for c, share in lit.items() if share > 0}
    assert found
    for channel, said in ((int(found[1]), found[2]), (int(found[3]), found[4])):
        if said.isdigit():
            assert rounded(lit[channel]) == int(said)
    assert lit[int(found[1])] == max(lit.values())
    assert lit[int(found[3])] == min(lit.values())


@pytest.mark.parametrize("image", IMAGES)
def test_directions_hold_on_the_pixels(site: Path, image: str) -> None:
    """A channel that keeps level lines changes more from row to row than along a row, and so on."""
    reading = json.loads((site / f"sheets/vgg16/{image}/reading.json").read_text(encoding="utf-8"))
    named = 0
    for layer in LAYERS[:3]:
        maps = facts(site, image, layer)["maps"]
        for channel, slant in reading["layers"][layer]["slants"]:
            single = maps[channel][4:-4, 4:-4]
            down = np.abs(np.diff(single, axis=0)).mean()
            along = np.abs(np.diff(single, axis=1)).mean()
            rising = np.abs(single[:-1, 1:] - single[1:, :-1]).mean()  # along a rising line
            falling = np.abs(single[:-1, :-1] - single[1:, 1:]).mean()
            smallest = min(("level", along), ("upright", down), key=lambda p: p[1])[0]
            if slant in ("level", "upright"):
                assert slant == smallest, (layer, channel)
            else:
                assert (slant == "rising") == (rising < falling), (layer, channel)
            named += 1
    assert named >= 4


def test_the_two_images_get_different_sentences(site: Path) -> None:
    """A sentence that fits every image would say nothing of this one."""
    for layer in LAYERS:
        first, second = (text_of(site, image, layer) for image in IMAGES)
        assert first != second


def channel(high: float, mean: float, zero: float) -> Channel:
    """A channel whose peak is in the middle of 3 x 3."""
    peaks = (Peak(1, 1, high),) if high else ()
    return Channel(0.0, high, mean, 1.0 if high else 0.0, zero, peaks)


def sheet(*channels: Channel) -> Sheet:
    """A layer of 3 x 3 maps."""
    return Sheet(
        "m", "i", "l", "l.png", 2, 2, 3, 3, 1, 8.0, 8.0, Histogram(8.0, (1,)), Channels.of(channels)
    )


def test_silence_is_told_from_one_and_from_many() -> None:
    """Written out for a layer of four channels."""
    loud, quiet = channel(8, 4, 0.2), channel(0, 0, 1)
    assert half(sheet(loud, loud)).endswith("1 of 2 channels; none is silent.")
    assert half(sheet(loud, quiet)).endswith("1 of 2 channels; one, #1, is silent on this image.")
    assert half(sheet(loud, quiet, quiet)).endswith("two are silent on this image.")
    assert half(sheet(quiet, quiet)) == ""


def test_directions_are_listed_clearest_first_and_once_each() -> None:
    """Two level channels: the clearer one is named."""
    reading = LayerReading((3, 5, 7), ((5, "level"), (3, "upright"), (7, "level")), ())
    assert slants(reading) == "#5 keeps level lines, #3 upright lines."
    assert slants(LayerReading((1,), (), ())) == ""


def test_alike_shares_are_not_compared() -> None:
    """No sentence that says 50 % against 50 %."""
    reading = LayerReading((0, 1), (), ())
    assert answering(sheet(channel(8, 4, 0.5), channel(4, 2, 0.501)), reading) == ""


def test_frame_channels_are_named() -> None:
    """At most three."""
    text = frame(LayerReading((), (), (54, 2, 9, 11)))
    assert text.startswith("#54, #2 and #9 are most active along the border, so they may")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7383.2, "7,383"),
        (0, "0"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.01234, "0.012"),
        (-163.7, "\u2212164"),
    ],
)
def test_numbers_keep_three_figures(value: float, text: str) -> None:
    """Large ones get a thousands separator, negative ones a minus sign."""
    assert number(value) == text


def test_shares_never_round_to_what_they_are_not() -> None:
    """0 % and 100 % are said only of exactly none and all."""
    assert [percent(s) for s in (0, 0.001, 0.5, 0.999, 1)] == [
        "0\u202f%", "under 1\u202f%", "50\u202f%", "over 99\u202f%", "100\u202f%",
    ]  # fmt: skip


def test_nothing_is_less_than_zero_by_rounding() -> None:
    """-0.004 is 0.00; a minus stands only where a digit does."""
    assert [hundredths(v) for v in (-0.004, 0.0, -0.006, 0.996, -1)] == [
        "0.00", "0.00", "\u22120.01", "1.00", "\u22121.00",
    ]  # fmt: skip


def test_a_stride_is_one_number_two_or_none() -> None:
    """Where every value sees the whole image, steps have no length."""
    strides = [
        stride(Window(9, 9, down, across, 0, 0)) for down, across in ((4, 4), (4, 2), (0, 0))
    ]
    assert strides == ["4", "4\u202f×\u202f2", "–"]


def test_ordinals() -> None:
    """Eleven to thirteen are the exceptions."""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 123)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th", "123rd",
    ]  # fmt: skip


def test_a_small_map_has_its_middle_in_the_centre() -> None:
    """Row 3 of 7 is the middle row."""
    assert place(Peak(3, 3, 1.0), 7, 7) == "in the centre"
    assert place(Peak(0, 6, 1.0), 7, 7) == "at the top right"
