"""The domain's types <-> the JSON of the output contract (schema 1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import orjson

from generator import layout
from generator.domain import (
    SCHEMA,
    Accounts,
    Across,
    Answer,
    AtlasSheet,
    Channels,
    ClassMap,
    Histogram,
    InputImage,
    Knots,
    Layer,
    LayerReading,
    Mark,
    Model,
    Peak,
    Pictured,
    Points,
    Problem,
    Reading,
    Sheet,
    Verdict,
)

__all__ = [
    "ENCODING",
    "accounts_script",
    "across_script",
    "atlas_json",
    "atlas_script",
    "gallery_json",
    "gallery_script",
    "pixels_script",
    "points_script",
    "read_accounts",
    "read_atlas",
    "read_knots",
    "read_reading",
    "read_sheet",
    "read_verdict",
    "reading_json",
    "sheet_json",
    "threads_script",
    "titles_script",
    "tour_script",
    "verdict_json",
]

ENCODING = "linear8"
"""8-bit samples, linear between each channel's ``low`` and ``high``."""


def gallery_json(
    version: str, models: Sequence[Model], images: Sequence[InputImage], problems: Sequence[Problem]
) -> str:
    """``gallery.json``."""
    return _dump(
        {
            "schema": SCHEMA,
            "generator": {"name": "layerlight", "version": version},
            "models": [_model(m) for m in models],
            "images": [
                {
                    "id": i.id,
                    "title": i.title,
                    "alt": i.alt,
                    "credit": i.credit,
                    "license": i.license,
                    "source": i.source,
                    "sha256": i.sha256,
                    "width": i.width,
                    "height": i.height,
                }
                for i in images
            ],
            "problems": [
                {"source": p.source, "stage": p.stage, "message": p.message} for p in problems
            ],
        },
        indent=1,
    )


def gallery_script(model: Model, images: Sequence[InputImage]) -> str:
    """``static/gallery.js``: the list of images as a classic script, which a file may load."""
    entries = [
        {"id": i.id, "title": i.title, "photo": layout.input_png(model.id, i.id)} for i in images
    ]
    return f"window.layerlightImages={_safe_in_script(_dump(entries).strip())};\n"


def titles_script(path: str, images: Sequence[InputImage]) -> str:
    """``static/titles.js``: id, title and source of each image, by which it is found."""
    return _data_script(path, [[i.id, i.title, i.source] for i in images])


def _safe_in_script(json_text: str) -> str:
    """JSON that stays data in a script: no "</script>", no line end that only JavaScript sees."""
    return (
        json_text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _model(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "title": model.title,
        "weights": {
            "source": model.weights.source,
            "sha256": model.weights.sha256,
            "trained": model.weights.trained,
        },
        "input": {
            "height": model.input.height,
            "width": model.input.width,
            "fit": model.input.fit,
            "preprocessing": model.input.preprocessing,
        },
        "layers": [_layer(layer) for layer in model.layers],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    window = layer.window
    return {
        "name": layer.name,
        "kind": layer.kind,
        "activation": layer.activation,
        "height": layer.height,
        "width": layer.width,
        "channels": layer.channels,
        "receptive_field": [window.height, window.width],
        "stride": [window.stride_y, window.stride_x],
        "start": [window.start_y, window.start_x],
        "parameters": layer.parameters,
        "multiply_adds": layer.multiply_adds,
    }


_ALWAYS = ("low", "high", "mean", "std", "zero_fraction", "peaks")
"""What each channel has in a sheet's JSON, in this order."""


def sheet_json(sheet: Sheet) -> str:
    """``sheets/<model>/<image>/<layer>.json``."""
    channels = _dump(_entries(sheet.channels)).strip()
    # Nothing but keys and numbers: integral ones lose their ".0" at once, for an image has fifty
    # thousand numbers.
    for end in ",]}":
        channels = channels.replace(f".0{end}", end)
    head = _dump(
        {
            "schema": SCHEMA,
            "model": sheet.model,
            "image": sheet.image,
            "layer": sheet.layer,
            "file": sheet.file,
            "encoding": ENCODING,
            "columns": sheet.columns,
            "rows": sheet.rows,
            "tile_height": sheet.tile_height,
            "tile_width": sheet.tile_width,
            "gap": sheet.gap,
            "layer_high": _short(sheet.layer_high),
            "p99_9": _short(sheet.p99_9),
            "histogram": {"high": _short(sheet.histogram.high), "counts": sheet.histogram.counts},
        }
    )
    return f'{head.strip().removesuffix("}")},"channels":{channels}}}\n'


def _entries(channels: Channels) -> list[dict[str, Any]]:
    low, high, mean, std, zero_fraction, peaks, finite, lowest = channels.columns
    always = zip(low, high, mean, std, zero_fraction, peaks, strict=True)
    entries = [dict(zip(_ALWAYS, numbers, strict=True)) for numbers in always]
    for entry, sound, value in zip(entries, finite, lowest, strict=True):
        if value:
            entry["lowest"] = value
        if not sound:
            entry["finite"] = False
    return entries


def parsed(text: str | bytes) -> Any:
    """JSON of the site as plain values."""
    return orjson.loads(text)


def read_sheet(text: str | bytes) -> Sheet:
    """The inverse of ``sheet_json``."""
    data = parsed(text)
    return Sheet(
        model=data["model"],
        image=data["image"],
        layer=data["layer"],
        file=data["file"],
        columns=data["columns"],
        rows=data["rows"],
        tile_height=data["tile_height"],
        tile_width=data["tile_width"],
        gap=data["gap"],
        layer_high=data["layer_high"],
        p99_9=data["p99_9"],
        histogram=Histogram(data["histogram"]["high"], tuple(data["histogram"]["counts"])),
        channels=_read_channels(data["channels"]),
    )


def _read_channels(entries: list[dict[str, Any]]) -> Channels:
    low, high, mean, std, zeros = ([entry[name] for entry in entries] for name in _ALWAYS[:-1])
    return Channels(
        *(low, high, mean, std, zeros),
        [tuple(map(tuple, entry["peaks"])) for entry in entries],
        [entry.get("finite", True) for entry in entries],
        [entry.get("lowest", 0) for entry in entries],
    )


def reading_json(reading: Reading) -> str:
    """``sheets/<model>/<image>/reading.json``."""
    return _dump(
        {
            "schema": SCHEMA,
            "layers": {
                name: {
                    "telling": r.telling,
                    "slants": r.slants,
                    "frame": r.frame,
                }
                for name, r in reading.layers.items()
            },
            "blocks": [[m.layer, m.channel, m.row, m.column] for m in reading.blocks],
        }
    )


def read_reading(text: str | bytes) -> Reading:
    """The inverse of ``reading_json``."""
    data = orjson.loads(text)
    return Reading(
        layers={
            name: LayerReading(
                telling=tuple(r["telling"]),
                slants=tuple((c, s) for c, s in r["slants"]),
                frame=tuple(r["frame"]),
            )
            for name, r in data["layers"].items()
        },
        blocks=tuple(Mark(*m) for m in data["blocks"]),
    )


def verdict_json(verdict: Verdict) -> str:
    """``sheets/<model>/<image>/classes/verdict.json``."""
    return _dump(
        {
            "schema": SCHEMA,
            "model": verdict.model,
            "image": verdict.image,
            "ending": verdict.ending,
            "count": verdict.count,
            "layer": verdict.layer,
            "height": verdict.height,
            "width": verdict.width,
            "answers": [
                {
                    "number": a.number,
                    "label": a.label,
                    "rank": a.rank,
                    "score": a.score,
                    "probability": a.probability,
                    "map": a.map and _class_map(a.map),
                }
                for a in verdict.answers
            ],
        }
    )


def _class_map(found: ClassMap) -> dict[str, Any]:
    peak = found.peak and [found.peak.row, found.peak.column, found.peak.value]
    return {"file": found.file, "high": found.high, "peak": peak}


def read_verdict(text: str | bytes) -> Verdict:
    """The inverse of ``verdict_json``."""
    data = json.loads(text)
    answers = tuple(
        Answer(**{**a, "map": None if a["map"] is None else _read_class_map(a["map"])})
        for a in data["answers"]
    )
    facts = {key: value for key, value in data.items() if key not in ("schema", "answers")}
    return Verdict(**facts, answers=answers)


def _read_class_map(data: dict[str, Any]) -> ClassMap:
    peak = data["peak"]
    return ClassMap(data["file"], data["high"], None if peak is None else Peak(*peak))


def atlas_json(sheet: AtlasSheet) -> str:
    """``atlas/<model>/<layer>.json``."""
    return _dump(
        {
            "schema": SCHEMA,
            "model": sheet.model,
            "layer": sheet.layer,
            "weights": sheet.weights,
            "file": sheet.file,
            "sha256": sheet.sha256,
            "columns": sheet.columns,
            "rows": sheet.rows,
            "tile_height": sheet.tile_height,
            "tile_width": sheet.tile_width,
            "specimens": sheet.specimens,
            "photographs": sheet.photographs,
            "made": sheet.made,
            "channels": [None if c is None else _pictured(c) for c in sheet.channels],
        },
    )


def _pictured(found: Pictured) -> dict[str, float]:
    return {
        "mean": _six(found.mean),
        "peak": _six(found.peak),
        "rank": found.rank,
        "photograph_mean": _six(found.photograph_mean),
        "photograph_peak": _six(found.photograph_peak),
        "attempt": found.attempt,
    }


def read_atlas(text: str | bytes) -> AtlasSheet:
    """The inverse of ``atlas_json``.

    Raises:
        ValueError, KeyError, TypeError: it is something else.
    """
    data = json.loads(text)
    if data["schema"] != SCHEMA:
        raise ValueError(f"schema {data['schema']}")
    return AtlasSheet(
        model=str(data["model"]),
        layer=str(data["layer"]),
        weights=str(data["weights"]),
        file=str(data["file"]),
        sha256=str(data["sha256"]),
        columns=int(data["columns"]),
        rows=int(data["rows"]),
        tile_height=int(data["tile_height"]),
        tile_width=int(data["tile_width"]),
        channels=tuple(None if c is None else Pictured(**c) for c in data["channels"]),
        specimens=tuple(int(c) for c in data["specimens"]),
        photographs=tuple(data["photographs"]),
        made=dict(data["made"]),
    )


def _six(value: float) -> float:
    """Six significant digits: float32 has seven."""
    return _short(float(f"{value:.6g}"))


# -- Data scripts: what a page loads when a reader asks for it, also from a file


def pixels_script(path: str, png: bytes) -> bytes:
    """A PNG as base64: a page from a file may not read the pixels of the PNG itself."""
    # base64 needs no escapes, and looking for them in megabytes takes its time
    return b"".join((_assigned(path).encode(), b'"', base64.b64encode(png), b'";\n'))


def accounts_script(path: str, accounts: Accounts) -> str:
    """``sheets/<model>/<image>/evidence/<layer>.js``."""
    return _data_script(path, _columns(accounts))


def read_accounts(path: str, text: str) -> Accounts:
    """The inverse of ``accounts_script``."""
    data = _read_data_script(path, text)
    deep = ("who", "value", "place")
    columns: dict[str, Any] = {
        name: tuple(map(tuple, column)) if name in deep else tuple(column)
        for name, column in data.items()
    }
    return Accounts(**columns)


def threads_script(path: str, knots: dict[str, Knots]) -> str:
    """``sheets/<model>/<image>/threads.js``."""
    return _data_script(path, {name: _columns(own) for name, own in knots.items()})


def read_knots(path: str, text: str) -> dict[str, Knots]:
    """The inverse of ``threads_script``."""
    return {
        name: Knots(**{k: tuple(v) for k, v in own.items()})
        for name, own in _read_data_script(path, text).items()
    }


def points_script(path: str, points: Points) -> str:
    """``sheets/<model>/<image>/points.js``."""
    layers = {
        name: {"channel": channel, "place": place, "value": [_short(v) for v in value]}
        for name, (channel, place, value) in points.layers.items()
    }
    return _data_script(path, {"rows": points.rows, "columns": points.columns, "layers": layers})


def across_script(path: str, across: Across) -> str:
    """``layers/<model>/<layer>.js``. Images are named by their number in the gallery."""
    return _data_script(
        path,
        {
            "images": len(across.rows),
            "high": _short(across.high),
            "top": _short(across.top),
            "mean": [_five(m) for m in across.means],
            "windows": [[_occurrence(o) for o in own] for own in across.windows],
            "on": [[_occurrence(o) for o in own] for own in across.on],
        },
    )


def atlas_script(path: str, sheet: AtlasSheet, across: Across) -> str:
    """``atlas/<model>/<layer>.js``: for each channel its mean and peak on its picture, its rank
    there, the image of this gallery on which its mean is largest, that mean, and its largest
    mean on the images of when it was made.
    """
    return _data_script(
        path,
        {
            "images": len(across.rows),
            "pictures": [
                None
                if c is None
                else [
                    *(_five(c.mean), _five(c.peak), c.rank),
                    *(image, _five(mean), _five(c.photograph_mean)),
                ]
                for c, (image, mean) in zip(sheet.channels, across.best, strict=True)
            ],
        },
    )


def _five(value: float) -> float:
    return _short(float(f"{value:.5g}"))


def tour_script(path: str, stops: Sequence[tuple[str, str, str, str, str]]) -> str:
    """``static/tour-steps.js``: title, text, page, fragment and part of the page of each stop."""
    return _data_script(path, stops)


def _occurrence(found: tuple[int, int, int, float]) -> list[float]:
    image, row, column, value = found
    # as exact as the peaks in the sheets: rounded twice, a value could read differently here
    return [image, row, column, _short(float(f"{value:.9g}"))]


def _columns(table: Accounts | Knots) -> dict[str, Any]:
    return {field.name: getattr(table, field.name) for field in fields(table)}


def _data_script(path: str, data: Any) -> str:
    """A classic script that hands ``data`` over under its own path."""
    return _handing_over(path, _safe_in_script(_dump(data).strip()))


def _handing_over(path: str, data: str) -> str:
    return f"{_assigned(path)}{data};\n"


def _assigned(path: str) -> str:
    return f"{_HANDS_OVER}[{json.dumps(layout.data_key(path))}]="


def _read_data_script(path: str, text: str) -> Any:
    return orjson.loads(text.removeprefix(_assigned(path)).rstrip().removesuffix(";"))


_HANDS_OVER = "(window.layerlightData=window.layerlightData||{})"


def _dump(data: Any, indent: int | None = None) -> str:
    """Compact UTF-8 JSON."""
    if indent is None:
        quick = orjson.dumps(data)
        # a number that is none would be null too: the slower one refuses it
        if b"null" not in quick:
            return quick.decode() + "\n"
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(
        data, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
    )
    return text + "\n"


def _short(value: float) -> float:
    """An integral value as an integer: without ".0" a sheet's numbers are a tenth smaller."""
    return int(value) if value % 1 == 0 and abs(value) < 2**53 else value
