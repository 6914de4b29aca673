"""The figures that a text may ask for: ``{figure: maps block1_conv1 10 14}`` and its like.

Each takes the scene and the words after its name, and gives what its macro needs
(``learn_figures.html.jinja``); None where the gallery has not what it shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator import layout
from generator.domain import Layer, Sheet, WorkedExample
from generator.pages.front import marked
from generator.pages.parts import Excerpt, Gallery, Tiles, block_title, legend, tile
from generator.pages.scene import Scene
from generator.pages.strips import sheet_tiles, strip_tiles
from generator.wording import MINUS, percent

__all__ = ["DRAWN", "EVERYWHERE", "STRONGEST", "figure"]

STRONGEST = "strongest"
"""In place of a channel's number: the channel with the layer's largest value on the image."""
EVERYWHERE = frozenset({"maps"})
"""Figures for any text. The others speak of the gallery as a whole, in chapters of the course."""

Found = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One product of the worked example."""

    pixel: str
    input: str
    weight: str


@dataclass(frozen=True, slots=True)
class Plane:
    """One colour of the worked example."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    sum: str


@dataclass(frozen=True, slots=True)
class Worked:
    """The worked example in display strings."""

    layer: str
    channel: int
    row: int
    column: int
    planes: tuple[Plane, ...]
    bias: str
    total: str
    addition: str
    """ "116.0 + 84.5 - 3.2 + 1.3": the colours' sums and the bias."""
    after: str
    href: str
    setup: str
    """The larger window, the kernel and the bias as JSON, for the script that moves the kernel."""
    swatches: tuple[str, ...]
    """Colours of the larger window's pixels, row by row; "" beyond the image."""
    across: int
    """Pixels of the larger window, a side."""
    left: float
    """Of the window on the photograph, percent."""
    top: float
    width: float
    height: float


def figure(scene: Scene, words: tuple[str, ...]) -> Found:
    """What ``{figure: words}`` shows."""
    draw = DRAWN.get(words[0]) if words else None
    data = draw(scene, words[1:]) if draw else None
    return None if data is None else {"kind": words[0], **data}


def _convolution(scene: Scene, _: tuple[str, ...]) -> Found:
    example = scene.gallery.example
    return {"worked": _worked(scene.at, scene.gallery, example)} if example else None


def _windows(scene: Scene, _: tuple[str, ...]) -> Found:
    at, gallery, facts = scene.at, scene.gallery, scene.facts()
    marks = [marked(at, gallery, scene.image.id, facts, mark) for mark in facts.reading.blocks]
    leads = {
        block_title(name): gallery.texts.block(gallery.model, name).title
        for name, _ in gallery.blocks
    }
    sought = any(mark.sought for mark in marks)
    strip = layout.href(at, layout.atlas_marks(gallery.model.id)) if sought else ""
    return {"marks": marks, "leads": leads, "sought": strip} if marks else None


def _scales(scene: Scene, _: tuple[str, ...]) -> Found:
    gallery, facts = scene.gallery, scene.facts()
    blocks = facts.reading.blocks
    layer = gallery.layer(blocks[len(blocks) // 2].layer) if blocks else gallery.model.layers[-1]
    return {
        "layer": layer,
        "tiles": strip_tiles(scene.at, gallery, scene.image, facts, layer),
        "legend": legend(facts.sheets[layer.name], layer),
    }


def _maps(scene: Scene, words: tuple[str, ...]) -> Found:
    """``{figure: maps block1_conv1 10 strongest}``: channels of a layer on the image."""
    layer = scene.layer(words[0]) if words else None
    sheet = scene.sheet(layer) if layer else None
    if layer is None or sheet is None:
        return None
    channels = [sheet.strongest if word == STRONGEST else int(word) for word in words[1:]]
    if any(channel >= layer.channels for channel in channels):
        return None
    # for a page of one image that would be a file an image: there the sheet has to do
    path = layout.excerpt_png(scene.gallery.model.id, layer.name, channels)
    excerpt = Excerpt(path, scene.image.id, layer, tuple(channels)) if scene.of_gallery else None
    return {
        "image": scene.image,
        "layer": layer,
        "channels": channels,
        "tiles": _tiles(scene, layer, sheet, channels, excerpt),
        "legend": legend(sheet, layer),
        "excerpt": excerpt,
    }


def _tiles(
    scene: Scene, layer: Layer, sheet: Sheet, channels: list[int], excerpt: Excerpt | None
) -> Tiles:
    """Channels of a layer, in a file of their own or cut out of the image's sheet."""
    at, model, image = scene.at, scene.gallery.model, scene.image
    target = layout.layer_page(image.id, model.id, layer.name)
    tiles = tuple(
        tile(
            sheet,
            layer,
            c,
            x=i if excerpt else c % sheet.columns,
            y=0 if excerpt else c // sheet.columns,
            href=layout.href(at, target, str(c)),
            label=f"#{c}",
        )
        for i, c in enumerate(channels)
    )
    cut = sheet_tiles(at, layer, sheet, tiles)
    if excerpt is None:
        return cut
    return replace(cut, sheet=layout.href(at, excerpt.path), columns=len(channels), rows=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A layer's share of zeros."""

    name: str
    href: str
    share: str
    width: float
    """Percent."""
    silent: int
    channels: int


def _zeros(scene: Scene, _: tuple[str, ...]) -> Found:
    model, image = scene.gallery.model, scene.image
    bars = []
    for layer in model.layers:
        sheet = scene.facts().sheets[layer.name]
        share = sheet.zero_share
        bars.append(
            Bar(
                layer.name,
                layout.href(scene.at, layout.layer_page(image.id, model.id, layer.name)),
                percent(share),
                round(100 * share, 1),
                len(sheet.silent),
                layer.channels,
            )
        )
    return {"bars": bars}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a convolution costs."""

    name: str
    multiply_adds: str
    """Millions,"""
    work: float
    """against the layer with most, percent."""
    parameters: str
    room: float


def _costs(scene: Scene, _: tuple[str, ...]) -> Found:
    layers = [layer for layer in scene.gallery.model.layers if layer.kind == "conv"]
    if not layers:
        return None
    most = max(layer.multiply_adds for layer in layers)
    largest = max(layer.parameters for layer in layers)
    return {
        "costs": [
            Cost(
                layer.name,
                f"{layer.multiply_adds / 1e6:,.0f}",
                round(100 * layer.multiply_adds / most, 1),
                f"{layer.parameters:,}",
                round(100 * layer.parameters / largest, 1),
            )
            for layer in layers
        ]
    }


DRAWN: Mapping[str, Callable[[Scene, tuple[str, ...]], Found]] = {
    "pixels": _convolution,
    "convolution": _convolution,
    "windows": _windows,
    "hierarchy": _windows,
    "scales": _scales,
    "maps": _maps,
    "zeros": _zeros,
    "costs": _costs,
}


def _worked(at: str, gallery: Gallery, example: WorkedExample) -> Worked:
    side, model = example.side, gallery.model
    planes = []
    for name, pixels, inputs, weights, total in zip(
        example.colours,
        example.pixels,
        example.inputs,
        example.weights,
        example.sums,
        strict=True,
    ):
        cells = [
            Cell(str(p), _signed(i, 1), _signed(w, 3))
            for p, i, w in zip(pixels, inputs, weights, strict=True)
        ]
        rows = tuple(tuple(cells[r * side : (r + 1) * side]) for r in range(side))
        planes.append(Plane(name, rows, _signed(total, 1)))
    target = layout.layer_page(gallery.images[0].id, model.id, example.layer)
    half = side // 2
    return Worked(
        layer=example.layer,
        channel=example.channel,
        row=example.row,
        column=example.column,
        planes=tuple(planes),
        bias=_signed(example.bias, 2),
        total=_signed(example.value, 1),
        addition=_addition([*example.sums, example.bias]),
        after=_signed(max(0.0, example.value), 1),
        href=layout.href(at, target, str(example.channel)),
        setup=json.dumps(
            {
                "around": example.around,
                "weights": example.weights,
                "bias": example.bias,
                "row": example.row,
                "column": example.column,
                "side": side,
            },
            separators=(",", ":"),
        ),
        swatches=tuple(
            f"#{p[0]:02x}{p[1]:02x}{p[2]:02x}" if p else "" for p in example.around_pixels
        ),
        across=side + 2,
        left=round(100 * (example.column - half) / model.input.width, 3),
        top=round(100 * (example.row - half) / model.input.height, 3),
        width=round(100 * side / model.input.width, 3),
        height=round(100 * side / model.input.height, 3),
    )


def _addition(parts: list[float]) -> str:
    text = _signed(parts[0], 1)
    for part in parts[1:]:
        text += f" {'+' if part >= 0 else MINUS} {abs(part):.1f}"
    return text


def _signed(value: float, places: int) -> str:
    """With a proper minus sign."""
    text = f"{value:.{places}f}"
    return "0" if float(text) == 0 else text.replace("-", MINUS)
