"""A layer's telling channels in a row, as the image's page and others show them."""

from __future__ import annotations

from generator import layout
from generator.domain import InputImage, Layer
from generator.pages.parts import Gallery, ImageFacts, Tiles, ratio, tile
from generator.sizes import strip_factor

__all__ = ["strip_tiles"]


def strip_tiles(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> Tiles:
    """The layer's telling channels, cut out of the image's strip."""
    model, sheet = gallery.model, facts.sheets[layer.name]
    reading = facts.reading.layers[layer.name]
    target = layout.layer_page(image.id, model.id, layer.name)
    return Tiles(
        sheet=layout.href(at, layout.strip_png(model.id, image.id, layer.name)),
        columns=len(reading.telling),
        rows=1,
        pixel_height=-(-layer.height // strip_factor(layer)),
        pixel_width=-(-layer.width // strip_factor(layer)),
        gap=sheet.gap,
        gain=ratio(sheet.layer_high, sheet.p99_9),
        signed=layer.signed,
        tiles=tuple(
            tile(
                sheet,
                layer,
                c,
                x=i,
                y=0,
                href=layout.href(at, target, str(c)),
                label=f"#{c}",
            )
            for i, c in enumerate(reading.telling)
        ),
    )
