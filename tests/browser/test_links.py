"""Every address written in the site leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.kinds import pages
from tests.conftest import GALLERY_URL

ADDRESSES = {"action", "cite", "data", "formaction", "href", "poster", "src", "xlink:href"}
"""Attributes that hold one URL."""
IDS = {"aria-controls", "aria-describedby", "aria-labelledby", "for", "headers", "list"}
"""Attributes that hold ids of the same page."""
FILE_NAME = re.compile(r"[\w./%-]+\.(?:css|html|jpg|js|json|pdf|png|svg|webp)(?:#\S*)?")
"""A data attribute of this form is an address, for a script to use."""
CSS_URL = re.compile(r"""url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3""")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass
class _Markup(HTMLParser):
    """What one page points at, and what it can be pointed at by."""

    ids: list[str] = field(default_factory=list)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    """(element, URL)"""
    references: list[str] = field(default_factory=list)
    """Ids that some attribute names."""

    def __post_init__(self) -> None:
        super().__init__()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            text = value or ""
            if name == "id":
                self.ids.append(text)
            elif name in ADDRESSES or (name.startswith("data-") and FILE_NAME.fullmatch(text)):
                self.addresses.append((tag, text))
            elif name == "srcset":
                self.addresses += [(tag, part.split()[0]) for part in text.split(",")]
            elif name in IDS:
                self.references += text.split()
            elif name in ("style", "filter", "fill", "stroke", "mask", "clip-path"):
                self.addresses += [(tag, url) for url in _css_urls(text)]

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.addresses += [("style", url) for url in _css_urls(data)]

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False


def _css_urls(css: str) -> Iterator[str]:
    for match in CSS_URL.finditer(CSS_COMMENT.sub("", css)):
        yield match[2] or match[4] or ""


@cache
def _read(path: Path) -> _Markup:
    markup = _Markup()
    markup.feed(path.read_text(encoding="utf-8"))
    return markup


@cache
def _files(site: Path) -> frozenset[str]:
    """Paths as they are spelt on disk, so that a slip in upper or lower case shows anywhere."""
    return frozenset(
        path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()
    )


def _fault(site: Path, page: str, element: str, url: str) -> str:
    """What is wrong with one address, "" if nothing is."""
    if url.startswith(GALLERY_URL):
        # The gallery's own public address, where one must be absolute.
        url = "/" + (url.removeprefix(GALLERY_URL) or "index.html")
        page = ""
    parts = urlsplit(url)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        outward = element == "a" and parts.scheme in ("https", "mailto")
        return "" if outward else "absolute, and not a link to be followed"
    if page and parts.path.startswith("/"):
        return "starts at the server's root, which is not the gallery's"
    target = normpath(join(dirname(page), unquote(parts.path).lstrip("/"))) if parts.path else page
    if target not in _files(site):
        return "is a folder" if (site / target).is_dir() else "no such file"
    if parts.fragment and target.endswith(".html"):
        known = _read(site / target).ids
        # "#93@26,17" is a channel, and a value of its map that a script then marks
        anchor = unquote(parts.fragment).partition("@")[0]
        return "" if anchor in known else "no such place in that page"
    return ""


def test_every_address_in_the_pages_resolves(gallery: Path) -> None:
    """A link, picture, script or style leads to a file of the gallery and a place in it.

    Letter case counts; a folder is no page; nothing is absolute but outward links.
    """
    faults = {
        f"{page}: <{element}> {url}: {fault}"
        for page in pages(gallery)
        for element, url in _read(gallery / page).addresses
        if (fault := _fault(gallery, page, element, url))
    }
    assert not faults, "\n".join(sorted(faults))


def test_every_address_in_the_stylesheets_resolves(site: Path) -> None:
    """What a stylesheet asks for lies in the gallery."""
    sheets = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.css"))
    faults = [
        f"{sheet}: {url}: {fault}"
        for sheet in sheets
        for url in _css_urls((site / sheet).read_text(encoding="utf-8"))
        if (fault := _fault(site, sheet, "style", url))
    ]
    assert sheets
    assert not faults, "\n".join(faults)


def test_ids_are_unique_and_those_referred_to_exist(gallery: Path) -> None:
    """A label, a description or a control names something that is on its page, once."""
    faults = []
    for page in pages(gallery):
        markup = _read(gallery / page)
        faults += [
            f"{page}: #{name} twice" for name in set(markup.ids) if markup.ids.count(name) > 1
        ]
        faults += [
            f"{page}: no #{name}" for name in set(markup.references) if name not in markup.ids
        ]
    assert not faults, "\n".join(sorted(faults))


def test_every_page_can_be_reached_from_the_front(gallery: Path) -> None:
    """Following links from the front page leads to every page but the error page."""
    reached: set[str] = set()
    waiting = ["index.html"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.endswith(".html"):
            continue
        reached.add(page)
        for element, url in _read(gallery / page).addresses:
            parts = urlsplit(url)
            if element == "a" and parts.path and not (parts.scheme or parts.netloc):
                waiting.append(normpath(join(dirname(page), unquote(parts.path))))
    assert set(pages(gallery)) - reached == {"404.html"}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("sub/page.html#here", ""),
        ("sub/page.html#gone", "no such place in that page"),
        ("Sub/page.html", "no such file"),
        ("sub/", "is a folder"),
        ("/sub/page.html", "starts at the server's root, which is not the gallery's"),
        ("http://elsewhere.example/", "absolute, and not a link to be followed"),
        ("https://elsewhere.example/", ""),
        (GALLERY_URL + "sub/page.html", ""),
    ],
)
def test_this_checker_tells_good_from_bad(tmp_path: Path, url: str, fault: str) -> None:
    """The judge of these tests finds the slips it is there for."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text("<p>front</p>", encoding="utf-8")
    (tmp_path / "sub" / "page.html").write_text("<p id=here>place</p>", encoding="utf-8")
    assert _fault(tmp_path, "index.html", "a", url) == fault
