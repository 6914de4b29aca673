"""The atlas: what each channel looks for, a page a layer and one for the whole network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator import layout
from generator.domain import Across, AtlasSheet, Layer, Pictured
from generator.pages.article import article, excerpts
from generator.pages.parts import Gallery, ImageFacts, Link, Page, block_title, page, rail
from generator.pages.scene import Scene, first_scene
from generator.pages.values import say
from generator.wording import count, extent, listing, number, ordinal, size

__all__ = ["ATLAS_SIDE", "atlas_front_page", "atlas_layer_page", "atlas_rows"]

ATLAS_SIDE = 128
"""Of a picture in a strip, pixels: about as large as pages show it."""
NAMED = 12
"""Failures that are named; of more only the number is given."""
TOP = 10
MANY = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """One channel's picture, and how well it does."""

    channel: int
    x: int
    """Column in its sheet,"""
    y: int
    """and row."""
    href: str
    there: bool
    fails: bool
    note: str
    """Under the picture: how many times the channel's best on an image."""
    spoken: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures cut out of one sheet or strip."""

    sheet: str
    """URL."""
    columns: int
    rows: int
    pictures: tuple[Picture, ...]


def atlas_rows(gallery: Gallery) -> tuple[str, ...]:
    """The layer that stands for each block: its last convolution that has pictures."""
    found = []
    for _, layers in gallery.blocks:
        pictured = [layer.name for layer in layers if layer.name in gallery.atlas]
        if pictured and gallery.atlas[pictured[-1]].specimens:
            found.append(pictured[-1])
    return tuple(found)


def atlas_layer_page(gallery: Gallery, layer: Layer, across: Across) -> Page:
    """``atlas/<model>/<layer>.html``: every channel's picture."""
    model, sheet = gallery.model, gallery.atlas[layer.name]
    at = layout.atlas_page(model.id, layer.name)
    names = list(gallery.atlas)
    here = names.index(layer.name)

    def link(name: str) -> str:
        return layout.href(at, layout.atlas_page(model.id, name))

    pictures = tuple(
        _picture(at, gallery, layer, across, channel, _where_strongest(at, gallery, layer, across))
        for channel in range(layer.channels)
    )
    made = sum(p.there for p in pictures)
    side = max(sheet.tile_height, sheet.tile_width)
    return page(
        at,
        "atlas_layer.html.jinja",
        gallery,
        title=f"What {layer.name} looks for",
        description=f"{count(made, 'picture').capitalize()}, each made to excite one channel of "
        f"{model.title}’s {layer.name} as much as possible.",
        section="atlas",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link("Atlas", layout.href(at, layout.atlas_front(model.id))),
        ),
        body={
            "layer": layer,
            "summary": f"{count(made, 'picture').capitalize()} of "
            f"{size(sheet.tile_height, sheet.tile_width)} px; one value sees "
            f"{extent(layer.window.height, layer.window.width)} px",
            "block": say(first_scene(at, gallery), gallery.texts.block(model, layer.block).lead),
            "standing": _standing(gallery, sheet, across),
            "failures": _failures(sheet, across),
            "rail": rail(gallery, lambda la: link(la.name), layer.name, only=names),
            "grid": Pictures(
                layout.href(at, layout.atlas_sheet(model.id, layer.name)),
                sheet.columns,
                sheet.rows,
                pictures,
            ),
            # Whole multiples, as for maps; pictures are squares but for networks that take others.
            "side": side * max(1, ATLAS_SIDE // side),
            "ratio": f"{sheet.tile_width} / {sheet.tile_height}",
            "across": layout.href(at, layout.across_page(model.id, layer.name)),
            "images": layout.href(
                at, layout.layer_page(gallery.images[0].id, model.id, layer.name)
            ),
            "first": gallery.images[0],
            "front": layout.href(at, layout.atlas_front(model.id)),
            "before": Link(names[here - 1], link(names[here - 1])) if here else None,
            "after": Link(names[here + 1], link(names[here + 1]))
            if here + 1 < len(names)
            else None,
            "recipe": _recipe(sheet),
        },
    )


def atlas_front_page(gallery: Gallery, first: ImageFacts, across: Mapping[str, Across]) -> Page:
    """``atlas/<model>/index.html``: the hierarchy, a row a block."""
    model = gallery.model
    at = layout.atlas_front(model.id)
    text = gallery.texts.page("atlas")
    scene = first_scene(at, gallery, first)
    about = article(scene, text.body, own="body" in text.own)
    total = sum(c is not None for sheet in gallery.atlas.values() for c in sheet.channels)
    above = sum(
        _excels(c, across[name].best[i][1])
        for name, sheet in gallery.atlas.items()
        for i, c in enumerate(sheet.channels)
        if c
    )
    return page(
        at,
        "atlas.html.jinja",
        gallery,
        title=f"What the channels of {model.title} look for",
        description=f"{total:,} pictures, one a channel, each made to excite it as much as "
        "possible.",
        section="atlas",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Atlas", "")),
        body={
            "lead": say(scene, text.lead)
            if "lead" in text.own
            else f"{total:,} pictures, each made to excite one channel as much as possible. "
            + (
                "Read downwards: edges and colours, then textures, then motifs, then parts of "
                "things."
                if len(atlas_rows(gallery)) > 2
                else ""
            ),
            "heading": text.title,
            "text": about,
            "rows": _rows(scene, across),
            "rail": rail(
                gallery,
                lambda la: layout.href(at, layout.atlas_page(model.id, la.name)),
                only=list(gallery.atlas),
            ),
            "table": tuple(
                _table_row(at, gallery.layer(name), sheet, across[name], model.id)
                for name, sheet in gallery.atlas.items()
            ),
            "total": f"{total:,}",
            "above": f"{above:,}",
            "images": count(len(gallery.images), "image"),
            "measured": any(sheet.photographs for sheet in gallery.atlas.values()),
            "tested": count(len(next(iter(gallery.atlas.values())).photographs), "image"),
        },
        excerpts=excerpts(about),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One block on the atlas's first page."""

    block: str
    title: str
    lead: str
    layer: Layer
    sees: str
    side: str
    links: tuple[Link, ...]
    strip: Pictures


def _rows(scene: Scene, across: Mapping[str, Across]) -> tuple[Row, ...]:
    at, gallery = scene.at, scene.gallery
    model = gallery.model
    rows = []
    for name in atlas_rows(gallery):
        layer, sheet = gallery.layer(name), gallery.atlas[name]
        text = gallery.texts.block(model, layer.block)
        target = layout.atlas_page(model.id, name)
        strip = Pictures(
            layout.href(at, layout.atlas_strip(model.id, name)),
            len(sheet.specimens),
            1,
            tuple(
                _picture(
                    at,
                    gallery,
                    layer,
                    across[name],
                    channel,
                    lambda c, target=target: layout.href(at, target, str(c)),
                    place=(0, i),
                )
                for i, channel in enumerate(sheet.specimens)
            ),
        )
        rows.append(
            Row(
                block=block_title(layer.block),
                title=text.title,
                lead=say(scene, text.lead),
                layer=layer,
                sees=extent(layer.window.height, layer.window.width),
                side=extent(sheet.tile_height, sheet.tile_width),
                links=tuple(
                    Link(
                        other.name,
                        layout.href(at, layout.atlas_page(model.id, other.name)),
                        note=_how_many(gallery.atlas[other.name]),
                    )
                    for other in model.layers
                    if other.block == layer.block and other.name in gallery.atlas
                ),
                strip=strip,
            )
        )
    return tuple(rows)


def _picture(
    at: str,
    gallery: Gallery,
    layer: Layer,
    across: Across,
    channel: int,
    link: Any,
    place: tuple[int, int] | None = None,
) -> Picture:
    """What a page shows of one channel's picture.

    Args:
        link: channel -> where its picture leads.
        place: (row, column) in a strip; None: where it is in the layer's sheet.
    """
    sheet = gallery.atlas[layer.name]
    facts, (image, best) = sheet.channels[channel], across.best[channel]
    row, column = place or divmod(channel, sheet.columns)
    name = gallery.images[image].title if image >= 0 else ""
    return Picture(
        channel=channel,
        x=column,
        y=row,
        href=link(channel),
        there=facts is not None,
        fails=facts is not None and not _excels(facts, best),
        note=_note(facts, best),
        spoken=_spoken(channel, layer, facts, best, name),
    )


def _how_many(sheet: AtlasSheet) -> str:
    there = sum(c is not None for c in sheet.channels)
    return f"all {there}" if there == len(sheet.channels) else f"{there} of {len(sheet.channels)}"


def _where_strongest(at: str, gallery: Gallery, layer: Layer, across: Across) -> Any:
    """A channel's place on the image of this gallery that it answers most."""

    def link(channel: int) -> str:
        image = gallery.images[max(0, across.best[channel][0])]
        page = layout.layer_page(image.id, gallery.model.id, layer.name)
        return layout.href(at, page, str(channel))

    return link


def _excels(facts: Pictured | None, best: float) -> bool:
    """Above every image of this gallery, and above those it was measured on when it was made."""
    return facts is not None and facts.mean > max(best, facts.photograph_mean)


def _note(facts: Pictured | None, best: float) -> str:
    if facts is None:
        return "no picture"
    if not _excels(facts, best):
        return "fails"
    return _times(facts.mean / best) if best > 0 else "new"


def _times(ratio: float) -> str:
    """ "14 x"; how far above a thousand says more about the images than about the picture."""
    if ratio > MANY:
        return f"> {MANY:,}\u202f×"
    text = f"{ratio:,.0f}" if ratio >= 9.95 else f"{ratio:.1f}"
    return f"{text}\u202f×"


def _spoken(channel: int, layer: Layer, facts: Pictured | None, best: float, name: str) -> str:
    if facts is None:
        return f"Channel {channel}: no picture was made of it"
    place = f"; {ordinal(facts.rank)} of {layer.channels} channels on it" if facts.rank else ""
    against = (
        f", at most {number(best)} on an image here ({name})"
        if best > 0
        else ", and no image here excites it"
    )
    return f"Channel {channel}: mean {number(facts.mean)} on this picture{against}{place}"


def _standing(gallery: Gallery, sheet: AtlasSheet, across: Across) -> str:
    """How well the layer's pictures do, in two sentences."""
    there = [(i, c) for i, c in enumerate(sheet.channels) if c is not None]
    above = sum(_excels(c, across.best[i][1]) for i, c in there)
    images = count(len(gallery.images), "image")
    excite = (
        "Every picture excites its"
        if above == len(there)
        else f"{above:,} of {len(there):,} pictures excite their"
    )
    several = len(gallery.images) > 1
    others = f"any of this gallery’s {images}" if several else "this gallery’s image"
    text = f"{excite} channel more, on average over the map, than {others} does."
    ranked = [c.rank for _, c in there if c.rank]
    if ranked:
        first = sum(rank <= TOP for rank in ranked)
        text += (
            f" On {first:,} of them the channel is among the ten that stand out most in "
            f"{sheet.layer}."
        )
    return text


def _failures(sheet: AtlasSheet, across: Across) -> str:
    """The channels whose pictures are not to be trusted, by number."""
    found = [
        i
        for i, c in enumerate(sheet.channels)
        if c is not None and not _excels(c, across.best[i][1])
    ]
    if not found:
        return ""
    named = [f"#{c}" for c in found[:NAMED]]
    more = len(found) - NAMED
    listed = ", ".join(named) + f" and {more} more" if more > 0 else listing(named)
    return f"Some image excites these as much as their picture does: {listed}."


def _recipe(sheet: AtlasSheet) -> tuple[tuple[str, str], ...]:
    """How the pictures were made, for who wants to make them again."""
    made = sheet.made
    first = made["attempts"][0]
    sizes = ", ".join(
        f"{extent(o['height'], o['width'])} px: {o['steps']} steps at {o['rate']:g}"
        for o in first["octaves"]
    )
    again = sum(c is not None and c.attempt > 0 for c in sheet.channels)
    versions = ", ".join(f"{name} {number}" for name, number in made["versions"].items())
    return (
        ("Objective", str(made["objective"])),
        ("Sizes and steps of Adam", sizes),
        ("Rolled about", f"by up to {first['jitter']} px at every step"),
        ("Made again", f"{count(again, 'picture')}, with another seed and more steps"),
        ("Seed, arithmetic", f"{first['seed']}, {first['precision']}; measured in float32"),
        ("Measured on", f"{count(len(sheet.photographs), 'image')} and the sheet, decoded"),
        ("Weights", sheet.weights[:8]),
        ("Made with", versions),
    )


@dataclass(frozen=True, slots=True)
class TableRow:
    """How the pictures of one layer do."""

    name: str
    href: str
    channels: str
    side: str
    sees: str
    above: str
    top: str


def _table_row(at: str, layer: Layer, sheet: AtlasSheet, across: Across, model: str) -> TableRow:
    there = [(i, c) for i, c in enumerate(sheet.channels) if c is not None]
    return TableRow(
        name=layer.name,
        href=layout.href(at, layout.atlas_page(model, layer.name)),
        channels=f"{len(there):,}",
        side=extent(sheet.tile_height, sheet.tile_width),
        sees=extent(layer.window.height, layer.window.width),
        above=f"{sum(_excels(c, across.best[i][1]) for i, c in there):,}",
        top=f"{sum(0 < c.rank <= TOP for _, c in there):,}",
    )
