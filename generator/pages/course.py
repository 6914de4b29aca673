"""The course: a page a chapter, each a question that this gallery's own maps answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator import layout, sentences
from generator.domain import Layer, WorkedExample
from generator.pages.front import marked
from generator.pages.image import strip_tiles
from generator.pages.parts import (
    Gallery,
    ImageFacts,
    Link,
    Page,
    Tiles,
    block_title,
    legend,
    page,
    ratio,
    tile,
)
from generator.texts import Text
from generator.wording import percent

__all__ = ["chapter_pages", "course_page", "glossary_page"]

MINUS = "\u2212"
_FIGURES = re.compile(r"^\{figure: (?P<name>\w+)(?P<arguments>[ \w]*)\}$", re.MULTILINE)


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


@dataclass(frozen=True, slots=True)
class Chapter:
    """One entry of the table of contents."""

    slug: str
    number: int
    title: str
    lead: str
    href: str


def course_page(gallery: Gallery) -> Page:
    """``learn/index.html``: what the chapters ask, and where else there is to learn."""
    at = layout.LEARN_PAGE
    return page(
        at,
        "course.html.jinja",
        gallery,
        title="Learn to read feature maps",
        description="A short course on the maps of this gallery: what a network gets, what it "
        "computes, and how much of that the picture of a map can show.",
        section="learn",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Learn", "")),
        body={
            "chapters": _contents(at, gallery),
            "tour": layout.href(at, layout.TOUR_PAGE),
            "exercises": layout.href(at, layout.exercises_page(gallery.images[0].id)),
            "first": gallery.images[0],
            "sources": layout.href(at, layout.learn_page("sources")),
            "glossary": layout.href(at, layout.GLOSSARY_PAGE),
            "atlas": layout.href(at, layout.atlas_front(gallery.model.id)) if gallery.atlas else "",
        },
    )


def chapter_pages(gallery: Gallery, first: ImageFacts) -> tuple[Page, ...]:
    """``learn/<chapter>.html``, each of them, and the sources."""
    slugs = [*layout.CHAPTERS, "sources"]
    return tuple(_chapter(gallery, first, slug) for slug in slugs)


def glossary_page(gallery: Gallery) -> Page:
    """``learn/glossary.html``."""
    at = layout.GLOSSARY_PAGE
    text = gallery.texts.page("glossary")
    return page(
        at,
        "glossary.html.jinja",
        gallery,
        title=text.title,
        description=text.lead,
        section="learn",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link("Learn", layout.href(at, layout.LEARN_PAGE)),
        ),
        body={"lead": text.lead, "terms": gallery.texts.glossary},
    )


def _contents(at: str, gallery: Gallery) -> tuple[Chapter, ...]:
    found = []
    for i, slug in enumerate(layout.CHAPTERS):
        text = gallery.texts.page(f"learn/{slug}")
        href = layout.href(at, layout.learn_page(slug))
        found.append(Chapter(slug, i + 1, text.title, text.lead, href))
    return tuple(found)


def _chapter(gallery: Gallery, first: ImageFacts, slug: str) -> Page:
    at = layout.learn_page(slug)
    text = gallery.texts.page(f"learn/{slug}")
    contents = _contents(at, gallery)
    here = next((i for i, chapter in enumerate(contents) if chapter.slug == slug), len(contents))
    image = gallery.images[0]
    return page(
        at,
        "chapter.html.jinja",
        gallery,
        title=text.title,
        description=text.lead,
        section="learn",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link("Learn", layout.href(at, layout.LEARN_PAGE)),
        ),
        body={
            "slug": slug,
            "number": here + 1 if here < len(contents) else 0,
            "chapters": contents,
            "lead": text.lead,
            "text": text.body,
            "question": text.question,
            "answer": text.answer,
            "links": _links(at, gallery),
            "terms": _terms(gallery),
            "figures": _figures(at, gallery, first, text),
            "image": image,
            "photo": layout.href(at, layout.input_png(gallery.model.id, image.id)),
            "before": contents[here - 1] if here else None,
            "after": contents[here + 1] if here + 1 < len(contents) else None,
        },
    )


def _links(at: str, gallery: Gallery) -> dict[str, str]:
    """What ``[text](layer:block3_conv3)`` and its like lead to."""
    model, image = gallery.model, gallery.images[0]
    links = {
        "image:": layout.href(at, layout.image_page(image.id)),
        "tour:": layout.href(at, layout.TOUR_PAGE),
        "model:": layout.href(at, layout.model_page(model.id)),
        "atlas:": layout.href(at, layout.atlas_front(model.id)) if gallery.atlas else "",
    }
    for layer in model.layers:
        links[f"layer:{layer.name}"] = layout.href(
            at, layout.layer_page(image.id, model.id, layer.name)
        )
        links[f"across:{layer.name}"] = layout.href(at, layout.across_page(model.id, layer.name))
    for slug in layout.CHAPTERS:
        links[f"chapter:{slug}"] = layout.href(at, layout.learn_page(slug))
    for term in gallery.texts.glossary:
        links[f"term:{term.id}"] = layout.href(at, layout.GLOSSARY_PAGE, term.id)
    return links


def _terms(gallery: Gallery) -> dict[str, str]:
    """Id of a term -> its definition, for the pop-over."""
    return {term.id: term.definition for term in gallery.texts.glossary}


def _figures(at: str, gallery: Gallery, first: ImageFacts, text: Text) -> dict[str, Any]:
    """What each ``{figure: name arguments}`` of a text shows; None where this gallery cannot."""
    found: dict[str, Any] = {}
    for asked in _FIGURES.finditer(text.body):
        name, arguments = asked["name"], asked["arguments"].split()
        draw = _DRAWN.get(name)
        found[f"{name} {' '.join(arguments)}".strip()] = (
            {"kind": name, **data}
            if draw and (data := draw(at, gallery, first, arguments)) is not None
            else None
        )
    return found


# -- Figures. Each takes the first image's facts and the words after its name, and gives what its
# macro needs; None where the gallery has not what it shows.


def _convolution(
    at: str, gallery: Gallery, first: ImageFacts, _: list[str]
) -> dict[str, Any] | None:
    return {"worked": _worked(at, gallery, gallery.example)} if gallery.example else None


def _windows(at: str, gallery: Gallery, first: ImageFacts, _: list[str]) -> dict[str, Any] | None:
    image = gallery.images[0]
    marks = [marked(at, gallery, image.id, first, mark) for mark in first.reading.blocks]
    leads = {
        block_title(name): gallery.texts.block(gallery.model, name).title
        for name, _ in gallery.blocks
    }
    sought = any(mark.sought for mark in marks)
    strip = layout.href(at, layout.atlas_marks(gallery.model.id)) if sought else ""
    return {"marks": marks, "leads": leads, "sought": strip} if marks else None


def _scales(at: str, gallery: Gallery, first: ImageFacts, _: list[str]) -> dict[str, Any] | None:
    blocks = first.reading.blocks
    layer = gallery.layer(blocks[len(blocks) // 2].layer) if blocks else gallery.model.layers[-1]
    return {
        "layer": layer,
        "tiles": strip_tiles(at, gallery, gallery.images[0], first, layer),
        "legend": legend(first.sheets[layer.name], layer),
    }


def _maps(
    at: str, gallery: Gallery, first: ImageFacts, arguments: list[str]
) -> dict[str, Any] | None:
    """``{figure: maps block1_conv1 10 14}``: channels of a layer on the first image."""
    name, *numbers = arguments
    layer = next((la for la in gallery.model.layers if la.name == name), None)
    if layer is None or not all(n.isdigit() and int(n) < layer.channels for n in numbers):
        return None
    return {
        "layer": layer,
        "channels": [int(n) for n in numbers],
        "tiles": _cut(at, gallery, first, layer, [int(n) for n in numbers]),
        "legend": legend(first.sheets[name], layer),
    }


def _cut(at: str, gallery: Gallery, first: ImageFacts, layer: Layer, channels: list[int]) -> Tiles:
    """Channels of a layer, cut out of the first image's sheet."""
    model, image, sheet = gallery.model, gallery.images[0], first.sheets[layer.name]
    target = layout.layer_page(image.id, model.id, layer.name)
    return Tiles(
        sheet=layout.href(at, layout.sheet_png(model.id, image.id, layer.name)),
        columns=sheet.columns,
        rows=sheet.rows,
        pixel_height=layer.height,
        pixel_width=layer.width,
        gap=sheet.gap,
        gain=ratio(sheet.layer_high, sheet.p99_9),
        signed=layer.signed,
        tiles=tuple(
            tile(
                sheet,
                layer,
                c,
                x=c % sheet.columns,
                y=c // sheet.columns,
                href=layout.href(at, target, str(c)),
                label=f"#{c}",
            )
            for c in channels
        ),
    )


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


def _zeros(at: str, gallery: Gallery, first: ImageFacts, _: list[str]) -> dict[str, Any] | None:
    model, image = gallery.model, gallery.images[0]
    bars = []
    for layer in model.layers:
        sheet = first.sheets[layer.name]
        share = sentences.zero_share(sheet)
        bars.append(
            Bar(
                layer.name,
                layout.href(at, layout.layer_page(image.id, model.id, layer.name)),
                percent(share),
                round(100 * share, 1),
                len(sentences.silent_channels(sheet)),
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


def _costs(at: str, gallery: Gallery, first: ImageFacts, _: list[str]) -> dict[str, Any] | None:
    layers = [layer for layer in gallery.model.layers if layer.kind == "conv"]
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


_DRAWN: Mapping[str, Any] = {
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
