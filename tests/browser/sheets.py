"""What stands in a built gallery's sheets, read with Pillow and json alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["data_of", "facts_of", "grey_of", "strongest"]


def facts_of(site: Path, image: str, layer: str) -> dict[str, Any]:
    """A sheet's JSON."""
    path = site / "sheets/vgg16" / image / f"{layer}.json"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def grey_of(site: Path, image: str, layer: str, channel: int) -> np.ndarray:
    """One channel's samples, (height, width), 0 to 255."""
    facts = facts_of(site, image, layer)
    with Image.open(site / "sheets/vgg16" / image / f"{layer}.png") as opened:
        sheet = np.asarray(opened, dtype=np.float64)
    top = channel // facts["columns"] * (facts["tile_height"] + facts["gap"])
    left = channel % facts["columns"] * (facts["tile_width"] + facts["gap"])
    return sheet[top : top + facts["tile_height"], left : left + facts["tile_width"]]


def strongest(facts: dict[str, Any]) -> int:
    """The channel with the largest value."""
    highs = [channel["high"] for channel in facts["channels"]]
    return highs.index(max(highs))


def data_of(script: Path) -> Any:
    """What a data script hands over."""
    text = script.read_text(encoding="utf-8")
    return json.loads(text[text.index("]=") + 2 :].rstrip().removesuffix(";"))
