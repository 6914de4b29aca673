"""Everything in one image's sheets folder, made of the maps of its layers.

With ``generator.pipeline`` this puts stages together. It knows neither TensorFlow nor where files
go, so it runs as well in threads, in processes of their own (``generator.encoders``) and on other
machines (``generator.cluster``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator import contract, layout, reading, sheets
from generator.domain import Evidence, Layer, LayerReading, Model, Reading, Sheet
from generator.encode import grey_png, resized, rgb_png, webp
from generator.evidence import Kernels, evidence_of, weighted
from generator.points import points_of
from generator.sizes import BLOCKS_SIDE, SMALL_PHOTO, grid_factor, strip_factor

__all__ = [
    "Found",
    "Maps",
    "Measures",
    "Pixels",
    "Plan",
    "Run",
    "Write",
    "image_files",
    "kernels_of",
    "save",
]

_SMALL_QUALITY = 80
"""Of small photographs, 0 to 100: 8 kB of 90."""
_FEW_PIXELS = 112
"""So small a photograph is enlarged on its card, where what is lost would show: nothing is."""

Write = Callable[[str, bytes | str], None]
Pixels = NDArray[np.uint8]
Maps = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written for every image."""

    model: Model
    kernels: Kernels
    values: bool
    """Whether pages from a file get their sheets as data as well, for numbers on hover."""


class Run(NamedTuple):
    """One image that has been through the network."""

    image: str
    """Its id."""
    pixels: Pixels
    """The network's input, (height, width, 3),"""
    fed: NDArray[np.float32]
    """and what was made of it before it went in, (height, width, channels)."""
    maps: Maps
    """What the layers put out, (height, width, channels) each, by their names."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on one image, as its files have it."""

    sheets: dict[str, Sheet]
    reading: Reading
    evidence: Evidence


Found = Callable[[], Measures]
"""What was measured on an image, unpacked when it is asked for: until then it is small."""


def kernels_of(network: Any) -> Kernels:
    """The numbers of a network's convolutions, as the evidence wants them."""
    found = {layer.name: network.kernel(layer.name) for layer in network.spec.layers}
    return {name: weighted(*numbers) for name, numbers in found.items() if numbers}


def save(run: Run, plan: Plan, write: Write) -> Measures:
    """Write everything in one image's sheets folder; what was measured on it."""
    files = image_files(run, plan)
    while True:
        try:
            write(*next(files))
        except StopIteration as end:
            measures: Measures = end.value
            return measures


def image_files(run: Run, plan: Plan) -> Generator[tuple[str, bytes | str], None, Measures]:
    """Everything in one image's sheets folder, as (path, bytes), layer by layer.

    In the end it returns what was measured, which is also in the files.
    """
    model, image, maps = plan.model, run.image, run.maps
    photo = rgb_png(run.pixels)
    yield layout.input_png(model.id, image), photo
    miniature = resized(run.pixels, min(SMALL_PHOTO, max(run.pixels.shape[:2])))
    yield layout.small_photo(model.id, image), webp(miniature, _quality(miniature))
    if plan.values:
        script = layout.input_script(model.id, image)
        yield script, contract.pixels_script(script, photo)
    found_sheets: dict[str, Sheet] = {}
    looks: dict[str, reading.LayerLook] = {}
    finite: dict[str, NDArray[np.float32]] = {}
    last: dict[str, tuple[Layer, sheets.Measured]] = {}
    standing = reading.representatives(model.layers)
    before: tuple[Layer, LayerReading] | None = None
    for layer in model.layers:
        measured = sheets.sheet_of(
            maps[layer.name], model=model.id, image=image, layer=layer.name, signed=layer.signed
        )
        same = _same_channels(layer, before)
        looks[layer.name] = reading.look(measured.maps, measured.sheet, same)
        before = (layer, looks[layer.name].reading)
        found_sheets[layer.name] = measured.sheet
        finite[layer.name] = measured.maps
        if standing.get(layer.block) is layer:
            last[layer.block] = (layer, measured)
        yield from _layer_files(image, layer, measured, looks[layer.name].reading, plan.values)
    found = reading.read_image(model.layers, looks)
    yield layout.reading_json(model.id, image), contract.reading_json(found)
    yield from _block_files(image, model, found, last)
    script = layout.points_script(model.id, image)
    yield script, contract.points_script(script, points_of(model.layers, finite, model.input))
    evidence = yield from _evidence_files(run, plan, found_sheets)
    return Measures(found_sheets, found, evidence)


def _quality(photo: NDArray[np.uint8]) -> int:
    return 100 if max(photo.shape[:2]) <= _FEW_PIXELS else _SMALL_QUALITY


def _evidence_files(
    run: Run, plan: Plan, measured: dict[str, Sheet]
) -> Generator[tuple[str, str], None, Evidence]:
    """Where the strongest values come from."""
    model, image, maps = plan.model, run.image, run.maps
    found = evidence_of(model.layers, maps, run.fed, plan.kernels, measured)
    for layer, accounts in found.accounts.items():
        script = layout.evidence_script(model.id, image, layer)
        yield script, contract.accounts_script(script, accounts)
    script = layout.threads_script(model.id, image)
    yield script, contract.threads_script(script, found.knots)
    return found


def _block_files(
    image: str, model: Model, found: Reading, last: dict[str, tuple[Layer, sheets.Measured]]
) -> Iterator[tuple[str, bytes]]:
    """The marked map of each block, whole, and all of them small side by side."""
    marked = {layer.name: (layer, measured) for layer, measured in last.values()}
    small = []
    for mark in found.blocks:
        layer, measured = marked[mark.layer]
        grey = measured.grey[mark.channel]
        if layer.signed:
            grey = sheets.magnitude(grey)
        yield layout.block_png(model.id, image, layer.block), grey_png(grey)
        factor = max(1, -(-max(grey.shape) // BLOCKS_SIDE))
        reduced = sheets.reduce_by_maximum(grey[None], factor)
        small.append(sheets.enlarge(reduced, BLOCKS_SIDE, model.input.height, model.input.width)[0])
    if small:
        tiles = sheets.tile(np.stack(small), len(small))
        yield layout.blocks_png(model.id, image), grey_png(tiles)


def _same_channels(layer: Layer, before: tuple[Layer, LayerReading] | None) -> LayerReading | None:
    """A pool's channels are those of the layer that feeds it, if that comes just before."""
    pooled = layer.kind == "pool" and layer.operation is not None
    if before and pooled and layer.operation and layer.operation.source == before[0].name:
        return before[1]
    return None


def _layer_files(
    image: str, layer: Layer, measured: sheets.Measured, found: LayerReading, values: bool
) -> Iterator[tuple[str, bytes | str]]:
    sheet, grey, _ = measured
    model = sheet.model

    def tiled(tiles: NDArray[np.uint8], columns: int) -> bytes:
        return grey_png(sheets.tile(tiles, columns, signed=layer.signed))

    png = tiled(grey, sheet.columns)
    yield layout.sheet_png(model, image, layer.name), png
    if values:
        script = layout.values_script(model, image, layer.name)
        yield script, contract.pixels_script(script, png)
    yield layout.sheet_json(model, image, layer.name), contract.sheet_json(sheet)
    factor = grid_factor(layer)
    if factor > 1:
        small = sheets.reduce(grey, factor, signed=layer.signed)
        yield layout.small_sheet_png(model, image, layer.name), tiled(small, sheet.columns)
    chosen = grey[list(found.telling)]
    strip = sheets.reduce(chosen, strip_factor(layer), signed=layer.signed)
    yield layout.strip_png(model, image, layer.name), tiled(strip, len(found.telling))
