"""Where the addresses of a page lead, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from generator import layout
from generator.check.faults import Fault
from generator.check.markup import Markup, css_urls

__all__ = ["PageFacts", "Place", "Places", "base_of", "read_page", "read_stylesheet"]

_OUTWARD = frozenset({"http", "https", "mailto"})
"""What a link may lead to, outside of the site."""


@dataclass(frozen=True)
class Places:
    """All that an address may lead to."""

    files: frozenset[str]
    """Paths from the root, as they are spelt on disk."""
    base: str = ""
    """Where the gallery says that it is published, with a slash at the end."""
    values: bool = True
    """Whether the values files for pages opened from a file are there."""

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file."""
        found = {""}
        for path in self.files:
            while (path := dirname(path)) not in found:
                found.add(path)
        return frozenset(found)

    @cached_property
    def in_small_letters(self) -> Mapping[str, str]:
        """Of each path in lower case, how it is spelt."""
        return {path.lower(): path for path in self.files}


class Place(NamedTuple):
    """What a fragment names in a page."""

    page: str
    anchor: str
    """An id of that page."""
    position: str
    """ "25,16" of "#187@25,16": row and column of a channel's map; "" without one."""


@dataclass(slots=True)
class PageFacts:
    """What one page contributes."""

    path: str
    ids: frozenset[str] = frozenset()
    targets: set[str] = field(default_factory=set)
    """Files that it leads to, or asks for."""
    places: set[Place] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    """Files that scripts of it lead to, with "{id}" for that of each image."""
    faults: list[Fault] = field(default_factory=list)


def base_of(site: Path) -> str:
    """Where the gallery says that it is published: the canonical address of its front page."""
    try:
        markup = Markup((site / layout.FRONT_PAGE).read_bytes())
    except OSError:
        return ""
    return markup.canonical if markup.canonical.endswith("/") else ""


def read_page(site: Path, path: str, places: Places) -> PageFacts:
    """Read one page and judge its addresses, as far as that can be done without other pages."""
    facts = PageFacts(path)
    try:
        data = (site / path).read_bytes()
        data.decode()
    except (OSError, UnicodeDecodeError) as error:
        facts.faults.append(Fault("damaged", path, "", f"expected a page in UTF-8, got: {error}"))
        return facts
    markup = Markup(data)
    facts.ids = frozenset(markup.ids)
    for url, tag in markup.addresses.items():
        _follow(facts, places, url, tag)
    for url, key in markup.scripts.items():
        _ask(facts, places, url, key)
    for url in markup.patterns:
        _follow_pattern(facts, url)
    _told_of_itself(facts, places, markup)
    for shown in markup.blind:
        message = "expected an alternative text (empty for mere decoration), got none"
        facts.faults.append(Fault("alt", path, shown, message))
    for name, often in markup.ids.items():
        if often > 1:
            message = f"expected the id {name!r} once, got it {often} times"
            facts.faults.append(Fault("id", path, name, message))
    for name, attribute in markup.references.items():
        if name not in markup.ids:
            message = f"{attribute}: expected an id of this page, got {name!r}, which there is not"
            facts.faults.append(Fault("id", path, name, message))
    return facts


def read_stylesheet(site: Path, path: str, places: Places) -> PageFacts:
    """Read one stylesheet and judge its addresses."""
    facts = PageFacts(path)
    try:
        css = (site / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        facts.faults.append(Fault("damaged", path, "", f"expected a style in UTF-8, got: {error}"))
        return facts
    for url in css_urls(css):
        _follow(facts, places, url, "style")
    return facts


def _follow(facts: PageFacts, places: Places, url: str, tag: str) -> None:
    """Note where an address leads, or what is wrong with it."""
    if not url:
        facts.faults.append(
            Fault("link", facts.path, "", f"<{tag}>: expected an address, got none")
        )
        return
    if url[0] == "#":
        if url[1:] in facts.ids:  # so most links of a page with many tiles are
            return
        target, fragment = facts.path, url[1:]
    else:
        outcome = _resolved(places, facts.path, url, tag)
        if outcome is None:
            return
        if isinstance(outcome, Fault):
            facts.faults.append(outcome)
            return
        target, fragment = outcome
        facts.targets.add(target)
    if fragment and target.endswith(".html"):
        # "#93@26,17" is a channel, and a value of its map, which a script then marks
        anchor, at, position = unquote(fragment).partition("@")
        facts.places.add(Place(target, anchor, position if not at else position or "@"))


def _resolved(places: Places, page: str, url: str, tag: str) -> tuple[str, str] | Fault | None:
    """(file, fragment); None: it leads to the world outside, as it may."""

    def fault(kind: str, message: str, about: str = url) -> Fault:
        return Fault(kind, page, about if len(about) <= 200 else f"{about[:197]}...", message)

    inside = bool(places.base) and url.startswith(places.base)
    relative = url.removeprefix(places.base) if inside else url
    try:
        scheme, host, path, _, fragment = urlsplit(relative)
    except ValueError:
        return fault("link", "expected an address, got something else")
    if scheme == "data":
        return None
    if scheme or host:
        if tag == "a" and scheme in _OUTWARD:
            return None
        message = "expected a file of the gallery, got an address elsewhere"
        return fault("foreign-host" if host else "link", message)
    if path.startswith("/"):
        return fault("root", "expected an address relative to the page, got one from the root")
    folder = "" if inside else dirname(page)
    target = normpath(join(folder, unquote(path))) if path else page
    if target.startswith("../") or target == "..":
        return fault("outside", "expected an address within the site, got one that leads out of it")
    if inside and target == ".":
        target = layout.FRONT_PAGE
    if target in places.files:
        return target, fragment
    if target in places.folders or target == ".":
        return fault(
            "folder", f"expected a page such as {layout.FRONT_PAGE} in it, got the folder", target
        )
    spelt = places.in_small_letters.get(target.lower())
    if spelt:
        return fault("case", f"expected {spelt}, as the file is spelt, got {target}", target)
    return fault(
        "link", f"expected a file of the gallery, got {target}, which there is not", target
    )


def _ask(facts: PageFacts, places: Places, url: str, key: str) -> None:
    """A data script: it must be there, under the name that is asked for."""
    outcome = _resolved(places, facts.path, url, "script")
    if isinstance(outcome, tuple):
        target = outcome[0]
        facts.targets.add(target)
        if layout.data_key(target) != key:
            message = f"expected to hand over {layout.data_key(target)}, asked for {key}"
            facts.faults.append(Fault("script", facts.path, target, message))
    elif outcome is not None and (places.values or not layout.is_values(f"{key}.js")):
        facts.faults.append(outcome)


def _follow_pattern(facts: PageFacts, url: str) -> None:
    path = unquote(urlsplit(url).path)
    facts.patterns.add(normpath(join(dirname(facts.path), path)))


def _told_of_itself(facts: PageFacts, places: Places, markup: Markup) -> None:
    """What the page says of itself to search engines and to those who show a card of it."""
    own = layout.address(places.base, facts.path)
    said = {"canonical": markup.canonical, "og:url": markup.card.get("og:url", "")}
    for name, url in said.items():
        if url and (not places.base or url != own):
            expected = own if places.base else "no address, since the front page has none"
            message = f"{name}: expected {expected}, got {url}"
            facts.faults.append(Fault("link", facts.path, url, message))
    for name in ("og:image", "twitter:image"):
        if url := markup.card.get(name, ""):
            _follow(facts, places, url, "meta")
