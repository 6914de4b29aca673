"""Every channel of one layer for one image."""

from __future__ import annotations

from functools import partial
from typing import Any

from generator import layout, sentences
from generator.domain import InputImage, Layer, Sheet
from generator.pages.article import article
from generator.pages.channel import channel_view
from generator.pages.embed import framing
from generator.pages.grid import grid
from generator.pages.image import Neighbours, neighbours
from generator.pages.parts import (
    Gallery,
    ImageFacts,
    Link,
    Page,
    block_title,
    ends_words,
    figures,
    legend,
    page,
    rail,
    zero_words,
)
from generator.pages.plots import layer_plots
from generator.pages.scene import Scene
from generator.pages.values import say
from generator.sizes import grid_factor, grid_side
from generator.wording import number, percent, shape, size

__all__ = ["layer_page"]

SORTS = (
    ("number", "by number", ""),
    ("strength", "strongest first", "By the strongest value."),
    ("sparsity", "most zeros first", "By the share of zeros."),
    (
        "spread",
        "most spread first",
        # Treves & Rolls, "What determines the capacity of autoassociative memories", 1991
        "By how evenly a map is lit: its mean squared over the mean of its squares (Treves & Rolls "
        "1991). Single spots come last.",
    ),
    (
        "difference",
        "most unlike the gallery",
        "By how far the mean of a map lies from the channel’s mean over all images of the gallery, "
        "in activation units.",
    ),
)
BY_PICTURE = (
    "picture",
    "nearest its picture first",
    "By the channel’s mean here as a share of its mean on the picture that was made for it; "
    "channels without a picture come last.",
)
EVERYWHERE = 0.95
"""A channel that answers on so much of its map, or more, is always on."""


def layer_page(
    gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer, beside: Neighbours
) -> Page:
    """``images/<image>/<model>/<layer>.html``; ``beside`` are the images before and after."""
    model = gallery.model
    at = layout.layer_page(image.id, model.id, layer.name)
    sheet = facts.sheets[layer.name]
    text = gallery.texts.layer(model, layer)
    scene = Scene(at, gallery, image, lambda: facts, layer)

    def same_image(other: Layer) -> str:
        return layout.href(at, layout.layer_page(image.id, model.id, other.name))

    silent = len(sheet.silent)
    summary = (
        f"{shape(layer)}, one value sees "
        f"{size(layer.window.height, layer.window.width)} px, "
        f"{percent(sheet.zero_share)} zero, {silent or 'none'} silent"
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
            Link(image.title, layout.href(at, gallery.image_page(image.id), layer.name)),
        ),
        body={
            "image": image,
            "layer": layer,
            "summary": summary,
            "look": say(scene, text.look),
            "found": _found(sheet, layer, facts),
            "about": article(scene, text.body, own="body" in text.own),
            "about_title": f"What {layer.name} computes",
            "figures": figures(at, model, layer, sheet, image.id),
            "rail": rail(gallery, same_image, layer.name),
            "tiles": grid(at, sheet, layer),
            "legend": legend(sheet, layer),
            "note": _note(sheet, layer),
            "sizes": _sizes(layer),
            "sorts": (*SORTS, BY_PICTURE) if layer.name in gallery.atlas else SORTS,
            "shows": _shows(sheet),
            "across": layout.href(at, layout.across_page(model.id, layer.name)),
            "before_after": _before_after(gallery, layer, same_image),
            "small": layout.small_photo(model.id, "{id}"),
            "neighbours": neighbours(
                at,
                beside,
                partial(layout.layer_page, model=model.id, layer=layer.name),
            ),
            "channel": channel_view(at, gallery, image, facts, layer),
            "framing": framing(at, gallery, image),
            "plots": layer_plots(at, gallery, image, facts, layer),
            "block": block_title(layer.block),
        },
    )


def _found(sheet: Sheet, layer: Layer, facts: ImageFacts) -> str:
    reading = facts.reading.layers[layer.name]
    parts = [
        sentences.slants(reading),
        sentences.answering(sheet, reading),
        sentences.strongest(sheet, layer),
        sentences.half(sheet),
        sentences.frame(reading),
    ]
    return " ".join(part for part in parts if part)


def _note(sheet: Sheet, layer: Layer) -> str:
    top = sheet.strongest
    drawn = grid_factor(layer)
    if sheet.layer_high == 0:
        return "No channel of this layer answers on this image."
    text = (
        f"One scale for all {layer.channels} channels: {zero_words(layer)}, "
        f"{ends_words(layer, sheet.p99_9)} (0.1\u202f% of the non-zero values). A bar compares a "
        f"channel’s strongest value with the layer’s, {number(sheet.layer_high)} in #{top}."
    )
    if drawn > 1:
        text += (
            f" Drawn at 1/{drawn} size: each point is the largest of {size(drawn, drawn)} values."
        )
    return text


def _sizes(layer: Layer) -> tuple[tuple[str, str, str], ...]:
    """Sides of a tile to choose from; the first is the one a page opens with."""
    sides = (112, 56, 224) if grid_side(layer) == 112 else (56, 112, 224)
    return tuple((str(side), f"{side} px", "") for side in sides)


def _shows(sheet: Sheet) -> tuple[tuple[str, str, str], ...]:
    """Which channels can be shown, and how many there are."""
    silent = len(sheet.silent)
    always = sum(zeros <= 1 - EVERYWHERE for zeros in sheet.channels.zero_fraction)
    return (
        ("all", f"all {len(sheet.channels)}", ""),
        ("lit", f"those that answer: {len(sheet.channels) - silent}", ""),
        ("silent", f"silent: {silent}", ""),
        ("always", f"lit on {percent(EVERYWHERE)} or more: {always}", ""),
    )


def _before_after(gallery: Gallery, layer: Layer, link: Any) -> tuple[Link | None, Link | None]:
    layers = gallery.model.layers
    here = layers.index(layer)
    before = layers[here - 1] if here else None
    after = layers[here + 1] if here + 1 < len(layers) else None
    return (
        Link(before.name, link(before)) if before else None,
        Link(after.name, link(after)) if after else None,
    )
