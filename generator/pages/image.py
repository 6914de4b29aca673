"""One image through the whole network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from generator import layout, sentences
from generator.domain import InputImage, Layer, Sheet
from generator.pages.classes import class_section
from generator.pages.handouts import handouts_href
from generator.pages.parts import (
    Figures,
    Gallery,
    ImageFacts,
    Legend,
    Link,
    Page,
    Tiles,
    block_title,
    figures,
    legend,
    page,
    rail,
    window_numbers,
)
from generator.pages.scene import Scene
from generator.pages.strips import strip_size, strip_tiles
from generator.pages.values import say
from generator.sizes import cells_of
from generator.wording import count, number, percent, shape, size

__all__ = ["Neighbours", "image_page", "neighbours"]

Neighbours = tuple[InputImage | None, InputImage | None]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One layer on the image's page."""

    layer: Layer
    href: str
    shape: str
    figures: Figures
    text: str
    """What to look for, then what is true of this image."""
    tiles: Tiles
    legend: Legend
    caption: str
    all_text: str
    strongest: str
    """For the key: "channel 10, 414"."""


@dataclass(frozen=True, slots=True)
class BlockChapters:
    """The layers of one block."""

    id: str
    title: str
    lead: str
    chapters: tuple[Chapter, ...]


def image_page(gallery: Gallery, image: InputImage, facts: ImageFacts, beside: Neighbours) -> Page:
    """``images/<image>/index.html``; ``beside`` are the images before and after."""
    at = gallery.image_page(image.id)
    model = gallery.model
    scene = Scene(at, gallery, image, lambda: facts)
    parts = tuple(
        BlockChapters(
            id=name,
            title=f"{block_title(name)}: {text.title}" if text.title else block_title(name),
            lead=say(scene, text.lead),
            chapters=tuple(_chapter(at, gallery, image, facts, la) for la in layers),
        )
        for name, layers in gallery.blocks
        for text in [gallery.texts.block(model, name)]
    )
    return page(
        at,
        "image.html.jinja",
        gallery,
        title=f"{image.title} through {model.title}",
        description=_lead(gallery, facts),
        section="look",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Images", "")),
        body={
            "image": image,
            "exercises": layout.href(at, layout.exercises_page(image.id)) if gallery.main else "",
            "photo": layout.href(at, layout.input_png(model.id, image.id)),
            "input_size": size(model.input.height, model.input.width),
            "lead": _lead(gallery, facts),
            "handouts": handouts_href(at, gallery, image.id),
            "classes": class_section(scene, image, facts.verdict),
            "rail": rail(gallery, lambda la: f"#{la.name}", model.layers[0].name),
            "blocks": parts,
            "points": json.dumps(_points(at, gallery, image, facts), separators=(",", ":")),
            "pattern": _pattern(at, gallery),
            "small": layout.small_photo(model.id, "{id}"),
            "root": layout.href(at, layout.FRONT_PAGE).removesuffix(layout.FRONT_PAGE),
            "neighbours": neighbours(at, beside, gallery.image_page),
        },
    )


def _pattern(at: str, gallery: Gallery) -> str:
    """This page's address of the image {id}."""
    root = layout.href(at, layout.FRONT_PAGE).removesuffix(layout.FRONT_PAGE)
    return root + gallery.image_page("{id}")


def _points(at: str, gallery: Gallery, image: InputImage, facts: ImageFacts) -> dict[str, object]:
    """What the point picker needs to know."""
    model = gallery.model
    script = layout.points_script(model.id, image.id)
    rows, columns = cells_of(model.input.height, model.input.width)
    return {
        "rows": rows,
        "columns": columns,
        "script": {"url": layout.href(at, script), "key": layout.data_key(script)},
        "layers": {
            layer.name: {
                "map": [layer.height, layer.width],
                "window": window_numbers(layer),
                "columns": facts.sheets[layer.name].columns,
                "rows": facts.sheets[layer.name].rows,
                "sheet": layout.href(at, layout.sheet_png(model.id, image.id, layer.name)),
                "href": layout.href(at, layout.layer_page(image.id, model.id, layer.name)),
                **({"signed": True} if layer.signed else {}),
            }
            for layer in model.layers
        },
    }


def _lead(gallery: Gallery, facts: ImageFacts) -> str:
    # where values below zero are kept hardly one is exactly zero
    convs = [la for la in gallery.model.layers if la.kind == "conv" and not la.signed]
    if len(convs) < 2 or convs[0].block == convs[-1].block:
        return "Scroll down through the network."
    first, last = (percent(facts.sheets[convs[i].name].zero_share) for i in (0, -1))
    return (
        f"Scroll down through the network.{_change(convs[0], convs[-1])} Zeros "
        f"make up {first} of {convs[0].name} and {last} of {convs[-1].name}."
    )


def _change(first: Layer, last: Layer) -> str:
    """How the maps change between two layers, as far as they do."""
    smaller, more = last.height < first.height, last.channels > first.channels
    if smaller and more:
        return " The maps get smaller, and there are more of them."
    return " The maps get smaller." if smaller else " There are more and more maps." if more else ""


def neighbours(
    at: str, beside: Neighbours, path: Callable[[str], str]
) -> tuple[Link | None, Link | None]:
    """Links to the same page of the image before and after."""
    before, after = beside
    return (
        Link(before.title, layout.href(at, path(before.id))) if before else None,
        Link(after.title, layout.href(at, path(after.id))) if after else None,
    )


def _chapter(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> Chapter:
    model, sheet = gallery.model, facts.sheets[layer.name]
    reading = facts.reading.layers[layer.name]
    top = sheet.strongest
    look = say(
        Scene(at, gallery, image, lambda: facts, layer), gallery.texts.layer(model, layer).look
    )
    return Chapter(
        layer=layer,
        href=layout.href(at, layout.layer_page(image.id, model.id, layer.name)),
        shape=shape(layer),
        figures=figures(at, model, layer, sheet, image.id),
        text=f"{look} {_true_here(sheet, layer, facts)}".strip(),
        tiles=strip_tiles(at, gallery, image, facts, layer),
        legend=legend(sheet, layer),
        caption=f"{len(reading.telling)} of {layer.channels}, "
        f"picked for strength and variety{strip_size(layer)}",
        all_text=f"All {count(layer.channels, 'channel')}",
        strongest=f"channel {top}, {number(sheet.channels[top].peaks[0].value)}"
        if sheet.layer_high
        else "none, all are silent",
    )


def _true_here(sheet: Sheet, layer: Layer, facts: ImageFacts) -> str:
    """Two sentences: one on how the telling channels differ, one on the layer as a whole."""
    reading = facts.reading.layers[layer.name]
    if layer.kind == "pool":
        return sentences.half(sheet)
    first = sentences.slants(reading) or sentences.answering(sheet, reading)
    return f"{first} {sentences.half(sheet)}".strip()
