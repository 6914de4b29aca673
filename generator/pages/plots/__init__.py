"""The numbers of one layer on one image as three small plots, finished for drawing.

A plot is as wide as its place: across it counts in percent, down it in CSS pixels, so that
type and lines keep their size on a phone. Only paths stretch; each has a box of its own
units, chosen so that its numbers are whole and short.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator import layout
from generator.domain import InputImage, Layer
from generator.pages.parts import Gallery, ImageFacts
from generator.pages.plots.sparsity import Sparsity, sparsity_plot
from generator.pages.plots.spread import Spread, spread_plot
from generator.pages.plots.strengths import Strengths, strengths_plot

__all__ = [
    "Plots",
    "Sparsity",
    "Spread",
    "Strengths",
    "layer_plots",
    "sparsity_plot",
    "spread_plot",
    "strengths_plot",
]


@dataclass(frozen=True, slots=True)
class Plots:
    """The three plots of a layer's page."""

    title: str
    spread: Spread
    sparsity: Sparsity
    strengths: Strengths


def layer_plots(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> Plots:
    """The plots of ``layer`` on ``image``, for the page at ``at``."""
    sheet = facts.sheets[layer.name]
    model = gallery.model.id
    links = {
        other.name: layout.href(at, layout.layer_page(image.id, model, other.name))
        for other in gallery.model.layers
    }
    return Plots(
        title=f"{layer.name} in numbers",
        spread=spread_plot(sheet, signed=layer.signed),
        sparsity=sparsity_plot(gallery.model.layers, facts.sheets, layer, links),
        strengths=strengths_plot(sheet, signed=layer.signed),
    )
