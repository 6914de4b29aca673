"""The front page: one picture taken apart, where to go, the images, how to read a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator import layout
from generator.domain import InputImage, Layer, LayerKind, Mark, Peak
from generator.pages.cards import CardFacts, image_list
from generator.pages.handouts import handouts_href
from generator.pages.paging import CARDS, spans
from generator.pages.parts import (
    Box,
    Gallery,
    ImageFacts,
    Legend,
    Link,
    Page,
    Tile,
    block_title,
    decimals,
    legend,
    page,
    rail,
    ratio,
    state,
    tile,
    window_box,
)
from generator.wording import count, listing, number, percent, size

__all__ = ["Marked", "front_page", "headline", "marked"]


@dataclass(frozen=True, slots=True)
class Marked:
    """One block's map with its mark, and what one reads off it."""

    block: str
    layer: str
    channel: int
    href: str
    map: str
    """URL of the PNG."""
    gain: str
    """Upper end of the channel's range against the layer's scale."""
    left: float
    """Of the mark's cell, percent of the map."""
    top: float
    width: float
    height: float
    outline_height: float
    """Of the map's true size against the input, percent."""
    outline_width: float
    map_size: str
    sees: str
    channels: int
    zero: str
    value: str
    box: Box | None
    """The mark's window on the photograph."""
    sought: str
    """URL of the atlas's page with the channel's picture; "" where it has none."""


def marked(at: str, gallery: Gallery, image: str, facts: ImageFacts, mark: Mark) -> Marked:
    """What a page at ``at`` shows of one mark."""
    model, layer, sheet = gallery.model, gallery.layer(mark.layer), facts.sheets[mark.layer]
    high = sheet.channels[mark.channel].high
    return Marked(
        block=block_title(layer.block),
        layer=layer.name,
        channel=mark.channel,
        href=layout.href(at, layout.layer_page(image, model.id, layer.name), str(mark.channel)),
        map=layout.href(at, layout.block_png(model.id, image, layer.block)),
        gain=ratio(high, sheet.p99_9),
        left=round(100 * mark.column / layer.width, 3),
        top=round(100 * mark.row / layer.height, 3),
        width=round(100 / layer.width, 3),
        height=round(100 / layer.height, 3),
        outline_height=round(100 * layer.height / model.input.height, 3),
        outline_width=round(100 * layer.width / model.input.width, 3),
        map_size=size(layer.height, layer.width),
        sees=f"{size(layer.window.height, layer.window.width)} px",
        channels=layer.channels,
        zero=percent(sheet.zero_share),
        value=number(high),
        box=window_box(layer, model, Peak(mark.row, mark.column, 0)),
        sought=layout.href(at, layout.atlas_page(model.id, layer.name), str(mark.channel))
        if layer.name in gallery.atlas and gallery.atlas[layer.name].channels[mark.channel]
        else "",
    )


def headline(gallery: Gallery) -> str:
    """The gallery's title, or what it shows."""
    return gallery.title or f"What every channel of {gallery.model.title} answers to in an image"


def front_page(gallery: Gallery, first: ImageFacts, cards: Sequence[CardFacts]) -> Page:
    """``index.html``; ``first`` are the facts of the first image, ``cards`` one an image."""
    at = layout.FRONT_PAGE
    model, image = gallery.model, gallery.images[0]
    maps = sum(layer.channels for layer in model.layers)
    marks = [marked(at, gallery, image.id, first, m) for m in first.reading.blocks]
    lead = (
        f"{count(len(gallery.images), 'image').capitalize()}, taken apart by "
        f"{count(len(model.layers), 'layer')} into {maps:,} feature maps each. "
        "Every map is here, as the network computed it."
    )
    return page(
        at,
        "front.html.jinja",
        gallery,
        title=headline(gallery),
        description=lead,
        section="front",
        body={
            "headline": headline(gallery),
            "lead": lead,
            "image": image,
            "photo": layout.href(at, layout.input_png(model.id, image.id)),
            "photo_href": layout.href(at, layout.image_page(image.id)),
            "input_size": size(model.input.height, model.input.width),
            "marks": marks,
            "marks_are": _marks_are(gallery, first),
            "magnitudes": _magnitudes(gallery, first),
            "sought": layout.href(at, layout.atlas_marks(model.id))
            if any(mark.sought for mark in marks)
            else "",
            "tour": layout.href(at, layout.TOUR_PAGE),
            "ways": _ways(gallery),
            **image_list(at, gallery, cards, spans(len(gallery.images), CARDS)[0]),
            "reading": _how_to_read(gallery, image, first),
            "rail": rail(
                gallery, lambda la: layout.href(at, layout.across_page(model.id, la.name))
            ),
            "model_href": layout.href(at, layout.model_page(model.id)),
            "network": _network_line(gallery),
        },
    )


def _marks_are(gallery: Gallery, first: ImageFacts) -> str:
    """Which layers stand for the blocks."""
    kinds = {gallery.layer(mark.layer).kind for mark in first.reading.blocks}
    word = "stage" if gallery.model.layers[0].block.startswith("stage") else "block"
    return f"{'the last convolution' if kinds == {'conv'} else 'a late layer'} of each {word}"


def _magnitudes(gallery: Gallery, first: ImageFacts) -> str:
    """Which of the maps are drawn without the sign of their values."""
    signed = [m.layer for m in first.reading.blocks if gallery.layer(m.layer).signed]
    if not signed:
        return ""
    which = "all these maps" if len(signed) == len(first.reading.blocks) else listing(signed)
    verb = "is" if len(signed) == 1 else "are"
    return f"Here {which} {verb} drawn by magnitude: values lie below zero, too."


def _ways(gallery: Gallery) -> tuple[Link, ...]:
    at, model = layout.FRONT_PAGE, gallery.model
    middle = [la for la in model.layers if la.kind == "conv"]
    layer = middle[len(middle) // 2] if middle else model.layers[-1]
    return (
        Link(
            "Look",
            layout.href(at, layout.image_page(gallery.images[0].id)),
            note="Open an image and scroll down through the network.",
        ),
        *(
            [
                Link(
                    "Atlas",
                    layout.href(at, layout.atlas_front(model.id)),
                    note="What each channel looks for, as a picture.",
                )
            ]
            if gallery.atlas
            else []
        ),
        Link(
            "Learn",
            layout.href(at, layout.LEARN_PAGE),
            note="What a convolution computes, worked out on these maps.",
        ),
        Link(
            "Compare",
            layout.href(at, layout.compare_front()),
            note="Networks and images side by side, and one layer on every image.",
        )
        if gallery.compared
        else Link(
            "Compare",
            layout.href(at, layout.across_page(model.id, layer.name)),
            note="The same channels on every image, on one scale.",
        ),
        *(
            [
                Link(
                    "Print",
                    handouts_href(at, gallery),
                    note="Worksheets with room to draw, for class, and posters.",
                )
            ]
            if gallery.handouts
            else []
        ),
        Link(
            "Network",
            layout.href(at, layout.model_page(model.id)),
            note="Every layer: its shape, its window, what it costs.",
        ),
    )


@dataclass(frozen=True, slots=True)
class HowToRead:
    """Three sentences, each with a figure from the first image."""

    mark: Marked
    legend: Legend
    middle: str
    ranks: tuple[Tile, ...]
    """Four channels of one layer, from strongest to silent."""
    ranks_sheet: str
    ranks_layer: Layer
    ranks_columns: int
    ranks_rows: int
    ranks_values: tuple[str, ...]
    gain: str
    middle_is_zero: bool
    """Of those four channels."""


def _how_to_read(gallery: Gallery, image: InputImage, facts: ImageFacts) -> HowToRead | None:
    if not facts.reading.blocks:
        return None
    at, model = layout.FRONT_PAGE, gallery.model
    mark = facts.reading.blocks[len(facts.reading.blocks) // 2]
    sheet = facts.sheets[mark.layer]
    layer = gallery.layer(facts.reading.blocks[-1].layer)
    deep = facts.sheets[layer.name]
    target = layout.layer_page(image.id, model.id, layer.name)
    strongest = _ranks([c.high for c in deep.channels])
    tiles = tuple(
        tile(
            deep,
            layer,
            c,
            x=c % deep.columns,
            y=c // deep.columns,
            href=layout.href(at, target, str(c)),
            label=f"#{c}",
        )
        for c in strongest
    )
    return HowToRead(
        mark=marked(at, gallery, image.id, facts, mark),
        legend=legend(sheet, gallery.layer(mark.layer)),
        middle=number(sheet.p99_9 / 2),
        ranks=tiles,
        ranks_sheet=layout.href(at, layout.sheet_png(model.id, image.id, layer.name)),
        ranks_layer=layer,
        ranks_columns=deep.columns,
        ranks_rows=deep.rows,
        ranks_values=tuple(
            state(c) or number(c.high) for c in (deep.channels[i] for i in strongest)
        ),
        gain=decimals(deep.layer_high / deep.p99_9) if deep.p99_9 else "1",
        middle_is_zero=layer.signed,
    )


def _ranks(highs: list[float]) -> list[int]:
    """The strongest, one of half its strength, one of an eighth, and the weakest."""
    top = max(highs)
    order = sorted(range(len(highs)), key=lambda i: (-highs[i], i))
    found = [order[0]]
    for share in (1 / 2, 1 / 8):
        found.append(min(order, key=lambda i: (abs(highs[i] - top * share), i)))
    weakest = min(order, key=lambda i: (highs[i], i))
    return list(dict.fromkeys([*found, weakest]))


def _network_line(gallery: Gallery) -> str:
    layers = gallery.model.layers
    merges = any(la.kind == "merge" for la in layers)
    kinds = [
        count(n, *noun)
        for kind, noun in _KINDS
        for n in [sum(la.kind == kind for la in layers)]
        if n or (kind == "pool" and not merges)
    ]
    pools = any(la.kind == "pool" for la in layers)
    return (
        f"Shown here: {listing(kinds)}; "
        f"{sum(la.parameters for la in layers):,} parameters, "
        f"{_work(sum(la.multiply_adds for la in layers))} multiply-adds an image. "
        "Drawn to scale: height is the side of a map, width the number of channels"
        + ("; lighter: where branches are joined" if merges else "")
        + ("; outlined: pools." if pools else ".")
    )


def _work(products: int) -> str:
    if products < 5e4:
        return f"{products:,}"
    if products < 5e7:
        return f"{products / 1e6:.1f} million"
    return f"{products / 1e9:.1f} billion"


_KINDS: tuple[tuple[LayerKind, tuple[str, ...]], ...] = (
    ("conv", ("convolution",)),
    ("merge", ("place where branches are joined", "places where branches are joined")),
    ("pool", ("pool",)),
)
