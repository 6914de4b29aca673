"""Where a text is read: on which page, about which image and layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generator.domain import InputImage, Layer, Sheet
from generator.pages.parts import Gallery, ImageFacts

__all__ = ["Scene", "first_scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the values, figures and links of a text refer to."""

    at: str
    """Path of the page."""
    gallery: Gallery
    image: InputImage
    """The page's own, or the gallery's first."""
    facts: Callable[[], ImageFacts]
    """That image's; loaded when something asks for them."""
    here: Layer | None = None
    """The layer that the text is about."""
    of_gallery: bool = False
    """Whether the page is about no image of its own."""

    def layer(self, name: str) -> Layer | None:
        """The layer of that name, also one that the gallery does not show; None if none is."""
        if name == "here":
            return self.here
        layers = (*self.gallery.model.layers, *self.gallery.every_layer)
        return next((layer for layer in layers if layer.name == name), None)

    def sheet(self, layer: Layer) -> Sheet | None:
        """The layer's numbers on the image; None where the gallery does not show the layer."""
        return self.facts().sheets.get(layer.name)


def first_scene(
    at: str, gallery: Gallery, first: ImageFacts | None = None, here: Layer | None = None
) -> Scene:
    """A page that is about no image of its own speaks of the first, whose facts are ``first``."""
    image = gallery.images[0]
    return Scene(
        at, gallery, image, lambda: first or gallery.facts(image.id), here, of_gallery=True
    )
