"""What one page points at, and what it can be pointed at by.

The pages of a hundred images are 270 MB: the parser of the standard library took a minute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from selectolax.lexbor import LexborHTMLParser

__all__ = ["Markup", "css_urls"]

_ADDRESSES = frozenset(
    {"action", "cite", "data", "formaction", "href", "poster", "src", "xlink:href"}
)
"""Attributes that hold one URL."""
_IDS = frozenset({"aria-controls", "aria-describedby", "aria-labelledby", "for", "headers", "list"})
"""Attributes that hold ids of the same page."""
_STYLED = frozenset({"style", "filter", "fill", "stroke", "mask", "clip-path"})
_TOLD = frozenset({"data-setup", "data-points", "data-convolution"})
"""Attributes that tell scripts what they need, as JSON,"""
_TOLD_ADDRESSES = ("href", "photo", "sheet", "small")
"""and what holds an address there. A data script is {"url": ..., "key": ...}."""
_CSS_URL = re.compile(r"""url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3""")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CARD = frozenset({"og:url", "og:image", "twitter:image"})
"""What is said of a page to those who show a card of it."""

_SPECIAL = frozenset({"img", "area", "link", "meta", "input"})

Attributes = dict[str, str | None]
Reader = Callable[["Markup", str, str, Attributes], None]
"""Takes the element, the attribute's value, and all attributes of the element."""
_NONE: Attributes = {}


class Markup:
    """What was found in a page."""

    def __init__(self, page: bytes) -> None:
        """Read a page, as a browser would."""
        self.ids: dict[str, int] = {}
        """How often each is there."""
        self.references: dict[str, str] = {}
        """Ids that some attribute names -> that attribute."""
        self.addresses: dict[str, str] = {}
        """URL -> the first element with it; "a" only if no other has it."""
        self.scripts: dict[str, str] = {}
        """URL of a data script -> the name under which it hands over its data."""
        self.patterns: set[str] = set()
        """Addresses that are there for every image, with "{id}" for it."""
        self.canonical = ""
        self.card: dict[str, str] = {}
        """What is said of the page to those who show a card of it."""
        self.blind: list[str] = []
        """Pictures without a text, as they are written."""
        tree = LexborHTMLParser(page)
        # an element that several of the selectors match comes several times
        for node in {node.mem_id: node for node in tree.css(_TELLING)}.values():
            self._take(node.tag or "", node.attributes)
        for style in tree.css("style"):
            self._styled("style", style.text())

    def _take(self, tag: str, attributes: Attributes) -> None:
        if tag in _SPECIAL:
            self._special(tag, attributes)
        for name, value in attributes.items():
            read = _READ.get(name)
            if read is not None and (value or name == "src"):
                read(self, tag, value or "", attributes)

    def _id(self, tag: str, value: str, attributes: Attributes) -> None:
        self.ids[value] = self.ids.get(value, 0) + 1

    def _address(self, tag: str, value: str, attributes: Attributes) -> None:
        if self.addresses.get(value, "a") == "a" and attributes.get("rel") != "canonical":
            self.addresses[value] = tag

    def _several(self, tag: str, value: str, attributes: Attributes) -> None:
        for part in value.split(","):
            self._address(tag, part.split()[0], attributes)

    def _styled(self, tag: str, value: str, attributes: Attributes = _NONE) -> None:
        if "url(" in value or "@import" in value:
            for url in css_urls(value):
                self._address(tag, url, _NONE)

    def _reference(self, name: str, value: str) -> None:
        self.references.update(dict.fromkeys(value.split(), name))

    def _told(self, tag: str, value: str, attributes: Attributes) -> None:
        with suppress(ValueError):
            self._told_data(json.loads(value))

    def _told_data(self, data: Any) -> None:
        if isinstance(data, dict):
            if isinstance(data.get("url"), str) and isinstance(data.get("key"), str):
                self.scripts[data["url"]] = data["key"]
            for name in _TOLD_ADDRESSES:
                if data.get(name) and isinstance(data[name], str):
                    self._address("script", data[name], _NONE)
            data = [*data.values()]
        if isinstance(data, list):
            for one in data:
                if isinstance(one, dict | list):
                    self._told_data(one)

    def _pattern(self, tag: str, value: str, attributes: Attributes) -> None:
        self.patterns.add(value)

    def _pattern_from_root(self, tag: str, value: str, attributes: Attributes) -> None:
        self.patterns.add(f"{attributes.get('data-root') or ''}{value}")

    def _script(self, tag: str, value: str, attributes: Attributes) -> None:
        self.scripts[value] = attributes.get("data-key") or ""

    def _role(self, tag: str, value: str, attributes: Attributes) -> None:
        named = ("aria-label", "aria-labelledby", "alt", "title")
        if value == "img" and not any(attributes.get(name) for name in named):
            self.blind.append(f"<{tag} role=img>")

    def _special(self, tag: str, attributes: Attributes) -> None:
        picture = tag == "img" or (tag == "input" and attributes.get("type") == "image")
        if (picture or (tag == "area" and "href" in attributes)) and attributes.get("alt") is None:
            # alt without a value is an empty one
            if "alt" not in attributes:
                self.blind.append(f"<{tag} src={attributes.get('src')}>")
        elif tag == "link" and attributes.get("rel") == "canonical":
            self.canonical = attributes.get("href") or ""
        elif tag == "meta":
            name = attributes.get("property") or attributes.get("name") or ""
            if name in _CARD:
                self.card[name] = attributes.get("content") or ""


def _refers(name: str) -> Reader:
    return lambda markup, tag, value, attributes: markup._reference(name, value)


_READ: dict[str, Reader] = {
    "id": Markup._id,
    **dict.fromkeys(_ADDRESSES, Markup._address),
    "srcset": Markup._several,
    **dict.fromkeys(_STYLED, Markup._styled),
    **{name: _refers(name) for name in _IDS},
    **dict.fromkeys(_TOLD, Markup._told),
    "data-pattern": Markup._pattern,
    # those of a search are told from the root, wherever the page lies
    "data-page": Markup._pattern_from_root,
    "data-photo": Markup._pattern_from_root,
    "data-url": Markup._script,
    "role": Markup._role,
}
"""What is made of each attribute that tells something."""
_TELLING = ",".join(
    [
        *(f"[{name.replace(':', chr(92) + ':')}]" for name in _READ if name not in _STYLED),
        *(f"[{name}*='url(']" for name in sorted(_STYLED)),
        *sorted(_SPECIAL),
    ]
)
"""Selects every element that has one."""


def css_urls(css: str) -> Iterator[str]:
    """What a stylesheet asks for."""
    for match in _CSS_URL.finditer(_CSS_COMMENT.sub("", css)):
        yield match[2] or match[4] or ""
