"""Page models -> HTML. The only place with Jinja and Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import markdown as md
import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from latex2mathml.converter import convert as latex_to_mathml
from markupsafe import Markup

from generator import layout
from generator.errors import LayerlightError
from generator.pages import Page
from generator.wording import size

__all__ = ["Renderer"]

_MATH = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\(?P<open>[(\[])(?P<tex>.*?)\\[)\]]</(?P=tag)>', re.S
)
_FIGURE = re.compile(r"<p>\{figure: (\w+(?: \w+)*)\}</p>")
_PROMISE = re.compile(r'href="((?:layer|across|image|model|tour|atlas|chapter):[\w-]*)(#[\w@,]+)?"')
_TERM = re.compile(r'<a href="term:([\w-]+)">(.*?)</a>')
_OUTWARD = re.compile(r"(https?|mailto):", re.IGNORECASE)
_EMPTY_LINK = re.compile(r"<a(?![^>]*\bhref=)[^>]*>(.*?)</a>", re.S)
_FIT_WORDS = {"crop": "centre crop", "pad": "padded", "stretch": "stretched"}
_UNTRUSTED_TAGS = {
    *("a", "abbr", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "hr"),
    *("ins", "li", "ol", "p", "pre", "strong", "sub", "sup", "table", "tbody", "td", "th"),
    *("thead", "tr", "ul"),
}
_ENTRIES = (
    ("look", "Look"),
    ("atlas", "Atlas"),
    ("learn", "Learn"),
    ("compare", "Compare"),
    ("network", "Network"),
)


class Renderer:
    """Turns pages into HTML with the templates of one folder."""

    def __init__(self, templates: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates, encoding="utf-8"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(
            markdown=self._markdown, untrusted=self._untrusted, article=self._article
        )
        self._converted: dict[str, Markup] = {}

    def render(self, page: Page) -> str:
        """HTML of one page, ending in a newline."""
        gallery = page.gallery
        template = self._environment.get_template(page.template)

        def static(name: str) -> str:
            return page.to(f"{layout.STATIC}/{name}")

        shared: dict[str, Any] = {
            "title": page.title,
            "description": page.description,
            "section": page.section,
            "crumbs": page.crumbs,
            "gallery": gallery,
            "nav": self._navigation(page),
            "static": static,
            "stylesheets": layout.CSS,
            "input_size": size(gallery.model.input.height, gallery.model.input.width),
            "fit_words": _FIT_WORDS[gallery.model.input.fit],
            "learn_scales": page.to(layout.learn_page("scales")),
            "learn_sums": page.to(layout.learn_page("sums")),
        }
        return template.render({**shared, **page.body})

    def _navigation(self, page: Page) -> dict[str, Any]:
        gallery = page.gallery
        convs = [la for la in gallery.model.layers if la.kind == "conv"] or gallery.model.layers
        targets = {
            "look": layout.image_page(gallery.images[0].id),
            **({"atlas": layout.atlas_front(gallery.model.id)} if gallery.atlas else {}),
            "learn": layout.LEARN_PAGE,
            "compare": layout.across_page(gallery.model.id, convs[len(convs) // 2].name),
            "network": layout.model_page(gallery.model.id),
        }
        return {
            "front": page.to(layout.FRONT_PAGE),
            "made": page.to(layout.model_page(gallery.model.id), "made"),
            "atlas": page.to(layout.atlas_front(gallery.model.id)) if gallery.atlas else "",
            "entries": [
                {"text": text, "href": page.to(targets[key]), "current": page.section == key}
                for key, text in _ENTRIES
                if key in targets
            ],
        }

    def _markdown(self, source: str) -> Markup:
        """Our own Markdown, with formulas as MathML."""
        if source not in self._converted:
            converted = md.markdown(
                source,
                extensions=[
                    "tables",
                    "smarty",
                    "attr_list",
                    "toc",
                    "def_list",
                    "pymdownx.arithmatex",
                ],
                extension_configs={
                    "pymdownx.arithmatex": {"generic": True},
                    "smarty": {"smart_ellipses": False},
                },
                output_format="html",
            )
            self._converted[source] = Markup(_MATH.sub(_mathml, converted))
        return self._converted[source]

    def _untrusted(self, source: str) -> Markup:
        """Markdown of others: everything that is not plain text structure is taken out."""
        converted = md.markdown(source, extensions=["tables", "sane_lists"], output_format="html")
        clean = nh3.clean(
            converted,
            tags=_UNTRUSTED_TAGS,
            attributes={"a": {"href", "title"}},
            url_schemes={"http", "https", "mailto"},
            # a relative link of a sidecar file leads nowhere in the site
            attribute_filter=lambda _tag, name, value: (
                value if name != "href" or _OUTWARD.match(value) else None
            ),
            link_rel="nofollow noopener",
        )
        return Markup(_EMPTY_LINK.sub(r"\1", clean))

    def _article(
        self, source: str, links: Mapping[str, str], terms: Mapping[str, str]
    ) -> list[tuple[str, Markup]]:
        """Markdown with figures, promised links and terms of the glossary.

        Returns [("text", html), ("figure", name), ...]. ``links``: what is promised -> URL;
        ``terms``: id of a term -> its definition.

        Raises:
            LayerlightError: a text names a term that the glossary has not.
        """

        def keep(promise: re.Match[str]) -> str:
            target, fragment = links.get(promise[1]), promise[2] or ""
            if not target:
                # a gallery of some layers only: the article's link goes to the first image
                target, fragment = links["image:"], ""
            return f'href="{html.escape(target + fragment)}"'

        def explain(found: re.Match[str]) -> str:
            term, words = found.groups()
            if term not in terms:
                raise LayerlightError(
                    f"expected a term of the glossary, got {term!r}; add it to glossary.md, or "
                    f"correct the link in the text"
                )
            return (
                f'<span class="term"><a href="{html.escape(links[f"term:{term}"])}">{words}</a>'
                f'<span class="pop" role="tooltip">{html.escape(terms[term])}</span></span>'
            )

        resolved = _TERM.sub(explain, _PROMISE.sub(keep, self._markdown(source)))
        parts = _FIGURE.split(resolved)
        return [
            ("figure" if i % 2 else "text", Markup(part)) for i, part in enumerate(parts) if part
        ]


def _mathml(found: re.Match[str]) -> str:
    tex = html.unescape(found["tex"]).strip()
    display = "block" if found["open"] == "[" else "inline"
    try:
        converted: str = latex_to_mathml(tex, display=display)
    except Exception as error:
        raise LayerlightError(
            f"expected a formula that LaTeX can set, got {tex!r} ({error}); mend the text"
        ) from error
    converted = converted.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    if display == "inline":
        return converted
    # it scrolls on its own where it is wider than the page, which keys must be able to do
    return f'<div class="formula" role="group" aria-label="Formula" tabindex="0">{converted}</div>'
