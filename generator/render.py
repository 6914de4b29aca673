"""Page models -> HTML. The only place with Jinja."""

from __future__ import annotations

import html
import re
import traceback
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import nh3
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from latex2mathml.converter import convert as latex_to_mathml
from markupsafe import Markup, escape

from generator import layout, markup
from generator.errors import ConfigError, LayerlightError
from generator.pages import Article, Page
from generator.placeholders import PROMISES, TOKEN
from generator.theme import DEFAULT
from generator.wording import size

__all__ = ["Renderer"]

_MATH = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\(?P<open>[(\[])(?P<tex>.*?)\\[)\]]</(?P=tag)>', re.S
)
_FIGURE = re.compile(rf"<p>({TOKEN.pattern})</p>")
_PROMISE = re.compile(rf'<a href="((?:{"|".join(PROMISES)}):[^"]*)"')
_TERM = re.compile(r'<a href="term:([^"]+)">(.*?)</a>', re.S)
_FIT_WORDS = {"crop": "centre crop", "pad": "padded", "stretch": "stretched"}
_MATHML_TAGS = {
    *("math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot"),
    *("mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext"),
    *("mtr", "munder", "munderover"),
}
_MATHML_ATTRIBUTES = {
    *("accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display"),
    *("displaystyle", "fence", "form", "height", "largeop", "linethickness", "lspace"),
    *("mathsize", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines"),
    *("rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "width"),
}
_ENTRIES = (
    ("look", "Look"),
    ("atlas", "Atlas"),
    ("learn", "Learn"),
    ("compare", "Compare"),
    ("print", "Print"),
    ("network", "Network"),
)


class Renderer:
    """Turns pages into HTML with templates of ours, and those of an owner that go before them."""

    def __init__(self, templates: Path, own: Path | None = None) -> None:
        """``templates``: ours. ``own``: a folder of the owner's, which may be a stranger's."""
        ours = FileSystemLoader(templates, encoding="utf-8")
        self._own = own
        # Nothing but what a template needs can be reached from an owner's.
        kind = ImmutableSandboxedEnvironment if own else Environment
        self._environment = kind(
            loader=ChoiceLoader(
                [
                    *([FileSystemLoader(own, encoding="utf-8")] if own else []),
                    ours,
                    PrefixLoader({DEFAULT: ours}),
                ]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            # a build reads each template once
            auto_reload=False,
        )
        self._environment.filters.update(
            untrusted=self._untrusted, article=self._article, escaped=_escaped
        )
        self._converted: dict[str, str] = {}
        self._sanitised: dict[str, str] = {}
        self._foreign: dict[str, Markup] = {}

    def render(self, page: Page) -> str:
        """HTML of one page, ending in a newline.

        Raises:
            ConfigError: a template of the owner's cannot be read, or asks for what there is not.
        """
        try:
            return self._rendered(page)
        except (TemplateError, UnicodeDecodeError) as error:
            if self._own is None:
                raise
            raise ConfigError(_broken(error, page.template)) from error

    def _rendered(self, page: Page) -> str:
        gallery = page.gallery
        template = self._environment.get_template(page.template)

        folder = page.to(layout.STATIC)

        def static(name: str) -> str:
            return f"{folder}/{name}"

        shared: dict[str, Any] = {
            "title": page.title,
            "description": page.description,
            "section": page.section,
            "crumbs": page.crumbs,
            "card": self._card(page),
            "gallery": gallery,
            "nav": self._navigation(page),
            "static": static,
            "stylesheet": page.to(layout.STYLESHEET),
            "input_size": size(gallery.model.input.height, gallery.model.input.width),
            "fit_words": _FIT_WORDS[gallery.model.input.fit],
            "learn_scales": page.to(layout.learn_page("scales")),
            "learn_sums": page.to(layout.learn_page("sums")),
        }
        return template.render({**shared, **page.body})

    def _card(self, page: Page) -> dict[str, str] | None:
        """What is said of a page to those who find it by its address; None if that is not known."""
        base_url = page.gallery.base_url
        if not base_url:
            return None
        image = page.gallery.images[0]
        return {
            "address": layout.address(base_url, page.path),
            "picture": layout.address(base_url, layout.CARD),
            "alt": f"{image.title}, and feature maps of {page.gallery.model.title} on it",
            "site": page.gallery.title or "Layerlight",
        }

    def _navigation(self, page: Page) -> dict[str, Any]:
        gallery = page.gallery
        convs = [la for la in gallery.model.layers if la.kind == "conv"] or gallery.model.layers
        targets = {
            "look": gallery.image_page(gallery.images[0].id),
            **({"atlas": layout.atlas_front(gallery.model.id)} if gallery.atlas else {}),
            "learn": layout.LEARN_PAGE,
            "compare": layout.compare_front()
            if gallery.compared
            else layout.across_page(gallery.model.id, convs[len(convs) // 2].name),
            **({"print": layout.HANDOUTS_PAGE} if gallery.handouts else {}),
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

    def links(self, masked: str) -> tuple[str, ...]:
        """Targets of the links in an owner's Markdown, also of those that will be taken out.

        Raises:
            LayerlightError: a formula cannot be set, or too much is nested.
        """
        found = _Links()
        found.feed(markup.owners_links(masked))
        _MATH.sub(
            lambda math: _mathml(math, _in_formula(math["tex"], {}), clean=True),
            self._authored(masked),
        )
        return tuple(found.targets)

    def _markdown(self, source: str) -> str:
        """Our own Markdown, with formulas as MathML."""
        if source not in self._converted:
            self._converted[source] = _MATH.sub(_formula, markup.ours(source))
        return self._converted[source]

    def _authored(self, source: str) -> str:
        """The owner's, sanitised; formulas are still LaTeX."""
        if source not in self._sanitised:
            self._sanitised[source] = markup.owners(source)
        return self._sanitised[source]

    def _untrusted(self, source: str) -> Markup:
        """Markdown of others: everything that is not plain text structure is taken out."""
        if source not in self._foreign:
            self._foreign[source] = Markup(markup.others(source))
        return self._foreign[source]

    def objection(self, source: str) -> str:
        """Why Markdown of others cannot be shown; "" if it can."""
        try:
            self._untrusted(source)
        except LayerlightError as error:
            return str(error)
        return ""

    def _article(self, article: Article) -> list[tuple[str, Markup]]:
        """Markdown with values, figures, promised links and terms of the glossary.

        Returns [("text", html), ("figure", token), ...].

        Raises:
            LayerlightError: a text names a term that the glossary has not, or a link is broken.
        """

        def keep(promise: re.Match[str]) -> str:
            target = article.links.get(html.unescape(promise[1]))
            if target is None:
                raise LayerlightError(
                    f"expected a link such as layer:block3_conv1#2, got {promise[1]!r}; "
                    "correct the text (docs/texts.md lists the links)"
                )
            link = f'<a href="{html.escape(target)}"'
            if not article.address or promise[1].startswith("chapter:"):
                return link
            # on paper a view is found by its address
            return f'{link} data-address="{html.escape(urljoin(article.address, target))}"'

        def explain(found: re.Match[str]) -> str:
            term, words = html.unescape(found[1]), found[2]
            if term not in article.terms:
                raise LayerlightError(
                    f"expected a term of the glossary, got {term!r}; add it to glossary.md, or "
                    f"correct the link in the text"
                )
            target, meaning = article.terms[term]
            return (
                f'<span class="term"><a href="{html.escape(target)}">{words}</a>'
                f'<span class="pop" role="tooltip">{html.escape(meaning)}</span></span>'
            )

        def fill(found: re.Match[str]) -> str:
            return html.escape(article.values[found[0]]) if found[0] in article.values else found[0]

        converted = (self._authored if article.own else self._markdown)(article.source)
        # what is left of formulas is the owner's, or has values in it, which may be a title
        formulas = _MATH.sub(
            lambda math: _mathml(math, _in_formula(math["tex"], article.values), clean=True),
            converted,
        )
        resolved = _PROMISE.sub(keep, _TERM.sub(explain, TOKEN.sub(fill, formulas)))
        return [
            ("figure" if i % 2 else "text", Markup(part))
            for i, part in enumerate(_FIGURE.split(resolved))
            if part
        ]


def _escaped(rows: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    """Rows of text, fit for HTML as they are.

    Looked at together, since nearly always there is nothing to escape, and to ask for each text
    alone would take longer than all else on a page.
    """
    together = "".join(chain.from_iterable(rows))
    if escape(together) == together:
        return rows
    return [tuple(escape(text) for text in row) for row in rows]


def _broken(error: Exception, page: str) -> str:
    """What is wrong with an owner's template, and where."""
    where, line = page, 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.endswith(".jinja"):
            where, line = Path(frame.f_code.co_filename).name, number
    if isinstance(error, TemplateSyntaxError):
        where, line = error.name or page, error.lineno
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    return (
        f"templates: {where}{f', line {line}' if line else ''}: {said}; mend it, or take it out of "
        "the folder to have ours"
    )


class _Links(HTMLParser):
    """Collects where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _formula(found: re.Match[str]) -> str:
    """One of ours as MathML, unless it waits for a value."""
    return found[0] if TOKEN.search(found["tex"]) else _mathml(found, found["tex"])


def _in_formula(tex: str, values: Mapping[str, str]) -> str:
    """LaTeX with values as upright words, but for characters that would end them."""

    def word(name: re.Match[str]) -> str:
        plain = re.sub(r"[^\w\s#%×.,()−-]", "", values.get(name[0], "0"))
        return f"\\text{{{plain}}}"

    return TOKEN.sub(word, tex)


def _mathml(found: re.Match[str], tex: str, *, clean: bool = False) -> str:
    """A formula's box as MathML; ``clean`` where others wrote it, for LaTeX can hold HTML."""
    tex = html.unescape(tex).strip()
    display = "block" if found["open"] == "[" else "inline"
    try:
        converted: str = latex_to_mathml(tex, display=display)
    except Exception as error:
        raise LayerlightError(
            f"expected a formula that LaTeX can set, got {tex[:80]!r} ({error}); mend the text"
        ) from error
    converted = converted.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    if clean:
        converted = nh3.clean(
            converted, tags=_MATHML_TAGS, attributes={"*": _MATHML_ATTRIBUTES}, link_rel=None
        )
    if display == "inline":
        return converted
    # it scrolls on its own where it is wider than the page, which keys must be able to do
    return f'<div class="formula" role="group" aria-label="Formula" tabindex="0">{converted}</div>'
