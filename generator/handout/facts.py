"""What a handout says about one image: read from the files of a built site, and nothing else.

The files are those of docs/output-contract.md. No network runs here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import index
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from generator import built_site, contract, layout
from generator.domain import Accounts, LayerKind, Mark, Reading, Sheet
from generator.errors import LayerNotFound, SiteError, UsageError
from generator.names import identified

__all__ = [
    "IMAGENET",
    "Entry",
    "Gallery",
    "ImageFacts",
    "LayerFacts",
    "Source",
    "Training",
    "choose_images",
    "choose_layers",
    "parse_gallery",
    "read_gallery",
    "read_image",
    "read_sheet",
]

Training = Literal["imagenet", "unknown", "none"]
"""What is known of where weights come from: learned from ImageNet, learned from nobody knows what,
or never learned.
"""
IMAGENET: Final = frozenset({"d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"})
"""Identities of weights (``models[].weights.sha256``) that were learned from ImageNet's 1.3 million
photographs by Simonyan and Zisserman: VGG16's convolutions.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An image, as ``gallery.json`` has it."""

    id: str
    source: str
    title: str
    alt: str
    credit: str
    license: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer, as ``gallery.json`` has it; pairs are of rows and columns."""

    name: str
    kind: LayerKind
    activation: str
    height: int
    width: int
    channels: int
    field: tuple[int, int]
    stride: tuple[int, int]
    start: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Gallery:
    """What handouts take from ``gallery.json``: its first network and its images."""

    site: Path
    model: str
    model_title: str
    training: Training
    identity: str
    """SHA-256 of the weights, as ``gallery.json`` has it."""
    height: int
    width: int
    """Of the network's input, pixels."""
    layers: tuple[_Layer, ...]
    images: Mapping[str, Entry]
    """By id, in the gallery's order."""


@dataclass(frozen=True, slots=True)
class Source:
    """The layer before, or the input. Pairs are of rows and columns."""

    name: str
    """ "" for the input."""
    channels: int
    field: tuple[int, int]
    stride: tuple[int, int]


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer on one image. Pairs are of rows and columns."""

    name: str
    kind: LayerKind
    block: str
    """What layers of one depth share: "block3"."""
    activation: str
    height: int
    width: int
    channels: int
    field: tuple[int, int]
    """What one value sees, input pixels."""
    stride: tuple[int, int]
    start: tuple[int, int]
    """First row and column that the value at (0, 0) sees; negative in the padding."""
    sheet: Sheet
    telling: tuple[int, ...]
    accounts: Accounts | None
    """Of a convolution whose source was captured."""
    before: Source
    """What the layer is made of, if ``accounts`` is there."""

    @property
    def zero_share(self) -> float:
        """Share of all the layer's values that are exactly zero."""
        return self.sheet.zero_share

    @property
    def signed(self) -> bool:
        """Whether there are values below zero."""
        return min(self.sheet.channels.low) < 0

    def tile(self, whole: NDArray[np.uint8], channel: int) -> NDArray[np.uint8]:
        """The channel's map out of the layer's sheet, (height, width), on the channel's range."""
        sheet = self.sheet
        top = channel // sheet.columns * (sheet.tile_height + sheet.gap)
        left = channel % sheet.columns * (sheet.tile_width + sheet.gap)
        return whole[top : top + sheet.tile_height, left : left + sheet.tile_width]

    def window(self, row: int, column: int) -> tuple[int, int, int, int]:
        """What a value sees: first row, last row, first column, last column; may lie outside."""
        top = row * self.stride[0] + self.start[0]
        left = column * self.stride[1] + self.start[1]
        return top, top + self.field[0] - 1, left, left + self.field[1] - 1


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Everything that the handouts of one image show but the maps' pixels."""

    entry: Entry
    model: str
    model_title: str
    training: Training
    identity: str
    """Of the weights."""
    layers: tuple[LayerFacts, ...]
    """In network order."""
    marks: tuple[Mark, ...]
    """The values that stand for the blocks on the gallery's front page."""
    pixels: NDArray[np.uint8]
    """(height, width, 3) sRGB: what the network was fed."""

    def layer(self, name: str) -> LayerFacts:
        """By its name."""
        return next(layer for layer in self.layers if layer.name == name)

    @property
    def blocks(self) -> tuple[tuple[LayerFacts, ...], ...]:
        """The layers, grouped by block."""
        groups: dict[str, list[LayerFacts]] = {}
        for layer in self.layers:
            groups.setdefault(layer.block, []).append(layer)
        return tuple(tuple(group) for group in groups.values())


def read_gallery(site: Path) -> Gallery:
    """What ``gallery.json`` says.

    Raises:
        UsageError: there is no gallery.
        SiteError: its ``gallery.json`` is damaged.
    """
    path = site / layout.GALLERY_JSON
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        what = f"a folder without {layout.GALLERY_JSON}" if site.is_dir() else "no folder"
        raise UsageError(
            f"expected a gallery in {site}, got {what}; run layerlight build first, or name the "
            f"folder that it wrote with --site"
        ) from None
    except OSError as error:
        raise SiteError(f"{path}: cannot be read ({error.strerror})") from None
    return parse_gallery(site, text)


def parse_gallery(site: Path, text: str | bytes) -> Gallery:
    """The same of what ``gallery.json`` of ``site`` holds, or will hold.

    Raises:
        SiteError: it is damaged.
        UsageError: its network is none that worksheets can be made of.
    """
    path = site / layout.GALLERY_JSON
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        built_site.damaged(path, "the contents of a gallery")
    try:
        if data["generator"]["name"] != "layerlight":
            built_site.damaged(path, "the contents of a gallery")
        model = data["models"][0]
        gallery = Gallery(
            site=site,
            model=built_site.text(model["id"]),
            model_title=built_site.text(model["title"]),
            training=_training(model["weights"]),
            identity=built_site.text(model["weights"]["sha256"]),
            height=_side(model["input"]["height"]),
            width=_side(model["input"]["width"]),
            layers=tuple(_parsed_layer(layer) for layer in model["layers"]),
            images={built_site.text(image["id"]): _parsed_entry(image) for image in data["images"]},
        )
    except (ValueError, LookupError, TypeError) as error:
        built_site.damaged(
            path, f"the entries of the output contract ({type(error).__name__}: {error})"
        )
    if not gallery.layers or not gallery.images:
        built_site.damaged(path, "at least one layer and one image")
    refuse_branches(gallery.model_title, gallery.layers)
    return gallery


class _Kind(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> LayerKind: ...


def refuse_branches(title: str, layers: Sequence[_Kind]) -> None:
    """A worksheet works out each window from the layer before: there must be just one.

    Raises:
        UsageError: branches meet in the network.
    """
    meets = next((layer.name for layer in layers if layer.kind == "merge"), None)
    if meets:
        raise UsageError(
            f"handouts: expected a network whose layers follow one another, such as VGG16, got "
            f"{title}, in which branches meet ({meets}); worksheets are not made of such; leave "
            f"them out (--no-handouts)"
        )


def _training(weights: Mapping[str, Any]) -> Training:
    if not weights["trained"]:
        return "none"
    return "imagenet" if weights["sha256"] in IMAGENET else "unknown"


def choose_images(gallery: Gallery, names: Sequence[str]) -> tuple[Entry, ...]:
    """The images asked for by id or file name, each once; all of them for none.

    Raises:
        UsageError: a name that the gallery does not have.
    """
    known = {entry.id: entry.source for entry in gallery.images.values()}
    ids = [identified(name, known, "IMAGE") for name in names]
    return tuple(gallery.images[image] for image in dict.fromkeys(ids or gallery.images))


def choose_layers(gallery: Gallery, patterns: Sequence[str]) -> tuple[str, ...]:
    """Names of the layers that match a pattern, in network order; all of them for no pattern.

    Raises:
        LayerNotFound: a pattern that matches none.
    """
    names = [layer.name for layer in gallery.layers]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise LayerNotFound(
                f"--layers: expected patterns of the gallery’s {len(names)} layers, got "
                f"{pattern!r}, which matches none.{built_site.suggestion(pattern, names)}"
            )
    return tuple(
        name
        for name in names
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    )


def read_image(gallery: Gallery, entry: Entry, names: Sequence[str]) -> ImageFacts:
    """Everything about one image and those layers.

    Raises:
        SiteError: a file of the site is missing, damaged or does not fit the others.
    """
    reading = _reading(gallery, entry.id)
    return ImageFacts(
        entry=entry,
        model=gallery.model,
        model_title=gallery.model_title,
        training=gallery.training,
        identity=gallery.identity,
        layers=tuple(
            _layer_facts(gallery, entry.id, layer, reading)
            for layer in gallery.layers
            if layer.name in names
        ),
        marks=reading.blocks,
        pixels=built_site.picture(
            gallery.site / layout.input_png(gallery.model, entry.id),
            (gallery.height, gallery.width, 3),
        ),
    )


def read_sheet(gallery: Gallery, image: str, layer: LayerFacts) -> NDArray[np.uint8]:
    """All maps of a layer in one picture, as they were tiled; ``LayerFacts.tile`` cuts one out.

    Raises:
        SiteError: the sheet is missing or damaged.
    """
    sheet = layer.sheet
    tall, wide = sheet.tile_height + sheet.gap, sheet.tile_width + sheet.gap
    return built_site.picture(
        gallery.site / layout.sheet_png(gallery.model, image, layer.name),
        (sheet.rows * tall - sheet.gap, sheet.columns * wide - sheet.gap),
    )


def _parsed_layer(data: Mapping[str, Any]) -> _Layer:
    kind = data["kind"]
    if kind not in get_args(LayerKind):
        raise ValueError(f"kind {kind!r}")
    return _Layer(
        name=built_site.text(data["name"]),
        kind=kind,
        activation=built_site.text(data["activation"]),
        height=_side(data["height"]),
        width=_side(data["width"]),
        channels=_side(data["channels"]),
        field=built_site.pair(data["receptive_field"]),
        stride=built_site.pair(data["stride"]),
        start=built_site.pair(data["start"]),
    )


def _parsed_entry(data: Mapping[str, Any]) -> Entry:
    return Entry(
        *(
            built_site.text(data[key])
            for key in ("id", "source", "title", "alt", "credit", "license")
        )
    )


def _side(value: Any) -> int:
    if index(value) < 1:
        raise ValueError(f"expected 1 or more, got {value!r}")
    return index(value)


def _layer_facts(gallery: Gallery, image: str, own: _Layer, reading: Reading) -> LayerFacts:
    found = reading.layers.get(own.name)
    return LayerFacts(
        name=own.name,
        kind=own.kind,
        block=own.name.partition("_")[0],
        activation=own.activation,
        height=own.height,
        width=own.width,
        channels=own.channels,
        field=own.field,
        stride=own.stride,
        start=own.start,
        sheet=_sheet(gallery, image, own),
        telling=tuple(c for c in found.telling if 0 <= c < own.channels) if found else (),
        accounts=_accounts(gallery, image, own),
        before=_source(gallery, own),
    )


def _source(gallery: Gallery, own: _Layer) -> Source:
    at = gallery.layers.index(own)
    if at == 0:
        return Source("", 3, (1, 1), (1, 1))
    layer = gallery.layers[at - 1]
    return Source(layer.name, layer.channels, layer.field, layer.stride)


def _reading(gallery: Gallery, image: str) -> Reading:
    path = gallery.site / layout.reading_json(gallery.model, image)
    try:
        return contract.read_reading(built_site.read(path))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        built_site.damaged(path, "what was found in the maps")


def _sheet(gallery: Gallery, image: str, layer: _Layer) -> Sheet:
    path = gallery.site / layout.sheet_json(gallery.model, image, layer.name)
    try:
        sheet = contract.read_sheet(built_site.read(path))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        built_site.damaged(path, "the numbers of a sheet")
    told = (len(sheet.channels), sheet.tile_height, sheet.tile_width)
    if told != (layer.channels, layer.height, layer.width):
        built_site.damaged(path, f"the numbers of the sheet of {layer.name}")
    return sheet


def _accounts(gallery: Gallery, image: str, layer: _Layer) -> Accounts | None:
    """None where the site has none: for pools, and where the layer before was not captured."""
    script = layout.evidence_script(gallery.model, image, layer.name)
    path = gallery.site / script
    if layer.kind != "conv" or not path.exists():
        return None
    try:
        return contract.read_accounts(script, built_site.read(path).decode("utf-8"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        built_site.damaged(path, "the sums of a layer")
