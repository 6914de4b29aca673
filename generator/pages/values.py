"""What ``{value: ...}`` puts into a text: facts of the network, numbers of an image's maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from generator import placeholders, sentences
from generator.domain import Layer, LayerKind, Sheet
from generator.errors import LayerlightError
from generator.pages.scene import Scene
from generator.wording import listing, number, percent, shape, size

__all__ = ["NOT_SHOWN", "OF_GALLERY", "OF_LAYER", "OF_MAPS", "say", "value"]

NOT_SHOWN = "(not in this gallery)"
"""In place of a number of maps that the gallery does not hold."""


_KINDS: Mapping[LayerKind, str] = {
    "conv": "convolutions",
    "pool": "pools",
    "merge": "merges of branches",
}


def _kinds(scene: Scene) -> str:
    there = {layer.kind for layer in scene.gallery.model.layers}
    return listing([name for kind, name in _KINDS.items() if kind in there])


def _ending(scene: Scene) -> str:
    """Whether the gallery shows what the network concludes."""
    if scene.gallery.judged:
        return (
            "Behind the last layer shown the network ends in classes. What it concludes from an "
            "image, and where on the image the evidence lies, stands on that image’s page."
        )
    return (
        "What lies behind the last layer shown is left out. These pages show what the network "
        "computes on the way, not what it concludes."
    )


def _strongest(sheet: Sheet) -> str:
    return f"#{sheet.strongest}" if sheet.layer_high else "none"


OF_LAYER: Mapping[str, Callable[[Layer], str]] = {
    "shape": shape,
    "size": lambda layer: size(layer.height, layer.width),
    "channels": lambda layer: f"{layer.channels:,}",
    "window": lambda layer: size(layer.window.height, layer.window.width),
    "kernel": lambda layer: size(*layer.kernel),
    "parameters": lambda layer: f"{layer.parameters:,}",
}
"""Name -> what it says of a layer, whatever the image."""

OF_MAPS: Mapping[str, Callable[[Sheet], str]] = {
    "strongest": _strongest,
    "peak": lambda sheet: number(sheet.layer_high),
    "scale": lambda sheet: number(sheet.p99_9),
    "zeros": lambda sheet: percent(sheet.zero_share),
    "silent": lambda sheet: f"{len(sheet.silent):,}",
    "half": lambda sheet: f"{sentences.half_count(sheet):,}",
}
"""Name -> what it says of a layer's maps on the image."""

OF_GALLERY: Mapping[str, Callable[[Scene], str]] = {
    "image": lambda scene: scene.image.title,
    "images": lambda scene: f"{len(scene.gallery.images):,}",
    "input": lambda scene: size(scene.gallery.model.input.height, scene.gallery.model.input.width),
    "layers": lambda scene: str(len(scene.gallery.model.layers)),
    "network": lambda scene: scene.gallery.model.title,
    "kinds": _kinds,
    "ending": _ending,
}
"""Name -> what it says of the gallery, or of the image."""


def value(scene: Scene, words: tuple[str, ...]) -> str:
    """What ``{value: words}`` says, as plain text.

    Raises:
        LayerlightError: there is no such value. An owner's text was checked before
            (``promises``), so it is one of ours.
    """
    match words:
        case [name] if name in OF_GALLERY:
            return OF_GALLERY[name](scene)
        case [name, of] if name in OF_LAYER:
            layer = scene.layer(of)
            return OF_LAYER[name](layer) if layer else NOT_SHOWN
        case [name, of] if name in OF_MAPS:
            layer = scene.layer(of)
            sheet = scene.sheet(layer) if layer else None
            return OF_MAPS[name](sheet) if sheet else NOT_SHOWN
    raise LayerlightError(
        f"expected a value such as {{value: shape block3_conv1}}, got {{value: {' '.join(words)}}};"
        " correct the text (docs/texts.md lists the values)"
    )


def say(scene: Scene, line: str) -> str:
    """A line of a text with its values filled in."""
    return placeholders.replace(line, lambda words: value(scene, words))
