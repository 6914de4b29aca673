"""Some of a layer's maps: its telling channels in a row, or any, cut out of the sheet."""

from __future__ import annotations

from generator import layout
from generator.domain import InputImage, Layer, Sheet
from generator.pages.parts import Gallery, ImageFacts, Tile, Tiles, ratio, tile
from generator.sizes import grid_factor, strip_factor
from generator.wording import size

__all__ = ["sheet_tiles", "strip_size", "strip_tiles"]


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


def strip_size(layer: Layer) -> str:
    """How a strip's maps are drawn smaller than they are, as the end of a phrase; "" if not."""
    factor = strip_factor(layer)
    if factor == 1:
        return ""
    return f", drawn at 1/{factor} size: the largest of each {size(factor, factor)}"


def sheet_tiles(
    at: str, layer: Layer, sheet: Sheet, tiles: tuple[Tile, ...], *, reduced: bool = False
) -> Tiles:
    """Tiles of a layer's whole sheet; or of its reduced copy, a third of the bytes."""
    factor = grid_factor(layer) if reduced else 1
    file = layout.small_sheet_png if factor > 1 else layout.sheet_png
    return Tiles(
        sheet=layout.href(at, file(sheet.model, sheet.image, layer.name)),
        columns=sheet.columns,
        rows=sheet.rows,
        pixel_height=-(-layer.height // factor),
        pixel_width=-(-layer.width // factor),
        gap=sheet.gap,
        gain=ratio(sheet.layer_high, sheet.p99_9),
        signed=layer.signed,
        tiles=tiles,
    )
