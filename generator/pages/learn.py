"""How to read a feature map: an article whose figures are this gallery's own."""

from __future__ import annotations

from dataclasses import dataclass

from generator import layout
from generator.domain import WorkedExample
from generator.pages.front import marked
from generator.pages.image import strip_tiles
from generator.pages.parts import Gallery, ImageFacts, Link, Page, block_title, legend, page
from generator.wording import size

__all__ = ["learn_page"]

MINUS = "\u2212"


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
    left: float
    """Of the window on the photograph, percent."""
    top: float
    width: float
    height: float


def learn_page(gallery: Gallery, first: ImageFacts) -> Page:
    """``learn/index.html``."""
    at = layout.LEARN_PAGE
    model, image = gallery.model, gallery.images[0]
    text = gallery.texts.page("learn")
    middle = (
        first.reading.blocks[len(first.reading.blocks) // 2].layer if first.reading.blocks else ""
    )
    layer = gallery.layer(middle) if middle else model.layers[-1]
    return page(
        at,
        "learn.html.jinja",
        gallery,
        title=text.title or "How to read a feature map",
        description=text.lead,
        section="learn",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Learn", "")),
        body={
            "lead": text.lead,
            "text": text.body,
            "links": _links(at, gallery),
            "image": image,
            "photo": layout.href(at, layout.input_png(model.id, image.id)),
            "input_size": size(model.input.height, model.input.width),
            "marks": [marked(at, gallery, image.id, first, m) for m in first.reading.blocks],
            "worked": _worked(at, gallery, gallery.example) if gallery.example else None,
            "scales": strip_tiles(at, gallery, image, first, layer),
            "scales_layer": layer,
            "scales_legend": legend(first.sheets[layer.name], layer),
            "blocks": tuple(
                (block_title(name), gallery.texts.block(model, name).title)
                for name, _ in gallery.blocks
            ),
        },
    )


def _links(at: str, gallery: Gallery) -> dict[str, str]:
    """What ``[text](layer:block3_conv3)`` and its like lead to."""
    model, image = gallery.model, gallery.images[0]
    links = {
        "image:": layout.href(at, layout.image_page(image.id)),
        "tour:": layout.href(at, layout.TOUR_PAGE),
        "model:": layout.href(at, layout.model_page(model.id)),
    }
    for layer in model.layers:
        links[f"layer:{layer.name}"] = layout.href(
            at, layout.layer_page(image.id, model.id, layer.name)
        )
        links[f"across:{layer.name}"] = layout.href(at, layout.across_page(model.id, layer.name))
    return links


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
