"""Every channel of one layer for one image."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from generator import layout, sentences
from generator.domain import InputImage, Layer, Sheet
from generator.pages.image import Neighbours, neighbours
from generator.pages.parts import (
    Gallery,
    ImageFacts,
    Link,
    Page,
    Tiles,
    block_title,
    figures,
    legend,
    page,
    rail,
    ratio,
    tile,
    window_box,
)
from generator.sizes import grid_factor
from generator.wording import number, ordinal, percent, shape, size

__all__ = ["layer_page"]

MAP_SIDE = 280
"""Side of the open channel's map, CSS pixels, or the largest whole multiple below it."""


def layer_page(
    gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer, beside: Neighbours
) -> Page:
    """``images/<image>/<model>/<layer>.html``; ``beside`` are the images before and after."""
    model = gallery.model
    at = layout.layer_page(image.id, model.id, layer.name)
    sheet = facts.sheets[layer.name]
    text = gallery.texts.layer(model, layer)

    def same_image(other: Layer) -> str:
        return layout.href(at, layout.layer_page(image.id, model.id, other.name))

    silent = len(sentences.silent_channels(sheet))
    summary = (
        f"{shape(layer)}, one value sees "
        f"{size(layer.window.height, layer.window.width)} px, "
        f"{percent(sentences.zero_share(sheet))} zero, {silent or 'none'} silent"
    )
    return page(
        at,
        "layer.html.jinja",
        gallery,
        title=f"{layer.name}: {image.title}",
        description=f"All {layer.channels} channels of {model.title}’s {layer.name} on "
        f"“{image.title}”: {summary}.",
        section="look",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link(image.title, layout.href(at, layout.image_page(image.id), layer.name)),
        ),
        body={
            "image": image,
            "layer": layer,
            "summary": summary,
            "text": _text(sheet, layer, facts, text.look),
            "about": text.body,
            "about_title": f"What {layer.name} computes",
            "figures": figures(at, model, layer, sheet, image.id),
            "rail": rail(gallery, same_image, layer.name),
            "tiles": _grid(at, gallery, image, sheet, layer),
            "legend": legend(sheet, layer),
            "note": _note(sheet, layer),
            "across": layout.href(at, layout.across_page(model.id, layer.name)),
            "before_after": _before_after(gallery, layer, same_image),
            "neighbours": neighbours(
                at,
                beside,
                partial(layout.layer_page, model=model.id, layer=layer.name),
            ),
            "channel": _channel(at, gallery, image, sheet, layer),
            "block": block_title(layer.block),
        },
    )


def _text(sheet: Sheet, layer: Layer, facts: ImageFacts, look: str) -> str:
    reading = facts.reading.layers[layer.name]
    parts = [
        look,
        sentences.slants(reading),
        sentences.answering(sheet, reading),
        sentences.strongest(sheet, layer),
        sentences.half(sheet),
        sentences.frame(reading),
    ]
    return " ".join(part for part in parts if part)


def _note(sheet: Sheet, layer: Layer) -> str:
    top = max(range(len(sheet.channels)), key=lambda i: (sheet.channels[i].high, -i))
    drawn = grid_factor(layer)
    if sheet.layer_high == 0:
        return "No channel of this layer answers on this image."
    zero = (
        "the middle is zero" if layer.signed else "darkest is zero, or too little to tell from it"
    )
    text = (
        f"One scale for all {layer.channels} channels: {zero}, lightest "
        f"{number(sheet.p99_9)} or more (0.1\u202f% of the non-zero values). A bar compares a "
        f"channel’s strongest value with the layer’s, {number(sheet.layer_high)} in #{top}."
    )
    if drawn > 1:
        text += (
            f" Drawn at 1/{drawn} size: each point is the largest of {size(drawn, drawn)} values."
        )
    return text


def _before_after(gallery: Gallery, layer: Layer, link: Any) -> tuple[Link | None, Link | None]:
    layers = gallery.model.layers
    here = layers.index(layer)
    before = layers[here - 1] if here else None
    after = layers[here + 1] if here + 1 < len(layers) else None
    return (
        Link(before.name, link(before)) if before else None,
        Link(after.name, link(after)) if after else None,
    )


def _grid(at: str, gallery: Gallery, image: InputImage, sheet: Sheet, layer: Layer) -> Tiles:
    """Every channel in order, cut out of the sheet or of its reduced copy."""
    model = gallery.model
    factor = grid_factor(layer)
    file = layout.small_sheet_png if factor > 1 else layout.sheet_png
    by_strength = sorted(range(layer.channels), key=lambda c: (-sheet.channels[c].high, c))
    ranks = {c: i + 1 for i, c in enumerate(by_strength)}
    tiles = []
    for c in range(layer.channels):
        facts = sheet.channels[c]
        peak = facts.peaks[0] if facts.peaks else None
        base = tile(
            sheet, layer, c, x=c % sheet.columns, y=c // sheet.columns, href=f"#{c}", label=str(c)
        )
        tiles.append(
            replace(
                base,
                facts=" ".join(
                    [
                        f"{facts.high:.9g}",
                        f"{facts.mean:.9g}",
                        f"{facts.zero_fraction:.9g}",
                        str(peak.row if peak else -1),
                        str(peak.column if peak else -1),
                        str(ranks[c]),
                    ]
                ),
            )
        )
    return Tiles(
        sheet=layout.href(at, file(model.id, image.id, layer.name)),
        columns=sheet.columns,
        rows=sheet.rows,
        pixel_height=-(-layer.height // factor),
        pixel_width=-(-layer.width // factor),
        gap=sheet.gap,
        gain=ratio(sheet.layer_high, sheet.p99_9),
        signed=layer.signed,
        tiles=tuple(tiles),
    )


def _channel(
    at: str, gallery: Gallery, image: InputImage, sheet: Sheet, layer: Layer
) -> dict[str, Any]:
    """The channel that is open when the page is opened: the strongest."""
    model = gallery.model
    top = max(range(len(sheet.channels)), key=lambda i: (sheet.channels[i].high, -i))
    facts = sheet.channels[top]
    peak = facts.peaks[0] if facts.peaks else None
    longest = max(layer.height, layer.width)
    multiple = max(1, MAP_SIDE // longest)
    box = window_box(layer, model, peak)
    return {
        "number": top,
        "rank": _rank(1, layer.channels) if peak else "silent on this image",
        "photo": layout.href(at, layout.input_png(model.id, image.id)),
        "sheet": layout.href(at, layout.sheet_png(model.id, image.id, layer.name)),
        "columns": sheet.columns,
        "rows": sheet.rows,
        "x": top % sheet.columns,
        "y": top // sheet.columns,
        "gain": ratio(facts.high, sheet.p99_9),
        "map_height": layer.height * multiple,
        "map_width": layer.width * multiple,
        "map_size": size(layer.height, layer.width),
        "peak": peak,
        "value": number(peak.value) if peak else "0",
        "mean": number(facts.mean),
        "zero": percent(facts.zero_fraction),
        "box": box,
        "window": layer.window,
        "lightest": number(sheet.p99_9),
        "p99_9": sheet.p99_9,
        "layer_high": sheet.layer_high,
    }


def _rank(rank: int, channels: int) -> str:
    place = "" if rank == 1 else f"{ordinal(rank)} "
    return f"the {place}strongest of {channels} on this image"
