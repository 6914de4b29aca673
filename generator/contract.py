"""The domain's types <-> the JSON of the output contract (schema 1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from generator import layout
from generator.domain import (
    SCHEMA,
    Channel,
    Histogram,
    InputImage,
    Layer,
    LayerReading,
    Mark,
    Model,
    Peak,
    Problem,
    Reading,
    Sheet,
)

__all__ = [
    "ENCODING",
    "gallery_json",
    "gallery_script",
    "read_reading",
    "read_sheet",
    "reading_json",
    "sheet_json",
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


def sheet_json(sheet: Sheet) -> str:
    """``sheets/<model>/<image>/<layer>.json``."""
    return _dump(
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
            "channels": [_channel(c) for c in sheet.channels],
        }
    )


def _channel(channel: Channel) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "low": _short(channel.low),
        "high": _short(channel.high),
        "mean": _short(channel.mean),
        "std": _short(channel.std),
        "zero_fraction": _short(round(channel.zero_fraction, 9)),
        "peaks": [[p.row, p.column, _short(p.value)] for p in channel.peaks],
    }
    if not channel.finite:
        entry["finite"] = False
    return entry


def read_sheet(text: str | bytes) -> Sheet:
    """The inverse of ``sheet_json``."""
    data = json.loads(text)
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
        channels=tuple(
            Channel(
                low=c["low"],
                high=c["high"],
                mean=c["mean"],
                std=c["std"],
                zero_fraction=c["zero_fraction"],
                peaks=tuple(Peak(*p) for p in c["peaks"]),
                finite=c.get("finite", True),
            )
            for c in data["channels"]
        ),
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
    data = json.loads(text)
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


def _dump(data: Any, indent: int | None = None) -> str:
    """Compact UTF-8 JSON."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(
        data, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
    )
    return text + "\n"


def _short(value: float) -> float:
    """An integral value as an integer: without ".0" a sheet's numbers are a tenth smaller."""
    return int(value) if value == int(value) and abs(value) < 2**53 else value
