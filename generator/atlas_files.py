"""The atlas's files in a site: sheets and numbers as they were made, and small copies of a few.

With ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from generator import contract, layout, pages
from generator.atlas import Atlas, sheet
from generator.domain import AtlasSheet, Mark
from generator.encode import resized, webp
from generator.encoders import WORKERS
from generator.site import Staging

__all__ = ["write_atlas_files"]

STRIP_QUALITY = 86


def write_atlas_files(
    gallery: pages.Gallery, seen: pages.Survey, atlas: Atlas, stage: Staging
) -> None:
    """Everything of the atlas but its pages."""
    model = gallery.model.id
    for layer, facts in atlas.sheets.items():
        stage.write(layout.atlas_sheet(model, layer), atlas.sheet(layer))
        stage.write(layout.atlas_json(model, layer), atlas.facts(layer))
        script = layout.atlas_script(model, layer)
        stage.write(script, contract.atlas_script(script, facts, seen.across[layer]))
    marks = gallery.facts(gallery.images[0].id).reading.blocks
    wanted = dict.fromkeys([*pages.atlas_rows(gallery), *(mark.layer for mark in marks)])
    layers = [layer for layer in wanted if layer in atlas.sheets]
    with ThreadPoolExecutor(WORKERS) as workers:
        # decoding leaves the interpreter's lock
        tiles = dict(zip(layers, workers.map(lambda la: _tiles(atlas, la), layers), strict=True))
    for layer in pages.atlas_rows(gallery):
        chosen = [tiles[layer][c] for c in atlas.sheets[layer].specimens]
        if chosen:
            stage.write(layout.atlas_strip(model, layer), _strip(chosen))
    marked = _marked(marks, tiles, atlas.sheets)
    if marked:
        stage.write(layout.atlas_marks(model), _strip(marked))


def _tiles(atlas: Atlas, layer: str) -> NDArray[np.uint8]:
    return sheet.read(atlas.sheets[layer], atlas.sheet(layer))


def _marked(
    marks: Sequence[Mark], tiles: dict[str, NDArray[np.uint8]], facts: dict[str, AtlasSheet]
) -> list[NDArray[np.uint8]]:
    """A picture for each mark, plain where the atlas has none; none at all if it has none."""
    there = [m.layer in tiles and facts[m.layer].channels[m.channel] is not None for m in marks]
    if not any(there):
        return []
    side = pages.ATLAS_SIDE
    plain = np.full((side, side, 3), sheet.NOTHING, dtype=np.uint8)
    return [
        tiles[mark.layer][mark.channel] if shown else plain
        for mark, shown in zip(marks, there, strict=True)
    ]


def _strip(pictures: Sequence[NDArray[np.uint8]]) -> bytes:
    """Side by side, each brought to the size at which pages show them."""
    side = pages.ATLAS_SIDE
    strip = np.full((side, side * len(pictures), 3), sheet.NOTHING, dtype=np.uint8)
    for i, picture in enumerate(pictures):
        same = resized(picture, side)  # not square only for a network that takes no squares
        strip[: same.shape[0], i * side : i * side + same.shape[1]] = same
    return webp(strip, STRIP_QUALITY)
