"""The sheets on disk against ONNX Runtime, which decodes, fits and computes by itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.onnx_reference import LAYERS, OnnxVGG16

PHOTOGRAPHS = ("chelsea", "coffee")


@pytest.fixture(scope="module")
def reference(small_inputs: Path) -> dict[str, dict[str, np.ndarray]]:
    """Maps of both photographs by layer, (height, width, channels), from the files in inputs/."""
    engine = OnnxVGG16()
    return {name: engine.run(small_inputs / f"{name}.jpg") for name in PHOTOGRAPHS}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("image", PHOTOGRAPHS)
def test_every_value_of_every_sheet_is_onnx_runtimes(
    site: Path, reference: dict[str, dict[str, np.ndarray]], image: str, layer: str
) -> None:
    """Within half a grey step of its channel's range plus 1e-4 of the layer's maximum."""
    folder = site / "sheets" / "vgg16" / image
    facts = json.loads((folder / f"{layer}.json").read_text(encoding="utf-8"))
    with Image.open(folder / f"{layer}.png") as opened:
        assert opened.mode == "L"
        sheet = np.asarray(opened, dtype=np.float64)
    expected = reference[image][layer].astype(np.float64)
    height, width, channels = expected.shape
    assert (facts["tile_height"], facts["tile_width"]) == (height, width)
    assert len(facts["channels"]) == channels
    tolerance = 1e-4 * expected.max()
    for c, channel in enumerate(facts["channels"]):
        top = c // facts["columns"] * (height + facts["gap"])
        left = c % facts["columns"] * (width + facts["gap"])
        grey = sheet[top : top + height, left : left + width]
        low, high = channel["low"], channel["high"]
        values = low + (high - low) * grey / 255
        half_step = (high - low) / 255 / 2
        assert np.abs(values - expected[..., c]).max() <= half_step + tolerance, c
        assert channel["high"] == pytest.approx(expected[..., c].max(), abs=tolerance)
        assert channel["mean"] == pytest.approx(expected[..., c].mean(), abs=tolerance)
        assert channel["std"] == pytest.approx(expected[..., c].std(), abs=tolerance)


@pytest.mark.parametrize("image", PHOTOGRAPHS)
def test_the_input_beside_the_sheets_is_the_photograph_as_anyone_would_fit_it(
    site: Path, small_inputs: Path, image: str
) -> None:
    """Lossless, 224 x 224: the middle square of the file, resampled once (Lanczos)."""
    with Image.open(small_inputs / f"{image}.jpg") as photo:
        width, height = photo.size
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        expected = photo.convert("RGB").resize(
            (224, 224), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side)
        )
    with Image.open(site / "sheets" / "vgg16" / image / "input.png") as stored:
        assert np.array_equal(np.asarray(stored), np.asarray(expected))
