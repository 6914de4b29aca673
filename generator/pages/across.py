"""One layer across all images: a row an image, the same channels in every row, one scale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from generator import layout
from generator.domain import Across, AcrossRow, Glance, InputImage, Layer, Occurrence
from generator.pages.paging import ROWS, Span, pager, spans
from generator.pages.parts import (
    Gallery,
    Legend,
    Link,
    Page,
    Tile,
    Tiles,
    crop_origin,
    cut,
    decimals,
    ends_words,
    page,
    rail,
    ratio,
    state,
    window_numbers,
    zero_words,
)
from generator.pages.scene import first_scene
from generator.pages.values import say
from generator.sizes import columns_for, strip_factor
from generator.wording import count, listing, number, percent, shape, size

__all__ = ["across_pages"]


@dataclass(frozen=True, slots=True)
class Row:
    """One image."""

    image: InputImage
    href: str
    """Its page of this layer."""
    photo: str
    tiles: tuple[Tile, ...]
    values: tuple[str, ...]
    fact: str


@dataclass(frozen=True, slots=True)
class Crop:
    """What one value sees of an image."""

    href: str
    photo: str
    row: int
    """First row and column, input pixels."""
    column: int
    value: str
    title: str


def across_pages(gallery: Gallery, layer: Layer, across: Across) -> Iterator[Page]:
    """``layers/<model>/<layer>.html``, and where images are many the pages that go on."""
    for span in spans(len(across.rows), ROWS):
        yield _across_page(gallery, layer, across, span)


def _across_page(gallery: Gallery, layer: Layer, across: Across, span: Span) -> Page:
    """Its rows are of some images; what ranges over the gallery is the same on every page."""
    model = gallery.model
    at = layout.across_page(model.id, layer.name, span.number)
    shown = across.rows[span.first : span.end]
    by_id = {i.id: i for i in gallery.images}
    text = gallery.texts.layer(model, layer)
    layers = model.layers
    here = layers.index(layer)

    def link(other: Layer) -> str:
        return layout.href(at, layout.across_page(model.id, other.name, span.number))

    def turned(number: int) -> str:
        return layout.href(at, layout.across_page(model.id, layer.name, number))

    factor = strip_factor(layer)
    return page(
        at,
        "across.html.jinja",
        gallery,
        title=f"{layer.name} on every image{span.ending}",
        description=f"The same {len(across.chosen)} channels of {model.title}’s {layer.name} on "
        f"{count(len(gallery.images), 'image')}, on one scale.",
        section="compare",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link(model.title, layout.href(at, layout.model_page(model.id))),
        ),
        body={
            "layer": layer,
            "summary": f"{shape(layer)}, one value sees "
            f"{size(layer.window.height, layer.window.width)} px",
            "look": say(first_scene(at, gallery, here=layer), text.look),
            "rail": rail(gallery, link, layer.name),
            "rows": tuple(
                _row(at, gallery, layer, across, y, row, by_id[row.image])
                for y, row in enumerate(shown)
            ),
            "pager": pager(span, turned),
            "chosen": across.chosen,
            "strip": Tiles(
                sheet=layout.href(at, layout.across_strip(model.id, layer.name, span.number)),
                columns=len(across.chosen),
                rows=len(shown),
                pixel_height=-(-layer.height // factor),
                pixel_width=-(-layer.width // factor),
                gap=1,
                gain=ratio(across.top, across.high),
                signed=layer.signed,
                tiles=(),
            ),
            "legend": Legend(
                f"\u2212{number(across.high)}" if layer.signed else "0",
                number(across.high),
                layer.signed,
            ),
            "note": _note(gallery, layer, across, factor),
            "windows": tuple(
                (
                    channel,
                    tuple(
                        _crop(at, gallery, layer, channel, found)
                        for found in across.windows[channel]
                    ),
                )
                for channel in across.chosen
            ),
            "first_channel": _strongest_chosen(across),
            # the tour leads to the first image's strongest channel, whether it has a column or not
            "led_to": [
                row.strongest for row in across.rows[:1] if row.strongest not in across.chosen
            ],
            "setup": json.dumps(_setup(at, gallery, layer), separators=(",", ":")),
            "dead": _dead(layer, across, len(gallery.images)),
            "before": Link(layers[here - 1].name, link(layers[here - 1])) if here else None,
            "after": Link(layers[here + 1].name, link(layers[here + 1]))
            if here + 1 < len(layers)
            else None,
        },
    )


def _crop(at: str, gallery: Gallery, layer: Layer, channel: int, found: Occurrence) -> Crop:
    number_of, row, column, value = found
    image, model = gallery.images[number_of], gallery.model
    first_row, first_column = crop_origin(layer, row, column)
    return Crop(
        href=layout.href(at, layout.layer_page(image.id, model.id, layer.name))
        + f"#{channel}@{row},{column}",
        photo=layout.href(at, layout.input_png(model.id, image.id)),
        row=first_row,
        column=first_column,
        value=number(value),
        title=image.title,
    )


def _strongest_chosen(across: Across) -> int:
    """The channel that is open when the page comes: of those chosen, the strongest anywhere."""
    return max(
        across.chosen,
        key=lambda c: (abs(across.windows[c][0][3]) if across.windows[c] else 0.0, -c),
    )


def _setup(at: str, gallery: Gallery, layer: Layer) -> dict[str, object]:
    """Geometry and addresses, for scripts."""
    model = gallery.model
    script = layout.across_script(model.id, layer.name)
    columns = columns_for(layer.channels)
    return {
        "image": "",
        "layer": layer.name,
        "model": model.id,
        "channels": layer.channels,
        "root": layout.href(at, layout.FRONT_PAGE).removesuffix(layout.FRONT_PAGE),
        "across": {"url": layout.href(at, script), "key": layout.data_key(script)},
        "chain": [
            {
                "layer": layer.name,
                "map": [layer.height, layer.width],
                "window": window_numbers(layer),
                "columns": columns,
                "rows": -(-layer.channels // columns),
                **({"signed": True} if layer.signed else {}),
            }
        ],
    }


def _note(gallery: Gallery, layer: Layer, across: Across, factor: int) -> str:
    if across.high == 0:
        return "No channel of this layer answers on any image."
    text = (
        f"One scale for all rows: {zero_words(layer)}, "
        f"{ends_words(layer, across.high)} (the middle one of the images’ own 99.9th percentiles). "
        "The number under a map is the channel’s strongest value on that image; the bar "
        f"compares it with the layer’s strongest on any image, {number(across.top)}. "
        f"Shown are {len(across.chosen)} of {layer.channels} channels: those that stand out most, "
        "strong and unlike each other, taken over all images."
    )
    if factor > 1:
        text += f" Drawn at 1/{factor} size, by the largest of each {size(factor, factor)}."
    return text


def _dead(layer: Layer, across: Across, images: int) -> str:
    if images == 1:
        return (
            "" if not across.dead else f"{count(len(across.dead), 'channel').capitalize()} silent."
        )
    if not across.dead:
        return (
            f"Every one of the {layer.channels} channels answers on at least one of "
            f"these {count(images, 'image')}."
        )
    named = listing([f"#{c}" for c in across.dead[:12]])
    more = len(across.dead) - 12
    if more > 0:
        named = ", ".join(f"#{c}" for c in across.dead[:12]) + f" and {more} more"
    return (
        f"{count(len(across.dead), 'channel').capitalize()} of {layer.channels} "
        f"{'is' if len(across.dead) == 1 else 'are'} silent on all {images} images: {named}. "
        "Another image may wake them."
    )


def _value(facts: Glance) -> str:
    """The strongest value with its sign, or what is unusual about the map."""
    return state(facts) or number(facts.strongest)


def _row(
    at: str,
    gallery: Gallery,
    layer: Layer,
    across: Across,
    y: int,
    row: AcrossRow,
    image: InputImage,
) -> Row:
    model = gallery.model
    target = layout.layer_page(image.id, model.id, layer.name)
    tiles = tuple(
        Tile(
            channel=str(channel),
            cut=""
            if state(facts)
            else cut(x, y, decimals(facts.high / across.top) if across.top else "0"),
            bar=f"{100 * facts.high / across.top:.0f}%" if across.top else "0%",
            state=state(facts),
            href=layout.href(at, target, str(channel)),
            label=f"#{channel}",
            spoken=f"Channel {channel} on {image.title}: {_value(facts)}",
        )
        for x, (channel, facts) in enumerate(zip(across.chosen, row.channels, strict=True))
    )
    return Row(
        image=image,
        href=layout.href(at, target),
        photo=layout.href(at, layout.small_photo(model.id, image.id)),
        tiles=tiles,
        values=tuple(_value(facts) for facts in row.channels),
        fact=f"{percent(row.zero_share)} zero, {row.silent or 'none'} silent, "
        f"strongest: #{row.strongest}",
    )
