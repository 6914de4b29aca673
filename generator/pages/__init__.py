"""Facts -> page models: frozen data, finished for a template, without pixels or markup.

A page model holds display strings, relative URLs and geometry. Pages of one
image are made from that image's facts alone (``ImageFacts``), so that adding an
image does not change the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.pages.across import across_page
from generator.pages.front import front_page
from generator.pages.image import image_page
from generator.pages.layer import layer_page
from generator.pages.learn import learn_page
from generator.pages.network import model_page
from generator.pages.parts import Gallery, ImageFacts, Page
from generator.pages.plain import error_page

__all__ = ["Gallery", "ImageFacts", "Page", "count", "every_page"]


def every_page(gallery: Gallery) -> Iterator[Page]:
    """Every page of the site, one image's facts in memory at a time."""
    first: ImageFacts | None = None
    for image in gallery.images:
        facts = gallery.facts(image.id)
        first = first or facts
        yield image_page(gallery, image, facts)
        for layer in gallery.model.layers:
            yield layer_page(gallery, image, facts, layer)
    if first is None:
        return
    yield front_page(gallery, first)
    for layer in gallery.model.layers:
        yield across_page(gallery, layer)
    yield model_page(gallery, first)
    yield learn_page(gallery, first)
    yield error_page(gallery)


def count(images: int, layers: int) -> int:
    """Pages of a gallery."""
    return images * (1 + layers) + layers + 4
