"""The atlas that comes with the package, held against ONNX Runtime picture by picture."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.onnx_reference import LAYERS, OnnxVGG16

SHIPPED = Path(__file__).parent.parent / "generator" / "atlas" / "shipped" / "vgg16"
IMAGENET = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"
"""Identity of the weights that galleries are made on."""
CHANNELS = {
    name: {"1": 64, "2": 128, "3": 256, "4": 512, "5": 512}[name[len("block")]]
    for name in LAYERS
    if "conv" in name
}
"""Of each convolution, as published: 4,224 in 13 layers."""
LARGEST = 8_000_000
"""All sheets together, bytes: they travel with every copy of the package."""
SAMPLE = 200


@pytest.fixture(scope="module")
def layers() -> dict[str, dict[str, Any]]:
    """Each layer's JSON, in network order; those that there are."""
    found = {name: SHIPPED / f"{name}.json" for name in CHANNELS}
    return {name: json.loads(file.read_bytes()) for name, file in found.items() if file.is_file()}


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((SHIPPED / "atlas.json").read_bytes())
    return data


def tile(sheet: Image.Image, facts: dict[str, Any], channel: int) -> NDArray[np.uint8]:
    """One picture, cut out of the sheet that Pillow decoded."""
    high, wide = facts["tile_height"], facts["tile_width"]
    down, across = divmod(channel, facts["columns"])
    box = (across * wide, down * high, (across + 1) * wide, (down + 1) * high)
    return np.asarray(sheet.crop(box))


def sampled(layers: dict[str, dict[str, Any]]) -> dict[str, list[int]]:
    """``SAMPLE`` channels that have a picture, as many of each layer as it takes turns."""
    rng = np.random.default_rng(20_151_211)
    waiting = {
        name: rng.permutation([i for i, c in enumerate(facts["channels"]) if c]).tolist()
        for name, facts in layers.items()
    }
    chosen: dict[str, list[int]] = {name: [] for name in layers}
    while any(waiting.values()):
        for name, rest in waiting.items():
            if rest and sum(map(len, chosen.values())) < SAMPLE:
                chosen[name].append(rest.pop())
        if sum(map(len, chosen.values())) == SAMPLE:
            break
    return chosen


def test_what_is_recorded_holds_on_the_pictures_as_they_are_shipped(
    layers: dict[str, dict[str, Any]],
) -> None:
    """Mean and peak of 200 channels on their own pictures, at the size that they have there."""
    onnx = OnnxVGG16()
    wrong, measured = [], 0
    for layer, channels in sampled(layers).items():
        facts = layers[layer]
        with Image.open(SHIPPED / facts["file"]) as opened:
            sheet = opened.convert("RGB")
        for channel in channels:
            own = onnx.run(tile(sheet, facts, channel))[layer][..., channel]
            entry = facts["channels"][channel]
            # Both are float32 sums of up to 4,608 products, taken in another order by each
            # program, layer upon layer: they agree to five digits at best. The JSON has six.
            close = [
                entry["mean"] == pytest.approx(float(own.mean(dtype=np.float64)), rel=1e-3),
                entry["peak"] == pytest.approx(float(own.max()), rel=1e-3),
            ]
            measured += 1
            if not all(close):
                wrong.append((layer, channel, entry, float(own.mean()), float(own.max())))
    assert wrong == []
    assert measured == SAMPLE


def test_every_sheet_is_the_one_that_its_numbers_tell_of(
    layers: dict[str, dict[str, Any]],
) -> None:
    """Made on ImageNet's weights; its checksum, its size and its number of channels are right."""
    assert layers
    for name, facts in layers.items():
        data = (SHIPPED / f"{name}.webp").read_bytes()
        assert (facts["schema"], facts["model"], facts["layer"]) == (1, "vgg16", name)
        assert facts["file"] == f"{name}.webp"
        assert facts["weights"] == IMAGENET
        assert hashlib.sha256(data).hexdigest() == facts["sha256"]
        assert len(facts["channels"]) == CHANNELS[name]
        assert facts["columns"] * facts["rows"] >= CHANNELS[name]
        with Image.open(SHIPPED / facts["file"]) as opened:
            assert opened.format == "WEBP"
            assert opened.size == (
                facts["columns"] * facts["tile_width"],
                facts["rows"] * facts["tile_height"],
            )
        assert facts["specimens"] == sorted(set(facts["specimens"]))
        assert all(facts["channels"][c] for c in facts["specimens"])
        assert len(facts["specimens"]) == 12


def test_all_layers_were_measured_against_the_same_photographs(
    layers: dict[str, dict[str, Any]],
) -> None:
    """Else their shares could not be compared."""
    (photographs,) = {tuple(facts["photographs"]) for facts in layers.values()}
    assert photographs
    assert len(set(photographs)) == len(photographs)


def test_the_summary_is_the_sum_of_the_layers(
    layers: dict[str, dict[str, Any]], summary: dict[str, Any]
) -> None:
    """Each share counted again from the layer's own numbers."""
    assert summary["schema"] == 1
    assert summary["model"] == "vgg16"
    assert summary["weights"]["sha256"] == IMAGENET
    counted = {}
    for name, facts in layers.items():
        own = facts["channels"]
        there = [c for c in own if c is not None]
        counted[name] = {
            "channels": len(own),
            "pictures": len(there),
            "above": len([c for c in there if c["mean"] > c["photograph_mean"]]),
            "above_peak": len([c for c in there if c["peak"] > c["photograph_peak"]]),
            "top": len([c for c in there if 1 <= c["rank"] <= 10]),
            "failures": [
                i
                for i, c in enumerate(own)
                if c is not None and not c["mean"] > c["photograph_mean"]
            ],
        }
    assert summary["layers"] == counted
    assert list(summary["layers"]) == list(counted)


def test_the_sheets_are_small_enough_to_be_shipped() -> None:
    """At most 8 MB together, and nothing but sheets, numbers and the summary beside them."""
    files = sorted(SHIPPED.iterdir())
    assert sum(f.stat().st_size for f in files if f.suffix == ".webp") <= LARGEST
    expected = {f"{name}{ending}" for name in CHANNELS for ending in (".webp", ".json")}
    assert {f.name for f in files} <= expected | {"atlas.json"}


def test_every_channel_of_every_convolution_has_a_picture(
    layers: dict[str, dict[str, Any]],
) -> None:
    """4,224 in 13 layers."""
    assert list(layers) == list(CHANNELS)
    assert len(layers) == 13
    pictures = sum(sum(c is not None for c in facts["channels"]) for facts in layers.values())
    assert pictures == 4224


@pytest.mark.parametrize("layer", ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"])
def test_small_pictures_have_no_frame_and_no_seam(layer: str) -> None:
    """Nowhere along their rows or columns do neighbouring pixels differ much more than elsewhere.

    Padding once drew a line through all pictures of block1_conv1, half as steep again.
    """
    facts = json.loads((SHIPPED / f"{layer}.json").read_text("utf-8"))
    side, columns, rows = facts["tile_width"], facts["columns"], facts["rows"]
    with Image.open(SHIPPED / f"{layer}.webp") as opened:
        sheet = np.asarray(opened.convert("RGB")).astype(np.float64)
    tiles = sheet.reshape(rows, side, columns, side, 3).transpose(0, 2, 1, 3, 4)
    pictures = tiles.reshape(-1, side, side, 3)
    down = np.abs(np.diff(pictures, axis=1)).mean(axis=(0, 2, 3))
    across = np.abs(np.diff(pictures, axis=2)).mean(axis=(0, 1, 3))
    assert down.max() < 1.2 * np.median(down)
    assert across.max() < 1.2 * np.median(across)
