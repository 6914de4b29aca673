"""Facts -> page models: frozen data, finished for a template, without pixels or markup.

A page model holds display strings, relative URLs and geometry. Pages of one
image are made from that image's facts alone (``ImageFacts``), so that adding an
image does not change the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from generator import layout
from generator.across import Numbers, Tally, Votes
from generator.domain import Across, Handout, InputImage, Layer, LayerReading, Model
from generator.pages.across import across_pages
from generator.pages.article import Article
from generator.pages.atlas import (
    ATLAS_SIDE,
    atlas_front_page,
    atlas_layer_page,
    atlas_rows,
)
from generator.pages.cards import CardFacts, card_facts, listing_pages
from generator.pages.compare import compare_front_page, comparison_page
from generator.pages.comparison_image import comparison_image_page
from generator.pages.contrasts import comparison_layer_page, images_page
from generator.pages.course import chapter_pages, course_page, glossary_page
from generator.pages.embed import embed_page
from generator.pages.front import front_page
from generator.pages.handouts import handouts_page
from generator.pages.image import image_page
from generator.pages.layer import layer_page
from generator.pages.network import model_page
from generator.pages.paging import CARDS, ROWS, Span, spans
from generator.pages.parts import Excerpt, Gallery, ImageFacts, Page
from generator.pages.plain import error_page
from generator.pages.promises import broken_promises
from generator.pages.quiz import quiz_page
from generator.pages.rivals import Rivals
from generator.pages.tour import Stop, tour_page, tour_stops

__all__ = [
    "ATLAS_SIDE",
    "Article",
    "Excerpt",
    "Gallery",
    "ImageFacts",
    "Look",
    "Page",
    "Rivals",
    "Stop",
    "Survey",
    "Surveyor",
    "atlas_rows",
    "broken_promises",
    "compare_front_page",
    "comparison_pages",
    "count",
    "count_beside",
    "gallery_pages",
    "image_pages",
    "image_paths",
    "images_page",
    "listed",
    "network_pages",
    "row_spans",
]


@dataclass(frozen=True, slots=True)
class Survey:
    """What only all images together tell."""

    cards: tuple[CardFacts, ...]
    """For the list of images, one an image."""
    across: dict[str, Across]
    """By layer."""
    tour: tuple[Stop, ...]


def image_pages(
    gallery: Gallery,
    image: InputImage,
    before: InputImage | None,
    after: InputImage | None,
    only: Collection[str] | None = None,
) -> Iterator[Page]:
    """One image's pages, from its own facts; of the others they know its two neighbours.

    Of ``only`` these paths, if any are given.
    """
    facts, beside = gallery.facts(image.id), (before, after)
    for path, layer in image_paths(gallery, image):
        if only is not None and path not in only:
            continue
        if layer:
            yield layer_page(gallery, image, facts, layer, beside)
        elif path == layout.exercises_page(image.id):
            yield quiz_page(gallery, image, facts)
        else:
            yield image_page(gallery, image, facts, beside)


def image_paths(gallery: Gallery, image: InputImage) -> Iterator[tuple[str, Layer | None]]:
    """The paths of one image's pages, and which layer a page is of, if it is of one."""
    yield gallery.image_page(image.id), None
    if gallery.main:
        yield layout.exercises_page(image.id), None
    for layer in gallery.model.layers:
        yield layout.layer_page(image.id, gallery.model.id, layer.name), layer


class Look(NamedTuple):
    """What only all images together need of one."""

    numbers: Mapping[str, Numbers]
    """By layer,"""
    readings: Mapping[str, LayerReading]
    """likewise."""
    card: CardFacts


class Surveyor:
    """Looks at every image once, as it comes, and keeps what only all of them together tell."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        layers = [layer.name for layer in gallery.model.layers]
        self._tallies = {name: Tally(name) for name in layers}
        self._votes = {name: Votes() for name in layers}
        self._cards: list[CardFacts] = []

    def look(self, facts: ImageFacts) -> Look:
        """What is kept of an image; changes nothing, so that another process may do it."""
        return Look(
            {name: facts.numbers(name) for name in self._tallies},
            facts.reading.layers,
            card_facts(self._gallery, facts),
        )

    def add(self, look: Look) -> None:
        """Take in the next image."""
        for name, tally in self._tallies.items():
            tally.add(look.numbers[name])
            self._votes[name].add(look.readings[name])
        self._cards.append(look.card)

    def chosen(self) -> dict[str, tuple[int, ...]]:
        """Channels to show on every image, by layer."""
        return {name: votes.best() for name, votes in self._votes.items()}

    def survey(self, gallery: Gallery) -> Survey:
        """What was seen; ``gallery``: now that all of its images are known."""
        across = {name: tally.result(gallery.chosen[name]) for name, tally in self._tallies.items()}
        first = gallery.facts(gallery.images[0].id)
        return Survey(tuple(self._cards), across, tour_stops(gallery, first, across))


def network_pages(gallery: Gallery, seen: Survey) -> Iterator[Page]:
    """The pages of one network that range over all images."""
    first = gallery.facts(gallery.images[0].id)
    for layer in gallery.model.layers:
        yield from across_pages(gallery, layer, seen.across[layer.name])
    if gallery.atlas:
        yield atlas_front_page(gallery, first, seen.across)
        for name in gallery.atlas:
            yield atlas_layer_page(gallery, gallery.layer(name), seen.across[name])
    yield model_page(gallery, first)


def gallery_pages(
    gallery: Gallery,
    seen: Survey,
    handouts: Sequence[Handout] = (),
    others: Sequence[Model] = (),
) -> Iterator[Page]:
    """The pages that range over all images, of the gallery's first network.

    ``others``: the networks beside it, whose layers can be embedded too.
    """
    first = gallery.facts(gallery.images[0].id)
    yield front_page(gallery, first, seen.cards)
    yield from listing_pages(gallery, seen.cards)
    yield from network_pages(gallery, seen)
    if gallery.handouts:
        yield handouts_page(gallery, handouts)
    yield course_page(gallery)
    yield from chapter_pages(gallery, first)
    yield glossary_page(gallery)
    yield tour_page(gallery, first, seen.tour)
    yield embed_page(gallery, (gallery.model, *others))
    yield error_page(gallery)


def comparison_pages(rivals: Rivals) -> Iterator[Page]:
    """The pages of two networks side by side."""
    yield comparison_page(rivals)
    for image in rivals.first.images:
        facts = (rivals.first.facts(image.id), rivals.second.facts(image.id))
        yield comparison_image_page(rivals, image, facts)
    if rivals.found.one_architecture:
        for layer in rivals.found.first.layers:
            yield comparison_layer_page(rivals, layer)


_ONCE = 8
"""Front page, network, course, its sources, glossary, tour, embedding and error page."""


def count(images: int, layers: int, pictured: int, chapters: int, *, handouts: bool) -> int:
    """Pages of a gallery of one network, ``pictured`` of whose layers are in its atlas."""
    atlas = 1 + pictured if pictured else 0
    lists = len(spans(images, CARDS)) - 1 + layers * len(row_spans(images))
    return images * (2 + layers) + lists + _ONCE + chapters + atlas + handouts


def count_beside(images: int, layers: int) -> int:
    """Pages of a network that the gallery's is compared with; no atlas."""
    return images * (2 + layers) + 2 + layers * len(row_spans(images))


def row_spans(images: int) -> tuple[Span, ...]:
    """Which images stand on which page of a layer across images."""
    return spans(images, ROWS)


def listed(images: int) -> bool:
    """Whether so many images have pages beside the front page, and so are searched for."""
    return images > CARDS
