"""One channel on one image, read from the files of a built site (docs/output-contract.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import built_site, contract, layout
from generator.domain import Channel, Sheet
from generator.drawing import Rectangle
from generator.errors import LayerNotFound, SiteError, UsageError
from generator.names import identified

__all__ = ["Subject", "read_subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One channel on one image, as the site's files have it."""

    model_title: str
    trained: bool
    layer: str
    channel: int
    facts: Channel
    sheet: Sheet
    signed: bool
    grey: NDArray[np.uint8]
    """(height, width), the channel on its own range (output contract)."""
    pixels: NDArray[np.uint8]
    """(height, width, 3) sRGB: what the network was fed."""
    marked: tuple[int, int] | None
    """(row, column) of the value in question; None if no value of the map stands out."""
    field: Rectangle | None
    """What that value sees, pixels of the input, before the border cuts it."""
    title: str
    credit: str
    license: str
    image: str = ""
    """Its id in the gallery; "" for one that is in none."""

    @property
    def step(self) -> float:
        """Activation units from one grey to the next."""
        return (self.facts.high - self.facts.low) / 255


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer, as ``gallery.json`` has it; pairs are of rows and columns."""

    name: str
    height: int
    width: int
    channels: int
    receptive_field: tuple[int, int]
    stride: tuple[int, int]
    start: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Model:
    """A network, as ``gallery.json`` has it."""

    id: str
    title: str
    trained: bool
    height: int
    width: int
    """Of its input, pixels."""
    layers: tuple[_Layer, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An image, as ``gallery.json`` has it."""

    source: str
    title: str
    credit: str
    license: str


@dataclass(frozen=True, slots=True)
class _Gallery:
    """What a figure takes from ``gallery.json``."""

    models: tuple[_Model, ...]
    images: Mapping[str, _Entry]
    """By id."""


def read_subject(
    site: Path, image: str, layer: str, channel: int, at: tuple[int, int] | None = None
) -> Subject:
    """Everything that a figure of one channel shows.

    Args:
        site: a folder that ``layerlight build`` wrote.
        image: id or file name of an image.
        layer: name of a captured layer.
        channel: from 0.
        at: (row, column) of the value to mark; None: the strongest.

    Raises:
        UsageError: no site there, or an image, channel or position that it does not have.
        LayerNotFound: a layer that it does not have.
        SiteError: a file of the site is missing, damaged or does not fit the others.
    """
    gallery = _gallery(site)
    image = identified(image, {one: e.source for one, e in gallery.images.items()}, "image")
    entry = gallery.images[image]
    model, own = _model_and_layer(gallery, layer)
    if not 0 <= channel < own.channels:
        raise UsageError(f"channel: expected 0 to {own.channels - 1} for {layer}, got {channel}")
    _refuse_position(at, own)
    sheet = _sheet(site, model.id, image, own)
    facts = sheet.channels[channel]
    marked = None if facts.silent else at or _strongest(facts)
    return Subject(
        model_title=model.title,
        trained=model.trained,
        layer=layer,
        channel=channel,
        facts=facts,
        sheet=sheet,
        signed=min(sheet.channels.low) < 0,
        grey=_grey(site, model.id, image, sheet, channel),
        pixels=_pixels(site, model, image),
        marked=marked,
        field=_field(own, marked) if marked else None,
        title=entry.title,
        credit=entry.credit,
        license=entry.license,
        image=image,
    )


def _strongest(channel: Channel) -> tuple[int, int] | None:
    return (channel.peaks[0].row, channel.peaks[0].column) if channel.peaks else None


def _field(layer: _Layer, position: tuple[int, int]) -> Rectangle:
    """The receptive field of a value, in input pixels; may reach beyond the input."""
    top, left = (p * s + a for p, s, a in zip(position, layer.stride, layer.start, strict=True))
    height, width = layer.receptive_field
    return Rectangle(top, top + height, left, left + width)


def _gallery(site: Path) -> _Gallery:
    """What ``gallery.json`` says; the only place that may call that file damaged."""
    path = site / layout.GALLERY_JSON
    try:
        data: Any = json.loads(path.read_bytes())
        if data["generator"]["name"] != "layerlight" or not data["models"] or not data["images"]:
            built_site.damaged(path, "the contents of a gallery")
    except (FileNotFoundError, NotADirectoryError):
        what = f"a folder without {layout.GALLERY_JSON}" if site.is_dir() else "no folder"
        raise UsageError(
            f"expected a gallery in {site}, got {what}; run layerlight build first, or name the "
            f"folder that it wrote with --site"
        ) from None
    except OSError as error:
        raise SiteError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        built_site.damaged(path, "the contents of a gallery")
    try:
        return _Gallery(
            models=tuple(_parsed_model(model) for model in data["models"]),
            images={built_site.text(image["id"]): _parsed_entry(image) for image in data["images"]},
        )
    except (ValueError, LookupError, TypeError) as error:
        built_site.damaged(
            path, f"the entries of the output contract ({type(error).__name__}: {error})"
        )


def _parsed_model(data: Mapping[str, Any]) -> _Model:
    return _Model(
        id=built_site.text(data["id"]),
        title=built_site.text(data["title"]),
        trained=bool(data["weights"]["trained"]),
        height=index(data["input"]["height"]),
        width=index(data["input"]["width"]),
        layers=tuple(_parsed_layer(layer) for layer in data["layers"]),
    )


def _parsed_layer(data: Mapping[str, Any]) -> _Layer:
    return _Layer(
        name=built_site.text(data["name"]),
        height=index(data["height"]),
        width=index(data["width"]),
        channels=index(data["channels"]),
        receptive_field=built_site.pair(data["receptive_field"]),
        stride=built_site.pair(data["stride"]),
        start=built_site.pair(data["start"]),
    )


def _parsed_entry(data: Mapping[str, Any]) -> _Entry:
    return _Entry(
        built_site.text(data["source"]),
        built_site.text(data["title"]),
        built_site.text(data["credit"]),
        built_site.text(data["license"]),
    )


def _model_and_layer(gallery: _Gallery, layer: str) -> tuple[_Model, _Layer]:
    """The first network with that layer, and the layer."""
    names: list[str] = []
    for model in gallery.models:
        for own in model.layers:
            if own.name == layer:
                return model, own
            names.append(own.name)
    raise LayerNotFound(
        f"layer: expected one of the gallery’s {len(names)} layers, got {layer!r}."
        f"{built_site.suggestion(layer, names)}"
    )


def _refuse_position(at: tuple[int, int] | None, layer: _Layer) -> None:
    height, width = layer.height, layer.width
    if at is not None and not (0 <= at[0] < height and 0 <= at[1] < width):
        raise UsageError(
            f"--at: expected a row of 0 to {height - 1} and a column of 0 to {width - 1} for "
            f"{layer.name}, got {at[0]},{at[1]}"
        )


def _sheet(site: Path, model: str, image: str, layer: _Layer) -> Sheet:
    path = site / layout.sheet_json(model, image, layer.name)
    data = built_site.read(path)
    try:
        sheet = contract.read_sheet(data)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        built_site.damaged(path, "the numbers of a sheet")
    told = (len(sheet.channels), sheet.tile_height, sheet.tile_width)
    if told != (layer.channels, layer.height, layer.width):
        built_site.damaged(path, f"the numbers of the sheet of {layer.name}")
    return sheet


def _grey(site: Path, model: str, image: str, sheet: Sheet, channel: int) -> NDArray[np.uint8]:
    """The channel's tile, (tile_height, tile_width)."""
    path = site / layout.sheet_png(model, image, sheet.layer)
    tall, wide = sheet.tile_height + sheet.gap, sheet.tile_width + sheet.gap
    whole = built_site.picture(
        path, (sheet.rows * tall - sheet.gap, sheet.columns * wide - sheet.gap)
    )
    top, left = channel // sheet.columns * tall, channel % sheet.columns * wide
    return whole[top : top + sheet.tile_height, left : left + sheet.tile_width]


def _pixels(site: Path, model: _Model, image: str) -> NDArray[np.uint8]:
    shape = (model.height, model.width, 3)
    return built_site.picture(site / layout.input_png(model.id, image), shape)
