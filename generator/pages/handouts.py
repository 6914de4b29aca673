"""What there is for paper: worksheets and a poster of each image, and how to print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator import layout
from generator.domain import Handout, HandoutKind, InputImage
from generator.pages.parts import Gallery, Link, Page, page
from generator.wording import count

__all__ = ["handouts_href", "handouts_page"]

PICTURED = 60
"""Images of which the page shows the first pages of what there is; of more it is a plain list."""

_NAMES: Mapping[HandoutKind, str] = {
    "student": "Student’s copy",
    "teacher": "Teacher’s copy",
    "poster": "Poster",
}
_NOTES: Mapping[HandoutKind, str] = {
    "student": "Room to write and to draw, no answers.",
    "teacher": "Holds the answers.",
    "poster": "From the pixels to the last maps.",
}
_INKS: Mapping[str, str] = {
    "mixed": "Black ink is enough, and so is a copier: on the maps white is zero, and the darker, "
    "the stronger. Only the photograph is in colour.",
    "grey": "Everything is grey, for black ink and any copier: on the maps white is zero, and the "
    "darker, the stronger.",
    "colour": "Print in colour: on the maps the darkest colour is zero, and a copier would take "
    "the scale away.",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One PDF on the page."""

    kind: HandoutKind
    name: str
    href: str
    facts: str
    """ "7 pages, A4, 1,512 kB"."""
    note: str
    preview: str
    """URL of its first page, small."""
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Section:
    """What there is of one image."""

    id: str
    title: str
    href: str
    """Of the image's page."""
    credit: str
    sheets: tuple[Sheet, ...]
    """None if they could not be made."""
    lazy: bool
    """Whether its pictures lie below what is seen first."""


def handouts_href(at: str, gallery: Gallery, image: str = "") -> str:
    """From the page at ``at`` to what there is for paper (of an image); "" if there is nothing."""
    if not gallery.handouts:
        return ""
    return layout.href(at, layout.HANDOUTS_PAGE, _anchor(image) if image else "")


def _anchor(image: str) -> str:
    return f"of-{image}"


def handouts_page(gallery: Gallery, handouts: Sequence[Handout]) -> Page:
    """``handouts/index.html``."""
    at = layout.HANDOUTS_PAGE
    by_image: dict[str, list[Handout]] = {}
    for one in handouts:
        by_image.setdefault(one.image, []).append(one)
    worksheets = [one for one in handouts if one.kind != "poster"]
    kinds = {one.kind for one in handouts}
    lead = (
        f"Worksheets and a poster for {count(len(gallery.images), 'image')}, as PDF. Every map "
        "and every number on them is this gallery’s own, so another image makes other sheets."
    )
    return page(
        at,
        "handouts.html.jinja",
        gallery,
        title="Handouts to print",
        description=lead,
        section="print",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Print", "")),
        body={
            "lead": lead,
            "pages": max((one.pages for one in worksheets), default=0),
            "blocks": len(gallery.blocks),
            "sheet": worksheets[0].paper if worksheets else "",
            "poster": next((one.paper for one in handouts if one.kind == "poster"), ""),
            "ink": _INKS[handouts[0].ink] if handouts else "",
            "answers": "teacher" in kinds,
            "students": "student" in kinds,
            "sections": [
                _section(at, image, by_image.get(image.id, ()), lazy=i > 0)
                for i, image in enumerate(gallery.images)
            ],
            "brief": len(gallery.images) > PICTURED,
        },
    )


def _section(at: str, image: InputImage, handouts: Sequence[Handout], *, lazy: bool) -> Section:
    return Section(
        id=_anchor(image.id),
        title=image.title,
        href=layout.href(at, layout.image_page(image.id)),
        credit=", ".join(part for part in (image.credit, image.license) if part),
        sheets=tuple(_sheet(at, one) for one in handouts),
        lazy=lazy,
    )


def _sheet(at: str, one: Handout) -> Sheet:
    return Sheet(
        kind=one.kind,
        name=_NAMES[one.kind],
        href=layout.href(at, one.path),
        facts=f"{one.pages} {'page' if one.pages == 1 else 'pages'}, {one.paper}, "
        f"{round(one.bytes / 1000):,} kB",
        note=_NOTES[one.kind],
        preview=layout.href(at, one.preview),
        height=one.preview_height,
        width=one.preview_width,
    )
