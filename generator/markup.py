"""Markdown -> HTML: ours as it is, that of others sanitised, and in bounded time.

Both converting and sanitising take time that grows with the square of some texts: 20,000 opening
brackets take minutes. A text of others that is long enough for that is converted in a process of
its own, and given up after ``MAX_SECONDS``.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

import markdown as md
import nh3

from generator.apart import Apart, CrashedError, Result, TooLongError, TooMuchMemoryError
from generator.errors import LayerlightError
from generator.placeholders import PROMISES

__all__ = ["MAX_SECONDS", "SHORT", "answer", "others", "ours", "owners", "owners_links"]

MAX_SECONDS = 10
"""For one text. A megabyte of plain prose takes three."""
MAX_MEGABYTES = 2_000
SHORT = 1_000
"""Characters of a text that is converted at once: the worst take 0.4 seconds."""

_apart = Apart("generator.markup:answer", seconds=MAX_SECONDS, megabytes=MAX_MEGABYTES)

_ONE_AT_A_TIME = threading.Lock()
"""A converter keeps notes on the text it is at."""

_OURS = ("tables", "smarty", "attr_list", "toc", "def_list", "pymdownx.arithmatex")
_OWNERS = ("tables", "smarty", "def_list", "fenced_code", "sane_lists", "pymdownx.arithmatex")
_OTHERS = ("tables", "sane_lists")
_OTHERS_TAGS = {
    *("a", "abbr", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "hr"),
    *("ins", "li", "ol", "p", "pre", "strong", "sub", "sup", "table", "tbody", "td", "th"),
    *("thead", "tr", "ul"),
}
_OWNERS_TAGS = {"div", "h1", "h2", "h3", "h4", "h5", "h6", "span"}
_OUTWARD = re.compile(r"(https?|mailto):", re.IGNORECASE)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_EMPTY_LINK = re.compile(r"<a(?![^>]*\bhref=)[^>]*>(.*?)</a>", re.S)
_OUTWARD_LINK = re.compile(r'<a href="((?:https?|mailto):[^"]*)"', re.IGNORECASE)
_TABLE = '<div class="scroller" role="region" aria-label="Table" tabindex="0"><table>'


def ours(source: str) -> str:
    """Our own Markdown; formulas are still LaTeX."""
    return _convert(source, _OURS)


def owners(source: str) -> str:
    """That of the gallery's owner, sanitised; formulas are still LaTeX.

    Raises:
        LayerlightError: too much is nested, or it takes too long.
    """
    return _bounded("owners", source)


def owners_links(source: str) -> str:
    """The same, not sanitised: for its links alone, also those that will be taken out."""
    return _bounded("links", source)


def others(source: str) -> str:
    """That of anybody, sanitised: everything that is not plain text structure is taken out.

    Raises:
        LayerlightError: as ``owners``.
    """
    return _bounded("others", source)


def _bounded(kind: str, source: str) -> str:
    # no text of a page can hold one, and the sanitiser raises at it
    source = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", source)
    if len(source) <= SHORT:
        return _KINDS[kind](source)
    try:
        facts, data = _apart.do({"kind": kind}, source.encode())
    except (TooLongError, TooMuchMemoryError, CrashedError):
        raise LayerlightError(
            f"expected Markdown that is converted within {_apart.seconds:g} seconds, this text was "
            "not; thousands of brackets, tags or links that nothing closes take that long: take "
            "them out, or shorten it"
        ) from None
    if "refused" in facts:
        raise LayerlightError(facts["refused"])
    return data.decode()


def answer(wanted: dict[str, Any], data: bytes) -> Result:
    """A text of others as HTML, in the other process."""
    try:
        html = _KINDS[wanted["kind"]](data.decode())
    except LayerlightError as error:
        return Result({"refused": str(error)}, b"")
    return Result({}, html.encode())


@cache
def _converter(extensions: tuple[str, ...]) -> md.Markdown:
    # to make one takes longer than to convert
    return md.Markdown(
        extensions=extensions,
        extension_configs={
            "pymdownx.arithmatex": {"generic": True},
            "smarty": {"smart_ellipses": False},
        },
        output_format="html",
    )


def _convert(source: str, extensions: tuple[str, ...]) -> str:
    """Neither sanitised nor complete."""
    try:
        with _ONE_AT_A_TIME:
            return _converter(extensions).reset().convert(source)
    except RecursionError:
        _converter.cache_clear()  # one that failed is not used again
        raise LayerlightError(
            "expected Markdown, got quotations or lists nested too deeply; take some levels out"
        ) from None


def _for_owners(source: str) -> str:
    clean = nh3.clean(
        _convert(source, _OWNERS),
        tags=_OTHERS_TAGS | _OWNERS_TAGS,
        # a formula's box is the only element of a class
        attributes={"a": {"href"}, "span": {"class"}, "div": {"class"}},
        url_schemes={"http", "https", "mailto", *PROMISES},
        attribute_filter=_keep_attribute,
        link_rel=None,
    )
    clean = _EMPTY_LINK.sub(r"\1", clean)
    clean = _OUTWARD_LINK.sub(r'<a rel="nofollow noopener" href="\1"', clean)
    clean = clean.replace("<table>", _TABLE).replace("</table>", "</table></div>")
    return _lowered(clean)


def _for_others(source: str) -> str:
    clean = nh3.clean(
        _convert(source, _OTHERS),
        tags=_OTHERS_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        # a relative link of a sidecar file leads nowhere in the site
        attribute_filter=lambda _tag, name, value: (
            value if name != "href" or _OUTWARD.match(value) else None
        ),
        link_rel="nofollow noopener",
    )
    return _EMPTY_LINK.sub(r"\1", clean)


_KINDS = {
    "owners": _for_owners,
    "links": lambda source: _convert(source, _OWNERS),
    "others": _for_others,
}


def _keep_attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if value == "arithmatex" else None
    # a relative link would be one in the owner's folder, and leads nowhere in the site
    return value if re.match(r"[a-z]+:", value, re.IGNORECASE) else None


def _lowered(converted: str) -> str:
    """Headings from the third level down, below those of the page."""
    levels = [int(level) for level in re.findall(r"<h([1-6])>", converted)]
    by = max(0, 3 - min(levels, default=3))
    return re.sub(
        r"<(/?)h([1-6])>", lambda tag: f"<{tag[1]}h{min(6, int(tag[2]) + by)}>", converted
    )
