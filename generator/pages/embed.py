"""Views that pages elsewhere frame: the address that all have, and what a layer's page says of it.

A view is the layer's own page, which a script shows without all that is around its maps. So there
is nothing to keep in step, no file more for an image, and each value is read as it is there. Pages
elsewhere know one address instead: it stays though files move, and says so when a view is gone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from generator import layout
from generator.domain import InputImage, Layer, Model
from generator.pages.parts import Gallery, Page, credit, page

__all__ = ["Framing", "embed_page", "framing"]


@dataclass(frozen=True, slots=True)
class Framing:
    """What a layer's page needs to be framed, and to say how."""

    address: str
    """URL of the address of every view."""
    base: str
    """Where the gallery is published, or "" if that is not known."""
    whole: str
    """URL of the page itself: where a view leads to."""
    subject: str
    """ "VGG16 on Chelsea the cat"."""
    credit: str
    """Of the image, or ""."""


def framing(at: str, gallery: Gallery, image: InputImage) -> Framing:
    """For the layer's page at ``at``."""
    return Framing(
        address=layout.href(at, layout.EMBED_PAGE),
        base=gallery.base_url,
        whole=layout.href(at, at),
        subject=f"{gallery.model.title} on {image.title}",
        credit=credit(image),
    )


def embed_page(gallery: Gallery, models: Sequence[Model]) -> Page:
    """``embed.html``: finds the view that its fragment names, among the layers of ``models``."""
    at, model, image = layout.EMBED_PAGE, gallery.model, gallery.images[0]
    return page(
        at,
        "embed.html.jinja",
        gallery,
        title="A view of this gallery, for other pages",
        description="This address shows one channel or one layer of a gallery inside other pages.",
        section="",
        body={
            "home": layout.href(at, layout.FRONT_PAGE),
            "images": layout.href(at, layout.gallery_script()),
            "example": _fragment(model, image, model.layers[0]),
            "networks": json.dumps(
                {m.id: {la.name: la.channels for la in m.layers} for m in models},
                separators=(",", ":"),
            ),
        },
    )


def _fragment(model: Model, image: InputImage, layer: Layer) -> str:
    return f"#{model.id}/{image.id}/{layer.name}/0"
