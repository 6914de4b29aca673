"""The gallery's images as cards: on the front page, and where they are many on more pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from generator import layout
from generator.domain import InputImage
from generator.pages.paging import CARDS, Span, pager, spans
from generator.pages.parts import Gallery, ImageFacts, Link, Page, page, ratio
from generator.sizes import BLOCKS_SIDE

__all__ = ["CardFacts", "card_facts", "image_list", "listing_pages"]


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says of an image's maps."""

    gains: tuple[str, ...]
    """Of its blocks' maps: the channel's range against the layer's scale."""
    fact: str


@dataclass(frozen=True, slots=True)
class Card:
    """One image in the list."""

    title: str
    href: str
    photo: str
    blocks: str
    """URL of the PNG with its blocks' maps."""
    gains: tuple[str, ...]
    fact: str
    credit: str


@dataclass(frozen=True, slots=True)
class Section:
    """Images of one folder."""

    title: str
    """"" for the inputs folder itself."""
    goes_on: bool
    """Whether it began on the page before."""
    cards: tuple[Card, ...]


def card_facts(gallery: Gallery, facts: ImageFacts) -> CardFacts:
    """What is kept of an image for its card."""
    convs = [la for la in gallery.model.layers if la.kind == "conv"]
    # a channel that keeps values below zero is hardly ever silent
    last = ([la for la in convs if not la.signed] or convs or [*gallery.model.layers])[-1]
    silent = len(facts.sheets[last.name].silent)
    gains = (
        ratio(facts.sheets[m.layer].channels[m.channel].high, facts.sheets[m.layer].p99_9)
        for m in facts.reading.blocks
    )
    return CardFacts(tuple(gains), f"{silent} of {last.channels} channels silent in {last.name}")


def image_list(at: str, gallery: Gallery, cards: Sequence[CardFacts], span: Span) -> dict[str, Any]:
    """The part of a page with one page's cards; ``cards`` are of all images, in their order."""
    model = gallery.model
    ordered = _by_section(gallery.images)
    shown = ordered[span.first : span.end]
    before = gallery.images[ordered[span.first - 1]].section if span.first else None
    return {
        "sections": tuple(
            Section(
                name,
                name == before,
                tuple(_card(at, gallery, gallery.images[i], cards[i]) for i in group),
            )
            for name, group in groupby(shown, key=lambda i: gallery.images[i].section)
        ),
        "small_width": _small_width(gallery),
        "pager": pager(span, lambda number: _page_href(at, number)),
        "finder": {
            "key": layout.data_key(layout.titles_script()),
            "url": layout.href(at, layout.titles_script()),
            "root": layout.href(at, layout.FRONT_PAGE).removesuffix(layout.FRONT_PAGE),
            "page": layout.image_page("{id}"),
            "photo": layout.small_photo(model.id, "{id}"),
        },
    }


def listing_pages(gallery: Gallery, cards: Sequence[CardFacts]) -> Iterator[Page]:
    """``images/page-2.html`` and so on: the cards that the front page has no room for."""
    for span in spans(len(gallery.images), CARDS)[1:]:
        at = layout.listing_page(span.number)
        yield page(
            at,
            "listing.html.jinja",
            gallery,
            title=f"The images{span.ending}",
            description=f"{span.words}, each through the layers of {gallery.model.title}.",
            section="look",
            crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Images", "")),
            body=image_list(at, gallery, cards, span),
        )


def _page_href(at: str, number: int) -> str:
    # the first begins far down on the front page
    return layout.href(at, layout.listing_page(number), "images" if number == 1 else "")


def _by_section(images: Sequence[InputImage]) -> list[int]:
    """Numbers of the images, folder by folder, in the order in which the folders first come."""
    order = {name: i for i, name in enumerate(dict.fromkeys(image.section for image in images))}
    return sorted(range(len(images)), key=lambda i: order[images[i].section])


def _card(at: str, gallery: Gallery, image: InputImage, facts: CardFacts) -> Card:
    model = gallery.model
    return Card(
        title=image.title,
        href=layout.href(at, layout.image_page(image.id)),
        photo=layout.href(at, layout.small_photo(model.id, image.id)),
        blocks=layout.href(at, layout.blocks_png(model.id, image.id)),
        gains=facts.gains,
        fact=facts.fact,
        credit=", ".join(part for part in (image.credit, image.license) if part),
    )


def _small_width(gallery: Gallery) -> int:
    """Width of a tile in ``blocks.png``, pixels: the longer side is ``BLOCKS_SIDE``."""
    height, width = gallery.model.input.height, gallery.model.input.width
    return round(BLOCKS_SIDE * width / max(height, width))
