"""The Markdown of this project: its files, and the code, links and headings in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

__all__ = ["Block", "anchors", "blocks", "inline_code", "links", "prose"]

_FENCE = re.compile(r"^(?P<mark>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=mark)$", re.M | re.S)
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z")
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(<?([^()\s>]+)>?\)|(?:src|href)=\"([^\"]+)\"")


class Block(NamedTuple):
    """A fenced block of code."""

    language: str
    text: str
    line: int
    """From 1, of the fence."""
    before: str
    """The text in front, back to the block before."""
    not_run: str
    """Why no test runs it; "" for one that is run."""

    @property
    def file(self) -> str:
        """The path that was named last in front of it; "" if none was."""
        found: list[str] = re.findall(r"`([\w./-]+\.\w+)`", self.before)
        return found[-1] if found else ""


def blocks(source: str) -> Iterator[Block]:
    """All fenced blocks, in their order."""
    end = 0
    for match in _FENCE.finditer(source):
        before = source[end : match.start()]
        why = _NOT_RUN.search(before)
        line = source[: match.start()].count("\n") + 1
        yield Block(match["language"], match["text"], line, before, why[1] if why else "")
        end = match.end()


def prose(source: str) -> str:
    """The source without its blocks."""
    return _FENCE.sub("", source)


def inline_code(source: str) -> list[str]:
    """What stands between backticks in the prose, in tables too."""
    return [code.replace("\\|", "|") for code in re.findall(r"`([^`\n]+)`", prose(source))]


def links(source: str) -> Iterator[tuple[str, str]]:
    """(path, fragment) of each link and picture that leads to no other host."""
    for match in _LINK.finditer(re.sub(r"`[^`\n]*`", "", prose(source))):
        address = match[1] or match[2]
        if not re.match(r"[a-z]+:", address):
            path, _, fragment = address.partition("#")
            yield unquote(path), unquote(fragment)


def anchors(path: Path) -> set[str]:
    """The ids that GitHub gives the headings of a file."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", prose(path.read_text("utf-8")), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("\\", "")
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        number, unique = 0, slug
        while unique in found:
            number += 1
            unique = f"{slug}-{number}"
        found.add(unique)
    return found
