"""What pages are put together from: links, the rail, tiles, boxes on a photograph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from generator import layout
from generator.across import Numbers, numbers_of
from generator.domain import (
    AtlasSheet,
    Channel,
    Evidence,
    Glance,
    InputImage,
    Layer,
    Model,
    Peak,
    Problem,
    Reading,
    Sheet,
    Verdict,
    WorkedExample,
)
from generator.palettes import DIVERGING, Palette, palettes
from generator.texts import Texts
from generator.wording import number, percent, size

__all__ = [
    "Box",
    "Excerpt",
    "Figures",
    "Gallery",
    "ImageFacts",
    "Legend",
    "Link",
    "Page",
    "Place",
    "RailBlock",
    "Tile",
    "Tiles",
    "blocks",
    "credit",
    "crop_origin",
    "cut",
    "ends_words",
    "figures",
    "legend",
    "page",
    "rail",
    "reach",
    "state",
    "tile",
    "value_place",
    "window_box",
    "window_numbers",
    "zero_words",
]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Everything that was measured on one image."""

    sheets: Mapping[str, Sheet]
    """By layer."""
    reading: Reading
    evidence: Callable[[], Evidence]
    """Loads where the strongest values come from."""
    verdict: Verdict | None = None
    """What the network says; None of a network that does not end in classes."""

    read_numbers: Callable[[str], Numbers] | None = None
    """Of a layer's sheet that has not been read, if that is quicker."""

    def numbers(self, layer: str) -> Numbers:
        """What is taken of a layer's sheet for the pages that range over the gallery."""
        return self.read_numbers(layer) if self.read_numbers else numbers_of(self.sheets[layer])


@dataclass(frozen=True)
class Gallery:
    """What all pages share."""

    title: str
    """"" for the headline that the pages make themselves."""
    author: str
    base_url: str
    palette: str
    scale: str
    model: Model
    images: tuple[InputImage, ...]
    problems: tuple[Problem, ...]
    texts: Texts
    palettes: tuple[Palette, ...]
    versions: str
    """ "Layerlight 1.0.0, TensorFlow 2.21.0"."""
    licence: str
    """Who made the weights, for the footer."""
    licence_url: str
    """Of CC BY 4.0 where the weights are under it, else ""."""
    facts: Callable[[str], ImageFacts]
    """Loads an image's facts by its id."""
    chosen: dict[str, tuple[int, ...]]
    """Channels to show on every image, by layer."""
    values: bool
    """Whether pages opened from a file can read the maps' values."""
    colours: tuple[str, ...]
    """Of the input's channels, in the network's order: ("blue", "green", "red")."""
    largest_weights: tuple[float, ...]
    """The largest magnitude in each kernel of the first convolution."""
    example: WorkedExample | None
    """A value of the first convolution on the first image."""
    atlas: Mapping[str, AtlasSheet]
    """Pictures of what channels look for, by layer; empty where there are none."""
    main: bool = True
    """Whether this is the gallery's first network, whose images the front page shows."""
    compared: bool = False
    """Whether there are networks or images side by side."""
    every_layer: tuple[Layer, ...] = ()
    """The network's layers that texts may speak of, also those that the gallery does not show."""
    handouts: bool = False
    """Whether there are worksheets and posters to print."""
    judged: bool = False
    """Whether each image's page says what the network concludes."""

    def image_page(self, image: str) -> str:
        """Where the page of an image through this network is."""
        return layout.image_page(image, "" if self.main else self.model.id)

    @cached_property
    def signed(self) -> bool:
        """Whether there are values of both signs, which want a palette of their own."""
        return self.compared or self.signed_layers

    @cached_property
    def signed_layers(self) -> bool:
        """Whether some of the network's layers have such values."""
        return any(layer.signed for layer in self.model.layers)

    @cached_property
    def diverging(self) -> Palette:
        """That palette."""
        return palettes((DIVERGING,))[0]

    @cached_property
    def blocks(self) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
        """The model's layers by block, in order."""
        return blocks(self.model.layers)

    @cached_property
    def slabs(self) -> tuple[tuple[str, tuple[Slab, ...]], ...]:
        """The layers as every rail draws them, by block."""
        widest = max(layer.channels for layer in self.model.layers)
        side = max(self.model.input.height, self.model.input.width)
        return tuple(
            (name, tuple(_slab(layer, widest, side) for layer in layers))
            for name, layers in self.blocks
        )

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """The model's layers by name."""
        return {layer.name: layer for layer in self.model.layers}

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        return self.layers[name]


@dataclass(frozen=True, slots=True)
class Link:
    """A link, or plain text where ``href`` is ""."""

    text: str
    href: str
    current: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Maps that a page shows of its gallery's first image, in a file of their own.

    The sheet has a hundred others, and may have two megabytes.
    """

    path: str
    """Of that file, from the site's root."""
    image: str
    """Id of the image."""
    layer: Layer
    channels: tuple[int, ...]
    """In the order in which they are shown; none above the layer's last."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, ready for its template."""

    path: str
    template: str
    title: str
    description: str
    section: str
    """Which entry of the top bar is current."""
    gallery: Gallery
    body: dict[str, Any]
    crumbs: tuple[Link, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    """What has to be cut out of sheets for it."""

    def to(self, target: str, fragment: str = "") -> str:
        """Relative URL from this page."""
        return layout.href(self.path, target, fragment)


def page(path: str, template: str, gallery: Gallery, **fields: Any) -> Page:
    """A page at ``path``."""
    return Page(path=path, template=template, gallery=gallery, **fields)


def credit(image: InputImage) -> str:
    """ "Jane Doe, CC BY 4.0", as far as it is known."""
    return ", ".join(part for part in (image.credit, image.license) if part)


class RailCell(NamedTuple):
    """One layer, drawn true: height the side of a map, width the number of channels.

    All of it is text, as of a ``Tile``.
    """

    name: str
    short: str
    href: str
    kind: str
    width: str
    """Of the slab, CSS pixels."""
    height: str
    current: str
    """ "current", or ""."""
    title: str


class Slab(NamedTuple):
    """A layer's cell, whatever the page."""

    cell: RailCell
    """Without a link."""
    room: float
    """That it takes with its name, CSS pixels, about."""


@dataclass(frozen=True, slots=True)
class RailBlock:
    """The layers at one resolution."""

    name: str
    cells: tuple[RailCell, ...]
    many: bool = False
    """Whether the rail has no room for the names of all its layers."""


RAIL_HEIGHT = 27
RAIL_WIDTH = 96
RAIL_ROOM = 1376
RAIL_CELL, RAIL_LETTER, RAIL_GAP = 40, 6.2, 24
"""Least width of a cell, width of a letter of a name, distance between blocks: CSS pixels."""


def blocks(layers: Sequence[Layer]) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
    """Layers by block, in order."""
    names = list(dict.fromkeys(layer.block for layer in layers))
    return tuple((name, tuple(la for la in layers if la.block == name)) for name in names)


def block_title(name: str) -> str:
    """ "block3" -> "Block 3", "stage2" -> "Stage 2"."""
    word = name.rstrip("0123456789")
    return f"{word.capitalize()} {name[len(word) :]}" if word in ("block", "stage") else name


def rail(
    gallery: Gallery,
    link: Callable[[Layer], str],
    current: str = "",
    only: Collection[str] | None = None,
) -> tuple[RailBlock, ...]:
    """The network as a navigation; ``link`` gives each layer's URL, ``only`` names those shown."""
    shown = [
        (name, [slab for slab in slabs if only is None or slab.cell.name in only])
        for name, slabs in gallery.slabs
    ]
    shown = [(name, slabs) for name, slabs in shown if slabs]
    wide = sum(slab.room for _, slabs in shown for slab in slabs) + RAIL_GAP * (len(shown) - 1)
    return tuple(
        RailBlock(
            block_title(name),
            tuple(
                cell._replace(
                    href=link(gallery.layers[cell.name]),
                    current="current" if cell.name == current else "",
                )
                for cell, _ in slabs
            ),
            many=wide > RAIL_ROOM,
        )
        for name, slabs in shown
    )


def _slab(layer: Layer, widest: int, side: int) -> Slab:
    """Of a network whose layers have up to ``widest`` channels, on an input of ``side`` pixels."""
    short = layer.name.removeprefix(f"{layer.block}_")
    width = max(3, round(RAIL_WIDTH * layer.channels / widest))
    height = max(2, round(RAIL_HEIGHT * max(layer.height, layer.width) / side))
    title = f"{layer.name}: {layer.channels} maps of {size(layer.height, layer.width)}"
    return Slab(
        RailCell(layer.name, short, "", layer.kind, str(width), str(height), "", title),
        max(RAIL_CELL, 4 + max(width, RAIL_LETTER * len(short))),
    )


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a picture, in percent of it, cut at its border."""

    left: float
    top: float
    width: float
    height: float
    cut: bool
    """Whether the border cut it."""
    first_column: int
    last_column: int
    first_row: int
    last_row: int
    """Input pixels inside, after the cut."""


def window_box(layer: Layer, model: Model, peak: Peak | None) -> Box | None:
    """The receptive field of a map's position on the input."""
    if peak is None:
        return None
    window = layer.window
    top, left = crop_origin(layer, peak.row, peak.column)
    first_row, last_row = max(0, top), min(model.input.height, top + window.height) - 1
    first_column, last_column = max(0, left), min(model.input.width, left + window.width) - 1
    seen = (last_row - first_row + 1, last_column - first_column + 1)
    return Box(
        left=_share(first_column, model.input.width),
        top=_share(first_row, model.input.height),
        width=_share(seen[1], model.input.width),
        height=_share(seen[0], model.input.height),
        cut=seen != (window.height, window.width),
        first_column=first_column,
        last_column=last_column,
        first_row=first_row,
        last_row=last_row,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """One value's cell of a map, in percent of it."""

    left: float
    top: float
    width: float
    height: float


def value_place(layer: Layer, row: int, column: int) -> Place:
    """The cell of the value at a row and a column."""
    return Place(
        _share(column, layer.width),
        _share(row, layer.height),
        _share(1, layer.width),
        _share(1, layer.height),
    )


def crop_origin(layer: Layer, row: int, column: int) -> tuple[int, int]:
    """First row and column of what a value sees, input pixels; outside the input where padded."""
    window = layer.window
    return row * window.stride_y + window.start_y, column * window.stride_x + window.start_x


def window_numbers(layer: Layer) -> list[int]:
    """Height, width, stride (y, x) and start (y, x) of what a value sees, for scripts."""
    window = layer.window
    return [
        window.height,
        window.width,
        window.stride_y,
        window.stride_x,
        window.start_y,
        window.start_x,
    ]


def _share(part: float, whole: float) -> float:
    """Percent, to the thousandth."""
    return round(100 * part / whole, 3)


class Tile(NamedTuple):
    """One feature map, cut out of a sheet by its background's position.

    All of it is text, so that a page's thousands of tiles are escaped together (``render``).
    """

    channel: str
    """Its number."""
    cut: str
    """Column and row in the sheet, and the channel's range against the layer's, which is the
    opacity on the shared scale, as CSS; "" where nothing is drawn."""
    bar: str
    """The channel's strongest value against the layer's, percent."""
    state: str
    """ "", "silent", "flat" or "not finite"."""
    href: str
    label: str
    """Short, under the tile."""
    spoken: str
    """For a screen reader and as a tooltip."""
    facts: str = ""
    """What a script needs: "high mean zero row column rank spread lowest" (``grid``)."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles cut out of one sheet."""

    sheet: str
    """URL of the PNG."""
    columns: int
    rows: int
    pixel_height: int
    pixel_width: int
    """Of one tile in the PNG."""
    gap: int
    gain: str
    """Layer's highest value against the shared scale's upper end."""
    signed: bool
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Legend:
    """The shared scale in words."""

    low: str
    high: str
    signed: bool


def legend(sheet: Sheet, layer: Layer) -> Legend:
    """From zero (signed: from the negative end) to the 99.9th percentile."""
    high = number(sheet.p99_9)
    return Legend(low=f"\u2212{high}" if layer.signed else "0", high=high, signed=layer.signed)


def zero_words(layer: Layer) -> str:
    """Which colour is zero, on the shared scale."""
    return (
        "the middle is zero, blue lies below it and red above (in grey dark and light)"
        if layer.signed
        else "darkest is zero, or too little to tell from it"
    )


def ends_words(layer: Layer, high: float) -> str:
    """What the ends of the shared scale stand for."""
    if layer.signed:
        return f"its ends are \u2212{number(high)} or less and {number(high)} or more"
    return f"lightest {number(high)} or more"


def state(channel: Channel | Glance) -> str:
    """What is unusual about a channel, in a word."""
    if not channel.finite:
        return "not finite"
    if channel.silent:
        return "silent"
    return "flat" if channel.flat else ""


def decimals(value: float) -> str:
    """Short and exact enough for CSS."""
    return f"{value:.4f}".strip("0").rstrip(".") or "0"


def ratio(part: float, whole: float) -> str:
    """``part / whole`` for CSS; 1 where there is nothing to compare with."""
    return decimals(part / whole) if whole > 0 else "1"


def cut(x: int, y: int, k: str) -> str:
    """Where a tile is in its sheet, and its opacity, as CSS."""
    return f"--x:{x};--y:{y};--k:{k}"


def reach(channel: int, high: float, zeros: float, *, signed: bool) -> str:
    """How far a channel goes, in words."""
    in_magnitude = " in magnitude" if signed else ""
    return f"Channel {channel}: up to {number(high)}{in_magnitude}, zero on {percent(zeros)}"


def tile(
    sheet: Sheet,
    layer: Layer,
    channel: int,
    *,
    x: int,
    y: int,
    href: str,
    label: str = "",
    facts: str = "",
) -> Tile:
    """One tile of a layer's maps on one image; ``x`` and ``y`` are its column and row."""
    measured, top = sheet.channels[channel], sheet.layer_high
    share = measured.high / top if top > 0 else 0
    what = state(measured)
    if what:
        place, spoken = "", f"Channel {channel}: {what}"
    else:
        place = cut(x, y, decimals(share))
        spoken = reach(channel, measured.high, measured.zero_fraction, signed=layer.signed)
    bar = f"{100 * share:.0f}%"
    return Tile(str(channel), place, bar, what, href, label or str(channel), spoken, facts)


@dataclass(frozen=True, slots=True)
class Figures:
    """Three small figures of a layer: the window, the map's size, its values sorted."""

    photo: str
    box: Box | None
    sees: str
    map_height: float
    map_width: float
    """Of the map against the input, percent."""
    map_size: str
    sorted_values: str
    """CSS colour stops in grey, strongest at the top."""
    lit: float
    """Where zero begins, percent from the top."""
    zero: str
    signed: bool
    """Whether they are sorted without their sign."""


def figures(page_path: str, model: Model, layer: Layer, sheet: Sheet, image: str) -> Figures:
    """The three figures for one image; the window is that of the layer's strongest value."""
    top = sheet.strongest
    peaks = sheet.channels[top].peaks
    zeros = sheet.zero_share
    sees = f"{size(layer.window.height, layer.window.width)} px"
    return Figures(
        photo=layout.href(page_path, layout.input_png(model.id, image)),
        box=window_box(layer, model, peaks[0] if peaks else None),
        sees=sees,
        map_height=_share(layer.height, model.input.height),
        map_width=_share(layer.width, model.input.width),
        map_size=size(layer.height, layer.width),
        sorted_values=_sorted_stops(sheet),
        lit=round(100 * (1 - zeros), 1),
        zero=percent(zeros),
        signed=layer.signed,
    )


def _sorted_stops(sheet: Sheet, stops: int = 24) -> str:
    """The layer's values from the strongest down, as grey levels on the shared scale."""
    counts = sheet.histogram.counts
    total = sum(counts)
    bins = len(counts)
    levels = []
    seen, level = 0, bins - 1
    for i in range(stops + 1):
        wanted = i / stops * (total - 1)
        while level > 0 and seen + counts[level] <= wanted:
            seen += counts[level]
            level -= 1
        grey = round(255 * level / (bins - 1))
        levels.append(f"#{grey:02x}{grey:02x}{grey:02x}")
    return ",".join(levels)
