"""The JSON of the output contract as types, which say what is wrong with a file that is not so.

New keys may be added within a schema, so what is not named here is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from generator import layout
from generator.check.faults import Fault
from generator.check.pictures import header

__all__ = ["GalleryShape", "ModelShape", "data_faults", "read_gallery"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=80)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1)]
Whole = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[int, Field(gt=0, strict=True)]
Float = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Schema = Literal[1]
Pair = tuple[int, int]


class GeneratorShape(TypedDict):
    """Who made the site."""

    name: Literal["layerlight"]
    version: Text


class WeightsShape(TypedDict):
    """Of a network."""

    source: str
    sha256: str
    trained: bool


class InputShape(TypedDict):
    """What a network is fed."""

    height: Positive
    width: Positive
    fit: Literal["crop", "pad", "stretch"]
    preprocessing: str


class LayerShape(TypedDict):
    """One captured layer."""

    name: Text
    kind: str
    activation: str
    height: Positive
    width: Positive
    channels: Positive
    receptive_field: Pair
    stride: Pair
    start: Pair
    parameters: Whole
    multiply_adds: Whole


class ModelShape(TypedDict):
    """One network."""

    id: Slug
    title: Text
    weights: WeightsShape
    input: InputShape
    layers: Annotated[list[LayerShape], Field(min_length=1)]


class ImageShape(TypedDict):
    """One image."""

    id: Slug
    title: Text
    alt: Text
    credit: str
    license: str
    source: Text
    sha256: Sha256
    width: Positive
    height: Positive


class ProblemShape(TypedDict):
    """What could not be used."""

    source: Text
    stage: Text
    message: Text


class GalleryShape(TypedDict):
    """``gallery.json``."""

    schema: Schema
    generator: GeneratorShape
    models: Annotated[list[ModelShape], Field(min_length=1)]
    images: Annotated[list[ImageShape], Field(min_length=1)]
    problems: list[ProblemShape]


class HistogramShape(TypedDict):
    """Of a layer's values."""

    high: Float
    counts: Annotated[list[Whole], Field(min_length=256, max_length=256)]


class ChannelShape(TypedDict):
    """One channel of a sheet."""

    low: Float
    high: Float
    mean: Float
    std: Annotated[float, Field(ge=0)]
    zero_fraction: Share
    peaks: Annotated[list[tuple[Whole, Whole, Float]], Field(max_length=2)]
    lowest: NotRequired[Float]
    finite: NotRequired[bool]


class SheetShape(TypedDict):
    """``sheets/<model>/<image>/<layer>.json``."""

    schema: Schema
    model: str
    image: str
    layer: str
    file: str
    encoding: Literal["linear8"]
    columns: Positive
    rows: Positive
    tile_height: Positive
    tile_width: Positive
    gap: Literal[1]
    layer_high: Float
    p99_9: Float
    histogram: HistogramShape
    channels: list[ChannelShape]


class ReadLayerShape(TypedDict):
    """What was found in one layer."""

    telling: list[Whole]
    slants: list[tuple[Whole, str | int | float]]
    frame: list[Whole]


class ReadingShape(TypedDict):
    """``reading.json``."""

    schema: Schema
    layers: dict[str, ReadLayerShape]
    blocks: list[tuple[str, Whole, Whole, Whole]]


class AnswerShape(TypedDict):
    """One class that a network was asked for."""

    number: Whole
    label: str
    rank: Positive
    score: Float
    probability: float | None
    map: dict[str, Any] | None


class VerdictShape(TypedDict):
    """``classes/verdict.json``."""

    schema: Schema
    model: str
    image: str
    ending: Literal["softmax", "sigmoid", "binary", "none"]
    count: Positive
    layer: str
    height: Whole
    width: Whole
    answers: list[AnswerShape]


class ComparisonShape(TypedDict):
    """``comparison.json``."""

    schema: Schema
    first: str
    second: str
    images: Positive
    cells: Positive
    layers: Annotated[list[list[dict[str, Any]]], Field(min_length=2, max_length=2)]
    similarity: list[list[float | None]]
    beside: list[Whole]


class AtlasShape(TypedDict):
    """``atlas/<model>/<layer>.json``."""

    schema: Schema
    model: str
    layer: str
    file: str
    sha256: Sha256
    weights: str
    columns: Positive
    rows: Positive
    tile_height: Positive
    tile_width: Positive
    channels: list[dict[str, Any] | None]


_GALLERY: TypeAdapter[GalleryShape] = TypeAdapter(GalleryShape)
_SHEET: TypeAdapter[SheetShape] = TypeAdapter(SheetShape)
_OTHERS: Mapping[str, TypeAdapter[Any]] = {
    "reading.json": TypeAdapter(ReadingShape),
    "verdict.json": TypeAdapter(VerdictShape),
    "comparison.json": TypeAdapter(ComparisonShape),
}
_ATLAS: TypeAdapter[AtlasShape] = TypeAdapter(AtlasShape)


def read_gallery(site: Path) -> tuple[GalleryShape | None, list[Fault]]:
    """``gallery.json``, or what is wrong with it."""
    path = layout.GALLERY_JSON
    gallery, faults = _read(site, path, _GALLERY)
    if gallery is None:
        return None, [Fault("gallery", f.path, f.about, f.message) for f in faults]
    for key in ("models", "images"):
        ids = [one["id"] for one in gallery[key]]
        faults += [
            Fault("gallery", path, key, f"expected each id once, got {name!r} again")
            for i, name in enumerate(ids)
            if name in ids[:i]
        ]
    return gallery, faults


def data_faults(site: Path, path: str, models: Mapping[str, ModelShape]) -> list[Fault]:
    """What is wrong with any other JSON of the site.

    Args:
        site: its root.
        path: of the file.
        models: the gallery's networks, by id.
    """
    folder, *rest = path.split("/")
    if folder == "atlas":
        return _read(site, path, _ATLAS)[1]
    if rest and rest[-1] in _OTHERS:
        return _read(site, path, _OTHERS[rest[-1]])[1]
    if folder == "sheets" and len(rest) == 3:
        sheet, faults = _read(site, path, _SHEET)
        if sheet is not None:
            faults += [
                Fault("schema", path, "", said) for said in _unlike(site, path, sheet, models)
            ]
        return faults
    return []


def _read(site: Path, path: str, shape: TypeAdapter[Any]) -> tuple[Any, list[Fault]]:
    try:
        return shape.validate_json((site / path).read_bytes()), []
    except OSError as error:
        message = f"expected a file that this user may read, got '{error.strerror}'"
        return None, [Fault("schema", path, "", message)]
    except ValidationError as error:
        return None, [
            Fault("schema", path, ".".join(map(str, one["loc"])), _words(one))
            for one in error.errors(include_url=False)[:3]
        ]


def _words(error: Any) -> str:
    """What pydantic says of one value, in this project's words."""
    if error["type"] == "json_invalid":
        return f"expected JSON, got something else ({error['ctx']['error']})"
    if error["type"] == "missing":
        return "expected this key, but it is not there"
    got = json.dumps(error["input"], ensure_ascii=True, default=str)
    expected = re.sub(r"^(Input|Value|List|String|Tuple) should ", "", error["msg"])
    return f"expected it to {expected}, got {got if len(got) <= 60 else f'{got[:57]}...'}"


def _unlike(
    site: Path, path: str, sheet: SheetShape, models: Mapping[str, ModelShape]
) -> Iterator[str]:
    """Where a sheet contradicts its path, gallery.json, or its PNG."""
    _, model, image, file = path.split("/")
    name = file.removesuffix(".json")
    said = (sheet["model"], sheet["image"], sheet["layer"])
    if said != (model, image, name):
        yield f"expected the sheet of {model}, {image}, {name}, got that of {', '.join(said)}"
        return
    layers = {layer["name"]: layer for layer in models[model]["layers"]} if model in models else {}
    if name not in layers:
        return  # not named by the contract, and said so already
    layer = layers[name]
    shape = (sheet["tile_height"], sheet["tile_width"], len(sheet["channels"]))
    wanted = (layer["height"], layer["width"], layer["channels"])
    if shape != wanted:
        yield (
            f"expected {_times(wanted)} as {layout.GALLERY_JSON} has it (height, width, channels), "
            f"got {_times(shape)}"
        )
        return
    if sheet["columns"] * sheet["rows"] < len(sheet["channels"]):
        yield (
            f"expected room for {len(sheet['channels'])} tiles, "
            f"got {sheet['columns']} x {sheet['rows']}"
        )
    outside = [
        c
        for c, channel in enumerate(sheet["channels"])
        if any(row >= shape[0] or column >= shape[1] for row, column, _ in channel["peaks"])
    ]
    if outside:
        yield f"expected peaks inside of the map, got one outside in channel {outside[0]}"
    yield from _unlike_picture(site, path, sheet)


def _unlike_picture(site: Path, path: str, sheet: SheetShape) -> Iterator[str]:
    picture = path.removesuffix(".json") + ".png"
    try:
        found = header(site / picture)
    except OSError:
        return  # missing, and said so already
    gap = sheet["gap"]
    height = sheet["rows"] * (sheet["tile_height"] + gap) - gap
    width = sheet["columns"] * (sheet["tile_width"] + gap) - gap
    if found is not None and found != (width, height, True):
        kind = "grey" if found.grey else "not 8-bit grey"
        yield (
            f"expected {picture} of {width} x {height} pixels, grey, "
            f"got {found.width} x {found.height}, {kind}"
        )


def _times(sides: tuple[int, ...]) -> str:
    return " x ".join(map(str, sides))
