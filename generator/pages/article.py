"""A text made ready for rendering: its values, figures, links and terms looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator import layout, placeholders
from generator.pages.chapter_figures import STRONGEST, figure
from generator.pages.parts import Excerpt
from generator.pages.scene import Scene
from generator.pages.values import say, value
from generator.placeholders import PROMISES
from generator.texts import Term

__all__ = ["Article", "article", "definition", "excerpts"]

_PROMISE = re.compile(rf"\b({'|'.join(PROMISES)}):([\w-]*)(?:#([\w@,]+))?")


@dataclass(frozen=True, slots=True)
class Article:
    """Markdown, and all that it asks for."""

    source: str
    """With tokens where placeholders stood (``placeholders``)."""
    own: bool
    """Whether the gallery's owner wrote it: then it is sanitised."""
    values: Mapping[str, str]
    """Token -> plain text."""
    figures: Mapping[str, dict[str, Any] | None]
    """Token -> what the figure's macro needs; None where the gallery has not what it shows."""
    links: Mapping[str, str]
    """What is promised, such as "layer:block3_conv1#2" -> URL."""
    terms: Mapping[str, tuple[str, str]]
    """Id of a term -> URL and definition."""
    address: str = ""
    """Of the page it stands on, absolute; "" if nobody said where the gallery is published."""


def article(scene: Scene, body: str, *, own: bool) -> Article:
    """The body of a text as the scene has it."""
    source, found = placeholders.mask(body)
    tokens = [(placeholders.token(i), one) for i, one in enumerate(found)]
    asked = {promise[0]: promise for promise in _PROMISE.finditer(source)}
    terms = {promise[2] for promise in asked.values() if promise[1] == "term"}
    return Article(
        source=source,
        own=own,
        values={name: value(scene, one.words) for name, one in tokens if one.kind == "value"},
        figures={name: figure(scene, one.words) for name, one in tokens if one.kind == "figure"},
        links={promise: _link(scene, *match.groups()) for promise, match in asked.items()},
        terms={
            term.id: (_term(scene, term), say(scene, term.definition))
            for term in (scene.gallery.texts.glossary if terms else ())
            if term.id in terms
        },
        address=f"{scene.gallery.base_url}{scene.at}" if scene.gallery.base_url else "",
    )


def excerpts(*articles: Article) -> tuple[Excerpt, ...]:
    """What the figures of a page's texts need cut out, each once."""
    figures = (figure for one in articles for figure in one.figures.values() if figure)
    found = (figure.get("excerpt") for figure in figures)
    return tuple(dict.fromkeys(excerpt for excerpt in found if excerpt))


def definition(scene: Scene, term: Term) -> Article:
    """What the glossary says of a term."""
    return article(scene, term.definition, own=term.own)


def _term(scene: Scene, term: Term) -> str:
    return layout.href(scene.at, layout.GLOSSARY_PAGE, term.anchor)


def _link(scene: Scene, scheme: str, name: str, fragment: str | None) -> str:
    """Where a promise leads. What this gallery has not leads to the image instead."""
    gallery = scene.gallery
    model, image = gallery.model, scene.image
    target = ""
    match scheme:
        case "layer" | "across":
            layer = scene.layer(name)
            sheet = scene.sheet(layer) if layer and fragment else None
            if layer is not None and layer in model.layers:
                if fragment and sheet and fragment.startswith(STRONGEST):
                    fragment = fragment.replace(STRONGEST, str(sheet.strongest), 1)
                target = (
                    layout.layer_page(image.id, model.id, layer.name)
                    if scheme == "layer"
                    else layout.across_page(model.id, layer.name)
                )
        case "chapter" if name in (*gallery.texts.chapters, "sources"):
            target = layout.learn_page(name)
        case "model":
            target = layout.model_page(model.id)
        case "tour":
            target = layout.TOUR_PAGE
        case "atlas" if gallery.atlas:
            target = layout.atlas_front(model.id)
    if not target:
        return layout.href(scene.at, scene.gallery.image_page(image.id))
    # as it was written, since a place in a map has a comma
    return layout.href(scene.at, target) + (f"#{fragment}" if fragment else "")
