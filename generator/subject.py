"""One channel on one image, read from the files of a built site (docs/output-contract.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from generator import contract, layout
from generator.domain import Channel, Sheet
from generator.drawing import Rectangle
from generator.encode import read_png
from generator.errors import LayerNotFound, SiteError, UsageError

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

    @property
    def step(self) -> float:
        """Activation units from one grey to the next."""
        return (self.facts.high - self.facts.low) / 255


def read_subject(
    site: Path, image: str, layer: str, channel: int, at: tuple[int, int] | None = None
) -> Subject:
    """Everything that a figure of one channel shows.

    Args:
        site: a folder that ``layerlight build`` wrote.
        image: id of an image.
        layer: name of a captured layer.
        channel: from 0.
        at: (row, column) of the value to mark; None: the strongest.

    Raises:
        UsageError: no site there, or an image, channel or position that it does not have.
        LayerNotFound: a layer that it does not have.
        SiteError: a file of the site is missing, damaged or does not fit the others.
    """
    gallery = _gallery(site)
    try:
        return _subject(site, gallery, image, layer, channel, at)
    except (LookupError, TypeError, AttributeError) as error:
        _damaged(site / layout.GALLERY_JSON, f"an entry of the output contract, missing: {error}")


def _subject(
    site: Path,
    gallery: Mapping[str, Any],
    image: str,
    layer: str,
    channel: int,
    at: tuple[int, int] | None,
) -> Subject:
    entry = _image(gallery, image)
    model, facts = _layer(gallery, layer)
    if not 0 <= channel < facts["channels"]:
        raise UsageError(
            f"channel: expected 0 to {facts['channels'] - 1} for {layer}, got {channel}"
        )
    _refuse_position(at, facts)
    sheet = _sheet(site, model["id"], image, facts)
    own = sheet.channels[channel]
    marked = None if own.silent else at or _strongest(own)
    return Subject(
        model_title=model["title"],
        trained=bool(model["weights"]["trained"]),
        layer=layer,
        channel=channel,
        facts=own,
        sheet=sheet,
        signed=any(c.low < 0 for c in sheet.channels),
        grey=_grey(site, model["id"], image, sheet, channel),
        pixels=_pixels(site, model, image),
        marked=marked,
        field=_field(facts, marked) if marked else None,
        title=str(entry["title"]),
        credit=str(entry["credit"]),
        license=str(entry["license"]),
    )


def _strongest(channel: Channel) -> tuple[int, int] | None:
    return (channel.peaks[0].row, channel.peaks[0].column) if channel.peaks else None


def _field(layer: Mapping[str, Any], position: tuple[int, int]) -> Rectangle:
    """The receptive field of a value, in input pixels; may reach beyond the input."""
    top, left = (position[i] * layer["stride"][i] + layer["start"][i] for i in range(len(position)))
    height, width = layer["receptive_field"]
    return Rectangle(top, top + height, left, left + width)


def _gallery(site: Path) -> Mapping[str, Any]:
    path = site / layout.GALLERY_JSON
    try:
        data: Any = json.loads(path.read_bytes())
        if data["generator"]["name"] == "layerlight" and data["models"] and data["images"]:
            found: Mapping[str, Any] = data
            return found
    except (FileNotFoundError, NotADirectoryError):
        what = f"a folder without {layout.GALLERY_JSON}" if site.is_dir() else "no folder"
        raise UsageError(
            f"expected a gallery in {site}, got {what}; run layerlight build first, or name the "
            f"folder that it wrote with --site"
        ) from None
    except OSError as error:
        raise SiteError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    _damaged(path, "the contents of a gallery")


def _image(gallery: Mapping[str, Any], image: str) -> Mapping[str, Any]:
    known: dict[str, Mapping[str, Any]] = {entry["id"]: entry for entry in gallery["images"]}
    if image in known:
        return known[image]
    raise UsageError(
        f"image: expected one of the gallery’s {len(known)} images, got {image!r}."
        f"{_suggestion(image, [*known])}"
    )


def _layer(gallery: Mapping[str, Any], layer: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The first network with that layer, and the layer."""
    names: list[str] = []
    for model in gallery["models"]:
        for facts in model["layers"]:
            if facts["name"] == layer:
                return model, facts
            names.append(facts["name"])
    raise LayerNotFound(
        f"layer: expected one of the gallery’s {len(names)} layers, got {layer!r}."
        f"{_suggestion(layer, names)}"
    )


def _suggestion(given: str, known: Sequence[str]) -> str:
    close = get_close_matches(given.lower(), known, n=3)
    listed = f"{', '.join(known[:20])}{', ...' if len(known) > 20 else ''}"
    return f" Did you mean {' or '.join(close)}?" if close else f" There are: {listed}"


def _refuse_position(at: tuple[int, int] | None, layer: Mapping[str, Any]) -> None:
    height, width = layer["height"], layer["width"]
    if at is not None and not (0 <= at[0] < height and 0 <= at[1] < width):
        raise UsageError(
            f"--at: expected a row of 0 to {height - 1} and a column of 0 to {width - 1} for "
            f"{layer['name']}, got {at[0]},{at[1]}"
        )


def _sheet(site: Path, model: str, image: str, layer: Mapping[str, Any]) -> Sheet:
    path = site / layout.sheet_json(model, image, layer["name"])
    try:
        sheet = contract.read_sheet(_read(path))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        _damaged(path, "the numbers of a sheet")
    told = (len(sheet.channels), sheet.tile_height, sheet.tile_width)
    if told != (layer["channels"], layer["height"], layer["width"]):
        _damaged(path, f"the numbers of the sheet of {layer['name']}")
    return sheet


def _grey(site: Path, model: str, image: str, sheet: Sheet, channel: int) -> NDArray[np.uint8]:
    """The channel's tile, (tile_height, tile_width)."""
    path = site / layout.sheet_png(model, image, sheet.layer)
    tall, wide = sheet.tile_height + sheet.gap, sheet.tile_width + sheet.gap
    whole = _picture(path, (sheet.rows * tall - sheet.gap, sheet.columns * wide - sheet.gap))
    top, left = channel // sheet.columns * tall, channel % sheet.columns * wide
    return whole[top : top + sheet.tile_height, left : left + sheet.tile_width]


def _pixels(site: Path, model: Mapping[str, Any], image: str) -> NDArray[np.uint8]:
    shape = (model["input"]["height"], model["input"]["width"], 3)
    return _picture(site / layout.input_png(model["id"], image), shape)


def _picture(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    data = _read(path)
    try:
        pixels = read_png(data)
    except (OSError, ValueError, SyntaxError):  # the last is Pillow's word for a broken PNG
        _damaged(path, "a PNG")
    if pixels.shape != shape or pixels.dtype != np.uint8:
        expected = " x ".join(map(str, shape[:2]))
        _damaged(path, f"a PNG of {expected} pixels, {'colour' if shape[2:] else 'grey'}")
    return pixels


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SiteError(
            f"{path}: expected a file of the gallery, but it cannot be read ({error.strerror}); "
            f"run layerlight build again"
        ) from None


def _damaged(path: Path, expected: str) -> NoReturn:
    raise SiteError(
        f"{path}: expected {expected}, got something else; it is damaged or from another "
        f"version: run layerlight build again"
    ) from None
