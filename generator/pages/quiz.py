"""An image's exercises: questions about its own maps, to guess and then to see."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator import layout
from generator.domain import InputImage
from generator.exercises import Exercise, MapChoice, exercises
from generator.pages.parts import Gallery, ImageFacts, Link, Page, Tiles, page
from generator.pages.strips import strip_tiles

__all__ = ["quiz_page"]


@dataclass(frozen=True, slots=True)
class Question:
    """One exercise with its pictures."""

    exercise: Exercise
    number: int
    maps: Tiles | None
    """A map for each option,"""
    shown: Tiles | None
    """or one above all."""


def quiz_page(gallery: Gallery, image: InputImage, facts: ImageFacts) -> Page:
    """``images/<image>/exercises.html``."""
    at = layout.exercises_page(image.id)
    found = exercises(
        image.id,
        gallery.model.layers,
        facts.sheets,
        facts.reading.layers,
        facts.evidence().accounts,
    )
    return page(
        at,
        "exercises.html.jinja",
        gallery,
        title=f"Exercises on {image.title}",
        description=f"Questions about the feature maps of “{image.title}”, to guess and then to "
        "see.",
        section="learn",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link(image.title, layout.href(at, layout.image_page(image.id))),
        ),
        body={
            "image": image,
            "photo": layout.href(at, layout.input_png(gallery.model.id, image.id)),
            "questions": tuple(
                Question(
                    exercise,
                    i + 1,
                    _tiles(at, gallery, image, facts, exercise.maps),
                    _tiles(at, gallery, image, facts, (exercise.shown,) if exercise.shown else ()),
                )
                for i, exercise in enumerate(found)
            ),
            "look": layout.href(at, layout.image_page(image.id)),
            "course": layout.href(at, layout.LEARN_PAGE),
        },
    )


def _tiles(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, maps: tuple[MapChoice, ...]
) -> Tiles | None:
    """Maps of one layer, cut out of the image's strip; what would give the answer away is left out.

    That is the tooltip, which names the layer and the value, and the bar. None: no maps.
    """
    if not maps:
        return None
    layer = gallery.layer(maps[0].layer)
    strip = strip_tiles(at, gallery, image, facts, layer)
    by_channel = dict(zip(facts.reading.layers[layer.name].telling, strip.tiles, strict=True))
    plain = (by_channel[choice.channel] for choice in maps)
    return replace(strip, tiles=tuple(t._replace(href="", spoken="", bar="") for t in plain))
