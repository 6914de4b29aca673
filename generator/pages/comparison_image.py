"""Two networks on one image, layer beside layer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from generator import layout
from generator.domain import Comparison, InputImage, Layer, Model
from generator.pages.parts import (
    Gallery,
    ImageFacts,
    Legend,
    Link,
    Page,
    Tiles,
    legend,
    page,
)
from generator.pages.rivals import Rivals, alike, crumbs, ids, untrained
from generator.pages.strips import strip_tiles
from generator.wording import percent, shape, size

__all__ = ["comparison_image_page"]


@dataclass(frozen=True, slots=True)
class Strip:
    """A layer of one network on the image."""

    network: str
    layer: Layer
    href: str
    facts: str
    alike: str
    """With the layer beside it; "" to say it there."""
    tiles: Tiles
    legend: Legend


@dataclass(frozen=True, slots=True)
class Step:
    """Layers of the first network, and the one of the second that stands beside them."""

    first: tuple[Strip, ...]
    second: Strip


def comparison_image_page(
    rivals: Rivals, image: InputImage, facts: tuple[ImageFacts, ImageFacts]
) -> Page:
    """``compare/<first>_<second>/images/<image>.html``: layer beside layer."""
    found = rivals.found
    at = layout.comparison_image(*ids(found), image.id)
    layers = found.first.layers
    steps = []
    # pairs never cross: layers beside the same one follow each other
    for j, group in groupby(range(len(layers)), key=lambda i: found.beside[i]):
        other = found.second.layers[j]
        steps.append(
            Step(
                first=tuple(
                    _strip(
                        *(at, rivals.first, image, facts[0], layers[i]),
                        alike(found.similarity[i][j]),
                    )
                    for i in group
                ),
                second=_strip(at, rivals.second, image, facts[1], other),
            )
        )
    before, after = _beside_images(at, rivals, image)
    return page(
        at,
        "comparison_image.html.jinja",
        rivals.first,
        title=f"{image.title} in {found.first.title} and {found.second.title}",
        description=f"Feature maps of {found.first.title} and {found.second.title} on one image, "
        "layer beside layer.",
        section="compare",
        crumbs=crumbs(
            at,
            Link(
                f"{found.first.title} and {found.second.title}",
                layout.href(at, layout.comparison_page(*ids(found))),
            ),
        ),
        body={
            "image": image,
            "found": found,
            "steps": tuple(steps),
            "photos": tuple(
                (
                    model,
                    layout.href(at, g.image_page(image.id)),
                    layout.href(at, layout.input_png(_fed_first(found, model).id, image.id)),
                    size(model.input.height, model.input.width),
                )
                for g in (rivals.first, rivals.second)
                for model in [g.model]
            ),
            "untrained": untrained(found),
            "before": before,
            "after": after,
        },
    )


def _beside_images(at: str, rivals: Rivals, image: InputImage) -> tuple[Link | None, Link | None]:
    images = rivals.first.images
    here = [i.id for i in images].index(image.id)

    def link(i: int) -> Link | None:
        if not 0 <= i < len(images):
            return None
        target = layout.comparison_image(*ids(rivals.found), images[i].id)
        return Link(images[i].title, layout.href(at, target))

    return link(here - 1), link(here + 1)


def _fed_first(found: Comparison, model: Model) -> Model:
    """Of the networks that get the same pixels the first: one picture is loaded, not two."""
    first = found.first
    fed = [(m.input.height, m.input.width, m.input.fit) for m in (first, model)]
    return first if fed[0] == fed[1] else model


def _strip(
    at: str,
    gallery: Gallery,
    image: InputImage,
    facts: ImageFacts,
    layer: Layer,
    alike: str = "",
) -> Strip:
    sheet = facts.sheets[layer.name]
    return Strip(
        network=gallery.model.title,
        layer=layer,
        href=layout.href(at, layout.layer_page(image.id, gallery.model.id, layer.name)),
        facts=f"{shape(layer)}, one value sees "
        f"{size(layer.window.height, layer.window.width)} px, "
        f"{percent(sheet.zero_share)} zero",
        alike=alike,
        tiles=strip_tiles(at, gallery, image, facts, layer),
        legend=legend(sheet, layer),
    )
