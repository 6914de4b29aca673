"""What comparisons write beside their pages: maps side by side, the matrix, the numbers.

With ``generator.stages`` this puts stages together. All maps are cut out of the sheets on disk.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator import layout
from generator.contract import read_sheet
from generator.contrast import COLUMNS, Drawn, by_change, contrast, cut_out
from generator.domain import Comparison, Contrast, InputImage, Layer, Model, Sheet
from generator.encode import grey_png, read_png
from generator.site import Staging
from generator.sizes import strip_factor

__all__ = ["MOST_IMAGES", "comparisons_in", "networks_in", "write_comparison", "write_pair"]

MOST_IMAGES = 8
"""Of a gallery, of which a comparison shows maps; its numbers are of all."""

Contrasts = Mapping[str, Mapping[str, Contrast]]
"""By layer, by image."""


def comparisons_in(site: Path) -> frozenset[str]:
    """What a site sets side by side, networks or images; nothing in a folder that is not there."""
    folder = (site / layout.compare_front()).parent
    pages = [*folder.glob("*/index.html"), *(folder / "images").glob("*.html")]
    return frozenset(page.relative_to(folder).as_posix() for page in pages)


def networks_in(site: Path) -> frozenset[str]:
    """Ids of the networks that a site has pages of."""
    return frozenset(page.parent.name for page in site.glob(layout.model_page("*")))


def write_comparison(
    comparison: Comparison, images: Sequence[InputImage], stage: Staging
) -> Contrasts:
    """Everything of two networks but the pages; what its layer pages show."""
    first, second = comparison.first, comparison.second
    ids = (first.id, second.id)
    stage.write(layout.comparison_json(*ids), _json(comparison))
    stage.write(layout.comparison_table(*ids), _csv(comparison))
    if any(value is not None for row in comparison.similarity for value in row):
        # here, for matplotlib takes as long to load as a build with little to do
        from generator.similarity_plot import matrix_png

        for dark in (False, True):
            picture = matrix_png(comparison, dark=dark)
            stage.write(layout.comparison_matrix(*ids, dark=dark), picture)
    found: dict[str, dict[str, Contrast]] = {}
    if comparison.one_architecture:
        for layer in first.layers:
            page = layout.comparison_layer(*ids, layer.name)
            found[layer.name] = {
                image.id: _written(
                    page, image.id, _two_networks(comparison, layer, image.id, stage), stage
                )
                for image in images[:MOST_IMAGES]
            }
    return found


def write_pair(
    model: Model, first: InputImage, second: InputImage, stage: Staging
) -> Mapping[str, Contrast]:
    """The maps of two images in one network; by layer."""
    page = layout.images_page(first.id, second.id)
    found = {}
    for layer in model.layers:
        one, other = (_sheet(model, image.id, layer, stage) for image in (first, second))
        channels = by_change(one, other)
        drawn = contrast(
            layer.name,
            channels,
            _maps(model, first.id, layer, one, channels, stage),
            _maps(model, second.id, layer, other, channels, stage),
            signed=layer.signed,
            top=max(one.p99_9, other.p99_9),
            reduced=strip_factor(layer),
        )
        found[layer.name] = _written(page, layer.name, drawn, stage)
    return found


def _two_networks(comparison: Comparison, layer: Layer, image: str, stage: Staging) -> Drawn:
    first, second = comparison.first, comparison.second
    change = comparison.changes[layer.name]
    # a channel that is silent in one of the two has changed altogether: that is quickly said
    channels = (change.in_both or change.ranked)[:COLUMNS]
    return contrast(
        layer.name,
        channels,
        *(
            _maps(model, image, own, _sheet(model, image, own, stage), channels, stage)
            for model, own in ((first, layer), (second, comparison.counterpart(layer)))
        ),
        signed=layer.signed,
        factor=1 / change.factor if change.factor else 1.0,
        reduced=strip_factor(layer),
    )


def _written(page: str, name: str, drawn: Drawn, stage: Staging) -> Contrast:
    stage.write(layout.contrast_maps(page, name), grey_png(drawn.maps))
    stage.write(layout.contrast_change(page, name), grey_png(drawn.change))
    return drawn.contrast


def _sheet(model: Model, image: str, layer: Layer, stage: Staging) -> Sheet:
    return read_sheet(stage.path(layout.sheet_json(model.id, image, layer.name)).read_bytes())


def _maps(
    model: Model, image: str, layer: Layer, sheet: Sheet, channels: Sequence[int], stage: Staging
) -> NDArray[np.float32]:
    png = read_png(stage.path(layout.sheet_png(model.id, image, layer.name)).read_bytes())
    return cut_out(png, sheet, channels)


def _json(comparison: Comparison) -> str:
    """Numbers for programs; the order of layers is that of the networks."""
    facts = {
        "schema": 1,
        "first": comparison.first.id,
        "second": comparison.second.id,
        "images": comparison.images,
        "cells": comparison.side,
        "layers": [
            [{"name": name, **asdict(figures)} for name, figures in of_network.items()]
            for of_network in comparison.figures
        ],
        "similarity": comparison.similarity,
        "beside": comparison.beside,
        "changes": {name: asdict(change) for name, change in comparison.changes.items()},
        "weights": {name: asdict(change) for name, change in comparison.weights.items()},
    }
    return json.dumps(_rounded(facts), separators=(",", ":")) + "\n"


def _rounded(value: object) -> object:
    """Six digits of every float."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _csv(comparison: Comparison) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["", *(la.name for la in comparison.second.layers)])
    for layer, row in zip(comparison.first.layers, comparison.similarity, strict=True):
        rows.writerow([layer.name, *("" if v is None else f"{v:.4f}" for v in row)])
    return out.getvalue()
