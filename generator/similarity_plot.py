"""The matrix of similarities between two networks' layers, drawn with matplotlib."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from generator.domain import Comparison
from generator.sizes import MATRIX_EDGE, MatrixPlan, matrix_plan

__all__ = ["matrix_png"]

UNIT = 72
"""CSS pixels in matplotlib's inch, so that a size of type in points is one in pixels."""
SHARPNESS = 2
"""Pixels of the picture for each CSS pixel."""
NAME, TITLE = 11, 13
"""Sizes of type, CSS pixels."""
LINE = 12
"""Least distance between two names."""
LIGHT, DARK = ("#ffffff", "#1a1a19"), ("#141414", "#ecece9")
"""Page and ink, as tokens.css has them."""


def matrix_png(comparison: Comparison, *, dark: bool = False) -> bytes:
    """A row a layer of the first network, a column a layer of the second; 0 to 1 in viridis.

    Cells without a value stay empty. The same numbers give the same bytes.
    """
    page, ink = DARK if dark else LIGHT
    values = np.array([[np.nan if v is None else v for v in row] for row in comparison.similarity])
    names = [[la.name for la in model.layers] for model in (comparison.first, comparison.second)]
    plan = matrix_plan(*names)
    figure = Figure(
        figsize=(plan.width / UNIT, plan.height / UNIT), dpi=UNIT * SHARPNESS, facecolor=page
    )
    FigureCanvasAgg(figure)
    height, width = plan.cell * len(names[0]), plan.cell * len(names[1])
    axes = figure.add_axes(_box(plan, plan.left, MATRIX_EDGE, width, height))
    shown = axes.imshow(
        np.clip(values, 0, 1),
        vmin=0,
        vmax=1,
        cmap="viridis",
        interpolation="nearest",
        aspect="auto",
    )
    axes.set_facecolor(page)
    axes.set_yticks(*_ticks(names[0], plan.cell), fontsize=NAME)
    axes.set_xticks(*_ticks(names[1], plan.cell), fontsize=NAME, rotation=90)
    axes.tick_params(length=0, pad=5, colors=ink)
    for spine in axes.spines.values():
        spine.set_visible(False)
    title: dict[str, Any] = {"fontsize": TITLE, "fontweight": "bold", "color": ink}
    figure.text(
        TITLE / plan.width,
        1 - MATRIX_EDGE / plan.height,
        comparison.first.title,
        rotation=90,
        va="top",
        ha="center",
        **title,
    )
    figure.text(
        plan.left / plan.width,
        1 - (MATRIX_EDGE + height + plan.below) / plan.height,
        comparison.second.title,
        va="bottom",
        ha="left",
        **title,
    )
    key = figure.add_axes(
        _box(plan, plan.left + width + 20, MATRIX_EDGE, 12, min(max(height, 80), 200))
    )
    bar = figure.colorbar(shown, cax=key, ticks=(0, 0.5, 1))
    bar.outline.set_visible(False)
    key.tick_params(length=0, pad=5, labelsize=NAME, colors=ink)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None}, facecolor=page)
    return buffer.getvalue()


def _box(
    plan: MatrixPlan, left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """CSS pixels from the top left corner, as shares from the bottom left one."""
    bottom = plan.height - top - height
    return (
        left / plan.width,
        bottom / plan.height,
        width / plan.width,
        height / plan.height,
    )


def _ticks(names: list[str], cell: float) -> tuple[list[int], list[str]]:
    """Every name, or so many that they do not touch."""
    places = list(range(0, len(names), math.ceil(LINE / max(cell, 1))))
    return places, [names[i] for i in places]
