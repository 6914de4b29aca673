"""What is written to disk is what docs/output-contract.md promises."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.contract import gallery_script, read_reading, read_sheet, reading_json, sheet_json
from generator.domain import InputImage

SHEET_KEYS = [
    "schema", "model", "image", "layer", "file", "encoding", "columns", "rows", "tile_height",
    "tile_width", "gap", "layer_high", "p99_9", "histogram", "channels",
]  # fmt: skip
CHANNEL_KEYS = ["low", "high", "mean", "std", "zero_fraction", "peaks"]


def test_gallery_json_has_the_promised_keys(site: Path) -> None:
    """Schema 1; 18 layers and three images; hashes of 64 digits."""
    data = json.loads((site / "gallery.json").read_text(encoding="utf-8"))
    assert list(data) == ["schema", "generator", "models", "images", "problems"]
    assert data["schema"] == 1
    assert data["generator"]["name"] == "layerlight"
    (model,) = data["models"]
    assert list(model) == ["id", "title", "weights", "input", "layers"]
    assert model["weights"]["sha256"].startswith("d9a27cc1")
    assert model["weights"]["trained"] is True
    assert list(model["input"]) == ["height", "width", "fit", "preprocessing"]
    assert [layer["channels"] for layer in model["layers"]] == [
        64, 64, 64, 128, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512, 512, 512, 512,
    ]  # fmt: skip
    assert set(model["layers"][0]) >= {
        "name", "kind", "activation", "height", "width", "channels", "receptive_field", "stride",
        "parameters", "multiply_adds",
    }  # fmt: skip
    assert [image["id"] for image in data["images"]] == ["chelsea", "coffee", "test-card"]
    assert all(len(image["sha256"]) == 64 and image["alt"] for image in data["images"])
    assert data["problems"] == []


def test_every_sheet_has_its_numbers_and_its_size(site: Path) -> None:
    """54 sheets: 8-bit grey, as large as its columns, rows, tiles and gaps make it."""
    sheets = sorted(p for p in (site / "sheets").glob("*/*/*.json") if p.name != "reading.json")
    assert len(sheets) == 3 * 18
    for path in sheets:
        data = json.loads(path.read_text(encoding="utf-8"))
        assert list(data) == SHEET_KEYS
        assert all([k for k in c if k != "lowest"] == CHANNEL_KEYS for c in data["channels"])
        with Image.open(path.with_name(data["file"])) as image:
            assert image.mode == "L"
            assert image.size == (
                data["columns"] * (data["tile_width"] + data["gap"]) - data["gap"],
                data["rows"] * (data["tile_height"] + data["gap"]) - data["gap"],
            )


def test_reduced_copies_hold_the_largest_of_each_square(site: Path) -> None:
    """block1_conv1 is drawn at half size; each pixel is the maximum of the sheet's 2 x 2."""
    folder = site / "sheets/vgg16/chelsea"
    with Image.open(folder / "block1_conv1.png") as image:
        whole = np.asarray(image)
    with Image.open(folder / "block1_conv1.small.png") as image:
        small = np.asarray(image)
    tile = whole[:224, 225 * 5 : 225 * 5 + 224].reshape(112, 2, 112, 2).max(axis=(1, 3))
    assert np.array_equal(small[:112, 113 * 5 : 113 * 5 + 112], tile)


def test_json_is_read_back_as_it_was_written(site: Path) -> None:
    """Reading and writing again gives the same bytes."""
    folder = site / "sheets/vgg16/coffee"
    for name in ("block1_conv1", "block5_pool"):
        text = (folder / f"{name}.json").read_text(encoding="utf-8")
        assert sheet_json(read_sheet(text)) == text
    text = (folder / "reading.json").read_text(encoding="utf-8")
    assert reading_json(read_reading(text)) == text


def test_a_title_cannot_end_the_script_it_is_in() -> None:
    """Neither by closing the element nor by a line end that only JavaScript sees."""
    image = InputImage(
        id="x", source="x.png", path=Path("x.png"), section="",
        title="</script><script>alert(1)</script>\u2028", alt="a", credit="", license="",
        description="", sha256="0" * 64, width=1, height=1,
    )  # fmt: skip
    model = _Model()
    script = gallery_script(model, [image])  # type: ignore[arg-type]
    assert "</" not in script
    assert "\u2028" not in script
    payload = json.loads(script.removeprefix("window.layerlightImages=").rstrip(";\n"))
    assert payload[0]["title"] == image.title


class _Model:
    id = "vgg16"


@pytest.mark.parametrize(
    "name", ["index.html", "404.html", "embed.html", ".nojekyll", "gallery.json", "static"]
)
def test_the_top_of_the_site_is_as_promised(site: Path, name: str) -> None:
    """Each is there."""
    assert (site / name).exists()
