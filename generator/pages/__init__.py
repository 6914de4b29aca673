"""Facts -> page models: frozen data, finished for a template, without pixels or markup.

A page model holds display strings, relative URLs and geometry. Pages of one
image are made from that image's facts alone (``ImageFacts``), so that adding an
image does not change the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.across import Tally
from generator.domain import InputImage
from generator.pages.across import across_page
from generator.pages.front import front_page, image_card
from generator.pages.image import image_page
from generator.pages.layer import layer_page
from generator.pages.learn import learn_page
from generator.pages.network import model_page
from generator.pages.parts import Gallery, ImageFacts, Page
from generator.pages.plain import error_page

__all__ = ["Gallery", "ImageFacts", "Page", "count", "gallery_pages", "image_pages"]


def image_pages(
    gallery: Gallery,
    image: InputImage,
    before: InputImage | None,
    after: InputImage | None,
) -> Iterator[Page]:
    """One image's pages, from its own facts; of the others they know its two neighbours."""
    facts = gallery.facts(image.id)
    yield image_page(gallery, image, facts, (before, after))
    for layer in gallery.model.layers:
        yield layer_page(gallery, image, facts, layer, (before, after))


def gallery_pages(gallery: Gallery) -> Iterator[Page]:
    """The pages that range over all images; each image's facts are loaded once, one at a time."""
    first = gallery.facts(gallery.images[0].id)
    cards = []
    tallies = [Tally(layer.name, gallery.chosen[layer.name]) for layer in gallery.model.layers]
    for image in gallery.images:
        facts = gallery.facts(image.id)
        for layer, tally in zip(gallery.model.layers, tallies, strict=True):
            tally.add(facts.sheets[layer.name])
        cards.append(image_card(gallery, image, facts))
    yield front_page(gallery, first, cards)
    for layer, tally in zip(gallery.model.layers, tallies, strict=True):
        yield across_page(gallery, layer, tally.result())
    yield model_page(gallery, first)
    yield learn_page(gallery, first)
    yield error_page(gallery)


def count(images: int, layers: int) -> int:
    """Pages of a gallery."""
    return images * (1 + layers) + layers + 4
