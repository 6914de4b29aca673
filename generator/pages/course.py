"""The course: a page a chapter, each a question that this gallery's own maps answer."""

from __future__ import annotations

from dataclasses import dataclass

from generator import layout
from generator.pages.article import article, definition, excerpts
from generator.pages.handouts import handouts_href
from generator.pages.parts import Gallery, ImageFacts, Link, Page, page
from generator.pages.scene import Scene, first_scene
from generator.pages.values import say

__all__ = ["chapter_pages", "course_page", "glossary_page"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One entry of the table of contents."""

    slug: str
    number: int
    title: str
    lead: str
    href: str


def course_page(gallery: Gallery) -> Page:
    """``learn/index.html``: what the chapters ask, and where else there is to learn."""
    at = layout.LEARN_PAGE
    return page(
        at,
        "course.html.jinja",
        gallery,
        title="Learn to read feature maps",
        description="A short course on the maps of this gallery: what a network gets, what it "
        "computes, and how much of that the picture of a map can show.",
        section="learn",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Learn", "")),
        body={
            "chapters": _contents(first_scene(at, gallery)),
            "tour": layout.href(at, layout.TOUR_PAGE),
            "exercises": layout.href(at, layout.exercises_page(gallery.images[0].id)),
            "first": gallery.images[0],
            "sources": layout.href(at, layout.learn_page("sources")),
            "glossary": layout.href(at, layout.GLOSSARY_PAGE),
            "atlas": layout.href(at, layout.atlas_front(gallery.model.id)) if gallery.atlas else "",
            "handouts": handouts_href(at, gallery),
        },
    )


def chapter_pages(gallery: Gallery, first: ImageFacts) -> tuple[Page, ...]:
    """``learn/<chapter>.html``, each of them, and the sources."""
    slugs = [*gallery.texts.chapters, "sources"]
    return tuple(_chapter(gallery, first, slug) for slug in slugs)


def glossary_page(gallery: Gallery) -> Page:
    """``learn/glossary.html``."""
    at = layout.GLOSSARY_PAGE
    text = gallery.texts.page("glossary")
    scene = first_scene(at, gallery)
    return page(
        at,
        "glossary.html.jinja",
        gallery,
        title=text.title,
        description=say(scene, text.lead),
        section="learn",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link("Learn", layout.href(at, layout.LEARN_PAGE)),
        ),
        body={
            "lead": say(scene, text.lead),
            "terms": tuple(
                (term.anchor, term.name, definition(scene, term)) for term in gallery.texts.glossary
            ),
        },
    )


def _contents(scene: Scene) -> tuple[Chapter, ...]:
    texts = scene.gallery.texts
    found = []
    for i, slug in enumerate(texts.chapters):
        text = texts.page(f"learn/{slug}")
        href = layout.href(scene.at, layout.learn_page(slug))
        found.append(Chapter(slug, i + 1, text.title, say(scene, text.lead), href))
    return tuple(found)


def _chapter(gallery: Gallery, first: ImageFacts, slug: str) -> Page:
    at = layout.learn_page(slug)
    text = gallery.texts.page(f"learn/{slug}")
    scene = first_scene(at, gallery, first)
    about = article(scene, text.body, own="body" in text.own)
    contents = _contents(scene)
    here = next((i for i, chapter in enumerate(contents) if chapter.slug == slug), len(contents))
    image = gallery.images[0]
    return page(
        at,
        "chapter.html.jinja",
        gallery,
        title=text.title,
        description=say(scene, text.lead),
        section="learn",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link("Learn", layout.href(at, layout.LEARN_PAGE)),
        ),
        body={
            "slug": slug,
            "number": here + 1 if here < len(contents) else 0,
            "chapters": contents,
            "lead": say(scene, text.lead),
            "text": about,
            "question": say(scene, text.question),
            "answer": say(scene, text.answer),
            "others_channels": slug in layout.CHAPTERS
            and "body" not in text.own
            and not gallery.texts.written_for(gallery.model),
            # a script moves the kernel of that figure
            "by_hand": any(f and f["kind"] == "convolution" for f in about.figures.values()),
            "image": image,
            "photo": layout.href(at, layout.input_png(gallery.model.id, image.id)),
            "before": contents[here - 1] if here else None,
            "after": contents[here + 1] if here + 1 < len(contents) else None,
        },
        excerpts=excerpts(about),
    )
