"""The architecture: drawn in proportion, every layer's numbers, and where the weights are from."""

from __future__ import annotations

from dataclasses import dataclass

from generator import layout
from generator.domain import Layer
from generator.pages.article import article, excerpts
from generator.pages.parts import Gallery, ImageFacts, Link, Page, block_title, page, rail
from generator.pages.scene import first_scene
from generator.pages.values import say
from generator.wording import percent, size, stride

__all__ = ["model_page"]


@dataclass(frozen=True, slots=True)
class Row:
    """One layer in the table."""

    layer: Layer
    href: str
    map_size: str
    window: str
    stride: str
    parameters: str
    multiply_adds: str
    values: str
    zero: str


@dataclass(frozen=True, slots=True)
class Slab:
    """One layer in the drawing, in the drawing's units."""

    name: str
    short: str
    href: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    spoken: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The network seen from the side: height a map's side, width its channels."""

    width: float
    height: float
    slabs: tuple[Slab, ...]
    labels: tuple[tuple[float, str, str], ...]
    """x, block, what a reader wants to know of it."""


DRAWING_HEIGHT = 224
DRAWING_WIDTH = 1376
GAP, BLOCK_GAP = 6, 30
LABEL_WIDTH = 84
"""Least distance between the names of two blocks."""


def model_page(gallery: Gallery, first: ImageFacts) -> Page:
    """``models/<model>/index.html``; shares of zeros are those of the first image."""
    model = gallery.model
    at = layout.model_page(model.id)
    text = gallery.texts.network(model)
    scene = first_scene(at, gallery, first)
    about = article(scene, text.body, own="body" in text.own)
    blocks = [(gallery.texts.block(model, name), name, members) for name, members in gallery.blocks]
    leads = [article(scene, block.body, own="body" in block.own) for block, _, _ in blocks]
    title = text.title if "title" in text.own else f"{model.title}, layer by layer"
    layers = model.layers
    total = {
        "parameters": f"{sum(la.parameters for la in layers):,}",
        "multiply_adds": f"{sum(la.multiply_adds for la in layers) / 1e6:,.0f}",
        "channels": f"{sum(la.channels for la in layers):,}",
        "map_values": f"{sum(la.channels * la.height * la.width for la in layers):,}",
    }
    return page(
        at,
        "model.html.jinja",
        gallery,
        title=title,
        description=say(scene, text.lead),
        section="network",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Network", "")),
        body={
            "lead": say(scene, text.lead),
            "text": about,
            "rail": rail(
                gallery, lambda la: layout.href(at, layout.across_page(model.id, la.name))
            ),
            "drawing": _drawing(at, gallery),
            "blocks": tuple(
                (
                    f"{block_title(name)}: {block.title}" if block.title else block_title(name),
                    lead,
                    tuple(_row(at, gallery, first, la) for la in members),
                )
                for (block, name, members), lead in zip(blocks, leads, strict=True)
            ),
            "total": total,
            "merges": any(la.kind == "merge" for la in layers),
            "pools": any(la.kind == "pool" for la in layers),
            "whole": any(not (la.window.stride_y or la.window.stride_x) for la in layers),
            "first": gallery.images[0],
            "input_size": size(model.input.height, model.input.width),
        },
        excerpts=excerpts(about, *leads),
    )


def _row(at: str, gallery: Gallery, first: ImageFacts, layer: Layer) -> Row:
    return Row(
        layer=layer,
        href=layout.href(at, layout.across_page(gallery.model.id, layer.name)),
        map_size=size(layer.height, layer.width),
        window=size(layer.window.height, layer.window.width),
        stride=stride(layer.window),
        parameters=f"{layer.parameters:,}" if layer.parameters else "0",
        multiply_adds=f"{layer.multiply_adds / 1e6:,.0f}" if layer.multiply_adds else "0",
        values=f"{layer.channels * layer.height * layer.width:,}",
        zero=percent(first.sheets[layer.name].zero_share),
    )


def _drawing(at: str, gallery: Gallery) -> Drawing:
    model = gallery.model
    side = max(model.input.height, model.input.width)
    gap = min(GAP, DRAWING_WIDTH / 3 / len(model.layers))
    room = DRAWING_WIDTH - gap * len(model.layers) - BLOCK_GAP * len(gallery.blocks)
    unit = room / sum(la.channels for la in model.layers)
    x = 0.0
    slabs: list[Slab] = []
    labels: list[tuple[float, str, str]] = []
    for name, layers in gallery.blocks:
        labels.append(
            (
                round(x, 1),
                block_title(name),
                size(layers[0].height, layers[0].width),
            )
        )
        for layer in layers:
            height = max(1.5, DRAWING_HEIGHT * max(layer.height, layer.width) / side)
            width = max(min(3.0, gap), layer.channels * unit)
            slabs.append(
                Slab(
                    name=layer.name,
                    short=layer.name.removeprefix(f"{name}_"),
                    href=layout.href(at, layout.across_page(model.id, layer.name)),
                    kind=layer.kind,
                    x=round(x, 1),
                    y=round(DRAWING_HEIGHT - height, 1),
                    width=round(width, 1),
                    height=round(height, 1),
                    spoken=f"{layer.name}: {layer.channels} maps of "
                    f"{size(layer.height, layer.width)}",
                )
            )
            x += width + gap
        x = max(x + BLOCK_GAP, labels[-1][0] + LABEL_WIDTH)
    width = max(slabs[-1].x + slabs[-1].width, labels[-1][0] + LABEL_WIDTH)
    return Drawing(round(width, 1), DRAWING_HEIGHT, tuple(slabs), tuple(labels))
